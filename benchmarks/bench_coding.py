"""How fast texts are coded, and against what: one core, the same text and the same rules, ratios within one run.

The text (`growing_text`) is a million words in which new words keep coming; its growth is printed beside that of real
prose. Every case runs in a process of its own, pinned to one core, so that its memory is its own; libraries, the lemma
dictionary and the learned coder's weights are loaded before the clock starts, nothing of the text is known. Seconds are
CPU seconds, the best of `REPEATS`; memory is the process's peak, and before the clock. One JSON line per case.

- *spaCy's tokeniser*: `spacy.blank("sv")` alone. evalkit's time is for everything: tokens, lemmas, all rules with
  conditions and polarity, and the table of codings; by rules alone, and by rules and the learned coder.
- *plain spaCy* (`plain_pipeline`): tokeniser, lemmas, PhraseMatcher, Matcher; patterns only. With the whole codebook it
  is so slow that it gets the first `PART` words. With *light* rules (at most 200 of words and 50 sequences, no
  wildcards, which spaCy must ask as regular expressions) both get the first `LIGHT_PART` words. Its matches are
  compared with evalkit's.
- *quanteda*, where R has it: `tokens()` and `tokens_lookup()` with what a dictionary can hold of the light rules.
- *again*: one `RuleCoder` codes by one codebook after the other, each read anew from its file, which takes 0.03 seconds
  (0.25 with the learned coder) and is not counted. One rule, one in a hundred, one in ten, every rule or the polarity
  cues are edited, or a list gets a word more, which edits every rule that names it: what the edit leaves alone, and
  what the learned coder said, is kept.
- *one turn*: a single segment of a million characters.

What the time goes to (the line "stages"). By rules alone, tokens and lemmas are two thirds. Half of these are lemmas,
mostly of the quarter of the word types that the dictionary lacks: a dozen look-ups each, in a table that no cache
holds. The other half is cutting and numbering a million chunks, which Python's own str.split and dict do, and spaCy's
first sight of each chunk that is not letters alone. The rules are a quarter: half of that is finding the word types of
their patterns, a quarter where sentences and clauses end, and a quarter 420 rules with their conditions, each a fifth
of a millisecond that is mostly numpy's cost per call. Indexing the tokens and the table are the rest. With the learned
coder all takes almost three times as long: of its share a fifth is the letters of every word type (2.8 million known
stretches), a sixth each is cutting into passages and sentences and their scores, an eighth what these say of each code,
and most of the rest the polarity of what may be coded. No single change would halve either; the next step would be
native code.
"""

import json
import os
import pickle
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CODEBOOK = ROOT / "data" / "raw" / "codebook.toml"
WORDS = 1_000_000
PART, LIGHT_PART = 1_000, 200_000
REPEATS = 3
ONE_CORE = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS"), "1")


def main() -> None:
    os.environ |= ONE_CORE
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "text.pickle"
        report(run("text", path))
        tokeniser, cold, learned = best("tokeniser", path), best("cold", path), best("cold_learned", path)
        report(tokeniser)
        report(cold, ratio_to_tokeniser=ratio(cold, tokeniser))
        report(learned, ratio_to_tokeniser=ratio(learned, tokeniser))
        for line in run("again", path)["lines"] + run("again_learned", path)["lines"]:
            report(line)
        report(run("one_turn", path))
        light, plain_light = best("cold_light", path), run("plain_light", path)
        report(light, ratio_to_tokeniser=ratio(light, tokeniser), ratio_to_plain=ratio(light, plain_light))
        report(plain_light)
        report(quanteda(path, light))
        report(run("stages", path))
        plain = run("plain", path)
        report(plain, ratio_of_evalkit_cold=ratio(cold, plain))


def report(line: dict, **more: object) -> None:
    print(
        json.dumps({key: value for key, value in (line | more).items() if key != "lines"}, ensure_ascii=False),
        flush=True,
    )


def ratio(fast: dict, slow: dict) -> float:
    return round(fast["words_per_second"] / slow["words_per_second"], 1)


def best(name: str, path: Path) -> dict:
    """Run a case some times and return the fastest."""
    return min((run(name, path) for _ in range(REPEATS)), key=lambda line: line["seconds"])


def run(name: str, path: Path) -> dict:
    """Run a case in a process of its own, on one core."""
    core = sorted(os.sched_getaffinity(0))[-1] if hasattr(os, "sched_getaffinity") else None

    def pin() -> None:
        if core is not None:
            os.sched_setaffinity(0, {core})

    command = [sys.executable, __file__, name, str(path)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, preexec_fn=pin, text=True)
    return json.loads(done.stdout)


def peak() -> int:
    """Return the peak memory of this process in MB."""
    scale = 1 if sys.platform == "darwin" else 1024
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale / 1e6)


