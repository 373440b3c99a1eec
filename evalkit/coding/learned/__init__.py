"""What people say without the textbook word: a coder learned from coded examples, beside the rules.

`examples` reads codebook.examples.jsonl and cuts texts into passages and sentences, `features` turns words into
numbers, `learning` examples into something to learn from, and `learn` finds with `linear` and `evidence` how much each
example counts. `file` keeps that in codebook.learned.json, `coder` says what it means for new texts, and in `join` the
rules and the learned coder decide together.
"""
