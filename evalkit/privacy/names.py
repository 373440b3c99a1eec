"""The people register, the study's units and the evaluator's decisions → `NameList`: what is replaced by what."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

from evalkit.errors import PrivacyError
from evalkit.privacy.words import ATOM, fold_plain, name_key
from evalkit.study import Study, Unit

__all__ = ["Meaning", "NameList", "name_list"]

_MUNICIPALITY = ("kommun", "kommunen", "stad", "municipality", "Kommun", "Stad", "Municipality")
_INHABITANTS = (
    *("are", "aren", "arens", "ares", "arna", "arnas"),
    *("bo", "bon", "bons", "bor", "borna", "bornas", "bors", "bos"),
)
_NO_GENITIVE = ("s", "x", "z", "S", "X", "Z")
_NUMBERED = re.compile(r"namn (\d+)")


@dataclass(frozen=True, slots=True, repr=False)
class Meaning:
    """What one form of a name stands for.

    Parameters
    ----------
    pseudonym : str
        Without brackets.
    kind : {"person", "unit", "decided"}
        Where the name comes from: the people register, study.toml or the review queue.
    base : str
        The name without its ending, as it is put into the queue.
    unit : str or None
        The unit that a person belongs to.
    suffix : str
        What follows the pseudonym: "s" in the genitive, "-bo" and the like for inhabitants.
    """

    pseudonym: str
    kind: Literal["person", "unit", "decided"]
    base: str
    unit: str | None
    suffix: str


@dataclass(frozen=True, slots=True, repr=False)
class NameList:
    """All names to replace, ready for look-up. Its repr shows no name.

    Parameters
    ----------
    forms : mapping of str to tuple of Meaning
        Every form of every name, as written.
    folded : mapping of str to tuple of Meaning
        The same in lower case, to find names without their capital.
    file_forms : mapping of str to tuple of Meaning
        The same as people write them in file names.
    unit_stems : frozenset of str
        Names of units in lower case, to find compounds that begin with one.
    pseudonyms : frozenset of str
        All pseudonyms, without brackets.
    decided : mapping of (str, str) to str
        Word and reason in the review queue to the pseudonym decided; empty means that the word is kept.
    holders : mapping of str to tuple of str
        Pseudonym to the names it stands for: the key.
    """

    forms: Mapping[str, tuple[Meaning, ...]]
    folded: Mapping[str, tuple[Meaning, ...]]
    file_forms: Mapping[str, tuple[Meaning, ...]]
    unit_stems: frozenset[str]
    pseudonyms: frozenset[str]
    decided: Mapping[tuple[str, str], str]
    holders: Mapping[str, tuple[str, ...]]
    longest: int = field(init=False)
    starts: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        sizes = [len(ATOM.findall(form)) for form in self.forms]
        object.__setattr__(self, "longest", max(sizes, default=0))
        object.__setattr__(self, "starts", frozenset(ATOM.findall(form)[0] for form in self.folded))

    def __repr__(self) -> str:
        """Return how much it holds."""
        return f"NameList({len(self.holders)} pseudonyms, {len(self.forms)} forms)"


def name_list(study: Study, people: pd.DataFrame | None, decisions: pd.DataFrame | None = None) -> NameList:
    """Gather the names of a study.

    Parameters
    ----------
    study : Study
        Its units have names and aliases.
    people : pandas.DataFrame or None
        The people register as read, all columns text: `person_id`, `unit`, `name` and, if there is one, `also` with
        other names separated by ";" or "|".
    decisions : pandas.DataFrame, optional
        Decided rows of the review queue, see `evalkit.privacy.read_decisions`.

    Returns
    -------
    NameList
        The same whatever the order of the rows.

    Raises
    ------
    PrivacyError
        If a pseudonym would give a name away, stands for two things or is missing. The message names the row.
    """
    collected: dict[str, set[Meaning]] = defaultdict(set)
    holders: dict[str, set[str]] = defaultdict(set)
    stems: set[str] = set()
    for number, unit in enumerate(study.units, start=1):
        for name in _unit_names(unit, number):
            holders[unit.id].add(name)
            stems |= {name.casefold()} if len(name) > 3 and " " not in name else set()
            _collect(collected, _unit_forms(name), unit.id, "unit", base=name)
    for where, person, home, words in _people_rows(people):
        if person in study.unit_ids:
            raise PrivacyError(f"{where}: person_id is also the id of a unit; give the person another id")
        holders[person].add(" ".join(words))
        for key in _person_keys(words):
            _collect(collected, _written(key), person, "person", base=key, unit=home)
    decided = _decided(decisions, known=set(holders) | set(study.unit_ids))
    for (word, _), pseudonym in decided.items():
        if pseudonym:
            holders[pseudonym].add(word)
            _collect(collected, _written(word), pseudonym, "decided", base=word)
    return _name_list(collected, holders, stems, decided)


def _name_list(
    collected: Mapping[str, set[Meaning]],
    holders: Mapping[str, set[str]],
    stems: set[str],
    decided: Mapping[tuple[str, str], str],
) -> NameList:
    forms = {form: _in_order(meanings) for form, meanings in sorted(collected.items())}
    folded: dict[str, set[Meaning]] = defaultdict(set)
    file_forms: dict[str, set[Meaning]] = defaultdict(set)
    for form, meanings in forms.items():
        plain = {meaning for meaning in meanings if meaning.suffix in ("", "s")}
        if not plain:
            continue
        folded[form.casefold()] |= plain
        atoms = ATOM.findall(fold_plain(form))
        for joiner in (" ", ""):
            file_forms[joiner.join(atoms)] |= plain
    return NameList(
        forms=forms,
        folded={form: _in_order(meanings) for form, meanings in folded.items()},
        file_forms={form: _in_order(meanings) for form, meanings in file_forms.items()},
        unit_stems=frozenset(stems),
        pseudonyms=frozenset(holders),
        decided=dict(decided),
        holders={pseudonym: tuple(sorted(names)) for pseudonym, names in sorted(holders.items())},
    )


def _in_order(meanings: set[Meaning]) -> tuple[Meaning, ...]:
    return tuple(sorted(meanings, key=lambda m: (m.pseudonym, m.kind, m.base, m.unit or "", m.suffix)))


def _collect(
    collected: dict[str, set[Meaning]],
    forms: Iterable[tuple[str, str]],
    pseudonym: str,
    kind: Literal["person", "unit", "decided"],
    *,
    base: str,
    unit: str | None = None,
) -> None:
    for form, suffix in forms:
        collected[form].add(Meaning(pseudonym, kind, base, unit, suffix))


def _written(key: str) -> Iterator[tuple[str, str]]:
    """Yield how a name is written: as it is, opening a sentence, in capitals, each also in the genitive."""
    for form in {key, key[:1].upper() + key[1:], key.upper()}:
        yield form, ""
        yield form + ("S" if form.isupper() else "s"), "s"


def _unit_names(unit: Unit, number: int) -> Iterator[str]:
    for typed in (unit.name, *unit.aliases):
        name = name_key(typed)
        words = name.split(" ")
        stripped = len(words) > 1 and words[-1] in _MUNICIPALITY
        if stripped:
            name = " ".join(words[:-1])
        if len(name) < 2 or name == unit.id:
            continue
        _refuse_telling_id(unit.id, name, where=f"study.toml, unit {number}: its id")
        yield name
        # "Exempelbys kommun" belongs to Exempelby, "Borås kommun" to Borås: both are looked for.
        if stripped and name.endswith("s") and len(name) > 3:
            yield name[:-1]


def _unit_forms(name: str) -> Iterator[tuple[str, str]]:
    yield from _written(name)
    genitives = {name} if name.endswith(_NO_GENITIVE) else {name, name + "s"}
    for stem in genitives:
        for word in _MUNICIPALITY:
            yield from _written(f"{stem} {word}")
    if " " in name:
        return
    for stem in {name, name + "s"}:
        for ending in _INHABITANTS:
            # Inhabitants are written without a capital in Swedish.
            for form in (stem, stem.lower()):
                yield form + ending, f"-{ending}"
            yield (stem + ending).upper(), f"-{ending}"


def _people_rows(people: pd.DataFrame | None) -> Iterator[tuple[str, str, str | None, list[str]]]:
    """Yield where it stands, id, unit and the words of each name of each person."""
    if people is None or "name" not in people:
        return
    for position, row in enumerate(people.fillna("").to_dict("records")):
        file = row.get("source_file") or "people"
        where = f"{file}, row {row.get('source_row') or position + 2}"
        person = unicodedata.normalize("NFC", str(row.get("person_id", ""))).strip()
        typed = [str(row["name"]), *re.split(r"[;|]", str(row.get("also", "")))]
        names = [words for name in typed for words in _name_words(name)]
        if not names:
            continue
        if not person or re.search(r"[\[\]\n]", person):
            raise PrivacyError(f"{where}: a name without a usable person_id; give an id without brackets")
        for words in names:
            for word in words:
                _refuse_telling_id(person, word, where=f"{where}: person_id")
            yield where, person, str(row.get("unit", "")).strip() or None, words


def _name_words(typed: str) -> Iterator[list[str]]:
    """Yield the words of a name, first name first; what stands in brackets is a name of its own."""
    typed = unicodedata.normalize("NFC", typed).strip()
    for inner in re.findall(r"[(\"“”«]([^()\"“”«»]+)[)\"“”»]", typed):
        yield from _name_words(inner)
    typed = re.sub(r"\([^()]*\)|[\"“”«»]", " ", typed)
    last, comma, first = typed.partition(",")
    if comma and first.strip():
        typed = f"{first} {last}"
    words = [key for word in typed.split() if len(key := name_key(word)) > 1]
    if words:
        capitals = any(word[0].isupper() for word in words)
        yield [_capitalised(word) if word.isupper() or not capitals else word for word in words]


def _capitalised(word: str) -> str:
    return ATOM.sub(lambda atom: atom[0][:1].upper() + atom[0][1:].lower(), word)


def _person_keys(words: list[str]) -> set[str]:
    """Every way to name a person: whole, any stretch of it, first and last, last and first."""
    keys = {" ".join(words[i:j]) for i in range(len(words)) for j in range(i + 1, len(words) + 1)}
    first, last = words[0], words[-1]
    if len(words) > 1:
        keys |= {f"{first} {last}", f"{last} {first}", f"{last}, {first}"}
        # Of a double surname often only one half is said; "Anna-Karin" is one first name.
        keys |= {part for word in words[1:] for part in word.split("-") if len(part) > 1}
    return {key for key in keys if key.split()[-1][:1].isupper() or not key.split()[-1][:1].islower()}


def _refuse_telling_id(pseudonym: str, name: str, *, where: str) -> None:
    told = fold_plain(pseudonym)
    for part in ATOM.findall(fold_plain(name)):
        if part in ATOM.findall(told) or (len(part) > 3 and part in told):
            raise PrivacyError(f"{where} contains the name it should hide; give it a neutral id such as P01 or K01")


def _decided(decisions: pd.DataFrame | None, *, known: set[str]) -> dict[tuple[str, str], str]:
    if decisions is None or decisions.empty:
        return {}
    decided: dict[tuple[str, str], str] = {}
    unknown = 0
    for row in decisions.fillna("").to_dict("records"):
        decision, pseudonym = str(row["decision"]).strip(), str(row["pseudonym"]).strip().strip("[]")
        if decision == "replace" or _NUMBERED.fullmatch(decision.strip("[]")):
            decision = pseudonym
        elif decision == "keep":
            decision = ""
        elif decision not in known:
            unknown += 1
            continue
        decided[unicodedata.normalize("NFC", str(row["word"])), str(row["reason"])] = decision
    if unknown:
        raise PrivacyError(
            f"names_to_review.csv: {unknown} decisions name an id that is neither a person_id of the people register "
            "nor a unit of study.toml. Write keep, replace or an id that exists"
        )
    return decided
