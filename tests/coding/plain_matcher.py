"""The meaning of coding rules said once more, slowly, with spaCy's own Matcher: the oracle of the fast engine.

Nothing here is shared with the engine but the parsed rules: spaCy tokenises, spaCy's Matcher finds, and sentences,
clauses, conditions and polarity are worked out token by token, as the docstring of `evalkit.coding.rules` says them.
"""

import re
from functools import cache, lru_cache
from itertools import accumulate, permutations

import spacy
from spacy.matcher import Matcher
from spacy.tokens import Token

from evalkit.coding.rules import Phrase, Words
from evalkit.corpus.tokens import fold, lemmatise

NLP = spacy.blank("sv")
SENTENCE_END = [".", "!", "?"]
CLAUSE_END = [".", "!", "?", ";", ":", ",", "–", "—", "…", "(", ")"]
CLAUSE_START = ["men", "fast", "eftersom", "därför", "medan"]
CONJUNCTION = ["och", "men", "eller", "för", "så"]


def form_and_lemma(token):
    return f"{fold(token.text)}\t{lemmatise(token.text)}"


Token.set_extension("form", getter=lambda token: fold(token.text), force=True)
Token.set_extension("both", getter=form_and_lemma, force=True)
Token.set_extension("inside_gap", getter=lambda token: token.i not in token.doc.user_data["blocks"], force=True)
Token.set_extension("anything", getter=lambda token: True, force=True)


def plain_codings(text, codebook, role="informant", vocabulary=None):
    """Return {code: (start, end, polarity, rule)} of one segment; `vocabulary` is that of a corpus it is in."""
    doc = words_of(text)
    words = {token._.both for token in doc}
    vocabulary = vocabulary or "\n".join(sorted(words))
    found = {}
    order = 0
    for code in codebook.codes:
        for rule in code.rules:
            order += 1
            if role not in rule.roles or any(
                words.isdisjoint(words_matching(part, vocabulary)) for part in rule.pattern.parts
            ):
                continue  # where a part has no word, spaCy need not be asked
            for first, last in rule_spans(doc, rule):
                sign = polarity(doc, codebook.polarity, rule, first, last)
                for target in [code.id, *codebook.ancestors(code.id)]:
                    found.setdefault(target, []).append((first, last, order, sign, rule.id))
    return {code: merge(doc, matches) for code, matches in found.items()}


def vocabulary_of(texts):
    return "\n".join(sorted({token._.both for text in texts for token in words_of(text)}))


@lru_cache(maxsize=1 << 14)
def words_matching(part, vocabulary):
    return frozenset(re.findall(one_word(part), vocabulary, re.MULTILINE))


def words_of(text):
    """Tokenise and leave white space out; `doc.user_data` remembers where each word stood, and its sentence."""
    tokens = [token for token in NLP(text) if not token.is_space]
    doc = spacy.tokens.Doc(NLP.vocab, words=[token.text for token in tokens])
    doc.user_data["places"] = [(token.idx, token.idx + len(token.text)) for token in tokens]
    doc.user_data["sentences"] = sentences(doc)
    doc.user_data["blocks"] = {i for i in range(len(doc)) if blocks_gap(doc, i)}
    return doc


def merge(doc, matches):
    """One coding per code: the first match, the majority's polarity, on a tie the later one's."""
    matches = sorted(matches)
    signs = [match[3] for match in matches]
    most = max(signs.count(sign) for sign in signs)
    sign = next(sign for sign in reversed(signs) if signs.count(sign) == most)
    first, last, _, _, rule = matches[0]
    places = doc.user_data["places"]
    return places[first][0], places[last][1], sign, rule


@cache
def one_word(alternatives):
    """A regular expression for a word's form and lemma with a tab between."""
    wanted = []
    for word in alternatives:
        text = re.escape(word.text)
        wanted += {
            "form": [rf"{text}\t.*"],
            "lemma": [rf"{text}\t.*", rf".*\t{re.escape(lemmatise(word.text))}"],
            "prefix": [rf"{text}.*", rf".*\t{text}.*"],
            "suffix": [rf".*{text}\t.*", rf".*{text}"],
            "infix": [rf".*{text}.*"],
        }[word.kind]
    return rf"^(?:{'|'.join(wanted)})$"


