"""What a change of the codebook is, for people's codings to follow it and for the store to remember it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from evalkit.coding.codebook import Codebook
from evalkit.wording import Language, join, pick

__all__ = ["ChangeKind", "CodebookChange", "CodebookEdit"]

ChangeKind = Literal["start", "edit", "rename", "merge", "split", "new", "retire"]


@dataclass(frozen=True)
class CodebookChange:
    """A change of the codebook.

    Attributes
    ----------
    kind : {"start", "edit", "rename", "merge", "split", "new", "retire"}
        What was done; "start" is the first codebook that a store knows, "edit" was made in the file itself.
    before, after : tuple of str
        Ids of the codes that it was done to, and of what they became.
    recode : mapping of str to str
        Old id → new id, for codings of which nothing has to be decided.
    undecided : tuple of str
        Codes whose codings a person has to decide on; they stay as they are until then.
    rules : mapping of str to str
        Old rule id → new rule id, where a rule got another one.
    """

    kind: ChangeKind
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    recode: Mapping[str, str] = field(default_factory=dict)
    undecided: tuple[str, ...] = ()
    rules: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> "CodebookChange":
        """Return a change as the store kept it.

        Parameters
        ----------
        kept : mapping
            As `dataclasses.asdict` gives it, after JSON; what else is in it does not matter.

        Returns
        -------
        CodebookChange
            The change.
        """
        lists = {name: tuple(kept[name]) for name in ("before", "after", "undecided")}
        return cls(kind=kept["kind"], recode=dict(kept["recode"]), rules=dict(kept["rules"]), **lists)

    def sentence(self, lang: Language = "sv") -> str:
        """Say what was done.

        Parameters
        ----------
        lang : {"sv", "en"}, default "sv"
            Language of the reader.

        Returns
        -------
        str
            One sentence; codes by their ids.
        """
        before, after = (join([f"'{id}'" for id in ids], lang=lang) for ids in (self.before, self.after))
        if self.kind == "rename" and self.before == self.after:
            said = pick(lang, sv=f"Koden {before} har fått ett nytt namn.", en=f"Code {before} has a new name.")
        else:
            said = {
                "start": pick(lang, sv="Den första kända kodboken.", en="The first codebook that is known."),
                "edit": pick(lang, sv="Ändringar gjorda i filen.", en="Changes made in the file."),
                "rename": pick(lang, sv=f"Koden {before} heter nu {after}.", en=f"Code {before} is now {after}."),
                "merge": pick(lang, sv=f"{before} har gått upp i {after}.", en=f"{before} went into {after}."),
                "split": pick(lang, sv=f"{before} har delats: {after}.", en=f"{before} was split: {after}."),
                "new": pick(lang, sv=f"Ny kod: {after}.", en=f"New code: {after}."),
                "retire": pick(lang, sv=f"{before} används inte längre.", en=f"{before} is no longer used."),
            }[self.kind]
        if not self.undecided:
            return said
        codes = join([f"'{id}'" for id in self.undecided], lang=lang)
        left = pick(
            lang,
            sv=f"Kodningar med {codes} är orörda tills någon har avgjort dem.",
            en=f"Codings of {codes} stay as they are until somebody decides on them.",
        )
        return f"{said} {left}"


@dataclass(frozen=True)
class CodebookEdit:
    """The codebook after a change, not written anywhere yet.

    Attributes
    ----------
    before : str
        Text of the codebook that was changed.
    source : str
        Text of the codebook after it; the version is still the old one.
    codebook : Codebook
        What that text says.
    change : CodebookChange
        What was done.
    """

    before: str
    source: str
    codebook: Codebook
    change: CodebookChange
