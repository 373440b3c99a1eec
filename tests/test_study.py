from pathlib import Path

import pytest

from evalkit.errors import StudyError
from evalkit.study import Study, find_study, load_study, read_study


def write(folder: Path, text: str) -> Path:
    path = folder / "data" / "raw" / "study.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return folder


def test_reads_units_and_sessions_in_order(study: Study) -> None:
    assert study.unit_ids == ("K01", "K02")
    assert study.session_ids == (1, 2, 3)
    assert study.session_label(2) == "LT2"
    assert load_study(study.root, lang="en").session_label(2) == "S2"


def test_is_found_from_a_folder_inside(study: Study) -> None:
    inside = study.root / "notebooks"
    inside.mkdir()
    assert find_study(inside) == study.root


def test_missing_study_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=r"no data/raw/study\.toml .* evalkit new DIR"):
        load_study(tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[study]\ntitle = 'x'\n[[units]]\nid = 'A'\n[[units]]\nid = 'A'\n", "units: id A stands more than once"),
        ("[study]\ntitle = 'x'\n[[units]]\nid = 'A'\ncolor = 'red'\n", r"units\.1\.color: is not a known key"),
        ("[study]\ntitle = 'x'\n[[tools]]\nid = 'a'\nname = 'A'\nintroduced = 3\n", "session 3, which is not declared"),
        ("[study]\ntitle = 'x'\n[experiment]\nevent = 'fire'\n", "no event has the id 'fire'"),
        (
            "[study]\ntitle = 'x'\n[[speakers]]\nlabel = 'A'\nrole = 'informant'\nunit = 'Q'\n",
            "unit 'Q' is not declared",
        ),
        ("[study\n", "is not valid TOML"),
        ("", "study: is missing"),
        ("[study]\nlanguage = 'sv'\n", r"study\.title: is missing"),
    ],
)
def test_contradictions_are_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(StudyError, match=message):
        load_study(write(tmp_path, text))


def test_all_problems_are_listed_at_once(tmp_path: Path) -> None:
    _, findings = read_study(write(tmp_path, "[study]\ntitle = 'x'\ncolour = 1\n[[sessions]]\nid = 0\n"))
    assert len(findings) == 2
    assert all(finding.severity == "problem" for finding in findings)


def test_cp1252_is_refused_by_byte(tmp_path: Path) -> None:
    folder = write(tmp_path, "")
    (folder / "data" / "raw" / "study.toml").write_bytes("[study]\ntitle = 'Lärande'\n".encode("cp1252"))
    with pytest.raises(StudyError, match="not UTF-8"):
        load_study(folder)


def test_language_of_the_report_has_its_own_folder(study: Study) -> None:
    assert study.reports == study.root / "reports"
    assert load_study(study.root, lang="en").reports == study.root / "reports" / "en"
    with pytest.raises(StudyError, match="language 'fi'"):
        load_study(study.root, lang="fi")  # type: ignore[arg-type]
