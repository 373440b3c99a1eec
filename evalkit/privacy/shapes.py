"""What gives a person away by its shape: personal numbers, phone numbers, e-mail, web and street addresses."""

import re
from collections.abc import Callable, Iterable, Iterator

__all__ = ["SHAPE_LABELS", "find_shapes", "mask"]

SHAPE_LABELS: dict[str, str] = {
    "email": "e-post",
    "url": "webbadress",
    "personnummer": "personnummer",
    "phone": "telefon",
    "address": "adress",
}

_EMAIL = re.compile(r"[\w.+%'-]*[\w+%-](?:@|\s?[(\[{](?:at|snabel-?a|a)[)\]}]\s?)[\w-]+(?:\.[\w-]+)+", re.IGNORECASE)
_URL = re.compile(
    r"(?:https?://|www\.)[^\s<>\"”\[\]]+|(?<![\w@.-])(?:[\w-]+\.)+(?:se|nu|com|org|net|eu|info)\b(?:/[^\s<>\"”\[\]]*)?",
    re.IGNORECASE,
)
# By shape only: a mistyped month, day or check digit must not leak. Four last signs may be masked by hand.
_LAST = r"(?:\d{4}|[xX*]{4})"
_PERSONNUMMER = re.compile(
    rf"(?<![\d-])(?:"
    rf"(?:\d{{8}}|\d{{6}})\s?[-+–−]\s?{_LAST}"  # 19811333-0000, 811333+0000
    rf"|(?:18|19|20)\d{{10}}|\d{{10}}"  # 198113330000, 8113330000
    rf"|(?:18|19|20)\d{{6}} {_LAST}|\d{{2}}(?:0\d|1[0-2])[0-9]\d {_LAST}"  # 19811333 0000, 811233 0000
    rf"|(?:18|19|20)\d{{2}}([-. ])\d{{2}}\1\d{{2}}\s?[-+– ]\s?{_LAST}"  # 1981-12-33-0000
    rf"|\d{{2}}([-. ])\d{{2}}\2\d{{2}}[-+–]{_LAST}"  # 81 12 33-0000
    rf")(?![\d])"
)
_DATE_AND_TIME = re.compile(r"20\d{2}[-. ]?(?:0\d|1[0-2])[-. ]?[0-3]\d (?:[01]\d|2[0-3])[0-5]\d")
_AMOUNT_AND_YEAR = re.compile(r"\d{6} (?:19|20)\d{2}")

_PHONE = re.compile(
    r"(?<![\w+])(?:"
    r"(?:\+|00)46[\s()/.–-]{0,3}(?:\(0\)[\s-]?)?\d(?:[\s()/–-]{0,2}\d){5,10}"  # +46 (0)8 123 45
    r"|07\d[-–/ .]{0,2}\d{3}[- .]?\d{2}[- .]?\d{2}|07\d[-–/ ]{0,2}\d{2}[- ]?\d{2}[- ]?\d{3}"  # 070-123 45 67
    r"|0\d{1,3}\s?[-–/]\s?\d{2,3}(?: ?\d{2,3}){1,3}"  # 08-123 45
    r"|0\d{1,3} \d{3} \d{2}(?: \d{2})?"  # 08 123 45
    r")(?![\w-]\d|\d)"
)
_LOCAL_PHONE = re.compile(
    r"(?i)\b(?:tel|telefon|telefonnummer|mobil|mobilnummer|mobilen|phone)\b[.: ]{1,3}(\d[\d -]{4,12}\d)"
)
_STREET = r"(?:gatan|gata|vägen|väg|gränden|gränd|torget|torg|allén|allé|stigen|stig|backen|esplanaden|kajen)"
_ADDRESS = re.compile(
    rf"(?<!\w)(?:(?:[A-ZÅÄÖÉ][\wåäöé]+ ){{0,2}}[A-ZÅÄÖÉ][\wåäöé-]*{_STREET}|(?:[A-ZÅÄÖÉ][\wåäöé]+ ){{1,2}}{_STREET}"
    rf"|[A-ZÅÄÖÉ -]+{_STREET.upper()})"
    r"\s\d{1,3}(?:\s?[A-Za-z](?!\w))?(?:,? lgh \d{4})?"
    r"(?:,?\s(?:S-|SE-)?\d{3} ?\d{2}(?!\d)(?:\s[A-ZÅÄÖ][\wåäö]+)?)?(?!\d)"
)
# 08.30-09.15 and 08-12 13-17 are hours.
_HOURS = re.compile(r"\d\d(?:[.:]\d\d)?[-–]\d\d(?:[.:]\d\d)?(?:[ ,]+\d\d(?:[.:]\d\d)?[-–]\d\d(?:[.:]\d\d)?)*")
_PHONE_WORTH = re.compile(r"\d[\d ()/.–-]{4,}\d")

