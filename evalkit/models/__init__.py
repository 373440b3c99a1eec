"""Models: from measures to frozen results, each with its interval and what it cannot say.

`progression`, `dropout` and `experiment` do not know each other; `ordinal` and `survival` below them are the engines,
and `levels` what all three start from. Import from the one needed: `from evalkit.models.dropout import retention`.
"""