@cache
def spacy_matcher(parts, gaps, across):
    matcher = Matcher(NLP.vocab, validate=False)
    pattern = []
    for number, part in enumerate(parts):
        between = {"OP": "?", "_": {"anything" if across else "inside_gap": True}}
        pattern += [between] * (gaps[number - 1] if number else 0)
        pattern.append({"_": {"both": {"REGEX": one_word(part)}}})
    matcher.add("pattern", [pattern])
    return matcher


def spans(doc, parts, gaps, across):
    """All matches (first, last) of parts in this order, the shortest from each first token."""
    shortest = {}
    for _, begin, end in spacy_matcher(tuple(parts), tuple(gaps), across)(doc):
        if sentence(doc, begin) == sentence(doc, end - 1):
            shortest[begin] = min(end - 1, shortest.get(begin, end - 1))
    return sorted(shortest.items())


def phrase_spans(doc, phrase: Phrase):
    return spans(doc, phrase.parts, phrase.gaps, across=False)


def rule_spans(doc, rule):
    """Matches of a rule whose conditions hold."""
    pattern = rule.pattern
    if isinstance(pattern, Words):
        found = spans(doc, pattern.parts, (), across=True)
    else:
        gaps = [pattern.gap] * (len(pattern.parts) - 1)
        orders = permutations(pattern.parts) if pattern.any_order else [pattern.parts]
        shortest = {}
        for order in orders:
            for first, last in spans(doc, order, gaps, pattern.across):
                shortest[first] = min(last, shortest.get(first, last))
        found = sorted(shortest.items())

    def in_sentence(first, phrases):
        here = sentence(doc, first)
        return any(sentence(doc, begin) == here for phrase in phrases for begin, _ in phrase_spans(doc, phrase))

    return [
        (first, last)
        for first, last in found
        if (not rule.requires or in_sentence(first, rule.requires)) and not in_sentence(first, rule.excludes)
    ]


def inside_word(doc, i):
    """Whether a hyphen or slash touches a neighbour in the text."""
    places = doc.user_data["places"]
    before = i > 0 and places[i - 1][1] == places[i][0]
    after = i + 1 < len(doc) and places[i + 1][0] == places[i][1]
    return is_dash(doc, i) and (before or after)


def is_dash(doc, i):
    return doc[i].text in ["-", "‐", "‑", "/"]


def blocks_gap(doc, i):
    word = doc[i]._.form
    if word in CONJUNCTION:
        return True
    if any(sign.isalnum() for sign in word):
        return False
    return not inside_word(doc, i)


def sentences(doc):
    """Number of each token's sentence: how many rows of end marks lie before the token."""
    ends = [token.text in SENTENCE_END for token in doc]
    return list(accumulate(i > 0 and ends[i - 1] and not ends[i] for i in range(len(doc))))


def sentence(doc, i):
    return doc.user_data["sentences"][i]


def clause(doc, i):
    """First and last token of the clause."""
    first = max(k for k in range(i + 1) if k == 0 or starts_clause(doc, k))
    last = min(k for k in range(i, len(doc)) if k + 1 == len(doc) or starts_clause(doc, k + 1))
    return first, last


def starts_clause(doc, i):
    if doc[i]._.form in CLAUSE_START:
        return True
    before = doc[i - 1].text
    ends = set(before) <= set(CLAUSE_END) or is_dash(doc, i - 1)
    return ends and not inside_word(doc, i - 1)


def polarity(doc, cues, rule, first, last):
    """The rule's own polarity, turned by the cues around the match."""
    if not rule.negatable:
        return rule.polarity
    exempt = {i for phrase in cues.exempt for a, b in phrase_spans(doc, phrase) for i in range(a, b + 1)}
    own = {i for part in rule.pattern.parts for i, _ in spans(doc, (part,), (), True) if first <= i <= last}

    def places(phrases):
        return {last for phrase in phrases for _, last in phrase_spans(doc, phrase)} - exempt

    begin, end = clause(doc, first)[0], clause(doc, last)[1]
    behind = {i for i in places(cues.negation) if max(begin, first - cues.window) <= i <= last} - own
    ahead = {i for i in places(cues.negation_ahead) if last < i <= end}
    wished = {i for i in places(cues.hypothetical) if begin <= i <= end} - own
    asked = any(doc[i].text == "?" for i in range(len(doc)) if sentence(doc, i) == sentence(doc, first))
    if wished or (cues.question and asked):
        return "?"
    if (len(behind) + len(ahead)) % 2 == 0 or rule.polarity == "?":
        return rule.polarity
    return {"+": "-", "-": "+"}[rule.polarity]
