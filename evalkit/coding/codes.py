"""What a codebook is: codes with definitions and rules, and groupings that are views over them.

Two-way tables (a `Matrix`) and cycles of steps (a `Cycle`) are declared in the codebook, so that the library
knows no programme's model. Everything here is frozen; `codebook` reads it from codebook.toml.
"""

from dataclasses import dataclass, field

from evalkit.coding.learned.file import Learned
from evalkit.coding.rules import Phrase, PolarityCues, Rule
from evalkit.errors import CodebookError
from evalkit.study import Text
from evalkit.wording import Language

__all__ = ["Code", "Codebook", "Cycle", "Grouping", "Matrix"]

EMPTY = Text(sv="", en="")


@dataclass(frozen=True, slots=True)
class Code:
    """One code.

    Attributes
    ----------
    id : str
        Unique in the codebook.
    name, definition, include, exclude, example : Text
        In Swedish and English; empty where the codebook has none.
    parent : str
        Id of the code above it, or "".
    colour : str
        As "#RRGGBB", or "".
    was : tuple of str
        Ids that it had, and those of codes that went up in it: what was learned of them holds for it.
    rules : tuple of Rule
        In the order of the file; may be empty.
    """

    id: str
    name: Text
    definition: Text = EMPTY
    include: Text = EMPTY
    exclude: Text = EMPTY
    example: Text = EMPTY
    parent: str = ""
    colour: str = ""
    was: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True)
class Matrix:
    """A two-way view over codes.

    Attributes
    ----------
    id : str
        Unique among the groupings.
    name : Text
        What it is called.
    rows, columns : tuple of Text
        Headings.
    cells : tuple of tuple of str
        ``cells[row][column]`` is the id of a code.
    """

    id: str
    name: Text
    rows: tuple[Text, ...]
    columns: tuple[Text, ...]
    cells: tuple[tuple[str, ...], ...]

    @property
    def codes(self) -> tuple[str, ...]:
        """Ids of its codes, row by row."""
        return tuple(code for row in self.cells for code in row)


@dataclass(frozen=True, slots=True)
class Cycle:
    """A view over codes as steps in a circle.

    Attributes
    ----------
    id : str
        Unique among the groupings.
    name : Text
        What it is called.
    steps : tuple of str
        Ids of codes, in order.
    hub : str
        Id of the code in the middle, or "".
    between : tuple of str
        Ids of codes that lie between the steps.
    """

    id: str
    name: Text
    steps: tuple[str, ...]
    hub: str = ""
    between: tuple[str, ...] = ()

    @property
    def codes(self) -> tuple[str, ...]:
        """Ids of its codes: the steps, the hub, those between."""
        return (*self.steps, *((self.hub,) if self.hub else ()), *self.between)


Grouping = Matrix | Cycle


@dataclass(frozen=True, slots=True)
class Codebook:
    """A codebook, checked.

    Attributes
    ----------
    version : str
        As declared in the file.
    language : str
        Language of the texts that the rules are for.
    codes : tuple of Code
        In the order of the file.
    groupings : tuple of Matrix or Cycle
        Views over the codes.
    polarity : PolarityCues
        What turns a rule's polarity.
    digest : str
        Hash of the file's content, by which `codebook_version` tells two edits apart; with what was learned, if any.
    lists : dict of str to tuple of str
        Words that rules share; also the kinds of words that the learned coder knows.
    learned : Learned or None
        What was learned from the examples beside the codebook, if anything.
    learned_not : tuple of Phrase
        A sentence with any of these is left to the rules: everyday senses of the codes' words.
    """

    version: str
    language: str
    codes: tuple[Code, ...]
    groupings: tuple[Grouping, ...] = ()
    polarity: PolarityCues = field(default_factory=PolarityCues)
    digest: str = ""
    lists: dict[str, tuple[str, ...]] = field(default_factory=dict, hash=False, compare=False)
    learned: Learned | None = field(default=None, compare=False)
    learned_not: tuple[Phrase, ...] = ()

    @property
    def ids(self) -> tuple[str, ...]:
        """Ids of the codes, in order."""
        return tuple(code.id for code in self.codes)

    @property
    def codebook_version(self) -> str:
        """The declared version and the first eight digits of the content's hash, as in the table of codings."""
        return f"{self.version}+{self.digest[:8]}"

    def code(self, id: str) -> Code:
        """Return a code.

        Parameters
        ----------
        id : str
            Its id.

        Returns
        -------
        Code
            With its rules.

        Raises
        ------
        CodebookError
            If the codebook has no such code.
        """
        for code in self.codes:
            if code.id == id:
                return code
        raise CodebookError(f"no code has the id '{id}'; the codes are {', '.join(self.ids)}")

    def label(self, id: str, lang: Language = "sv") -> str:
        """Return what a code is called.

        Parameters
        ----------
        id : str
            Its id.
        lang : {"sv", "en"}, default "sv"
            Language of the reader.

        Returns
        -------
        str
            Its name.
        """
        return self.code(id).name(lang)

    def ancestors(self, id: str) -> tuple[str, ...]:
        """Return the codes above a code, nearest first: what it codes, it codes for them too.

        Parameters
        ----------
        id : str
            Its id.

        Returns
        -------
        tuple of str
            Empty for a code without a parent.
        """
        above: list[str] = []
        parent = self.code(id).parent
        while parent:
            above.append(parent)
            parent = self.code(parent).parent
        return tuple(above)