def timed(case: str, work: Callable[[], object], of_words: int, **more: object) -> dict:
    before, begun = peak(), time.process_time()
    result = work()
    seconds = time.process_time() - begun
    line = {"case": case, "seconds": round(seconds, 4), "words_per_second": round(of_words / seconds)}
    memory = {"peak_mb": peak(), "mb_before": before}
    return line | memory | more | ({"codings": len(result)} if hasattr(result, "columns") else {})  # type: ignore[arg-type]


# What follows runs in the children.


def text_case(path: Path) -> dict:
    import numpy as np
    from growing_text import REAL, growing_text, growth
    from simplemma import is_known, lemmatize

    from evalkit.corpus.tokens import _INFLECTED, LEMMAS, fold, tokenise

    texts, roles = growing_text(WORDS)
    path.write_bytes(pickle.dumps((texts, roles)))
    tokens = tokenise(texts)
    written = np.array([any(map(str.isalpha, word)) for word in tokens.vocabulary])
    known = np.array([is_known(word, "sv") for word in tokens.vocabulary])
    as_simplemma = all(
        lemma == fold(lemmatize(word, "sv", greedy=True))
        for word, lemma, letters in zip(tokens.vocabulary, tokens.lemmas, written, strict=True)
        if letters and word not in LEMMAS and len(word) <= 60 and not _INFLECTED.fullmatch(word)
    )
    grown = growth(tokens.words[written[tokens.words]], known, [1_000, 10_000, REAL["words"], 100_000, 300_000])
    chunks = [chunk for text in texts for chunk in text.split()]
    size = {"words": len(chunks), "segments": len(texts), "characters": sum(map(len, texts))}
    return {
        "case": "text",
        **size,
        "distinct_chunks": len(set(chunks)),
        **grown,
        "real": REAL,
        "lemmas_are_simplemmas": as_simplemma,
    }


def read(learned: bool):
    from evalkit.coding import read_codebook

    return read_codebook(CODEBOOK, learned=learned)


def prepared(path: Path, *, light: bool = False, learned: bool = False):
    """Return segments, codebook and number of words, everything loaded that has nothing to do with this text."""
    from evalkit.coding import apply_codebook

    texts, roles = pickle.loads(path.read_bytes())
    codebook = read(learned)
    if light:
        codebook = light_codebook(codebook)
        texts, _ = first_words(texts, LIGHT_PART)
        roles = roles[: len(texts)]
    segments = segments_of(texts, roles)
    apply_codebook(segments_of(["Vi tog ställning, t.ex. i nämnden."], ["informant"]), codebook)
    return segments, codebook, sum(len(text.split()) for text in texts)


def segments_of(texts: list[str], roles: list[str]):
    import pandas as pd

    starts = [0]
    for text in texts:
        starts.append(starts[-1] + len(text) + 1)
    return pd.DataFrame(
        {
            "segment_id": [f"d1#{number:06d}" for number in range(len(texts))],
            "document_id": "d1",
            "start": pd.array(starts[:-1], dtype="Int64"),
            "role": roles,
            "unit": "K01",
            "about_session": pd.array([1] * len(texts), dtype="Int64"),
            "text": texts,
        }
    )


def light_codebook(codebook):
    """Return 200 rules of words and 50 sequences, without wildcards and conditions."""
    from evalkit.coding.rules import Words

    plain, counts = [], {True: 200, False: 50}
    for code in codebook.codes:
        rules = []
        for rule in code.rules:
            parts = [tuple(w for w in part if w.kind in ("form", "lemma")) for part in rule.pattern.parts]
            words = isinstance(rule.pattern, Words)
            if all(parts) and counts[words]:
                counts[words] -= 1
                pattern = Words(parts[0]) if words else replace(rule.pattern, parts=tuple(parts))
                rules.append(replace(rule, pattern=pattern, requires=(), excludes=()))
        plain.append(replace(code, rules=tuple(rules)))
    return replace(codebook, codes=tuple(plain))


def rules_of(codebook) -> list:
    return [rule for code in codebook.codes for rule in code.rules]


def tokeniser_case(path: Path) -> dict:
    import spacy

    texts, _ = pickle.loads(path.read_bytes())
    tokenizer = spacy.blank("sv").tokenizer
    tokenizer("Vi tog ställning, t.ex. i nämnden.")
    words = sum(len(text.split()) for text in texts)
    return timed("spaCy's tokeniser alone", lambda: sum(map(len, tokenizer.pipe(texts))), words)


def cold_case(path: Path, *, light: bool = False, learned: bool = False) -> dict:
    from evalkit.coding import apply_codebook

    segments, codebook, words = prepared(path, light=light, learned=learned)
    case = "evalkit, cold, " + ("light rules, a part" if light else "rules and learned" if learned else "rules")
    return timed(case, lambda: apply_codebook(segments, codebook), words, rules=len(rules_of(codebook)))


