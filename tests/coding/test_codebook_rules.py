"""The shipped codebook, rules and learned coder: what must be coded, and everyday senses to leave alone."""

from pathlib import Path

import pandas as pd
import pytest

from evalkit.coding import Codebook, apply_codebook, read_codebook

CODEBOOK = Path(__file__).resolve().parents[2] / "data" / "raw" / "codebook.toml"

CODED = [
    ("motstand_inre", "+", "Jag var själv den största bromsklossen."),
    ("motstand_inre", "+", "Det fanns en inre röst som sa att det aldrig går."),
    ("motstand_yttre", "+", "Kollegorna vägrade fylla i den nya mallen."),
    ("motstand_yttre", "+", "Handläggarna satte sig på tvären direkt."),
    ("malformulering", "+", "Vi fick formulera om målet tre gånger."),
    ("malformulering", "-", "Målet var så luddigt att ingen visste vad det betydde."),
    ("perspektivskifte", "+", "Vi tittade på mottagningen med klientens ögon."),
    ("perspektivskifte", "+", "Det blev ett perspektivskifte för hela gruppen."),
    ("motiv_forandring", "+", "Vi anmälde oss för att vi hade ett problem att lösa."),
    ("motiv_forandring", "+", "Vi ville verkligen förändra, därför anmälde vi oss."),
    ("ordinarie_verksamhet", "+", "Det är en del av den ordinarie verksamheten nu."),
    ("ordinarie_verksamhet", "-", "Projektet gick vid sidan av ordinarie arbete."),
    ("stallningstagande", "+", "Vi tog ställning direkt, det här ska vi göra."),
    ("stallningstagande", "-", "Någon ställning tog vi aldrig, vi åkte bara med."),
    ("stallningstagande", "-", "Kommunen velade hela våren och sa varken ja eller nej."),
    ("stallningstagande", "+", "I Granvik har vi satt ner foten: nu är det allvar."),
    ("mandat", "+", "Nämnden gav oss i uppdrag att lägga om hela intaget."),
    ("mandat", "+", "Jag har fria händer att flytta tjänster."),
    ("mandat", "-", "Vi fick inte besluta om någonting själva."),
    ("mandat", "-", "Ingen visste vem som bestämmer över mottaget."),
    ("ledningsstod", "+", "Enhetschefen backade oss när det blåste."),
    ("ledningsstod", "+", "Vi hade ryggen fri hela vägen."),
    ("ledningsstod", "-", "Förvaltningschefen dök aldrig upp på en enda träff."),
    ("ledningsstod", "-", "Cheferna lyste med sin frånvaro."),
    ("motiv_nyfikenhet", "+", "Vi var mest nyfikna på vad de gjorde där nere."),
    ("motiv_nyfikenhet", "+", "Jag ville bara höra vad det var de höll på med."),
    ("motiv_nyfikenhet", "+", "Vi åkte dit för att få lite inspiration, mest."),
    ("motiv_symbol", "+", "Vi var väl med för syns skull."),
    ("motiv_symbol", "+", "Det blev mest en fjäder i hatten för kommunalrådet."),
    ("motiv_symbol", "+", "Alla andra kommuner hade anmält sig, så vi kunde inte stå utanför."),
    ("politisering", "+", "Modellen blev ett slagträ inför valet."),
    ("politisering", "+", "Lokaltidningen hängde ut oss med stora rubriker."),
    ("politisering", "+", "Facket drev kampanj mot arbetssättet i sin medlemstidning."),
    ("politisering", "-", "Någon blockfråga har det aldrig blivit."),
    ("resurser", "-", "Vi hann inte med, det fanns inga vikarier."),
    ("resurser", "-", "Allt låg ovanpå ordinarie arbete."),
    ("resurser", "+", "Vi fick avsatt tid varje vecka för projektet."),
    ("resurser", "-", "Det var för lite folk hela våren."),
    ("produktionsapparat", "+", "Vi ritade upp hela flödet från ansökan till beslut."),
    ("produktionsapparat", "+", "Ärendena föll mellan stolarna vid varje överlämning."),
    ("produktionsapparat", "+", "En ansökan låg i tre veckor hos mottagningen innan någon öppnade den."),
    ("produktionsapparat", "+", "Vi tog bort två onödiga steg i handläggningen."),
    ("kompetens", "+", "Vi har utbildat personalen i motiverande samtal."),
    ("kompetens", "-", "Det saknas kompetens om arbetsmarknaden i gruppen."),
    ("kompetens", "-", "Ingen av oss hade lärt sig att ringa arbetsgivare."),
    ("kompetens", "+", "Hon är en skicklig handläggare med stort yrkeskunnande."),
    ("kultur", "+", "Det sitter i väggarna att man tycker synd om klienterna."),
    ("kultur", "+", "Det är högt i tak hos oss."),
    ("kultur", "+", "Jargongen i fikarummet är öppen, man får säga vad man tycker."),
    ("driv", "+", "Hela gruppen var taggad efter första träffen."),
    ("driv", "-", "Luften har gått ur oss."),
    ("driv", "-", "Vi tappade sugen framåt våren."),
    ("driv", "+", "Hon har ett enormt driv och ger aldrig upp."),
    ("verklighet", "+", "Vi vågade titta på siffrorna för första gången."),
    ("verklighet", "-", "Vi sopade problemen under mattan."),
    ("verklighet", "+", "Nulägesanalysen var en kalldusch."),
    ("verklighet", "-", "Man stoppade huvudet i sanden."),
    ("framtid", "+", "Vi tog fram en gemensam målbild för 2022."),
    ("framtid", "-", "Alla drog åt olika håll."),
    ("framtid", "+", "Vi beskrev hur det ska se ut hos oss om fem år."),
    ("agera", "+", "Vi bara gjorde det, utan att vänta på klartecken."),
    ("agera", "-", "Vi fastnade i utredningar och kom aldrig till skott."),
    ("agera", "+", "Vi kastade oss ut och testade i liten skala redan på måndagen."),
    ("fullfolja", "-", "Det rann ut i sanden efter sommaren."),
    ("fullfolja", "+", "Vi höll i det och har träffats varje vecka sedan dess."),
    ("fullfolja", "-", "Planen hamnade i skrivbordslådan."),
    ("fullfolja", "-", "Projektet prioriterades bort."),
    ("fullfolja", "+", "Vi släppte det aldrig."),
    ("eor", "+", "Vårt EOR är noll ungdomar i kön."),
    ("eor", "+", "Vi satte ett galet högt mål."),
    ("eor", "+", "Målet är att halvera väntan före sommaren."),
    ("eor", "-", "Målet var så vagt att det inte gick att mäta."),
    ("motstand", "+", "Folk satt med korslagda armar."),
    ("motstand", "+", "Personalen drog åt handbromsen."),
    ("motstand", "+", "Flera kollegor muttrade och suckade på mötet."),
    ("motstand", "+", "Handläggarna var rädda för att förlora sina roller."),
    ("bakatplanering", "+", "Vi planerade bakåt från målet."),
    ("bakatplanering", "+", "Vi började i slutet och räknade oss bakåt till januari."),
    ("bakatplanering", "-", "Bakåtplaneringen fick vi aldrig kläm på."),
    ("stodstruktur", "+", "Varje måndag fyller vi i siffrorna i ett Excelark."),
    ("stodstruktur", "-", "Vi har ingen uppföljning alls."),
    ("stodstruktur", "+", "Nyckeltalen följs upp varje vecka på tavlan."),
    ("motesteknik", "+", "Vi kör alltid en runda där alla får två minuter."),
    ("motesteknik", "+", "Varje möte börjar med en incheckning."),
    ("motesteknik", "+", "Ordet går laget runt och ingen avbryter."),
    ("teser", "+", "Modellens teser sitter på väggen."),
    ("teser", "+", "Nästa steg har blivit ett mantra i hela huset."),
    ("teser", "-", "Alla deras slagord känns mest som floskler."),
    ("digitalisering", "+", "Vi har infört en e-tjänst för ansökan."),
    ("digitalisering", "+", "Roboten sköter normberäkningen."),
    ("digitalisering", "-", "Vi skickar fortfarande fax."),
    ("ytforstaelse", "+", "Det låter så enkelt när de berättar."),
    ("ytforstaelse", "+", "Jag kan rabbla modellen utantill men inte göra den."),
    ("ytforstaelse", "+", "Vi förstod principen, men inte hur man gör."),
    ("praktisk_forstaelse", "+", "Polletten trillade ner när vi fick prova på egna ärenden."),
    ("praktisk_forstaelse", "+", "Nu använder vi metoden i alla samtal."),
    ("praktisk_forstaelse", "-", "Vi försökte hemma men det gick inte alls."),
    ("praktisk_forstaelse", "+", "Det lossnade först när vi gjorde det själva."),
    ("omprovning", "+", "Jag fick tänka om helt."),
    ("omprovning", "+", "Vi hade tagit för givet att de inte ville jobba."),
    ("omprovning", "-", "Vi behövde inte tänka om."),
    ("omprovning", "+", "Det var en ögonöppnare, det var vi som var problemet."),
    ("kollegialt_larande", "+", "Vi lärde oss mycket av de andra kommunerna."),
    ("kollegialt_larande", "+", "Vi snodde deras mall rakt av."),
    ("kollegialt_larande", "+", "Det bästa var att få bolla idéer med kollegor."),
    ("handledning", "+", "Handledaren ringde mellan träffarna."),
    ("handledning", "+", "Återkopplingen vi fick på planen var tuff."),
    ("handledning", "-", "Vi fick aldrig svar från projektteamet."),
    ("koherens", "+", "De gör som de lär."),
    ("koherens", "-", "De predikade korta möten och drog själva över tiden."),
    ("koherens", "+", "Teamet lever som de lär."),
    ("gemensamt_sprak", "+", "Nu talar vi samma språk i hela förvaltningen."),
    ("gemensamt_sprak", "-", "Vi pratade förbi varandra hela tiden."),
    ("gemensamt_sprak", "-", "Det är för mycket konsultsvenska."),
    ("hemuppgift", "+", "Vi lämnade in hemuppgiften i tid."),
    ("hemuppgift", "-", "Vi gjorde aldrig läxan till träffen."),
    ("hemuppgift", "+", "Mellanuppgiften tvingade oss att ringa arbetsgivare."),
    ("ledarskifte", "+", "Sedan slutade båda ledarna mitt i projektet."),
    ("ledarskifte", "+", "När de två försvann blev det tomt."),
    ("ledarskifte", "+", "Den nya projektledningen presenterade sig."),
    ("ledarberoende", "+", "Allt står och faller med henne."),
    ("ledarberoende", "+", "Det hänger på två eldsjälar."),
    ("ledarberoende", "-", "Det är inte beroende av en enda person."),
    ("kollektivt_agande", "+", "Vem som helst av oss kan hålla i mötet."),
    ("kollektivt_agande", "+", "Modellen ägs av hela gruppen."),
    ("kollektivt_agande", "-", "Det blev chefens projekt."),
    ("kollektivt_agande", "+", "Vi turas om att leda fredagsmötet."),
    ("lokal_anpassning", "+", "Vi har anpassat modellen till våra förutsättningar."),
    ("lokal_anpassning", "+", "Vi gjorde en egen variant för en liten kommun."),
    ("lokal_anpassning", "-", "Vi kopierade modellen rakt av."),
    ("implementering", "+", "Vi har infört modellen på två enheter."),
    ("implementering", "-", "Ingenting har hänt hemma."),
    ("implementering", "+", "Arbetssättet har blivit en del av vardagen."),
    ("avhopp", "+", "Vi hoppade av efter tredje träffen."),
    ("avhopp", "+", "Tre kommuner har lämnat projektet."),
    ("avhopp", "+", "Till slut tackade vi för oss och slutade åka."),
    ("effekt", "+", "Tolv personer har fått jobb och klarar sig på egen lön."),
    ("effekt", "+", "Väntetiden har halverats för de sökande."),
    ("effekt", "-", "De sökande märker ingen skillnad."),
    ("effekt", "+", "Antalet hushåll med försörjningsstöd har minskat."),
]

