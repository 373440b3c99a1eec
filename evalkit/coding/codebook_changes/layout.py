"""codebook.toml as blocks of text, so that one table can be edited and every other line stays as it was written.

A block is a table with its heading and what belongs to it; the comments and blank lines before a heading lead in to
it. One block at a time is edited with tomlkit, and the blocks are joined again. A code's rules are written either as
a list of inline tables or as [[codes.rules]]; both are kept as they are, comments with them.
"""

import re
import tomllib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import tomlkit

from evalkit.coding.codebook import Codebook, parse_codebook
from evalkit.errors import CodebookError
from evalkit.study import Text

__all__ = ["Block", "Layout", "RuleText", "as_item", "as_toml", "code_block", "written_text"]

_HEADING = re.compile(r"\s*\[.*\]\s*(#.*)?")
_RULES = "[[codes.rules]]"
_KEYS = ("name", "definition", "include", "exclude", "example", "parent", "colour")


@dataclass(frozen=True)
class RuleText:
    """Rules as they are written.

    Parameters
    ----------
    inline : str
        What stands in ``rules = [...]``, comments and line ends included.
    tables : str
        Any number of [[codes.rules]]; at most one of the two is not empty.
    """

    inline: str = ""
    tables: str = ""

    def as_inline(self) -> str:
        """Return the rules as inline tables, one a line; comments on lines of their own stay.

        Returns
        -------
        str
            For ``rules = [...]``.
        """
        lines = [f"  {line.strip()}" for line in self.tables.split("\n") if line.lstrip().startswith("#")]
        rows = tomllib.loads("[[codes]]\n" + self.tables)["codes"][0].get("rules", [])
        lines += [f"  {as_toml(row)}," for row in rows]
        return self.inline + ("\n" + "\n".join(lines) + "\n" if lines else "")

    def as_tables(self) -> str:
        """Return the rules as [[codes.rules]]; comments on lines of their own stay.

        Returns
        -------
        str
            For the end of a code.
        """
        lines = [line.strip() for line in self.inline.split("\n") if line.lstrip().startswith("#")]
        for row in tomllib.loads(f"rules = [{self.inline}]")["rules"]:
            lines += ["", _RULES, *(f"{key} = {as_toml(value)}" for key, value in row.items())]
        return self.tables + ("\n".join(lines) + "\n" if lines else "")


@dataclass(eq=False)
class Block:
    """A table of the file.

    Parameters
    ----------
    kind : str
        The table's name, such as "codes"; "" for what stands before the first heading.
    lead : str
        Comments and blank lines before it.
    text : str
        The table, with the tables below it.
    """

    kind: str
    lead: str
    text: str

    def edit(self, change: Callable[[Any], None]) -> None:
        """Edit the table and keep its layout.

        Parameters
        ----------
        change : callable
            Gets the table, as tomlkit has it, and changes it.
        """
        document: Any = tomlkit.parse(self.text)
        change(document[self.kind][0] if self.kind in ("codes", "groupings") else document)
        self.text = _ended(tomlkit.dumps(document))  # a value put last has no line end

    def rules(self) -> RuleText:
        """Return the rules of a code.

        Returns
        -------
        RuleText
            As written; the code keeps them.
        """
        head, tables = self._parts()
        codes: Any = tomlkit.parse(head)["codes"]
        return RuleText(codes[0]["rules"].as_string()[1:-1] if "rules" in codes[0] else "", "".join(tables))

    def add_rules(self, more: RuleText) -> None:
        """Write rules after those that a code has.

        Parameters
        ----------
        more : RuleText
            Written in the other way, they are written anew.
        """
        own = self.rules()
        if own.tables or (more.tables and not own.inline):
            self.text = _ended(self.text) + more.as_tables()
        elif more.inline or more.tables:
            joined = _joined(own.inline, more.as_inline())
            self.edit(lambda code: code.__setitem__("rules", as_item(f"[{joined}]")))

    def rules_at(self, which: Collection[int]) -> RuleText:
        """Return some of the rules of a code, with the comments on their lines; those between them stay behind.

        Parameters
        ----------
        which : collection of int
            Their positions, from 0.

        Returns
        -------
        RuleText
            As written; the code keeps them.
        """
        head, tables = self._parts()
        if tables:
            return RuleText(tables="".join(_ended(text) for n, text in enumerate(tables) if n in which))
        code: Any = tomlkit.parse(head)["codes"][0]
        lines = []
        for n in sorted(which):
            rule = code["rules"][n].as_string().strip()
            said = code["rules"].as_string().partition(rule)[2].partition("\n")[0].lstrip(" ,")
            lines.append(f"  {rule},{'  ' + said if said.startswith('#') else ''}\n")
        return RuleText(inline="\n" + "".join(lines) if lines else "")

    def drop_rules(self, which: Collection[int]) -> None:
        """Take rules out of a code; comments in a list of rules stay.

        Parameters
        ----------
        which : collection of int
            Their positions, from 0.
        """
        head, tables = self._parts()
        if tables:
            self.text = head + "".join(text for n, text in enumerate(tables) if n not in which)
            return

        def drop(code: Any) -> None:
            for n in sorted(which, reverse=True):
                del code["rules"][n]

        self.edit(drop)

    def _parts(self) -> tuple[str, list[str]]:
        """Part a code from its [[codes.rules]], each with the comments that lead in to it."""
        parts, lead = [], ""
        for piece in _pieces(self.text):
            body, tail = _without_tail(piece)
            parts.append(lead + body)
            lead = tail
        rules = [_is_rule(part) for part in parts]
        head = "".join(part for part, is_rule in zip(parts, rules, strict=True) if not is_rule)
        return head, [part for part, is_rule in zip(parts, rules, strict=True) if is_rule]