def plain_case(path: Path, *, light: bool = False) -> dict:
    from plain_pipeline import PlainPipeline

    segments, codebook, words = prepared(path, light=light)
    rules = rules_of(codebook)
    texts, words = first_words(segments["text"].tolist(), LIGHT_PART if light else PART)
    pipeline = PlainPipeline(rules)
    found: list[set] = []
    case = "plain spaCy" + (", light rules, a part" if light else ", the first words")
    line = timed(case, lambda: found.extend(map(pipeline.matches, texts)), words, words=words, rules=len(rules))
    return line | {"same_matches_as_evalkit": found == evalkits(texts, rules), "matches": sum(map(len, found))}


def first_words(texts: list[str], words: int) -> tuple[list[str], int]:
    chosen, so_far = [], 0
    for text in texts:
        if so_far >= words:
            break
        chosen.append(text)
        so_far += len(text.split())
    return chosen, so_far


def evalkits(texts: list[str], rules: list) -> list[set[tuple[str, int]]]:
    from evalkit.coding.matcher import Matcher
    from evalkit.corpus.tokens import tokenise

    tokens = tokenise(texts)
    matcher = Matcher(tokens)
    found: list[set[tuple[str, int]]] = [set() for _ in texts]
    for rule in rules:
        first = matcher.find(rule.pattern).first
        for text, start in zip(tokens.texts[first].tolist(), tokens.starts[first].tolist(), strict=True):
            found[text].add((rule.id, start))
    return found


def edited(codebook, every: int):
    """Return the codebook with one rule in `every` changed: a gap made wider, or a word added."""
    from evalkit.coding.rules import Words, parse_alternatives

    numbers = iter(range(10**6))

    def edit(rule):
        number = next(numbers)
        if number % every != every // 2:
            return rule
        pattern = rule.pattern
        if isinstance(pattern, Words):
            return replace(rule, pattern=Words((*pattern.alternatives, *parse_alternatives(f"nytt{number}*|nyord"))))
        return replace(rule, pattern=replace(pattern, gap=pattern.gap + 1))

    codes = tuple(replace(code, rules=tuple(map(edit, code.rules))) for code in codebook.codes)
    return replace(codebook, codes=codes, version=f"{codebook.version} edited")


def with_a_word_more(learned: bool):
    """Return the codebook with one word more in its first list, as when somebody has edited the file."""
    from evalkit.coding import codebook_files, read_codebook

    with tempfile.TemporaryDirectory() as folder:
        for file in codebook_files(CODEBOOK):
            shutil.copy(file, folder)
        path = Path(folder) / CODEBOOK.name
        before = path.read_text(encoding="utf-8")
        after = re.sub(r"(?s)(\n\[lists\].*?\n\w+ *= *\[)", r'\1"nyordet", ', before, count=1)
        path.write_text(after, encoding="utf-8")
        edit = read_codebook(path, learned=learned)
    if edit.lists == read(learned).lists:
        raise ValueError("the codebook has no list to add a word to")
    return edit


def again_case(path: Path, *, learned: bool = False) -> dict:
    from evalkit.coding.apply import RuleCoder

    segments, codebook, words = prepared(path, learned=learned)
    coders: list[RuleCoder] = []

    def cold() -> object:
        coders.append(RuleCoder(segments))
        return coders[0].apply(codebook)

    what = "rules and learned" if learned else "rules"
    first = timed(f"cold, in the process of what follows, {what}", cold, words)
    lines, n, coder = [first], len(rules_of(codebook)), coders[0]
    # Every edit is made in a codebook read anew, since that is what a user has who has edited the file.
    edits = {
        f"{sum(i % k == k // 2 for i in range(n))} of {n} rules edited": edited(read(learned), k)
        for k in (n, 100, 10, 1)
    }
    cues = codebook.polarity
    edits["one polarity cue removed"] = replace(read(learned), polarity=replace(cues, negation=cues.negation[1:]))
    edits["one word added to a list"] = with_a_word_more(learned)
    for case, edit in edits.items():
        coder.apply(codebook)
        line = timed(f"again, {what}, {case}", lambda edit=edit: coder.apply(edit), words)
        lines.append(line | {"ratio_to_cold": round(first["seconds"] / line["seconds"], 1)})
    return {"lines": lines}


def one_turn_case(path: Path) -> dict:
    """One segment of a million characters."""
    from evalkit.coding import apply_codebook

    _, codebook, _ = prepared(path, learned=True)
    text = " ".join(pickle.loads(path.read_bytes())[0])[:1_000_000]
    segments = segments_of([text], ["informant"])
    return timed(
        "one turn of a million characters, rules and learned",
        lambda: apply_codebook(segments, codebook),
        len(text.split()),
    )


