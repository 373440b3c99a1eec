"""What the report says where a method refuses, in the language of the reader."""

from dataclasses import replace

import pytest

from evalkit.errors import EstimationError
from evalkit.models.dropout import retention
from evalkit.report import read_saved, refusals
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
