"""The same patterns in a plain spaCy pipeline: tokenizer, lemmas, PhraseMatcher for words, Matcher for the rest.

It is written as a careful user of spaCy would: one matcher for all rules, native attributes instead of extensions,
lemmas once per word type, alternatives of a part joined into one set or one regular expression. It finds patterns only;
conditions, polarity and the table of codings, which evalkit's time includes, are left out.
"""

import re
from itertools import permutations, product

import spacy
from spacy.matcher import Matcher, PhraseMatcher
from spacy.tokens import Doc

from evalkit.coding.rules import CONJUNCTIONS, DASHES, SENTENCE_ENDS, Alternatives, Rule, Words
from evalkit.corpus.tokens import fold, lemmatise

STOP, END = "STOP", "END"


class PlainPipeline:
    """spaCy's matchers with the patterns of some rules."""

    def __init__(self, rules: list[Rule]) -> None:
        self.nlp = spacy.blank("sv")
        self._marks = {mark: self.nlp.vocab.strings.add(mark) for mark in (STOP, END)}
        self._lemmas: dict[int, tuple[int, int]] = {}
        self._forms = PhraseMatcher(self.nlp.vocab, attr="LOWER")
        self._lemma_phrases = PhraseMatcher(self.nlp.vocab, attr="LEMMA")
        self._matcher = Matcher(self.nlp.vocab, validate=False)
        for rule in rules:
            if isinstance(rule.pattern, Words):
                self._add_words(rule.id, rule.pattern.alternatives)
            else:
                self._add_sequence(rule)

    def matches(self, text: str) -> set[tuple[str, int]]:
        """Return the id of the rule and the first character of every match."""
        doc = self.nlp.tokenizer(text)
        self._annotate(doc)
        found = [match for matcher in (self._forms, self._lemma_phrases, self._matcher) for match in matcher(doc)]
        strings = self.nlp.vocab.strings
        return {(strings[key], doc[start].idx) for key, start, _ in found}

    def _annotate(self, doc: Doc) -> None:
        """Set each token's lemma, and whether it may stand in a gap."""
        known, n = self._lemmas, len(doc)
        for i, token in enumerate(doc):
            if token.orth not in known:
                known[token.orth] = self._of_type(token.text)
            token.lemma, mark = known[token.orth]
            joins = token.text in DASHES and (
                (i > 0 and not doc[i - 1].whitespace_) or (i + 1 < n and not token.whitespace_)
            )
            token.tag = 0 if joins else mark

    def _of_type(self, text: str) -> tuple[int, int]:
        form = fold(text)
        if form in SENTENCE_ENDS:
            mark = self._marks[END]
        elif not text.isspace() and (form in CONJUNCTIONS or not any(map(str.isalnum, form))):
            mark = self._marks[STOP]
        else:
            mark = 0
        return self.nlp.vocab.strings.add(lemmatise(text)), mark

    def _add_words(self, id: str, alternatives: Alternatives) -> None:
        for word in alternatives:
            if word.kind in ("form", "lemma"):
                self._forms.add(id, [Doc(self.nlp.vocab, words=[word.text])])
            if word.kind == "lemma":
                self._lemma_phrases.add(id, [Doc(self.nlp.vocab, words=[word.text], lemmas=[lemmatise(word.text)])])
        rest = tuple(word for word in alternatives if word.kind not in ("form", "lemma"))
        if rest:
            self._matcher.add(id, [[pattern] for pattern in _token_patterns(rest)])

    def _add_sequence(self, rule: Rule) -> None:
        pattern = rule.pattern
        gap = [{"OP": "?", "TAG": {"NOT_IN": [END] if pattern.across else [STOP, END]}}] * pattern.gap
        orders = permutations(pattern.parts) if pattern.any_order else [pattern.parts]
        sequences = []
        for order in orders:
            for words in product(*map(_token_patterns, order)):
                sequence = [words[0]]
                for word in words[1:]:
                    sequence += [*gap, word]
                sequences.append(sequence)
        self._matcher.add(rule.id, sequences)


def _token_patterns(alternatives: Alternatives) -> list[dict]:
    """One pattern on the form and, where it matters, one on the lemma."""
    forms = [word.text for word in alternatives if word.kind in ("form", "lemma")]
    lemmas = [lemmatise(word.text) for word in alternatives if word.kind == "lemma"]
    affixes = {"prefix": "{}.*", "suffix": ".*{}", "infix": ".*{}.*"}
    wild = [affixes[word.kind].format(re.escape(word.text)) for word in alternatives if word.kind in affixes]
    return [
        {name: {"REGEX": rf"^(?:{'|'.join([*map(re.escape, exact), *wild])})\Z"} if wild else {"IN": exact}}
        for name, exact in (("LOWER", forms), ("LEMMA", lemmas))
        if exact or wild
    ]
