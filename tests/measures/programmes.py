"""Studies of two shapes with the registers of a simulated programme, and the same without any row."""

import datetime as dt
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import pandas as pd

from evalkit.simulate import simulate_programme
from evalkit.simulate.truth import default_truth
from evalkit.study import About, Funding, Noun, PositionScale, Scales, Session, Study, Text, Tool, Unit
from evalkit.tables import REGISTERS, empty_table

TOOLS = {
    "falten": ("Fyra fält", 1),
    "ringen": ("Ringen", 1),
    "motesteknik": ("Mötesteknik", 1),
    "bakat": ("Bakåtplanering", 2),
    "mal": ("Extraordinärt mål", 2),
    "stod": ("Stödstruktur", 3),
    "apparat": ("Produktionsapparaten", 2),
    "teser": ("Teserna", 1),
}


@dataclass(frozen=True)
class Made:
    study: Study
    registers: dict[str, pd.DataFrame]

    def __getitem__(self, name: str) -> pd.DataFrame:
        return self.registers[name]


def study(units: int, sessions: int) -> Study:
    about = About(
        title=Text(sv="Påhittat", en="Made up"),
        unit=Noun(one=Text(sv="kommun", en="municipality"), many=Text(sv="kommuner", en="municipalities")),
        session=Noun(
            one=Text(sv="lärträff", en="session"),
            many=Text(sv="lärträffar", en="sessions"),
            short=Text(sv="LT", en="S"),
        ),
    )
    first = dt.date(2031, 3, 14)
    days = [[first + dt.timedelta(days=60 * i)] for i in range(sessions)]
    days[0:1] = [[first, first + dt.timedelta(days=1)]] if sessions else []
    return Study(
        root=Path("made-up"),
        study=about,
        units=tuple(Unit(id=f"K{i + 1:02}") for i in range(units)),
        sessions=tuple(Session(id=i + 1, dates=tuple(on)) for i, on in enumerate(days)),
        tools=tuple(
            Tool(id=key, name=Text(sv=name, en=name), introduced=min(session, sessions))
            for key, (name, session) in TOOLS.items()
        ),
        scales=Scales(position=PositionScale(zones=("nära", "halvnära", "mitten", "långt bort"))),
        funding=Funding(total=1_245_000, evaluation=150_000),
    )


@cache
def made(units: int = 14, sessions: int = 6, *, seed: int = 20180321) -> Made:
    declared = study(units, sessions)
    truth = replace(default_truth(declared), cannot_judge=0.05, assessed=0.75, leaving=0.35)
    return Made(declared, dict(simulate_programme(truth, seed=seed).registers))


def nothing() -> Made:
    """Declare a study that has no register at all."""
    return Made(study(0, 0), {name: empty_table(name) for name in REGISTERS})


def declared_only() -> Made:
    """Declare units, sessions and tools, without any row yet."""
    return Made(study(14, 6), {name: empty_table(name) for name in REGISTERS})
