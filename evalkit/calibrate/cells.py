"""The programmes that estimators are tried on: growth form × reason for leaving × harm × number of units."""

from dataclasses import dataclass
from pathlib import Path

from evalkit.simulate import TrueTool, Truth, plain_truth
from evalkit.simulate.truth import Dropout, Growth
from evalkit.study import About, Event, Experiment, Session, Study, Text, Tool, Unit
from evalkit.wording import Language, number, pick

__all__ = ["CELLS", "EVENT_AFTER", "MARGIN", "Cell", "core_cells"]

EVENT_AFTER = 3
"""Last session before the event, of six."""

LEAVERS = ("T1", "T2")
"""Persons who leave at the event."""

MARGIN = 0.5
"""Steps of harm that would matter."""

_GROWTH = {
    "linear": Text(sv="rak utveckling", en="linear growth"),
    "plateau": Text(sv="utveckling som planar ut", en="growth that levels off"),
    "late": Text(sv="sen utveckling", en="late growth"),
    "none": Text(sv="ingen utveckling", en="no growth"),
}
_DROPOUT = {
    "none": Text(sv="ingen lämnar", en="nobody leaves"),
    "random": Text(sv="slumpen avgör vem som lämnar", en="chance decides who leaves"),
    "stance": Text(sv="de utan hållning och mandat lämnar", en="those without stance and mandate leave"),
    "level": Text(sv="de svagaste lämnar", en="the weakest leave"),
}
_SHORT_DROPOUT = {
    "random": Text(sv="slump", en="chance"),
    "stance": Text(sv="hållning", en="stance"),
    "level": Text(sv="svaga lämnar", en="weak leave"),
}
_SHORT_GROWTH = {
    "linear": Text(sv="rak", en="linear"),
    "plateau": Text(sv="planar ut", en="levels off"),
    "late": Text(sv="sen", en="late"),
    "none": Text(sv="ingen utveckling", en="no growth"),
}


