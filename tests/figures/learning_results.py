"""Each figure of learning, fidelity, positions and taking part with the result it draws."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from evalkit import figures, measures
from evalkit.tables import empty_table, schema_columns, validate_table
from tests.measures.programmes import Made


def latest(made: Made) -> measures.LatestLevels:
    return measures.learning_levels(made["assessments"], made.study, enrolment=made["enrolment"]).latest()


def zones(made: Made) -> measures.PositionZones:
    early = made["positions"][made["positions"]["session"] <= 6]
    return measures.position_zones(early.reset_index(drop=True), made.study)


def depth(made: Made) -> measures.CodedDepth:
    """Make up codings: surface everywhere at first, depth later, a unit without material."""
    rng = np.random.default_rng(3)
    rows, documents, codings = [], [], []
    for unit in made.study.unit_ids if len(made["attendance"]) else ():
        for session in made.study.session_ids:
            if unit == "K02" or (session + len(rows)) % 7 == 0:
                continue
            documents.append({"document_id": f"{unit}_{session}", "unit": unit, "session": session})
            for i in range(int(rng.integers(2, 9))):
                rows.append({"segment_id": f"{unit}_{session}.{i}", "document_id": f"{unit}_{session}"})
                code = "deep" if rng.random() < session / (len(made.study.sessions) + 1) else "surface"
                if rng.random() < 0.6:
                    codings.append({"segment_id": rows[-1]["segment_id"], "code": code})
    for place, coding in enumerate(codings):
        coding |= {"coding_id": f"k{place}", "document_id": coding["segment_id"].split(".")[0], "polarity": "+"}
    return measures.coded_depth(
        _fill("codings", codings, start=0, end=1, coder="rule", rule="r"),
        _fill("segments", rows, start=0, end=1, role="informant", text="ett två tre"),
        documents=_fill("documents", documents, kind="intervju", verbatim="yes", consent="internal"),
        deep=["deep"],
        surface=["surface"],
        study=made.study,
    )


def _fill(name: str, rows: list[dict[str, Any]], **fixed: object) -> pd.DataFrame:
    if not rows:
        return empty_table(name)
    given = pd.DataFrame(rows)
    plain = ("path", "encoding", "source_sha256", "text_sha256", "quote", "codebook_version", "text")
    columns = {
        column: pd.Series(
            given[column] if column in given else fixed.get(column, "x" if column in plain else None),
            index=given.index,
            dtype=dtype,
        )
        for column, dtype in schema_columns(name).items()
    }
    return validate_table(name, pd.DataFrame(columns))


Figure = tuple[Callable[..., Any], Callable[..., str], Callable[[Made], Any]]

FIGURES: dict[str, Figure] = {
    "latest_levels": (figures.plot_latest_levels, figures.alt_latest_levels, latest),
    "implementation": (
        figures.plot_implementation,
        figures.alt_implementation,
        lambda m: measures.implementation_status(m["implementation"], m.study),
    ),
    "coded_depth": (figures.plot_coded_depth, figures.alt_coded_depth, depth),
    "explanatory_share": (
        figures.plot_explanatory_share,
        figures.alt_explanatory_share,
        lambda m: measures.explanatory_share(m["activities"], study=m.study),
    ),
    "session_timeline": (
        figures.plot_session_timeline,
        figures.alt_session_timeline,
        lambda m: measures.session_timeline(m["activities"], study=m.study),
    ),
    "position_zones": (figures.plot_position_zones, figures.alt_position_zones, zones),
    "position_pairs": (
        figures.plot_position_pairs,
        figures.alt_position_pairs,
        lambda m: measures.position_pairs(m["positions"], m.study),
    ),
    "attendance": (
        figures.plot_attendance,
        figures.alt_attendance,
        lambda m: measures.participation(m["attendance"], enrolment=m["enrolment"], study=m.study),
    ),
    "contacts": (
        figures.plot_contacts,
        figures.alt_contacts,
        lambda m: measures.supervision_contacts(m["contacts"], study=m.study),
    ),
}
