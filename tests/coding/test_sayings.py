"""Other ways of saying: sentences without the textbook word, written for this test and for nothing else."""

from pathlib import Path

import pytest

from evalkit.coding import read_codebook
from tests.coding.test_codebook_rules import _codings

CODEBOOK = Path(__file__).resolve().parents[2] / "data" / "raw" / "codebook.toml"

SAYINGS = {
    "mandat": [
        "Jag kunde inte ändra ett kommatecken utan att någon högre upp sa ja.",
        "Det är fullmäktige som bestämmer sånt, inte vi.",
        "I vårt uppdrag från nämnden står det att vi får lägga om öppettiderna.",
        "Vi fick ett papper med underskrift där det stod att det är vi som avgör.",
        "Hon är satt att leda men får inte besluta om någonting.",
        "De gav oss rätten att själva fördela tjänsterna.",
        "Beslutet låg hos någon annan, vi kunde bara vädja.",
        "Vi behövde inte be om lov, det var vår fråga.",
        "Allt vi ville göra skulle upp i ledningsgruppen först.",
        "Vem äger frågan, vem får säga ja? Det visste ingen.",
    ],
    "ledningsstod": [
        "Chefen var den första som kom och den sista som gick.",
        "När det ifrågasattes gick direktören ut och försvarade oss.",
        "Ingen av cheferna frågade någonsin vad vi höll på med.",
        "Nämndens ordförande ringde och sa att vi skulle fortsätta.",
        "Min chef visste inte ens att vi var där.",
        "Vi kände att ledningen stod bakom oss.",
        "Politikerna har aldrig visat något intresse.",
        "Förvaltningschefen satt med hela dagen och lyssnade.",
        "Enhetschefen backade så fort det blev obekvämt.",
        "Hon är en chef som röjer väg för oss.",
    ],
    "resurser": [
        "Vi har inte folk så att det räcker.",
        "Det fanns inga pengar till vikarier.",
        "Jag gör det här på kvällarna, annars hinner jag inte.",
        "Två av oss är sjukskrivna och ingen har ersatt dem.",
        "Chefen gav oss en halv dag i veckan.",
        "Budgeten tog slut i september.",
        "Med sextio ärenden var finns det inte tid till något annat.",
        "Tjänsten drogs in efter sommaren.",
        "Vi fick anställa en person till.",
        "Det är sparkrav på hela förvaltningen.",
    ],
    "effekt": [
        "Nio av dem har fått fast jobb.",
        "Färre familjer behöver söka bidrag nu.",
        "De sökande får vänta lika länge som förut.",
        "Han försörjer sig själv sedan i våras.",
        "Kön har krympt från sex veckor till en.",
        "Ingen av våra deltagare har fått arbete.",
        "Vi har avslutat hundra ärenden till egen försörjning.",
        "Hon har fått anställning på äldreboendet.",
        "Försörjningsstödet har minskat tre år i rad.",
        "De som fick praktik är tillbaka hos oss.",
    ],
    "avhopp": [
        "Vi tackade för oss i mars.",
        "Kommunen valde att inte fortsätta.",
        "Vi drog oss ur efter andra träffen.",
        "Tre kommuner har lämnat sedan starten.",
        "Efter sommaren kom vi inte tillbaka.",
        "Vi funderade på att sluta men blev kvar.",
        "Chefen bestämde att vi skulle kliva av.",
        "Det blev för mycket, så vi gav upp vår plats.",
        "De hoppade av mitt i.",
        "Vi är inte med i projektet längre.",
    ],
}
LEAST = 6
"""Of ten. The sentences are said in everyday words; what is asked of the rules alone is far less."""


@pytest.mark.parametrize("code", SAYINGS)
def test_most_other_ways_of_saying_are_heard(code: str) -> None:
    codings = _codings(SAYINGS[code], read_codebook(CODEBOOK))
    assert codings.loc[codings["code"] == code, "segment_id"].nunique() >= LEAST


def test_the_learned_coder_hears_what_the_rules_do_not() -> None:
    texts = [text for said in SAYINGS.values() for text in said]
    heard = {
        learned: set(_codings(texts, read_codebook(CODEBOOK, learned=learned))["segment_id"])
        for learned in (False, True)
    }
    # What a rule matches may be held back, but rarely where people speak of the code.
    assert len(heard[False] - heard[True]) <= 0.15 * len(heard[False])
    assert len(heard[True]) > 1.5 * len(heard[False])


def test_the_interviewer_is_not_heard() -> None:
    texts = [text for said in SAYINGS.values() for text in said]
    assert _codings(texts, read_codebook(CODEBOOK), role="intervjuare").empty