@dataclass
class Layout:
    """A codebook's text in blocks, and what it said before any edit.

    Parameters
    ----------
    source : str
        The text.

    Attributes
    ----------
    codebook : Codebook
        What the text says.
    blocks : list of Block
        The text, in order.
    tail : str
        Comments after the last table.

    Raises
    ------
    CodebookError
        If the text is no valid codebook, or its codes or groupings are not written as [[codes]] and [[groupings]].
    """

    source: str
    codebook: Codebook = field(init=False)
    blocks: list[Block] = field(init=False)
    tail: str = field(init=False)

    def __post_init__(self) -> None:
        self.codebook = parse_codebook(self.source)
        self.blocks, self.tail = _blocks(self.source)
        for kind, known in (("codes", self.codebook.codes), ("groupings", self.codebook.groupings)):
            if len(self.of(kind)) != len(known):
                raise CodebookError(
                    f"codebook.toml: {kind} are not all written as [[{kind}]]; give each such a heading to change them"
                )
        self._code = dict(zip(self.codebook.ids, self.of("codes"), strict=True))

    def of(self, kind: str) -> list[Block]:
        """Return the blocks of a kind, in order.

        Parameters
        ----------
        kind : str
            Such as "codes".

        Returns
        -------
        list of Block
            As they stand now.
        """
        return [block for block in self.blocks if block.kind == kind]

    def code(self, id: str) -> Block:
        """Return the block of a code.

        Parameters
        ----------
        id : str
            Its id before any edit.

        Returns
        -------
        Block
            Its table.

        Raises
        ------
        CodebookError
            If there is no such code.
        """
        return self._code[self.codebook.code(id).id]

    def remove(self, block: Block) -> None:
        """Take a table out; comments before it stay, as they may head a whole part of the file.

        Parameters
        ----------
        block : Block
            One of the blocks.
        """
        place = self.blocks.index(block)
        del self.blocks[place]
        kept = block.lead if block.lead.strip() else ""
        if place < len(self.blocks):
            self.blocks[place].lead = kept + self.blocks[place].lead
        else:
            self.tail = kept + self.tail

    def add(self, blocks: Sequence[Block], *, after: Block | None = None) -> None:
        """Put tables in.

        Parameters
        ----------
        blocks : sequence of Block
            What to put in.
        after : Block, optional
            The block before them; by default the last code, or the last block before the groupings.
        """
        before = self.of("codes") or [block for block in self.blocks if block.kind != "groupings"]
        after = after or before[-1]
        after.text = _ended(after.text)
        place = self.blocks.index(after) + 1
        self.blocks[place:place] = blocks

    def text(self) -> str:
        """Return the text as it stands now.

        Returns
        -------
        str
            All of the file.
        """
        return "".join(block.lead + block.text for block in self.blocks) + self.tail


