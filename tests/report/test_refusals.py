"""What the report says where a method refuses, in the language of the reader."""

import ast
from dataclasses import replace

import pytest

from evalkit.errors import EstimationError
from evalkit.models.dropout import retention
from evalkit.report import read_saved, refusals
from tests.conftest import ROOT
from tests.models.plain_registers import enrolment, study


@pytest.mark.parametrize(
    ("lang", "words"),
    [("sv", "går inte att säga (andel kvar: registret enrolment"), ("en", "cannot be said (retention: the enrolment")],
)
def test_a_refusal_is_said_in_the_readers_language(lang, words, tmp_path, capsys) -> None:
    where = replace(study(), root=tmp_path, lang=lang)
    with refusals(where, "04_retention", section="dropout", title="X"):
        retention(enrolment([]), study=where)
    assert words in capsys.readouterr().out
    (item,) = read_saved(where)
    assert item.kind == "refusal"
    assert words in item.reading


def test_without_swedish_the_english_stands_and_other_errors_go_on(tmp_path) -> None:
    assert EstimationError("why").text("sv") == "why"
    assert EstimationError("why\n  so", sv="därför").text("en") == "why so"
    assert str(EstimationError("why", sv="därför")) == "EstimationError: why"
    with pytest.raises(ZeroDivisionError), refusals(replace(study(), root=tmp_path), "04_x", section="x", title="x"):
        raise ZeroDivisionError


@pytest.mark.parametrize("room", ["inference", "coding", "measures", "models"])
def test_every_refusal_that_a_report_can_show_has_both_languages(room) -> None:
    def is_refusal(node: ast.AST) -> bool:
        return isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "EstimationError"

    found = [
        (f"{path.relative_to(ROOT)}:{node.lineno}", node)
        for path in sorted((ROOT / "evalkit" / room).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if is_refusal(node)
    ]
    assert len(found) >= 5
    lacking = [place for place, call in found if "sv" not in {word.arg for word in call.keywords}]
    assert not lacking, "give sv= the Swedish text"
