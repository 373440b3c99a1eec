"""A made-up programme for pictures: 37 codes, any number of units, skewed counts, thin and missing groups."""

import datetime as dt
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from evalkit.coding.codebook import Code, Codebook, Cycle, Matrix
from evalkit.study import About, Noun, Session, Study, Text, Unit
from evalkit.tables import empty_table, schema_columns, validate_table

NAMES = [
    *("Driv", "Kompetens", "Kultur", "Produktionsapparat", "Se verkligheten", "Välja framtid", "Agera", "Fullfölja"),
    *("Samlande mål", "Motstånd", "Mandat", "Ställningstagande", "Praktisk förståelse", "Ytförståelse"),
    *("Lokal anpassning", "Bakåtplanering", "Stödstruktur", "Mötestekniker", "Teser", "Kollegialt lärande"),
    *("Handledning", "Ledarberoende", "Kollektivt ägande", "Tidsbrist", "Personalomsättning", "Politisk styrning"),
    *("Chefsbyte", "Hemuppgifter", "Avhopp och skäl till avhopp", "Gemensamt språk", "Resor och kostnad"),
    *("Förväntan", "Besvikelse", "Uppföljning", "Goda exempel", "Otydlig roll", "Oväntad händelse"),
]
KINDS = ("intervju", "gruppsamtal", "motesanteckning", "faltanteckning", "hemuppgift")


@dataclass(frozen=True)
class Programme:
    study: Study
    codebook: Codebook
    documents: pd.DataFrame
    segments: pd.DataFrame
    codings: pd.DataFrame


def codebook() -> Codebook:
    codes = tuple(Code(id=f"c{i:02}", name=Text(sv=name, en=f"{name} (en)")) for i, name in enumerate(NAMES))
    fields = Matrix(
        id="falten",
        name=Text(sv="Fälten", en="The fields"),
        rows=(Text(sv="Individuellt", en="Individual"), Text(sv="Kollektivt", en="Collective")),
        columns=(Text(sv="Inre", en="Inner"), Text(sv="Yttre", en="Outer")),
        cells=(("c00", "c01"), ("c02", "c03")),
    )
    ring = Cycle(
        id="ringen",
        name=Text(sv="Ringen", en="The ring"),
        steps=("c04", "c05", "c06", "c07"),
        hub="c08",
        between=("c09",),
    )
    return Codebook(version="1", language="sv", codes=codes, groupings=(fields, ring))


@cache
def programme(units: int, *, sessions: int = 6, seed: int = 20180321) -> Programme:
    """Make a programme; without units its documents belong to none and to no session, as in a fresh study."""
    rng = np.random.default_rng(seed)
    ids = [f"K{i + 1:02}" for i in range(units)]
    study = _study(ids, sessions if units else 0)
    documents, segments = [], []
    for i in range(6 * units or 5):
        unit = ids[int(rng.integers(units))] if units and i % 9 else None
        session = int(rng.integers(1, sessions + 1)) if units and i % 7 else None
        if unit == "K02" or (units > 3 and session == 4 and i % 2):
            continue
        kind = KINDS[int(rng.integers(len(KINDS)))]
        day = None if not i % 8 else pd.Timestamp(2031, 3, 1) + pd.Timedelta(days=60 * ((session or 1) - 1) + i)
        documents.append({"document_id": f"d{i:03}", "kind": kind, "unit": unit, "session": session, "date": day})
        for j in range(int(rng.integers(4, 30)) if unit != "K03" else 1):
            role = "intervjuare" if kind in KINDS[:2] and j % 3 == 0 else "informant"
            text = "ord " * int(rng.integers(3, 12) if role == "intervjuare" else rng.integers(15, 90))
            segments.append({"segment_id": f"d{i:03}.{j}", "document_id": f"d{i:03}", "role": role, "text": text})
    table = pd.DataFrame(segments)
    table["about_session"] = rng.integers(0, sessions + 1, len(table)) if units else None
    return Programme(
        study=study,
        codebook=codebook(),
        documents=_fill("documents", pd.DataFrame(documents), verbatim="yes", consent="internal"),
        segments=_fill("segments", table, start=0, end=1),
        codings=_codings(table, rng),
    )


def without_codings(made: Programme) -> Programme:
    return Programme(made.study, made.codebook, made.documents, made.segments, empty_table("codings"))


def _study(ids: list[str], sessions: int) -> Study:
    about = About(
        title=Text(sv="Påhittat", en="Made up"),
        unit=Noun(one=Text(sv="kommun", en="municipality"), many=Text(sv="kommuner", en="municipalities")),
        session=Noun(
            one=Text(sv="lärträff", en="session"),
            many=Text(sv="lärträffar", en="sessions"),
            short=Text(sv="LT", en="S"),
        ),
    )
    days = [dt.date(2031, 3, 14) + dt.timedelta(days=60 * i) for i in range(sessions)]
    return Study(
        root=Path("made-up"),
        study=about,
        units=tuple(Unit(id=i) for i in ids),
        sessions=tuple(Session(id=i + 1, dates=(day,)) for i, day in enumerate(days)),
    )


def _codings(segments: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    chance = 0.35 / (1 + rng.permutation(len(NAMES)))
    chance[4:10] = 0.12  # the ring's steps, hub and resistance, often enough to stand together
    rows = [
        {"segment_id": s, "document_id": d, "code": f"c{i:02}", "polarity": str(rng.choice(list("+++++--?")))}
        for s, d, role in segments[["segment_id", "document_id", "role"]].itertuples(index=False)
        if role != "intervjuare"
        for i in np.flatnonzero(rng.random(len(NAMES)) < chance)
    ]
    table = pd.DataFrame(rows, columns=["segment_id", "document_id", "code", "polarity"])
    table["coding_id"] = [f"k{i:05}" for i in range(len(table))]
    return _fill("codings", table, start=0, end=1, coder="rule", rule="r")


def _fill(name: str, table: pd.DataFrame, **fixed: object) -> pd.DataFrame:
    """Give a table all the columns and types of its schema."""
    plain = ("path", "encoding", "source_sha256", "text_sha256", "quote", "codebook_version", "text")
    texts = dict.fromkeys(plain, "x")
    filled = {}
    for column, dtype in schema_columns(name).items():
        value = table[column] if column in table else fixed.get(column, texts.get(column))
        filled[column] = pd.Series(value, index=table.index, dtype=dtype)
    return validate_table(name, pd.DataFrame(filled))