def as_toml(value: Any) -> str:
    """Write a value as TOML, on one line.

    Parameters
    ----------
    value : object
        Text, number, truth, list, or mapping.

    Returns
    -------
    str
        As after an equals sign.
    """
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {as_toml(one)}" for key, one in value.items()) + " }"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(as_toml, value)) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return tomlkit.item(value).as_string() if isinstance(value, str) else str(value)


def as_item(written: str) -> Any:
    """Return written TOML as tomlkit puts it into a table, layout included.

    Parameters
    ----------
    written : str
        A value, as after an equals sign.

    Returns
    -------
    tomlkit.items.Item
        The value.
    """
    return tomlkit.parse(f"value = {written}\n")["value"]


def written_text(text: Text | str | Mapping[str, str]) -> Any:
    """Return a text as the codebook writes it.

    Parameters
    ----------
    text : Text, str or mapping
        In one language for both, or in both.

    Returns
    -------
    str or dict
        One text if both languages say the same.
    """
    if isinstance(text, str):
        return text
    both = {"sv": text.sv, "en": text.en} if isinstance(text, Text) else dict(text)
    return both["sv"] if set(both) == {"sv", "en"} and both["sv"] == both["en"] else both


def code_block(id: str, texts: Mapping[str, Any]) -> Block:
    """Write a new code.

    Parameters
    ----------
    id : str
        Its id.
    texts : mapping
        Name, definition, include, exclude, example, parent, colour; what is empty is not written.

    Returns
    -------
    Block
        Without rules.

    Raises
    ------
    CodebookError
        If a key is none of a code's texts.
    """
    unknown = [key for key in texts if key not in _KEYS]
    if unknown:
        raise CodebookError(f"code '{id}': '{unknown[0]}' is not a known key; allowed are {', '.join(_KEYS)}")
    lines = ["[[codes]]", f"id = {as_toml(id)}"]
    for key in _KEYS:
        written = written_text(texts.get(key, ""))
        if written or key == "name":
            lines.append(f"{key} = {as_toml(written)}")
    return Block("codes", "\n", "\n".join(lines) + "\n")


def _blocks(source: str) -> tuple[list[Block], str]:
    blocks, lead = [Block("", "", "")], ""
    for piece in _pieces(source):
        text, tail = _without_tail(piece)
        said = tomllib.loads(text)
        kind = next(iter(said), "") if _HEADING.match(text) else ""
        if kind == blocks[-1].kind and not isinstance(said.get(kind), list):
            blocks[-1].text += lead + text  # a table below the last one, such as [[codes.rules]]
        else:
            blocks.append(Block(kind, lead, text))
        lead = tail
    return blocks, lead


def _pieces(source: str) -> list[str]:
    """Cut a text before each of its headings; a line in a text or a list may look like one and is none."""
    pieces = [""]
    for line in _lines(source):
        if _HEADING.fullmatch(line.rstrip("\n")) and _is_whole(pieces[-1]):
            pieces.append("")
        pieces[-1] += line
    return pieces


def _is_whole(text: str) -> bool:
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return False
    return True


def _without_tail(piece: str) -> tuple[str, str]:
    """Part a table from the comments and blank lines that follow it."""
    lines = _lines(piece)
    n = len(lines)
    while n and (not lines[n - 1].strip() or lines[n - 1].lstrip().startswith("#")):
        n -= 1
    return "".join(lines[:n]), "".join(lines[n:])


def _lines(text: str) -> list[str]:
    return re.findall(r"[^\n]*\n|[^\n]+", text)  # splitlines would cut inside texts too


def _ended(text: str) -> str:
    return text if not text or text.endswith("\n") else text + "\n"


def _is_rule(text: str) -> bool:
    below = tomllib.loads(text).get("codes")
    return isinstance(below, dict) and "rules" in below


def _joined(inline: str, more: str) -> str:
    """Join two lists of inline tables, whether the first ends with a comma or not."""
    if inline.endswith("\n"):
        more = more.removeprefix("\n")
    if _is_whole(f"rules = [{inline}{more}]"):
        return inline + more
    # A comma right after the last rule, unless a comment would swallow it.
    last = inline.rstrip()
    return f"{last},\n{more}" if "#" not in last.rpartition("\n")[2] else f"{last}\n  ,\n{more}"