LEFT_ALONE = [
    ("motstand_inre", "Jag är rädd för hunden."),
    ("motstand_yttre", "Vi satte oss på bänken i parken."),
    ("malformulering", "Målet i sista minuten var vackert."),
    ("perspektivskifte", "Jag såg ut genom fönstret."),
    ("motiv_forandring", "Hon ville verkligen ha glass."),
    ("ordinarie_verksamhet", "Ordinarie öppettider gäller från måndag."),
    ("stallningstagande", "Han tog ställning för kärnkraft i en helt annan debatt."),
    ("stallningstagande", "Vi har bestämt oss för pasta till lunch."),
    ("mandat", "Mandatperioden tar slut i höst."),
    ("mandat", "Partiet fick tre mandat i riksdagen."),
    ("ledningsstod", "Vi backade bilen in på parkeringen."),
    ("ledningsstod", "Chefen har semester i juli."),
    ("motiv_nyfikenhet", "Katten är nyfiken på allt nytt."),
    ("motiv_nyfikenhet", "Barnen ville se vad som fanns i lådan."),
    ("motiv_symbol", "Symbolen på kartan visar var hotellet ligger."),
    ("motiv_symbol", "Fotot skickas med deltagarlistan."),
    ("politisering", "Min svåger är politiker i ett annat län."),
    ("politisering", "Vi pratade lite politik i bilen hem."),
    ("resurser", "Resursteamet sitter på andra våningen."),
    ("resurser", "Vi hann inte med bussen i morse."),
    ("produktionsapparat", "Flödet i avloppet är stopp igen."),
    ("produktionsapparat", "Det var en lång väg till hotellet."),
    ("kompetens", "Rubriken i annonsen var Kompetens och lön."),
    ("kompetens", "Barnen lär sig simma i skolan."),
    ("kultur", "Dottern går på kulturskolan."),
    ("kultur", "Han jobbar på kultur och fritid."),
    ("driv", "Drivhuset bakom skolan ska rivas."),
    ("driv", "Jag är så sugen på kaffe."),
    ("verklighet", "I verkligheten heter hon något annat."),
    ("verklighet", "Siffran på dörren är en sjua."),
    ("framtid", "Hon har framtiden för sig."),
    ("framtid", "Om tre år går jag i pension."),
    ("agera", "Han agerade domare i barnens cup."),
    ("agera", "Vi satte igång kaffebryggaren."),
    ("fullfolja", "Vattnet rann ut på golvet."),
    ("fullfolja", "Nycklarna låg i lådan."),
    ("eor", "Sonen gjorde mål i lördags."),
    ("eor", "Målet med resan var Stockholm."),
    ("motstand", "Motståndet i gymmaskinen är högt."),
    ("motstand", "Vi bromsade in vid rondellen."),
    ("bakatplanering", "Jag åker alltid baklänges på tåget."),
    ("bakatplanering", "Flödet i avloppet gick bakåt."),
    ("stodstruktur", "Tavlan i hotellrummet hängde snett."),
    ("stodstruktur", "Parkeringsstödet i bilen pep."),
    ("motesteknik", "Incheckning på hotellet från kl 15."),
    ("motesteknik", "Vi tog en runda på golfbanan."),
    ("teser", "Hennes doktorsavhandling har fyra teser."),
    ("teser", "Barnen sjöng en ramsa."),
    ("digitalisering", "Dörren är automatisk."),
    ("digitalisering", "Digital parkeringsbiljett köps i appen."),
    ("ytforstaelse", "Vi skrapade is på vattenytan."),
    ("ytforstaelse", "Det lät enkelt att hitta till hotellet."),
    ("praktisk_forstaelse", "Det gick inte att få igång projektorn."),
    ("praktisk_forstaelse", "Vi provade den nya kaffesorten."),
    ("omprovning", "Beslutet om omprövning överklagades."),
    ("omprovning", "Vad tänker du om vädret?"),
    ("kollegialt_larande", "Namnskyltarna till grannkommunen är slut."),
    ("kollegialt_larande", "De skilde sig från varandra."),
    ("handledning", "Hon är handledare vid övningskörning."),
    ("handledning", "Chefen ringde om schemat."),
    ("koherens", "Han lever på landet."),
    ("koherens", "Barnen gör som de vill."),
    ("gemensamt_sprak", "Modersmål och tolkning bokas separat."),
    ("gemensamt_sprak", "Hon lär sig ett nytt språk på sfi."),
    ("hemuppgift", "Ungarna hatar sina läxor."),
    ("hemuppgift", "Mina arbetsuppgifter är många."),
    ("ledarskifte", "Hon är ledare för scouterna."),
    ("ledarskifte", "Två handläggare slutade i våras."),
    ("ledarberoende", "Lampan hänger på väggen."),
    ("ledarberoende", "Hon är beroende av kaffe."),
    ("kollektivt_agande", "Vi turas om att köra bilen."),
    ("kollektivt_agande", "Kommunen äger huset."),
    ("lokal_anpassning", "Kosten är anpassad för allergiker."),
    ("lokal_anpassning", "Vi kopierade pappren i kopiatorn."),
    ("implementering", "Jag införde mobilförbud för barnen vid maten."),
    ("implementering", "Vi var på plats klockan nio."),
    ("avhopp", "Han hoppade av bussen vid torget."),
    ("avhopp", "Klienten avbröt sin praktik."),
    ("effekt", "Effekten på värmepumpen är låg."),
    ("effekt", "Jag fick jobb här 2012."),
]


