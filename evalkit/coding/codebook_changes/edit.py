"""Rename, merge, split, add and retire codes in codebook.toml; comments and layout stay.

Each function takes the text of a codebook and gives the text after the change, what the change was, and how people's
codings follow it. Nothing is written. What comes out has been read by the codebook's own reader; where that refuses,
its one line is the error.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Literal

from evalkit.coding.codebook import parse_codebook
from evalkit.coding.codebook_changes.change import CodebookChange, CodebookEdit
from evalkit.coding.codebook_changes.layout import Layout, as_item, as_toml, code_block, written_text
from evalkit.errors import CodebookError, PrivacyError
from evalkit.privacy.shapes import find_shapes
from evalkit.study import Text

__all__ = [
    "keep_former_ids",
    "merge_codes",
    "new_code",
    "new_code_from_quote",
    "rename_code",
    "replace_source",
    "retire_code",
    "split_code",
]

Name = str | Text | Mapping[str, str]
Places = dict[tuple[str, int], tuple[str, int]]
"""Code and position of a rule → where the rule is after the change."""


def rename_code(source: str, old: str, new: str | None = None, *, name: Name | None = None) -> CodebookEdit:
    """Give a code another id, another name, or both.

    Parameters
    ----------
    source : str
        Text of the codebook.
    old : str
        The code.
    new : str, optional
        Its new id; parents and groupings follow.
    name : str, Text or mapping, optional
        Its new name, in one language for both or in both.

    Returns
    -------
    CodebookEdit
        Codings follow to the new id.

    Raises
    ------
    CodebookError
        If there is no such code, the new id is taken or not allowed, or nothing would change.
    """
    layout = Layout(source)
    block = layout.code(old)
    new = old if new is None else new
    if new == old and name is None:
        raise CodebookError(f"code '{old}': nothing to rename; give a new id or a new name")
    if new != old:
        if new in layout.codebook.ids:
            raise CodebookError(f"code '{new}' is in the codebook already; choose another id, or merge the two")
        block.edit(lambda code: code.__setitem__("id", new))
        _point_to(layout, {old: new})
    if name is not None:
        block.edit(lambda code: code.__setitem__("name", as_item(as_toml(written_text(name)))))
    places = {(old, n): (new, n) for n in range(len(layout.codebook.code(old).rules))}
    recode = {old: new} if new != old else {}
    return _edit(layout, CodebookChange("rename", (old,), (new,), recode), places)


def merge_codes(source: str, codes: Sequence[str], into: str) -> CodebookEdit:
    """Let codes go up in another one.

    Its texts stay as they are; it gets the rules of the others, and parents and groupings point to it.

    Parameters
    ----------
    source : str
        Text of the codebook.
    codes : sequence of str
        The codes; the one they go up in may be among them.
    into : str
        A code of the codebook.

    Returns
    -------
    CodebookEdit
        Codings follow to the code merged into.

    Raises
    ------
    CodebookError
        If a code is not there, a parent would go up in a code below it, or a grouping would hold one code twice.
    """
    layout = Layout(source)
    target = layout.code(into)
    gone = [code for code in dict.fromkeys(codes) if code != into]
    for code in gone:
        layout.code(code)
        if code in layout.codebook.ancestors(into):
            raise CodebookError(f"code '{code}' is above '{into}' and cannot go up in it; merge '{into}' into '{code}'")
    if not gone:
        raise CodebookError(f"code '{into}': nothing to merge; name the codes that go up in it")
    for grouping in layout.codebook.groupings:
        inside = [code for code in (into, *gone) if code in grouping.codes]
        if len(inside) > 1:
            raise CodebookError(
                f"grouping '{grouping.id}' holds {_quoted(inside)} and would hold '{into}' twice; change it first"
            )
    places: Places = {}
    n_rules = len(layout.codebook.code(into).rules)
    for code in gone:
        block = layout.code(code)
        target.add_rules(block.rules())
        layout.remove(block)
        for n in range(len(layout.codebook.code(code).rules)):
            places[code, n] = (into, n_rules)
            n_rules += 1
    recode = dict.fromkeys(gone, into)
    _point_to(layout, recode)
    return _edit(layout, CodebookChange("merge", tuple(gone), (into,), recode), places)


def split_code(
    source: str,
    code: str,
    into: Mapping[str, Name | Mapping[str, Any]],
    *,
    rules: Mapping[str, str] | None = None,
    keep: Literal["parent", "retired"] = "parent",
) -> CodebookEdit:
    """Make several codes of one.

    Parameters
    ----------
    source : str
        Text of the codebook.
    code : str
        The code.
    into : mapping
        Id of each new code → its name, or its texts with the keys of codebook.toml.
    rules : mapping of str to str, optional
        Id of a rule → the new code that it moves to; the others stay with the old code.
    keep : {"parent", "retired"}, default "parent"
        Whether the old code stays above the new ones, or leaves the codebook; it can leave only without rules.

    Returns
    -------
    CodebookEdit
        No coding follows: which new code each belongs to is a person's decision.

    Raises
    ------
    CodebookError
        If a code or rule is not there, a new id is taken, or a code that leaves is still needed.
    """
    layout = Layout(source)
    block, old = layout.code(code), layout.codebook.code(code)
    taken = [id for id in into if id in layout.codebook.ids]
    if taken:
        raise CodebookError(f"code '{taken[0]}' is in the codebook already; choose another id")
    if len(into) < (2 if keep == "retired" else 1):
        raise CodebookError(f"code '{code}': name the codes that it is split into; for one instead of one, rename it")
    positions = _rule_positions(old.id, [rule.id for rule in old.rules], rules or {}, into)
    above = code if keep == "parent" else old.parent
    places: Places = {}
    blocks = []
    moved = {n for which in positions.values() for n in which}
    written = {id: block.rules_at(which) for id, which in positions.items()}
    for id, named in into.items():
        texts = dict(named) if isinstance(named, Mapping) and not set(named) <= {"sv", "en"} else {"name": named}
        new = code_block(id, {"parent": above} | texts)
        new.add_rules(written[id])
        places |= {(code, n): (id, at) for at, n in enumerate(positions[id])}
        blocks.append(new)
    left = [n for n in range(len(old.rules)) if n not in moved]
    places |= {(code, n): (code, at) for at, n in enumerate(left)}
    block.drop_rules(moved)
    layout.add(blocks, after=block)
    if keep == "retired":
        if left:
            raise CodebookError(
                f"code '{code}': rule '{old.rules[left[0]].id}' goes to none of the new codes; say where, or keep "
                "the code as their parent"
            )
        _take_out(layout, code)
    return _edit(layout, CodebookChange("split", (code,), tuple(into), undecided=(code,)), places)


def new_code(source: str, id: str, name: Name, **texts: Any) -> CodebookEdit:
    """Add a code without rules after the others.

    Parameters
    ----------
    source : str
        Text of the codebook.
    id : str
        Its id.
    name : str, Text or mapping
        Its name, in one language for both or in both.
    **texts : str, Text or mapping
        Definition, include, exclude, example, parent, colour.

    Returns
    -------
    CodebookEdit
        No coding changes.

    Raises
    ------
    CodebookError
        If the id is taken or not allowed, or a text is not.
    """
    layout = Layout(source)
    if id in layout.codebook.ids:
        raise CodebookError(f"code '{id}' is in the codebook already; choose another id")
    layout.add([code_block(id, {"name": name} | texts)])
    return _edit(layout, CodebookChange("new", after=(id,)), {})


def new_code_from_quote(
    source: str, id: str, name: Name, quote: str, *, may_be_kept: bool, **texts: Any
) -> CodebookEdit:
    """Add a code whose example is what somebody said.

    The quote is a participant's words and will stand in the codebook, in its printed form and in every version that
    the store keeps. Only pseudonymised text may, from data/processed and never from data/raw.

    Parameters
    ----------
    source : str
        Text of the codebook.
    id : str
        Its id.
    name : str, Text or mapping
        Its name.
    quote : str
        The words, pseudonymised.
    may_be_kept : bool
        Whether the person's consent covers that; the caller has to know.
    **texts : str, Text or mapping
        Definition, include, exclude, parent, colour.

    Returns
    -------
    CodebookEdit
        No coding changes.

    Raises
    ------
    PrivacyError
        If the quote may not be kept, or holds what gives a person away by its shape.
    CodebookError
        If the id is taken or not allowed, or the quote is empty.
    """
    if not may_be_kept:
        raise PrivacyError(f"code '{id}': the quote may not be kept; write an example of your own")
    if not quote.strip():
        raise CodebookError(f"code '{id}': the quote is empty; mark at least one word")
    shapes = sorted({kind for _, _, kind in find_shapes(quote, has_name=lambda _: True)})
    if shapes:
        raise PrivacyError(f"code '{id}': the quote holds a {shapes[0]}; take it from the pseudonymised text")
    return new_code(source, id, name, example=" ".join(quote.split()), **texts)


def retire_code(source: str, code: str) -> CodebookEdit:
    """Take a code out of the codebook; the codes below it move up to its parent.

    Parameters
    ----------
    source : str
        Text of the codebook.
    code : str
        The code.

    Returns
    -------
    CodebookEdit
        Codings keep the old code until a person decides on them.

    Raises
    ------
    CodebookError
        If there is no such code or a grouping holds it.
    """
    layout = Layout(source)
    _take_out(layout, code)
    return _edit(layout, CodebookChange("retire", before=(code,), undecided=(code,)), {})


def replace_source(source: str, new: str) -> CodebookEdit:
    """Put another text in the codebook's place, such as one that came back from a spreadsheet.

    Parameters
    ----------
    source : str
        Text of the codebook.
    new : str
        The other text.

    Returns
    -------
    CodebookEdit
        Codings keep their codes; those of codes that the new text lacks wait for a person.

    Raises
    ------
    CodebookError
        If either text is no valid codebook, or they are the same.
    """
    before, after = parse_codebook(source), parse_codebook(new)
    if before.digest == after.digest:
        raise CodebookError("codebook.toml: nothing would change; the two texts are the same")
    gone = tuple(id for id in before.ids if id not in after.ids)
    added = tuple(id for id in after.ids if id not in before.ids)
    return CodebookEdit(source, new, after, CodebookChange("edit", gone, added, undecided=gone))


def keep_former_ids(edit: CodebookEdit) -> CodebookEdit:
    """Note the ids that codes had before an edit, so that what was learned of them goes on to hold.

    Parameters
    ----------
    edit : CodebookEdit
        A change after which codings follow to another id: a code renamed, or merged into another.

    Returns
    -------
    CodebookEdit
        The same, with the key `was` at the codes they became.
    """
    layout, before = Layout(edit.source), parse_codebook(edit.before)
    for old, new in edit.change.recode.items():
        had = [*layout.codebook.code(new).was, *before.code(old).was, old]
        ids = [id for id in dict.fromkeys(had) if id != new]
        layout.code(new).edit(partial(_set, "was", ids))
        layout = Layout(layout.text())
    return replace(edit, source=layout.text(), codebook=parse_codebook(layout.text()))


def _set(key: str, value: Any, code: Any) -> None:
    code[key] = value


def _edit(layout: Layout, change: CodebookChange, places: Places) -> CodebookEdit:
    """Read what was made, and note which rules have another id in it."""
    source = layout.text()
    after = parse_codebook(source)
    rules = {}
    for (old, n), (new, at) in places.items():
        was, is_now = layout.codebook.code(old).rules[n].id, after.code(new).rules[at].id
        if was != is_now:
            rules[was] = is_now
    change = CodebookChange(change.kind, change.before, change.after, change.recode, change.undecided, rules)
    return CodebookEdit(layout.source, source, after, change)


def _point_to(layout: Layout, ids: Mapping[str, str]) -> None:
    """Let parents and groupings name other codes."""
    _move_children(layout, ids)
    for block, grouping in zip(layout.of("groupings"), layout.codebook.groupings, strict=True):
        if set(grouping.codes) & set(ids):
            block.edit(lambda table: _rename_in(table, ids))


def _move_children(layout: Layout, ids: Mapping[str, str]) -> None:
    for code in layout.codebook.codes:
        if code.parent in ids:
            _set_parent(layout, code.id, ids[code.parent])


def _set_parent(layout: Layout, code: str, parent: str) -> None:
    layout.code(code).edit(lambda table: table.__setitem__("parent", parent))


def _rename_in(table: Any, ids: Mapping[str, str]) -> None:
    lists = [table[key] for key in ("steps", "between") if key in table] + list(table.get("cells", ()))
    for codes in lists:
        for n, code in enumerate(codes):
            if code in ids:
                codes[n] = ids[code]
    if table.get("hub") in ids:
        table["hub"] = ids[table["hub"]]


def _take_out(layout: Layout, code: str) -> None:
    block = layout.code(code)
    holding = [grouping.id for grouping in layout.codebook.groupings if code in grouping.codes]
    if holding:
        raise CodebookError(f"code '{code}' is in grouping '{holding[0]}'; put another in its place there first")
    _move_children(layout, {code: layout.codebook.code(code).parent})
    layout.remove(block)


def _rule_positions(
    code: str, known: list[str], rules: Mapping[str, str], into: Mapping[str, Any]
) -> dict[str, list[int]]:
    """Return which rules, by position, go to each new code."""
    for rule, new in rules.items():
        if rule not in known:
            raise CodebookError(
                f"code '{code}': no rule has the id '{rule}'; its rules are {', '.join(known) or 'none'}"
            )
        if new not in into:
            raise CodebookError(
                f"rule '{rule}' cannot go to '{new}', which is none of the new codes ({', '.join(into)})"
            )
    return {new: [n for n, rule in enumerate(known) if rules.get(rule) == new] for new in into}


def _quoted(ids: Sequence[str]) -> str:
    return ", ".join(f"'{id}'" for id in ids)
