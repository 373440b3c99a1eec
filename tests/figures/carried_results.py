"""Each figure of how the learning was carried, and of its triangulation, with the result it draws."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from evalkit import figures, measures
from evalkit.models import progression
from evalkit.simulate import SPEAKER_TERMS, simulate_speakers
from evalkit.study import Scales
from evalkit.tables import empty_table
from tests.figures.learning_results import _fill, depth
from tests.measures.programmes import Made


def activities(made: Made) -> pd.DataFrame:
    """Take one change's reason away and let two present together."""
    table = made["activities"].copy()
    changed = table.index[table["status"] != "held"]
    table.loc[changed[:1], "reason"] = None
    table.loc[table.index[3:5], "presenter"] = "T1, T2"
    return table


def attendance(made: Made) -> pd.DataFrame:
    """Let the groups be mixed from the third session on."""
    table = made["attendance"].copy()
    late = table["session"] >= 3
    table.loc[late & (table.index % 3 == 0), "group"] = "G1"
    table.loc[table.index[:1], "group"] = None
    return table


def mentions(made: Made) -> measures.UnitMentions:
    rng = np.random.default_rng(5)
    units = list(made.study.unit_ids) if len(made["attendance"]) else []
    docs = [{"document_id": f"d{s}", "session": s} for s in made.study.session_ids] if units else []
    rows = []
    for k in range(40 if units else 0):
        unit, about = rng.choice(units[:4]), rng.choice(units[:4])
        session = int(rng.choice(made.study.session_ids))
        rows.append({"segment_id": f"s{k}", "document_id": f"d{session}", "unit": unit, "text": f"som {about} gjorde"})
    return measures.unit_mentions(
        _fill("segments", rows, start=0, end=1, role="informant"),
        _fill("documents", docs, kind="gruppsamtal", verbatim="yes", consent="internal"),
        made.study,
    )


def homework(made: Made) -> measures.Homework:
    rng = np.random.default_rng(6)
    rows = []
    for unit, after in made["enrolment"][["unit", "left_after_session"]].itertuples(index=False):
        last = len(made.study.sessions) if pd.isna(after) else after
        for session in range(1, last + 1):
            rows += [{"unit": unit, "session": session}] * int(rng.choice([0, 1, 1, 1, 2]))
    numbered = [row | {"document_id": f"d{k}", "text": "ett två"} for k, row in enumerate(rows)]
    documents = _fill("documents", numbered, kind="hemuppgift", verbatim="yes", consent="internal")
    return measures.homework(documents, enrolment=made["enrolment"], study=made.study)


def saturation(made: Made) -> measures.Saturation:
    rng = np.random.default_rng(7)
    count = 3 * len(made.study.sessions) if len(made["attendance"]) else 0
    docs = [{"document_id": f"d{k:02}", "session": k // 3} for k in range(count)]
    codings = [
        {"coding_id": f"c{k}.{code}", "document_id": f"d{k:02}", "segment_id": f"s{k}", "code": f"code{code}"}
        for k in range(count)
        for code in sorted({int(code) for code in rng.geometric(0.18, size=3)})
    ]
    return measures.code_saturation(
        _fill("codings", codings, start=0, end=1, coder="rule", rule="r", polarity="+"),
        _fill("documents", docs, kind="intervju", verbatim="yes", consent="internal"),
        n_orders=200,
    )


def convergence(made: Made, *, compare: measures.Compare = "parties") -> measures.VocabularyConvergence:
    if not len(made["attendance"]):
        segments, documents = empty_table("segments"), empty_table("documents")
    else:
        count = min(len(made.study.sessions), 6)
        segments, documents = simulate_speakers(
            [30 * (k + 1) for k in range(count)], apart=list(np.linspace(0.5, 0, count)), seed=9
        )
    if compare == "presenters" and len(segments):
        segments = segments[segments["party"] == "host"].reset_index(drop=True)
        segments["speaker"] = pd.Series([f"T{k % 2 + 1}" for k in range(len(segments))], dtype="str")
    return measures.vocabulary_convergence(
        segments, documents, terms=SPEAKER_TERMS, compare=compare, study=made.study, n_draws=60
    )


def triangulation(made: Made) -> measures.LearningTriangulation:
    positions = made["positions"].copy()
    return measures.triangulate_learning(
        measures.learning_levels(made["assessments"], made.study, enrolment=made["enrolment"]),
        depth(made),
        measures.position_pairs(positions, made.study),
    )


def reliability(made: Made) -> measures.RaterPairs:
    return measures.learning_levels(made["assessments"], made.study).reliability.pairs


Figure = tuple[Callable[..., Any], Callable[..., str], Callable[[Made], Any]]


def rater_pairs(result: Any, **how: Any) -> Any:
    return figures.plot_rater_pairs(result, scale=Scales().level, **how)


FIGURES: dict[str, Figure] = {
    "presenters": (
        figures.plot_presenters,
        figures.alt_presenters,
        lambda m: measures.presenters(activities(m), study=m.study),
    ),
    "session_groups": (
        figures.plot_session_groups,
        figures.alt_session_groups,
        lambda m: measures.session_groups(attendance(m), study=m.study),
    ),
    "unit_mentions": (figures.plot_unit_mentions, figures.alt_unit_mentions, mentions),
    "adherence": (
        figures.plot_adherence,
        figures.alt_adherence,
        lambda m: measures.adherence(activities(m), study=m.study),
    ),
    "homework": (figures.plot_homework, figures.alt_homework, homework),
    "indicators": (
        figures.plot_indicators,
        figures.alt_indicators,
        lambda m: measures.indicators(m["indicators"], study=m.study),
    ),
    "interventions": (
        figures.plot_interventions,
        figures.alt_interventions,
        lambda m: measures.interventions(m["interventions"], study=m.study),
    ),
    "spent_hours": (
        figures.plot_spent_hours,
        figures.alt_spent_hours,
        lambda m: measures.spent_hours(m["hours"], study=m.study),
    ),
    "unit_costs": (
        figures.plot_unit_costs,
        figures.alt_unit_costs,
        lambda m: measures.unit_costs(m["enrolment"], m.study, attendance=m["attendance"]),
    ),
    "saturation": (figures.plot_saturation, figures.alt_saturation, saturation),
    "convergence": (figures.plot_convergence, figures.alt_convergence, convergence),
    "convergence_presenters": (
        figures.plot_convergence,
        figures.alt_convergence,
        partial(convergence, compare="presenters"),
    ),
    "rater_pairs": (rater_pairs, figures.alt_rater_pairs, reliability),
    "triangulation": (figures.plot_triangulation, figures.alt_triangulation, triangulation),
}
"""Those that also draw a programme without any row."""


def unit_learning(made: Made) -> measures.UnitLearning:
    return triangulation(made).unit("K01")


def path_trends(made: Made) -> progression.PathTrends:
    paths = progression.learning_paths(made["assessments"], made["enrolment"], study=made.study)
    return progression.path_trends(paths)


WITH_ROWS: dict[str, Figure] = FIGURES | {
    "unit_learning": (figures.plot_unit_learning, figures.alt_unit_learning, unit_learning),
    "path_trends": (figures.plot_path_trends, figures.alt_path_trends, path_trends),
}
