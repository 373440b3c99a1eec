"""The report as one Markdown text, in the order of a process evaluation, and that text as report.html.

What evalkit writes comes from study.toml, the saved figures and tables and the counts behind them. What the evaluator
writes stands in reports/text/*.md, is put where it belongs and is never overwritten.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pandas as pd

from evalkit.coding import Codebook
from evalkit.errors import Finding
from evalkit.report.columns import for_reader
from evalkit.report.render import details, html_page, markdown_table, plain
from evalkit.report.save import SavedItem, read_saved
from evalkit.study import Study
from evalkit.tables import possibilities, read_table, write_whole
from evalkit.wording import Language, count_noun, join, number, pick

__all__ = ["SECTIONS", "write_report"]

# The sections that figures and tables can belong to, in the order of the report.
SECTIONS: dict[str, tuple[str, str]] = {
    "material": ("Metod och material", "Method and material"),
    "programme": ("Programmet", "The programme"),
    "coding": ("Vad de säger: teman i materialet", "What they say: themes in the material"),
    "learning": ("Lärandet från träff till träff", "Learning from session to session"),
    "dropout": ("Bortfallet", "Dropout"),
    "experiment": ("Det naturliga experimentet", "The natural experiment"),
    "fidelity": ("Form och innehåll", "Form and content"),
    "joint": ("Allt om varje enhet på en gång", "Everything about each unit at once"),
    "documents": ("Bilaga: dokument", "Appendix: documents"),
    "calibration": (
        "Bilaga: hur väl metoderna håller vad de lovar",
        "Appendix: how well the methods keep their promises",
    ),
}
LONGEST_TABLE = 200  # rows of data that open on a click
SHORT_TABLE = 80  # rows that are shown at once


def write_report(study: Study, *, codebook: Codebook, findings: Sequence[Finding], counts: Mapping[str, int]) -> Path:
    """Write reports/report.html.

    Parameters
    ----------
    study : Study
        The study; its language is the report's.
    codebook : Codebook
        The codebook that the codings were made with.
    findings : sequence of Finding
        What was found in the raw data; the report tells how many and what was left out, not whose.
    counts : mapping of str to int
        What the study has (see `evalkit.tables.possibilities`).

    Returns
    -------
    pathlib.Path
        The file written.
    """
    text = "\n\n".join(_document(study, codebook, findings, counts)) + "\n"
    path = study.reports / "report.html"
    write_whole(path, html_page(text, title=study.study.title(study.lang), lang=study.lang, folder=study.reports))
    return path


def _document(
    study: Study, codebook: Codebook, findings: Sequence[Finding], counts: Mapping[str, int]
) -> Iterator[str]:
    lang = study.lang
    items = read_saved(study)
    built = dt.datetime.now(tz=dt.UTC).date().isoformat()
    yield f"::: {{.date}}\n{pick(lang, sv='Byggd', en='Built')} {built}\n:::"
    yield from _summary(study, items, counts)
    yield from _assignment(study, counts)
    for section, titles in SECTIONS.items():
        title = pick(lang, sv=titles[0], en=titles[1])
        body = list(_section(study, section, items, findings))
        if body:
            yield f"# {title} {{#{section}}}"
            yield from body
    yield from _own(study, "slutsatser", "conclusions", "Slutsatser", "Conclusions")
    yield from _own(study, "rekommendationer", "recommendations", "Rekommendationer", "Recommendations")
    yield from _appendix(study, codebook)


def _summary(study: Study, items: Sequence[SavedItem], counts: Mapping[str, int]) -> Iterator[str]:
    lang = study.lang
    yield pick(lang, sv="# Sammanfattning {#summary}", en="# Summary {#summary}")
    yield from _own(study, "sammanfattning", "summary")
    made = read_table(study, "codings")["rule"]
    codings, learned = len(made), made.str.endswith("~learned").any()
    yield pick(
        lang,
        sv=f"Rapporten bygger på {count_noun(counts['documents'], 'dokument', 'dokument')} med "
        f"{number(counts['segments'])} segment och {number(codings)} maskinkodningar, gjorda av kodbokens "
        f"{'regler och dess inlärda kodare' if learned else 'regler'}. Maskinkodningarna är inte kontrollerade en för "
        "en mot människors kodning; läs dem som var man kan leta, inte som facit.",
        en=f"The report rests on {count_noun(counts['documents'], 'document', 'documents', lang=lang)} with "
        f"{number(counts['segments'], lang=lang)} segments and {number(codings, lang=lang)} machine codings, "
        f"made by the codebook's {'rules and its learned coder' if learned else 'rules'}. The machine codings are not "
        "checked one by one against people's; read them as where to look, not as the answer.",
    )
    readings = [item for item in items if item.headline and item.reading and item.rows]
    if readings:
        yield "\n".join(f"- {plain(item.reading)} ([{plain(item.title)}](#{item.name}))" for item in readings)


def _assignment(study: Study, counts: Mapping[str, int]) -> Iterator[str]:
    lang = study.lang
    yield pick(lang, sv="# Uppdrag och avgränsningar {#assignment}", en="# Assignment and limits {#assignment}")
    yield from _own(study, "uppdrag", "assignment")
    if study.questions:
        yield pick(lang, sv="Utvärderingen ska svara på:", en="The evaluation is to answer:")
        yield "\n".join(f"{n}. {plain(question.text(lang))}" for n, question in enumerate(study.questions, start=1))
    if study.goals:
        yield _goals(study)
    if study.funding:
        money = study.funding
        yield pick(
            lang,
            sv=f"Programmet hade {number(money.total)} {money.currency}, varav {number(money.evaluation)} "
            f"{money.currency} till utvärderingen.",
            en=f"The programme had {number(money.total, lang=lang)} {money.currency}, of which "
            f"{number(money.evaluation, lang=lang)} {money.currency} for the evaluation.",
        )
    lacking = [part.sentence(lang) for part in possibilities(counts) if part.missing]
    if lacking:
        yield pick(
            lang,
            sv="Det här räcker underlaget inte till, och rapporten säger därför inget om det:",
            en="The material does not reach for the following, and the report is silent about it:",
        )
        yield "\n".join(f"- {plain(sentence)}" for sentence in lacking)


def _goals(study: Study) -> str:
    lang = study.lang
    levels = {
        "activity": ("aktivitet", "activity"),
        "output": ("prestation", "output"),
        "learning": ("lärande", "learning"),
        "implementation": ("införande", "implementation"),
        "effect": ("effekt", "effect"),
    }
    rows = [
        (goal.text(lang), pick(lang, sv=levels[goal.level][0], en=levels[goal.level][1]), goal.owner)
        for goal in study.goals
    ]
    heads = pick(lang, sv="Mål|Nivå|Ägare", en="Goal|Level|Owner").split("|")
    return markdown_table(pd.DataFrame(rows, columns=heads), lang=lang)


def _section(study: Study, section: str, items: Sequence[SavedItem], findings: Sequence[Finding]) -> Iterator[str]:
    yield from _own(study, section, section)
    if section == "material":
        yield _what_was_found(findings, study.lang)
    if section == "programme":
        yield from _programme(study)
    own = [item for item in items if item.section == section]
    for item in own:
        if item.rows:
            yield from _item(study, item)
    yield from _without_material([item for item in own if not item.rows], study.lang)


def _without_material(items: Sequence[SavedItem], lang: Language) -> Iterator[str]:
    """Say plainly, in one place, which parts the material does not reach for."""
    if items:
        yield pick(lang, sv="Underlag saknas för:", en="There is no material for:")
        yield "\n".join(f"- **{plain(item.title)}** {plain(item.reading)}" for item in items)


def _what_was_found(findings: Sequence[Finding], lang: Language) -> str:
    problems = sum(finding.severity == "problem" for finding in findings)
    sv = count_noun(len(findings) - problems, "notering", "noteringar")
    en = count_noun(len(findings) - problems, "notice", "notices", lang="en")
    if problems:
        return pick(
            lang,
            sv=f"**{number(problems)} problem i rådata är lämnade utanför rapporten**; därtill {sv} om sådant som "
            "saknas (`evalkit check` visar allt).",
            en=f"**{number(problems, lang=lang)} problems in the raw data are left out of the report**; there is also "
            f"{en} of what is missing (`evalkit check` shows all).",
        )
    return pick(
        lang,
        sv=f"Rådata lästes utan problem; {sv} om det som saknas eller väntar på beslut (`evalkit check` visar allt).",
        en=f"The raw data were read without problems; {en} of what is missing or waits for a decision "
        "(`evalkit check` shows all).",
    )


def _programme(study: Study) -> Iterator[str]:
    lang = study.lang
    sessions = [
        (
            study.session_label(s.id),
            join([str(day) for day in s.dates], lang=lang) or "–",
            s.place or "–",
            s.name(lang) or "–",
        )
        for s in study.sessions
    ]
    tools = [(tool.name(lang), study.session_label(tool.introduced)) for tool in study.tools]
    events = [
        (
            event.name(lang) or event.id,
            str(event.date or "–"),
            "–" if event.after_session is None else study.session_label(event.after_session),
        )
        for event in study.events
    ]
    about = pick(lang, sv="omkring ", en="about ")
    funnel = [
        (step.step(lang), f"{about if step.approximate else ''}{number(step.count, lang=lang)}")
        for step in study.funnel
    ]
    tables: list[tuple[str, Sequence[tuple[str, ...]]]] = [
        (pick(lang, sv="|Dag|Plats|Innehåll", en="|Day|Place|Content"), sessions),
        (pick(lang, sv="Verktyg|Introduceras", en="Tool|Introduced"), tools),
        (pick(lang, sv="Händelse|Dag|Efter", en="Event|Day|After"), events),
        (pick(lang, sv="Steg|Antal", en="Step|Number"), funnel),
    ]
    for heads, rows in tables:
        if rows:
            yield markdown_table(pd.DataFrame(rows, columns=heads.split("|")), lang=lang)


def _item(study: Study, item: SavedItem) -> Iterator[str]:
    lang = study.lang
    yield f"## {plain(item.title)} {{#{item.name}}}"
    if item.reading:
        yield plain(item.reading)
    folder = "figures" if item.kind == "figure" else "tables"
    data = pd.read_csv(
        study.reports / folder / f"{item.name}.csv", encoding="utf-8-sig", keep_default_na=False, na_values=[""]
    )
    caption = _caption(item, lang)
    if item.kind == "figure":
        alt = item.alt.replace('"', "”").replace("\n", " ")
        yield f'![{plain(caption)}](figures/{item.name}.svg){{alt="{alt}"}}'
        yield details(data, f"figures/{item.name}.csv", lang=lang, longest=LONGEST_TABLE)
        return
    if len(data) > SHORT_TABLE:
        yield plain(caption)
        yield details(data, f"tables/{item.name}.csv", lang=lang, longest=LONGEST_TABLE)
        return
    shown = for_reader(data.drop(columns="rests_on", errors="ignore"), lang)
    yield markdown_table(shown, lang=lang, caption=caption)


def _caption(item: SavedItem, lang: Language) -> str:
    """Say what is shown, with n, and which tables it comes from."""
    source = pick(lang, sv=f" Källa: {item.source}.", en=f" Source: {item.source}.") if item.source else ""
    return item.caption + source


def _own(study: Study, swedish: str, english: str, *headings: str) -> Iterator[str]:
    """Read what the evaluator wrote for a part of the report; its headings are put one level down."""
    name = pick(study.lang, sv=swedish, en=english)
    path = study.reports / "text" / f"{name}.md"
    if not path.is_file():
        return
    if headings:
        yield f"# {pick(study.lang, sv=headings[0], en=headings[1])} {{#{english}}}"
    lines = path.read_text(encoding="utf-8").strip().split("\n")
    yield "\n".join(f"#{line}" if line.startswith("#") else line for line in lines)


def _appendix(study: Study, codebook: Codebook) -> Iterator[str]:
    lang = study.lang
    codings = read_table(study, "codings")
    found = codings["code"].value_counts()
    yield pick(lang, sv="# Bilaga: kodbok {#codebook}", en="# Appendix: codebook {#codebook}")
    rows = [
        (code.name(lang), code.definition(lang), number(int(found.get(code.id, 0)), lang=lang))
        for code in codebook.codes
    ]
    heads = pick(lang, sv="Kod|Definition|Maskinkodningar", en="Code|Definition|Machine codings").split("|")
    yield markdown_table(pd.DataFrame(rows, columns=heads), lang=lang)
    yield pick(
        lang,
        sv=f"Kodbokens version: {codebook.codebook_version}. Data bakom figurer och tabeller ligger bredvid som csv, "
        "med de kodningar, segment och dokument som varje rad vilar på; hur de gjordes står i json-filen bredvid.",
        en=f"Codebook version: {codebook.codebook_version}. The data behind figures and tables lie beside them as csv, "
        "with the codings, segments and documents that each row rests on; how they were made stands in the json file.",
    )
