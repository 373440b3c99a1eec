"""Methods that are often asked for and that a programme of this size cannot carry, with what to use instead."""

from dataclasses import dataclass

import pandas as pd

from evalkit.errors import EstimationError
from evalkit.measures.placement import Labels, row_ids
from evalkit.models.levels import merge_rows
from evalkit.models.progression.paths import LearningPaths
from evalkit.study import Text
from evalkit.wording import Language, number, percent, pick

__all__ = ["METHODS", "RefusedMethods", "refuse", "refused_methods"]

RASCH_PERSONS = 100
"""Persons that a stable calibration of a rating scale asks for (Linacre 1994: 100 for ± ½ logit with 95 %)."""

METHODS: dict[str, tuple[Text, Text]] = {
    "irt": (
        Text(sv="Rasch- eller annan IRT-kalibrering", en="Rasch or other IRT calibration"),
        Text(
            sv="verktygens svårighet i den ordinala modellen, med intervall",
            en="the tools' difficulty in the ordinal model, with intervals",
        ),
    ),
    "completers_anova": (
        Text(
            sv="variansanalys med upprepad mätning på dem som fullföljde",
            en="repeated-measures ANOVA on those who completed",
        ),
        Text(sv="ett kontrastvärde per enhet, alla anmälda", en="one contrast per unit, all enrolled"),
    ),
    "random_slopes": (
        Text(
            sv="slumpmässiga lutningar med nivå- och lutningsbrott",
            en="random slopes with breaks in level and slope",
        ),
        Text(
            sv="ett kontrastvärde per enhet, och före/efter i experimentet",
            en="one contrast per unit, and before/after in the experiment",
        ),
    ),
    "bca": (
        Text(sv="BCa-bootstrap över enheterna", en="BCa bootstrap over the units"),
        Text(sv="t över enheternas kontraster och exakt teckenbyte", en="t over the units' contrasts, exact sign flip"),
    ),
}
"""What each refused method is called, and what to use instead."""


@dataclass(frozen=True, slots=True, eq=False)
class RefusedMethods:
    """What is not done with these paths, and why.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per method: method, name, why, instead (as `Text`), rests_on (the assessments) and row_id.
    n_enrolled : int
        Units.
    labels : Labels
        Words for a reader.
    """

    table: pd.DataFrame
    n_enrolled: int
    labels: Labels

    def words(self, lang: Language = "sv") -> pd.DataFrame:
        """Return the table for a reader.

        Parameters
        ----------
        lang : {"sv", "en"}, default "sv"
            Language of the reader.

        Returns
        -------
        pandas.DataFrame
            method, why, instead, rests_on and row_id, as text.
        """
        texts = {column: [text(lang) for text in self.table[column]] for column in ("name", "why", "instead")}
        return pd.DataFrame(texts).rename(columns={"name": "method"}).assign(
            rests_on=self.table["rests_on"], row_id=self.table["row_id"]
        )  # fmt: skip

    def caption(self, lang: Language = "sv") -> str:
        """Return whose paths are meant."""
        units = self.labels.count(self.n_enrolled, "unit", lang)
        return pick(lang, sv=f"n = {units} anmälda.", en=f"n = {units} enrolled.")

    def sentence(self, lang: Language = "sv") -> str:
        """Say that they are left out on purpose."""
        return pick(
            lang,
            sv="De här metoderna används inte, för att materialet inte bär dem: ett tal från dem skulle se säkrare ut "
            "än det är.",
            en="These methods are not used since the material does not carry them: a number from them would look "
            "surer than it is.",
        )


def refused_methods(paths: LearningPaths) -> RefusedMethods:
    """Say, from the paths at hand, which methods they cannot carry.

    Parameters
    ----------
    paths : LearningPaths
        From `learning_paths`.

    Returns
    -------
    RefusedMethods
        One row per method of `METHODS`.

    References
    ----------
    Linacre, J. M. (1994). Sample size and item calibration stability. Rasch Measurement Transactions 7(4).
    """
    everything = merge_rows(paths.units["rests_on"])
    rows = [
        {"method": method, "name": name, "why": _why(method, paths), "instead": instead, "rests_on": everything}
        for method, (name, instead) in METHODS.items()
    ]
    table = pd.DataFrame(rows)
    table["row_id"] = row_ids(table, ["method"])
    return RefusedMethods(table, paths.n_enrolled, paths.labels)


def refuse(method: str, paths: LearningPaths) -> None:
    """Refuse a method, for a notebook that somebody asks for it in.

    Parameters
    ----------
    method : {"irt", "completers_anova", "random_slopes", "bca"}
        Which one.
    paths : LearningPaths
        From `learning_paths`.

    Raises
    ------
    EstimationError
        Always, with the reason and what to use instead.
    """
    if method not in METHODS:
        raise EstimationError(
            f"method '{method}' is not known here; known refusals are {', '.join(METHODS)}.",
            sv=f"metoden ”{method}” är inte känd här; kända avslag är {', '.join(METHODS)}.",
        )
    name, instead = METHODS[method]
    why = _why(method, paths)
    raise EstimationError(
        f"{name.en}: {why.en} Use instead: {instead.en}.", sv=f"{name.sv}: {why.sv} Använd i stället: {instead.sv}."
    )


def _why(method: str, paths: LearningPaths) -> Text:
    n = paths.n_enrolled
    if method == "irt" and n >= RASCH_PERSONS:
        return Text(
            sv="Räknar nivåerna som oberoende svar; här är de samma enheters, bedömda gång på gång av några få.",
            en="Takes the levels for independent answers; here they are those of the same units, rated again and again "
            "by a few.",
        )
    if method == "irt":
        return Text(
            sv=f"Kräver omkring {number(RASCH_PERSONS)} enheter för att ett verktygs läge ska vara känt på en halv "
            f"logit när; här finns {number(n)}.",
            en=f"Asks for about {number(RASCH_PERSONS, lang='en')} units for a tool's place to be known within half a "
            f"logit; there are {number(n, lang='en')}.",
        )
    if method == "completers_anova":
        assessed = paths.table[paths.table["level"].notna()]
        sessions = assessed["session"].nunique()
        whole = int((assessed.groupby("unit").size() == sessions).sum())
        lost = percent(1 - whole / n), percent(1 - whole / n, lang="en")
        return Text(
            sv=f"Räknar bara på de {number(whole)} av {number(n)} som bedömts vid alla tillfällen och kastar {lost[0]} "
            "utan ett ord; de som stannade är inte som de som gick.",
            en=f"Uses only the {number(whole, lang='en')} of {number(n, lang='en')} rated at every session and drops "
            f"{lost[1]} without a word; those who stayed are not like those who left.",
        )
    if method == "random_slopes":
        median = float(paths.units["n_sessions"].median())
        each = number(median, int(median % 1 > 0)), number(median, int(median % 1 > 0), lang="en")
        return Text(
            sv=f"Fyra effekter per enhet ur {each[0]} tillfällen (median): i simuleringar blev 41 av 100 sådana "
            "modeller singulära.",
            en=f"Four effects per unit from {each[1]} sessions (median): in simulations 41 of 100 such models were "
            "singular.",
        )
    return Text(
        sv=f"Lutar sig mot fördelningens svansar, som {number(n)} enheter inte visar; täckningen är för låg.",
        en=f"Leans on the tails of the distribution, which {number(n, lang='en')} units do not show; it covers too "
        "seldom.",
    )