@pytest.fixture(scope="module")
def codebook() -> Codebook:
    return read_codebook(CODEBOOK)


def _codings(texts: list[str], codebook: Codebook, *, role: str = "informant") -> pd.DataFrame:
    """Code texts, one segment each; the segment's id is its place in the list."""
    segments = pd.DataFrame(
        {
            "segment_id": [str(number) for number in range(len(texts))],
            "document_id": "d",
            "start": 0,
            "role": role,
            "unit": "K01",
            "about_session": pd.array([1] * len(texts), dtype="Int64"),
            "text": texts,
        }
    )
    return apply_codebook(segments, codebook)


@pytest.fixture(scope="module")
def found() -> dict[tuple[str, str], str]:
    """Polarity by text and code, by the rules alone."""
    return _found(read_codebook(CODEBOOK, learned=False))


@pytest.fixture(scope="module")
def found_together(codebook: Codebook) -> dict[tuple[str, str], str]:
    """The same by rules and learned coder together."""
    return _found(codebook)


def _found(codebook: Codebook) -> dict[tuple[str, str], str]:
    # All sentences at once: the engine is fastest in bulk.
    texts = list(dict.fromkeys([text for *_, text in CODED] + [text for _, text in LEFT_ALONE]))
    codings = _codings(texts, codebook)
    return {
        (texts[int(number)], code): polarity
        for number, code, polarity in zip(codings["segment_id"], codings["code"], codings["polarity"], strict=True)
    }


