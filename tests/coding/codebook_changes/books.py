"""A small codebook with comments, and random ones."""

from hypothesis import strategies as st

from evalkit.coding.codebook import Codebook, parse_codebook
from evalkit.coding.codes import Code, Cycle, Matrix
from evalkit.coding.rules import (
    GAP,
    ROLES,
    Phrase,
    PolarityCues,
    Rule,
    WordPattern,
    Words,
    WordSequence,
)
from evalkit.study import Text

BOOK = """\
# Kodbok för Ekvik
version = "1.4"  # höjs vid varje ändring
language = "sv"

[lists]
hem = ["hund*", "katt*"]

[polarity]
negation = ["inte"]

# ===== Förutsättningar =====

[[codes]]
id = "mandat"  # får inte bytas lättvindigt
name = { sv = "Mandat", en = "Mandate" }
definition = "Rätt att bestämma."
colour = "#0072B2"
rules = [
  # fackordet
  { words = ["mandat", "befogenhet"], not = ["@hem"] },  # vanligast
  # omskrivningar
  { sequence = ["få", "uppdrag"], gap = 2 }
]

[[codes]]
id = "stod"
name = "Stöd"
rules = [
  # ryggen fri
  { sequence = ["rygg", "fri"], gap = 3 },
  { id = "stod.egen", words = ["uppbackning*"] },
]

# ===== Arbetet =====

[[codes]]
id = "nara"
name = "Stöd nära"
parent = "stod"

[[codes]]
id = "driv"
name = "Driv"

  # om lusten
  [[codes.rules]]
  words = ["driv", "lust*"]  # två ord

  [[codes.rules]]
  words = ["energi"]

# ===== Vyer =====

[[groupings]]
id = "fyra"
kind = "matrix"
name = "Fyra fält"
rows = ["inre", "yttre"]
columns = ["egen"]
cells = [["driv"], ["mandat"]]  # två av fyra

[[groupings]]
id = "varv"
kind = "cycle"
name = "Varv"
steps = ["mandat", "driv"]
hub = "nara"
# slut
"""

COMMENTS = [line.split("#")[-1] for line in BOOK.splitlines() if "#" in line and "colour" not in line]


def content(book: Codebook) -> tuple[object, ...]:
    """What a codebook says, without the hash of its text."""
    return book.version, book.language, book.codes, book.groupings, book.polarity


def parsed(source: str) -> tuple[object, ...]:
    return content(parse_codebook(source))


_WORD = st.text("abåéz1-_", min_size=1, max_size=6).filter(lambda word: word not in ("...", "…"))
_PATTERN = st.builds(WordPattern, st.sampled_from(["lemma", "form", "prefix", "suffix", "infix"]), _WORD)
_ALTERNATIVES = st.lists(_PATTERN, min_size=1, max_size=3).map(tuple)
_SIGNS = st.characters(exclude_categories=["Cc", "Cs", "Cn"]) | st.sampled_from('\n\t"\\=#@')
_TEXT = st.text(_SIGNS, max_size=20)
_BOTH = st.builds(Text, sv=_TEXT, en=_TEXT) | _TEXT.map(lambda text: Text(sv=text, en=text))

_NAME = _BOTH.filter(lambda text: bool(text.sv) == bool(text.en))


@st.composite
def _phrases(draw):
    parts = draw(st.lists(_ALTERNATIVES, min_size=1, max_size=3))
    return Phrase(tuple(parts), tuple(draw(st.sampled_from([0, GAP])) for _ in parts[1:]))


_PHRASES = st.lists(_phrases(), max_size=2).map(tuple)
_SEQUENCE = st.builds(
    WordSequence,
    st.lists(_ALTERNATIVES, min_size=2, max_size=4).map(tuple),
    gap=st.integers(0, 50),
    any_order=st.booleans(),
    across=st.booleans(),
)
_ROLES = st.lists(st.sampled_from(ROLES), min_size=1, max_size=3, unique=True).map(tuple)
CUES = st.builds(PolarityCues, _PHRASES, _PHRASES, _PHRASES, _PHRASES, st.booleans(), st.integers(0, 50))


@st.composite
def rules(draw, id: str):
    return Rule(
        id=id,
        pattern=draw(st.builds(Words, _ALTERNATIVES) | _SEQUENCE),
        polarity=draw(st.sampled_from("+-?")),
        negatable=draw(st.booleans()),
        requires=draw(_PHRASES),
        excludes=draw(_PHRASES),
        roles=draw(_ROLES),
    )


@st.composite
def codebooks(draw):
    """Any codebook that may be written: trees of codes, rules or none, matrices and cycles."""
    ids = draw(st.lists(st.text("abcåÅ_-1", min_size=1, max_size=5), unique=True, max_size=5))
    codes = []
    for number, id in enumerate(ids):
        named = [draw(st.sampled_from(["", f"egen {id}."])) for _ in range(draw(st.integers(0, 3)))]
        texts = {key: draw(_BOTH) for key in ("definition", "include", "exclude", "example")}
        codes.append(
            Code(
                id=id,
                name=draw(_NAME),
                **texts,
                parent=draw(st.sampled_from(["", *ids[:number]])),
                colour=draw(st.sampled_from(["", "#0072B2"])),
                rules=tuple(
                    draw(rules(f"{own}{n}" if own else f"{id}.{n}")) for n, own in enumerate(named, start=1)
                ),
            )
        )  # fmt: skip
    return Codebook(
        version=draw(st.sampled_from(["1.0", "2", "utkast"])),
        language="sv",
        codes=tuple(codes),
        groupings=tuple(draw(_groupings(ids))) if ids else (),
        polarity=draw(CUES),
    )


@st.composite
def _groupings(draw, ids):
    one = st.sampled_from(ids)
    found = []
    for n in range(draw(st.integers(0, 2))):
        if draw(st.booleans()):
            rows, columns = (draw(st.lists(_BOTH, min_size=1, max_size=3)) for _ in range(2))
            cells = tuple(tuple(draw(one) for _ in columns) for _ in rows)
            found.append(Matrix(f"vy {n}", draw(_NAME), tuple(rows), tuple(columns), cells))
        else:
            steps, between = draw(st.lists(one, min_size=2, max_size=4)), draw(st.lists(one, max_size=2))
            hub = draw(st.sampled_from(["", *ids]))
            found.append(Cycle(f"vy {n}", draw(_NAME), tuple(steps), hub, tuple(between)))
    return found