def stages_case(path: Path) -> dict:
    import numpy as np

    from evalkit.coding.apply import RuleCoder
    from evalkit.coding.learned import coder as learned_module
    from evalkit.coding.learned.evidence import best_sentences
    from evalkit.coding.rules import ROLES
    from evalkit.corpus import tokens as module

    segments, codebook, _ = prepared(path)
    with_learned = read(learned=True)
    texts = segments["text"].tolist()
    clock = [time.process_time()]

    def lap() -> float:
        clock.append(time.process_time())
        return round(clock[-1] - clock[-2], 3)

    chunks, _ = module._split("\n".join(texts))
    stages = {"split into chunks": lap()}
    _, distinct = module._number(chunks)
    stages["number the chunks"] = lap()
    pieces = module._tokenise_chunks(distinct)
    stages["cut each distinct chunk"] = lap()
    list(map(module._lemma, pieces.vocabulary))
    stages["lemma of each word type"] = lap()
    tokens = module.tokenise(texts)
    stages["all of this again, lemmas known"] = lap()
    coder = RuleCoder(segments, tokens=tokens)
    stages["index the tokens"] = lap()
    coder.found(codebook)
    stages["rules, conditions, polarity"] = lap()
    coder.apply(codebook)
    stages["table of codings"] = lap()
    learned_coder = learned_module._coder(with_learned.learned)
    stages["learned: weights from the examples, once per process"] = lap()
    types = learned_coder.features.types(tokens)
    stages["learned: features of each word type"] = lap()
    cut = learned_module._cut(texts, np.flatnonzero(segments["role"].isin(ROLES)))
    stages["learned: cut into passages and sentences"] = lap()
    passages, sentences = learned_coder.scores(types, cut)
    stages["learned: scores of passages and sentences"] = lap()
    learned_coder.logits(texts, cut, passages, sentences, best_sentences(sentences[:, :-1], cut.first))
    stages["learned: what the scores say of each code"] = lap()
    coder.apply(with_learned)
    stages["learned: all of this, polarity, and the table"] = lap()
    return {"case": "stages", "seconds": stages}


def quanteda(path: Path, light: dict) -> dict:
    """Time quanteda on the same text, if R has it."""
    rscript = shutil.which("Rscript")
    if (
        rscript is None
        or subprocess.run([rscript, "-e", "library(quanteda)"], capture_output=True, check=False).returncode
    ):
        return {"case": "quanteda", "left_out": "there is no R with quanteda here; install both to compare"}
    texts, _ = first_words(pickle.loads(path.read_bytes())[0], LIGHT_PART)
    lines = path.with_suffix(".txt")
    lines.write_text("\n".join(" ".join(text.split()) for text in texts), encoding="utf-8")
    run("dictionary", path)
    script = Path(__file__).with_name("quanteda.R")
    done = subprocess.run(
        [rscript, str(script), str(lines), str(path.with_suffix(".tsv"))], stdout=subprocess.PIPE, check=True, text=True
    )
    line = json.loads(done.stdout.strip().splitlines()[-1])
    line["words_per_second"] = round(sum(len(text.split()) for text in texts) / line["seconds"])
    return line | {"ratio_of_evalkit_light": ratio(light, line)}


def dictionary_case(path: Path) -> dict:
    """Write what a dictionary of quanteda can hold of the light rules: forms, and of a sequence its first words."""
    _, codebook, _ = prepared(path, light=True)
    entries = [
        f"{rule.id}\t{' '.join(part[0].text for part in rule.pattern.parts)}"
        if len(rule.pattern.parts) > 1
        else "\n".join(f"{rule.id}\t{word.text}" for word in rule.pattern.parts[0])
        for rule in rules_of(codebook)
    ]
    path.with_suffix(".tsv").write_text("\n".join(entries), encoding="utf-8")
    return {"entries": len(entries)}


CASES: dict[str, Callable[[Path], dict]] = {
    "text": text_case,
    "tokeniser": tokeniser_case,
    "cold": cold_case,
    "cold_learned": lambda path: cold_case(path, learned=True),
    "cold_light": lambda path: cold_case(path, light=True),
    "plain": plain_case,
    "plain_light": lambda path: plain_case(path, light=True),
    "again": again_case,
    "again_learned": lambda path: again_case(path, learned=True),
    "one_turn": one_turn_case,
    "stages": stages_case,
    "dictionary": dictionary_case,
}

if __name__ == "__main__":
    if len(sys.argv) == 3:
        print(json.dumps(CASES[sys.argv[1]](Path(sys.argv[2])), ensure_ascii=False))
    else:
        main()