@dataclass(frozen=True, slots=True)
class Cell:
    """A kind of programme.

    Without growth all tools are equally hard, so that nothing at all differs.

    Parameters
    ----------
    growth : {"linear", "plateau", "late", "none"}
        Form of growth.
    dropout : {"none", "random", "stance", "level"}
        What leaving depends on.
    harm : float
        Steps lost after the event.
    n_units : int
        Units that enrol.
    shock_sd : float, default 0
        Standard deviation of shocks that all units share in a session.
    harm_carried : float, default 0
        Further steps lost in the tools that the persons who leave at the event carried, and likewise by the units that
        they supervised.
    core : bool, default False
        Whether the cell is one of those simulated most.
    """

    growth: Growth
    dropout: Dropout
    harm: float
    n_units: int
    shock_sd: float = 0.0
    harm_carried: float = 0.0
    core: bool = False

    @property
    def id(self) -> str:
        """Name of the cell."""
        shock = f"-shock{self.shock_sd:g}" if self.shock_sd else ""
        carried = f"-carried{self.harm_carried:g}" if self.harm_carried else ""
        return f"{self.growth}-{self.dropout}-harm{self.harm:g}{carried}-n{self.n_units}{shock}"

    @property
    def harmed(self) -> bool:
        """Whether the event takes anything at all."""
        return self.harm > 0 or self.harm_carried > 0

    def label(self, lang: Language) -> str:
        """Describe the cell to a reader."""
        words = [_GROWTH[self.growth](lang), _DROPOUT[self.dropout](lang), *self._numbers(lang)]
        if self.shock_sd:
            shock = number(self.shock_sd, 2, lang=lang)
            words.append(pick(lang, sv=f"gemensamma störningar {shock}", en=f"shared shocks {shock}"))
        return ", ".join(words)

    def short_label(self, lang: Language) -> str:
        """Describe the cell in a figure, without what does not happen in it."""
        words = [_SHORT_GROWTH[self.growth](lang)]
        words += [_SHORT_DROPOUT[self.dropout](lang)] if self.dropout != "none" else []
        words += self._numbers(lang, short=True) if self.harmed else [f"n = {self.n_units}"]
        if self.shock_sd:
            words.append(f"τ = {number(self.shock_sd, 2, lang=lang)}")
        return ", ".join(words)

    def _numbers(self, lang: Language, *, short: bool = False) -> list[str]:
        size = number(self.harm, 1, lang=lang)
        harm = pick(lang, sv=f"skada {size}", en=f"harm {size}")
        words = [harm if self.harm else pick(lang, sv="ingen skada", en="no harm")]
        if self.harm_carried:
            more = number(self.harm_carried, 1, lang=lang)
            words = [pick(lang, sv=f"skada {more} i det burna", en=f"harm {more} in what they carried")]
            words += [] if short else [pick(lang, sv="och hos enheter de hade", en="and in units they had")]
        return [*([" ".join(words)] if self.harm_carried else words), f"n = {self.n_units}"]

    def truth(self) -> Truth:
        """Return what its programmes are drawn from."""
        truth = plain_truth(
            n_units=self.n_units,
            growth=self.growth,
            dropout=self.dropout,
            harm=self.harm,
            shock_sd=self.shock_sd,
            event_after=EVENT_AFTER,
            harm_carried=self.harm_carried,
            harm_supervised=self.harm_carried,
        )
        if self.growth != "none":
            return truth
        tools = tuple(TrueTool(tool.id, introduced=tool.introduced, carried=tool.carried) for tool in truth.tools)
        return plain_truth(
            n_units=self.n_units,
            growth="none",
            dropout=self.dropout,
            harm=self.harm,
            shock_sd=self.shock_sd,
            event_after=EVENT_AFTER,
            harm_carried=self.harm_carried,
            harm_supervised=self.harm_carried,
            tools=tools,
        )

    def study(self, *, gain_max: float) -> Study:
        """Declare its programmes as an evaluator would, with the largest gain to be expected without the event."""
        truth = self.truth()
        return Study(
            root=Path("simulated"),
            study=About(title=Text(sv="Simulerat program", en="Simulated programme")),
            units=tuple(Unit(id=unit) for unit in truth.units),
            sessions=tuple(Session(id=k + 1, dates=days) for k, days in enumerate(truth.sessions)),
            tools=tuple(
                Tool(id=tool.id, name=Text(sv=tool.id, en=tool.id), introduced=tool.introduced) for tool in truth.tools
            ),
            events=(Event(id="event", name=Text(sv="Händelsen", en="The event"), after_session=EVENT_AFTER),),
            experiment=Experiment(event="event", margins=(MARGIN,), gain_max=gain_max, leavers=LEAVERS),
        )


CELLS: tuple[Cell, ...] = (
    Cell("none", "random", 0.0, 14, core=True),
    Cell("linear", "random", 0.0, 14, core=True),
    Cell("linear", "random", 0.5, 14, core=True),
    Cell("plateau", "random", 0.0, 14, core=True),
    Cell("plateau", "random", 1.0, 14, core=True),
    Cell("late", "stance", 0.0, 14, core=True),
    Cell("none", "none", 0.0, 9),
    Cell("none", "none", 0.0, 9, shock_sd=0.15),
    Cell("linear", "none", 0.0, 9, harm_carried=0.5),
    Cell("plateau", "none", 0.5, 9),
    Cell("plateau", "none", 0.5, 9, shock_sd=0.15),
    Cell("plateau", "none", 1.0, 9),
    Cell("late", "none", 0.5, 9),
    Cell("linear", "level", 0.0, 14),
    Cell("linear", "stance", 0.5, 14),
    Cell("late", "level", 0.0, 14),
)
"""All cells, the core ones first."""


def core_cells() -> tuple[Cell, ...]:
    """Return the cells that deserve most programmes.

    Returns
    -------
    tuple of Cell
        Six.
    """
    return tuple(cell for cell in CELLS if cell.core)