Span = tuple[int, int, str]


def find_shapes(text: str, *, protected: Iterable[tuple[int, int]] = (), has_name: Callable[[str], bool]) -> list[Span]:
    """Find what must go whatever any register says.

    Parameters
    ----------
    text : str
        Composed text.
    protected : iterable of (int, int)
        Stretches that are pseudonyms already.
    has_name : callable
        Tells whether a web address contains a registered name; others may stay.

    Returns
    -------
    list of (int, int, str)
        Start, end and kind, in order, not overlapping.
    """
    masked = mask(text, protected)
    found: list[Span] = []
    # What is found is masked before the next look, so that a second run finds nothing more.
    while True:
        new = next((spans for search in _SEARCHES if (spans := list(search(masked, has_name)))), None)
        if new is None:
            return sorted(found)
        found += new
        masked = mask(masked, [(start, end) for start, end, _ in new])


def mask(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """Cover stretches of a text without moving the rest.

    Parameters
    ----------
    text : str
        Any text.
    spans : iterable of (int, int)
        What to cover.

    Returns
    -------
    str
        Of the same length.
    """
    parts: list[str] = []
    last = 0
    for start, end in sorted(spans):
        parts += [text[last:start], "[" + "·" * (end - start - 2) + "]"]
        last = end
    return "".join([*parts, text[last:]])


def _emails(text: str, _: Callable[[str], bool]) -> Iterator[Span]:
    return ((m.start(), m.end(), "email") for m in _EMAIL.finditer(text))


def _urls(text: str, has_name: Callable[[str], bool]) -> Iterator[Span]:
    for match in _URL.finditer(text):
        address = match[0].rstrip(".,;:!?)")
        if has_name(address):
            yield match.start(), match.start() + len(address), "url"


def _personnummer(text: str, _: Callable[[str], bool]) -> Iterator[Span]:
    for match in _PERSONNUMMER.finditer(text):
        # Ten digits that begin with 07 or 08 are rather a phone number; both are replaced.
        if _DATE_AND_TIME.fullmatch(match[0]) or _AMOUNT_AND_YEAR.fullmatch(match[0]):
            continue
        yield match.start(), match.end(), "phone" if re.match(r"0[78]\d{8}$", match[0]) else "personnummer"


def _phones(text: str, _: Callable[[str], bool]) -> Iterator[Span]:
    last = 0
    for start, end in sorted({*_phone_shapes(text), *_valid_phones(text)}, key=lambda span: (span[0], -span[1])):
        if start >= last:
            yield start, end, "phone"
            last = end


def _phone_shapes(text: str) -> Iterator[tuple[int, int]]:
    for match in _PHONE.finditer(text):
        if sum(sign.isdigit() for sign in match[0]) >= 7:
            yield match.span()
    for match in _LOCAL_PHONE.finditer(text):
        if sum(sign.isdigit() for sign in match[1]) >= 6:
            yield match.span(1)


def _valid_phones(text: str) -> Iterator[tuple[int, int]]:
    """Numbers of any country; only those that begin as numbers are dialled, since dates and sums look alike."""
    if not _PHONE_WORTH.search(text):
        return
    import phonenumbers

    for match in phonenumbers.PhoneNumberMatcher(text, "SE", leniency=phonenumbers.Leniency.VALID):
        raw = match.raw_string.lstrip("(")
        if raw.startswith(("+", "0")) and not re.match(r"0[.,]", raw) and not _HOURS.fullmatch(raw):
            yield match.start, match.end


def _addresses(text: str, _: Callable[[str], bool]) -> Iterator[Span]:
    return ((m.start(), m.end(), "address") for m in _ADDRESS.finditer(text))


_SEARCHES = (_emails, _urls, _personnummer, _phones, _addresses)