@pytest.mark.parametrize(("code", "polarity", "text"), CODED)
def test_is_coded_with_polarity(
    found: dict[tuple[str, str], str], found_together: dict[tuple[str, str], str], code: str, polarity: str, text: str
) -> None:
    assert polarity in (found.get((text, code)), found_together.get((text, code)))


@pytest.mark.parametrize(("code", "text"), LEFT_ALONE)
def test_everyday_sense_is_left_alone(
    found: dict[tuple[str, str], str], found_together: dict[tuple[str, str], str], code: str, text: str
) -> None:
    assert (text, code) not in found
    assert (text, code) not in found_together


def test_nearly_all_are_coded_together_with_the_learned_coder(found_together: dict[tuple[str, str], str]) -> None:
    kept = [found_together.get((text, code)) for code, _, text in CODED]
    assert sum(sign is not None for sign in kept) >= 0.97 * len(CODED)
    assert sum(sign == own for sign, (_, own, _) in zip(kept, CODED, strict=True)) >= 0.95 * len(CODED)


def test_every_code_has_examples_both_ways(codebook: Codebook) -> None:
    codes = {code.id for code in codebook.codes}
    assert len(codes) == 43
    assert {code for code, *_ in CODED} == codes
    assert {code for code, _ in LEFT_ALONE} == codes


def test_a_codes_own_example_is_coded(codebook: Codebook) -> None:
    codings = _codings([code.example.sv for code in codebook.codes], codebook)
    coded = set(zip(codings["segment_id"].astype(int), codings["code"], strict=True))
    assert [code.id for number, code in enumerate(codebook.codes) if (number, code.id) not in coded] == []


def test_the_interviewers_words_are_never_coded(codebook: Codebook) -> None:
    assert _codings([text for *_, text in CODED], codebook, role="intervjuare").empty


def test_groupings_are_those_of_the_model(codebook: Codebook) -> None:
    assert {grouping.id for grouping in codebook.groupings} == {"fyrfaltaren", "4fp"}
