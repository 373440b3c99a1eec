"""A codebook's rules, groupings and cues in the words of codebook.toml, and a whole codebook as its text."""

from typing import Any

from evalkit.coding.codebook import Codebook
from evalkit.coding.codebook_changes.layout import as_toml, code_block, written_text
from evalkit.coding.codes import Code, Grouping, Matrix
from evalkit.coding.rules import GAP, ROLES, Alternatives, Phrase, Rule, Words

__all__ = [
    "CUES",
    "codebook_toml",
    "rule_fields",
    "rule_text",
    "written_alternatives",
    "written_grouping",
    "written_phrase",
]

CUES = ("negation", "negation_ahead", "exempt", "hypothetical")
_MARKS = {"lemma": "{}", "form": "={}", "prefix": "{}*", "suffix": "*{}", "infix": "*{}*"}


def written_alternatives(alternatives: Alternatives) -> str:
    """Write a word pattern.

    Parameters
    ----------
    alternatives : tuple of WordPattern
        Any of these.

    Returns
    -------
    str
        As `parse_alternatives` reads it.

    Examples
    --------
    >>> from evalkit.coding.rules import parse_alternatives
    >>> written_alternatives(parse_alternatives("Nämnd*|=chef"))
    'nämnd*|=chef'
    """
    text = "|".join(_MARKS[pattern.kind].format(pattern.text) for pattern in alternatives)
    return f" {text}" if text.startswith("@") else text  # an @ that comes first names a list


def written_phrase(phrase: Phrase) -> str:
    """Write word patterns that follow one another.

    Parameters
    ----------
    phrase : Phrase
        One part per word.

    Returns
    -------
    str
        As `parse_phrase` reads it.

    Examples
    --------
    >>> from evalkit.coding.rules import parse_phrase
    >>> written_phrase(parse_phrase("ta … ställning|beslut"))
    'ta ... ställning|beslut'
    """
    words = [written_alternatives(part) for part in phrase.parts]
    text = words[0]
    for gap, word in zip(phrase.gaps, words[1:], strict=True):
        text += (" ... " if gap else " ") + word.strip()
    return text


def rule_fields(rule: Rule) -> dict[str, Any]:
    """Return a rule's keys and values as codebook.toml has them, but its id.

    Parameters
    ----------
    rule : Rule
        The rule.

    Returns
    -------
    dict
        Only what differs from what holds when it is not written.
    """
    pattern = rule.pattern
    fields: dict[str, Any] = {}
    if isinstance(pattern, Words):
        fields["words"] = [written_alternatives((word,)) for word in pattern.alternatives]
    else:
        fields["sequence"] = [written_alternatives(part) for part in pattern.parts]
        fields |= {"gap": pattern.gap} if pattern.gap != GAP else {}
        fields |= {"order": "either"} if pattern.any_order else {}
        fields |= {"across": True} if pattern.across else {}
    fields |= {"polarity": rule.polarity} if rule.polarity != "+" else {}
    fields |= {} if rule.negatable else {"negatable": False}
    fields |= {"with": [written_phrase(phrase) for phrase in rule.requires]} if rule.requires else {}
    fields |= {"not": [written_phrase(phrase) for phrase in rule.excludes]} if rule.excludes else {}
    fields |= {"roles": list(rule.roles)} if rule.roles != ROLES else {}
    return fields


def rule_text(rule: Rule) -> str:
    """Return a rule on one line, for reading.

    Parameters
    ----------
    rule : Rule
        The rule.

    Returns
    -------
    str
        Its keys and values, without its id.
    """
    return ", ".join(f"{key} = {as_toml(value)}" for key, value in rule_fields(rule).items())


def written_grouping(grouping: Grouping) -> str:
    """Write a grouping.

    Parameters
    ----------
    grouping : Matrix or Cycle
        The grouping.

    Returns
    -------
    str
        With a blank line before it.
    """
    fields: dict[str, Any] = {"id": grouping.id, "kind": "cycle", "name": written_text(grouping.name)}
    if isinstance(grouping, Matrix):
        fields["kind"] = "matrix"
        fields |= {key: [written_text(text) for text in getattr(grouping, key)] for key in ("rows", "columns")}
        fields["cells"] = [list(row) for row in grouping.cells]
    else:
        fields |= {"steps": list(grouping.steps), "between": list(grouping.between)}
        fields |= {"hub": grouping.hub} if grouping.hub else {}
    return "\n[[groupings]]\n" + "".join(f"{key} = {as_toml(value)}\n" for key, value in fields.items())


def codebook_toml(codebook: Codebook) -> str:
    """Write a codebook as the text of codebook.toml.

    Parameters
    ----------
    codebook : Codebook
        The codebook; lists that rules share were resolved when it was read and are written out.

    Returns
    -------
    str
        Read again, it gives the same codebook, but for the hash of its text.
    """
    cues = codebook.polarity
    lines = [f"version = {as_toml(codebook.version)}", f"language = {as_toml(codebook.language)}", "", "[polarity]"]
    lines += [f"{cue} = {as_toml([written_phrase(phrase) for phrase in getattr(cues, cue)])}" for cue in CUES]
    lines += [f"question = {as_toml(cues.question)}", f"window = {cues.window}"]
    blocks = [_code(code) for code in codebook.codes]
    return "\n".join([*lines, ""]) + "".join(blocks) + "".join(map(written_grouping, codebook.groupings))


def _code(code: Code) -> str:
    texts = ("name", "definition", "include", "exclude", "example", "parent", "colour")
    block = code_block(code.id, {text: getattr(code, text) for text in texts})
    lines = [
        f"  {as_toml(_own_id(code, n, rule) | rule_fields(rule))},\n" for n, rule in enumerate(code.rules, start=1)
    ]
    was = f"was = {as_toml(list(code.was))}\n" if code.was else ""
    return block.lead + block.text + was + ("rules = [\n" + "".join(lines) + "]\n" if lines else "")


def _own_id(code: Code, number: int, rule: Rule) -> dict[str, str]:
    return {} if rule.id == f"{code.id}.{number}" else {"id": rule.id}
