"""How many codings follow a text of which 2, 5 or 15 % of the words change at random, and how fast.

The texts are the example's transcripts, read into a temporary copy, and the real documents of ../shared/real where
they are. Each word is replaced by another of the text, respelt, taken out, or gets one before it; what became of every
word is known. Prints one JSON line per corpus, share and kind of coding (random spans of 3 to 40 words, and the rules'
codings): spans placed right and wrong, edited ones among the right, uncertain (and how many of those offer the right
place) and lost; the seconds of all documents; and how many raw offsets and a plain search for the first occurrence of
the quote put right. A last line is one text of 300 000 characters with 5 000 codings.
"""

import json
import re
import shutil
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd

from evalkit.coding.anchors import carry_spans
from evalkit.pipeline import run_study
from evalkit.sources.pdf import read_pdf
from evalkit.sources.text import decode_bytes, normalise_text
from evalkit.sources.word import read_word
from evalkit.study import load_study
from evalkit.tables import read_table

ROOT = Path(__file__).resolve().parents[1]
REAL = ROOT.parent / "shared" / "real"
SHARES = (0.02, 0.05, 0.15)
N_CODINGS = 300
WORD = re.compile(r"\w+")

Texts = dict[str, str]


def main() -> None:
    texts, rules = example()
    corpora = {"example": (texts, rules)}
    if REAL.is_dir():
        corpora["real documents"] = (real(), None)
    for corpus, (documents, codings) in corpora.items():
        for share in SHARES:
            spans = random_spans(documents, N_CODINGS, seed=1)
            print(json.dumps({"corpus": corpus, "codings": "random"} | measure(documents, spans, share)))
            if codings is not None:
                spans = codings.sample(N_CODINGS, random_state=1)
                print(json.dumps({"corpus": corpus, "codings": "rules"} | measure(documents, spans, share)))
    long = {"long": ("\n\n".join(texts.values()) * 10)[:300_000]}
    for share in SHARES:
        spans = random_spans(long, 5000, seed=2)
        print(json.dumps({"corpus": "300 000 characters", "codings": "random"} | measure(long, spans, share)))


def example() -> tuple[Texts, pd.DataFrame]:
    """Return the example's transcripts and the rules' codings of them."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "study"
        shutil.copytree(ROOT / "data" / "raw", copy / "data" / "raw")
        shutil.copytree(ROOT / "notebooks", copy / "notebooks", ignore=shutil.ignore_patterns(".*"))
        study = load_study(copy)
        run_study(study, until="tables")
        documents, codings = read_table(study, "documents"), read_table(study, "codings")
    spoken = documents[documents["kind"].isin(["intervju", "gruppsamtal"])]
    texts = dict(zip(spoken["document_id"], spoken["text"], strict=True))
    return texts, codings.loc[codings["document_id"].isin(spoken["document_id"]), ["document_id", "start", "end"]]


def real() -> Texts:
    texts = {path.name: decode_bytes(path.read_bytes())[0] for path in sorted(REAL.glob("*.txt"))}
    texts |= {path.name: read_word(path) for path in sorted(REAL.glob("*.docx"))}
    texts |= {path.name: read_pdf(path) for path in sorted(REAL.glob("*.pdf"))}
    return {name: normalise_text(text).text for name, text in texts.items()}


def random_spans(texts: Texts, n: int, *, seed: int) -> pd.DataFrame:
    """Draw spans of 3 to 40 words, from documents by their length."""
    rng = np.random.default_rng(seed)
    words = {name: list(WORD.finditer(text)) for name, text in texts.items()}
    names = [name for name in words if len(words[name]) > 3]
    weights = np.array([len(words[name]) for name in names], dtype=float)
    rows = []
    for name in rng.choice(names, size=n, p=weights / weights.sum()):
        size = int(rng.integers(3, 41))
        first = int(rng.integers(max(len(words[name]) - size, 1)))
        last = min(first + size, len(words[name])) - 1
        rows.append((name, words[name][first].start(), words[name][last].end()))
    return pd.DataFrame(rows, columns=["document_id", "start", "end"])


def correct(text: str, share: float, rng: np.random.Generator) -> tuple[str, list[tuple[int, int, int, int]]]:
    """Change words at random; return the new text, and where each word that is left was and is."""
    found = list(WORD.finditer(text))
    words = [match[0] for match in found]
    parts, left, place, length, taken_out = [], [], 0, 0, False

    def other(number: int) -> str:
        near = {word.casefold() for word in words[max(number - 4, 0) : number + 5]}
        while (word := str(rng.choice(words))).casefold() in near:  # put back where it was, it would never have gone
            pass
        return word

    for number, match in enumerate(found):
        parts.append(text[place : match.start()])
        length += len(parts[-1])
        place, word, chance = match.end(), match[0], rng.random()
        if chance < 0.25 * share:
            taken_out = True
            continue
        if chance < 0.5 * share:
            word = other(number)
        elif chance < 0.75 * share:
            word = word[:1] + word
        elif chance < share and not taken_out:  # one put in where one went would be a replacement
            parts.append(other(number) + " ")
            length += len(parts[-1])
        taken_out = False
        parts.append(word)
        left.append((match.start(), match.end(), length, length + len(word)))
        length += len(word)
    return "".join([*parts, text[place:]]), left


def words_of(text: str, start: int, end: int) -> tuple[int, int]:
    """Return where the words of a span begin and end: signs beside them belong to it or not, as one likes."""
    found = list(WORD.finditer(text, start, end))
    return (found[0].start(), found[-1].end()) if found else (start, end)


def measure(texts: Texts, spans: pd.DataFrame, share: float) -> dict[str, object]:
    rng = np.random.default_rng(round(1000 * share))
    count: Counter[str] = Counter()
    seconds = 0.0
    for name, part in spans.groupby("document_id"):
        old = texts[str(name)]
        new, left = correct(old, share, rng)
        begun = time.perf_counter()
        found = carry_spans(old, new, part)
        seconds += time.perf_counter() - begun
        for coding, row in zip(part.itertuples(), found.itertuples(), strict=True):
            count.update(judge(old, new, left, coding, row))
    keys = ("right", "edited", "wrong", "uncertain", "right place offered", "lost")
    told = {key: count[key] for key in keys}
    compared = {"raw offsets right": count["offsets"], "first occurrence right": count["search"]}
    return {"changed": share, "n": len(spans)} | told | {"seconds": round(seconds, 2)} | compared


def judge(old: str, new: str, left: list[tuple[int, int, int, int]], coding: object, row: object) -> list[str]:
    """Say how one coding was placed, and how it would have been otherwise."""
    inside = [word for word in left if word[1] > coding.start and word[0] < coding.end]
    truth = (inside[0][2], inside[-1][3]) if inside else None
    quote = old[coding.start : coding.end]
    at = new.find(quote)
    said = ["offsets"] * ((coding.start, coding.end) == truth and new[coding.start : coding.end] == quote)
    said += ["search"] * (at >= 0 and (at, at + len(quote)) == truth)
    if row.status in ("uncertain", "lost"):
        return [*said, row.status, *["right place offered"] * (truth in [words_of(new, *c) for c in row.candidates])]
    right = words_of(new, row.start, row.end) == truth
    return [*said, "right" if right else "wrong", *["edited"] * (right and row.status == "edited")]


if __name__ == "__main__":
    main()
