"""What columns and their fixed values are called for a reader of the report."""

from typing import Any

import pandas as pd

from evalkit.wording import LANGUAGES, Language, number, pick

__all__ = ["column_label", "for_reader", "text_table"]

COLUMNS = {
    "about": "om",
    "about_others": "nämner andra",
    "about_session": "om träff",
    "accounted": "andel som planerat eller med skäl",
    "activities": "aktiviteter",
    "activity": "aktivitet",
    "added": "tillagda",
    "advice": "råd",
    "after": "efteråt",
    "after_session": "efter träff",
    "agreed": "bedömarna eniga",
    "agreement": "instämmande",
    "alpha": "alfa",
    "alpha_ci_high": "alfa, övre gräns",
    "alpha_ci_low": "alfa, nedre gräns",
    "amount": "belopp",
    "approximate": "ungefärligt",
    "as_planned": "som planerat",
    "assumed": "antaget",
    "attended": "närvarande",
    "audited": "granskade",
    "audited_hits": "granskade maskinkodade",
    "base": "räknat på",
    "before": "före",
    "begin": "börjar (minuter efter midnatt)",
    "between": "emellan",
    "bias": "skevhet",
    "bias_mcse": "skevhet, simuleringsfel",
    "both": "båda",
    "by_leavers": "av dem som slutade",
    "carried": "buret av dem som slutade",
    "category": "kategori",
    "cell": "villkor",
    "cells": "rutor",
    "chance": "inom slumpen (±)",
    "change": "förändring",
    "changed": "ändrade",
    "checked": "kontrollerat",
    "ci_high": "övre gräns",
    "ci_low": "nedre gräns",
    "clear": "mer än simuleringsfel",
    "code": "kod",
    "code_a": "kod A",
    "code_b": "kod B",
    "coded": "kodade",
    "codings": "kodningar",
    "column": "kolumn",
    "completed": "fullföljde",
    "completed_high": "fullföljde, högst",
    "completed_low": "fullföljde, lägst",
    "consent": "medgivande",
    "contacts": "kontakter",
    "contrast": "kontrast",
    "cost": "kostnad",
    "cost_high": "kostnad, högst",
    "cost_low": "kostnad, lägst",
    "count": "antal",
    "counted": "räknat",
    "coverage": "täckning",
    "coverage_mcse": "täckning, simuleringsfel",
    "date": "dag",
    "day": "dag i träffen",
    "declared": "studiens egen regel",
    "deep": "djup",
    "deff": "designeffekt",
    "delta_high": "avdrag, till",
    "delta_low": "avdrag, från",
    "deterred_completers_high": "fullföljande som avstår, högst",
    "deterred_completers_low": "fullföljande som avstår, lägst",
    "deterred_leavers_high": "lämnande som avstår, högst",
    "deterred_leavers_low": "lämnande som avstår, lägst",
    "differ": "skiljer sig i",
    "difference": "skillnad",
    "difficulty": "svårighet (logit)",
    "difficulty_completed": "svårighet, fullföljande",
    "document": "dokument",
    "document_id": "dokument",
    "documents": "dokument",
    "dropped": "strukna",
    "early": "tidigt",
    "effective": "motsvarar så många",
    "encoding": "kodning av tecken",
    "enrolled_high": "anmälda, högst",
    "enrolled_low": "anmälda, lägst",
    "estimate": "skattning",
    "estimator": "metod",
    "event": "händelsen",
    "events": "nådde dit då",
    "evidence": "belägg",
    "exact": "alla teckenbyten prövade",
    "excess": "överskott (bitar)",
    "expected": "väntat i slumpad ordning",
    "explaining": "förklarande minuter",
    "explains": "förklarar",
    "extra_cost_high": "extra kostnad, högst",
    "extra_cost_low": "extra kostnad, lägst",
    "f1": "F1",
    "f1_ci_high": "F1, övre gräns",
    "f1_ci_low": "F1, nedre gräns",
    "fee_high": "avgift, högst",
    "fee_low": "avgift, lägst",
    "first": "första",
    "first_date": "första dag",
    "first_level": "första nivå",
    "form_share": "andel i modellens form",
    "found": "funna koder",
    "gain": "väntad ökning",
    "gain_max": "största väntade ökning",
    "gain_star": "ingen skada vid ökning upp till",
    "goal": "mål",
    "group": "grupp",
    "half_difference": "andra halvan minus första",
    "handed_in": "inlämnade",
    "harm": "skada (steg)",
    "harm_high": "skada, övre gräns",
    "harm_low": "skada, nedre gräns",
    "held_minutes": "hållna minuter",
    "here": "kvar",
    "highest": "högst",
    "hits": "maskinkodade segment",
    "hours": "timmar",
    "icc": "ICC",
    "icc_cells": "rutor i ICC",
    "in_form": "minuter i modellens form",
    "in_time": "bedömt i tid",
    "incidence": "andel som nått dit",
    "indicator": "indikator",
    "informant_words": "andras ord än intervjuarens",
    "instead": "i stället",
    "interval": "slags intervall",
    "intervention": "råd, id",
    "introduced": "infördes vid träff",
    "jaccard": "Jaccard",
    "jsd": "JSD (bitar, gallrat)",
    "judged_by": "bedömt av",
    "judged_on": "bedömt den",
    "k": "dokument nr",
    "k_post": "träffar efteråt",
    "kappa": "kappa",
    "keyword": "nyckelord",
    "kind": "slag",
    "known": "känt",
    "last": "sista",
    "last_level": "sista nivå",
    "late": "sent",
    "latest": "senaste",
    "latest_date": "senaste dag",
    "left": "lämnade",
    "level": "nivå",
    "lost_high": "förlorade, högst",
    "lost_low": "förlorade, lägst",
    "lowest": "lägst",
    "margin": "marginal",
    "mean_difference": "medelskillnad",
    "mean_level": "medelnivå",
    "mean_width": "medelbredd",
    "measure": "mått",
    "measured": "uppmätt",
    "met": "målet nått",
    "method": "metod",
    "minus": "−",
    "minus_per_1000": "− per 1 000 ord",
    "minutes": "minuter",
    "moved": "bytte grupp",
    "n": "antal",
    "n_first": "tidigare tillfällen",
    "n_high": "kvar, högst",
    "n_low": "kvar, lägst",
    "n_present": "antal närvarande",
    "n_second": "senare tillfällen",
    "n_tools": "verktyg",
    "naive": "JSD utan gallring (bitar)",
    "name": "namn",
    "nap": "NAP",
    "new": "nya",
    "new_supervisor": "ny handledare",
    "not_by": "inte av",
    "note": "anmärkning",
    "nothing": "inget i materialet",
    "null": "JSD av en slump (bitar)",
    "only_a": "bara A",
    "only_b": "bara B",
    "order": "ordning",
    "origin": "källa till antalet",
    "other": "de övriga",
    "outcome": "utfall",
    "p": "p",
    "p_adjusted": "justerat p",
    "p_otherwise": "p om enheten bedömts tvärtom",
    "p_sign_flip": "p, teckenbyte",
    "p_without": "p utan enheten",
    "pair": "par",
    "pairs": "par",
    "part": "del",
    "participant": "person",
    "party": "part",
    "per_1000": "per 1 000 ord",
    "per_unit": "per enhet",
    "persons": "personer",
    "phase": "in eller ut",
    "place": "plats i rangordningen",
    "planned_minutes": "planerade minuter",
    "plus": "+",
    "plus_per_1000": "+ per 1 000 ord",
    "polarity": "polaritet",
    "position": "plats",
    "pre_carried": "senast före, buret",
    "pre_other": "senast före, övriga",
    "precision": "precision",
    "precision_high": "precision, övre gräns",
    "precision_low": "precision, nedre gräns",
    "preparation": "förberedelse",
    "presenter": "höll i",
    "presenter_share": "andel hos den som höll i mest",
    "presenters": "olika som höll i",
    "probability": "sannolikhet",
    "programmes": "simulerade program",
    "quote": "citat",
    "rate": "andel",
    "rate_mcse": "andel, simuleringsfel",
    "rater": "bedömare",
    "raters": "bedömare",
    "reached": "nådde målet",
    "read": "läst av båda",
    "reason": "skäl",
    "recall": "funna av människors kodningar",
    "records": "uppgifter",
    "refused": "avslag",
    "repeat": "omgång",
    "rests_on": "vilar på",
    "retained_high": "andel kvar, högst",
    "retained_low": "andel kvar, lägst",
    "rho": "Spearmans rho",
    "right": "rätt",
    "row": "rad",
    "rule": "regel",
    "rule_segments": "maskinkodade segment",
    "said": "sagt om det",
    "said_in": "sägs i resultatet om",
    "scenario": "tankeförsök",
    "sd": "standardavvikelse",
    "second": "andra",
    "segment_id": "segment",
    "segments": "segment",
    "separated": "helt åtskilt",
    "session": "träff",
    "sessions": "träffar",
    "share": "andel",
    "share_high": "andel, övre gräns",
    "share_low": "andel, nedre gräns",
    "side": "sida",
    "slope": "lutning",
    "slope_high": "lutning, övre gräns",
    "slope_low": "lutning, nedre gräns",
    "small": "få ord",
    "smallest_change": "minsta påvisbara förändring",
    "smallest_harm": "minsta påvisbara skada",
    "source": "källa",
    "state": "läge",
    "statement": "påstående",
    "statistic": "teststatistika",
    "status": "status",
    "step": "steg",
    "stop": "slutar (minuter efter midnatt)",
    "strongest": "starkaste belägg",
    "suggested": "föreslagna",
    "supervised": "handledd av dem som slutade",
    "supervisor": "handledare",
    "supervisors": "handledare",
    "surface": "yta",
    "swapped": "bytta",
    "target": "mål",
    "tau": "tau",
    "term": "term",
    "terms_first": "modellord, första",
    "terms_second": "modellord, andra",
    "threshold": "gräns",
    "time": "tid",
    "to_leaving": "träffar kvar till lämnandet",
    "tool": "verktyg",
    "tool_demonstrated": "form av verktyg",
    "tools": "verktyg",
    "total": "rättat antal",
    "truth": "sanning",
    "turns": "repliker",
    "unbounded": "utan gräns",
    "unclear": "?",
    "unclear_per_1000": "? per 1 000 ord",
    "unit": "enhet",
    "units": "enheter",
    "uptake": "vad som hände",
    "used": "används",
    "value": "värde",
    "values": "värden",
    "verbatim": "ordagrant",
    "verdict": "utslag",
    "what": "vad",
    "where": "var",
    "who": "vem",
    "why": "varför inte",
    "without_minutes": "aktiviteter utan tid",
    "without_reason": "utan skäl",
    "words": "ord",
    "zone": "zon",
}
"""What a column is called in a Swedish report."""

VALUES = {
    "absent": "var inte där",
    "added": "tillagd",
    "after": "efter händelsen",
    "all": "allt",
    "approximate": "ungefärligt",
    "as_it_was": "som det blev",
    "asr": "automatiskt utskrivet",
    "attendance": "närvaro",
    "before": "före händelsen",
    "between": "mellan",
    "blind": "blint ombedömda",
    "cannot judge": "kunde inte bedömas",
    "ceiling": "tak",
    "cell": "ruta",
    "code": "koden",
    "completed": "fullföljde",
    "contacts": "kontakter",
    "declared": "angivet",
    "deep": "djup",
    "depth": "kodat djup",
    "described": "beskrivs bara",
    "dropped": "struken",
    "enrolled": "anmälda",
    "error": "felandel",
    "evaluator": "utvärderaren",
    "exact": "exakt",
    "fell": "minskade",
    "few audited": "för få granskade",
    "few documents": "för få dokument",
    "few hits audited": "för få maskinkodade segment granskade",
    "few segments": "för få segment",
    "first": "första halvan",
    "funder": "finansiären",
    "gap": "saknas",
    "grid": "linjen",
    "groups": "handledargrupper",
    "half_difference": "andra halvan minus första",
    "handed in": "inlämnad",
    "held": "hållen",
    "host": "teamet",
    "hub": "mitten",
    "inconclusive": "ingen slutsats",
    "inferior": "sämre",
    "internal": "internt",
    "judged": "bedömd",
    "last_session": "med på den sista",
    "left": "har lämnat",
    "linear": "linjär",
    "main": "huvudanalys",
    "may have left": "kan ha lämnat",
    "never coded": "aldrig kodad",
    "no variation": "ingen variation",
    "no_session": "utan träff",
    "non-inferior": "inte sämre",
    "none": "inget",
    "not read": "inte läst",
    "not_left": "har inte lämnat",
    "notes": "anteckningar",
    "nothing": "inget i materialet",
    "observed": "observerat",
    "one rater": "en bedömare",
    "out": "ut",
    "part not audited": "delen är inte granskad",
    "participant": "deltagarna",
    "plateau": "platå",
    "polarity": "polariteten",
    "positions": "positioner",
    "power": "styrka",
    "present": "var där",
    "presenter_share": "andel hos den som höll i mest",
    "presenters": "olika som höll i",
    "profile": "profil",
    "quote": "citat",
    "register": "registret",
    "rose": "ökade",
    "rubric": "bedömd nivå",
    "said": "sagt",
    "same": "oförändrat",
    "second": "andra halvan",
    "shown": "visat",
    "slope": "lutning",
    "step": "steg",
    "surface": "yta",
    "swapped": "bytt",
    "too few": "för få",
    "unclear": "oklart",
    "unit": "en enhet",
    "unknown": "okänt",
    "without": "utan en enhet",
    "without evaluation": "utan utvärderingen",
    "yes": "ja",
}
"""What the fixed values of columns are called in a Swedish report."""


_ENGLISH = {
    "alpha_ci_high": "alpha, upper limit",
    "alpha_ci_low": "alpha, lower limit",
    "begin": "begins (minutes after midnight)",
    "ci_high": "upper limit",
    "ci_low": "lower limit",
    "deff": "design effect",
    "excess": "excess (bits)",
    "f1": "F1",
    "f1_ci_high": "F1, upper limit",
    "f1_ci_low": "F1, lower limit",
    "gain_star": "no harm if the gain is at most",
    "icc": "ICC",
    "jaccard": "Jaccard",
    "jsd": "JSD (bits, rarefied)",
    "k": "document no.",
    "k_post": "sessions after",
    "naive": "JSD without rarefaction (bits)",
    "nap": "NAP",
    "null": "JSD by chance (bits)",
    "p_sign_flip": "p, sign flip",
    "rho": "Spearman's rho",
    "sd": "standard deviation",
    "stop": "stops (minutes after midnight)",
}

# Columns that hold somebody's own words or ids: nothing in them is one of our fixed values.
_AS_THEY_STAND = {"activity", "advice", "category", "code", "document", "document_id", "evidence_words"} | {
    "participant",
    "person",
    "presenter",
    "quote",
    "reason",
    "statement",
    "tool",
    "unit",
    "uptake",
    "zone",
}


def column_label(name: str, lang: Language) -> str:
    """Return a column's name as a reader of the report would say it.

    Parameters
    ----------
    name : str
        Name of the column.
    lang : {"sv", "en"}
        Language of the reader.

    Returns
    -------
    str
        Its words in that language; the name without underscores where it has none.
    """
    for ending in LANGUAGES:
        name = name.removesuffix(f"_{ending}")
    plainly = name.replace("_", " ")
    return pick(lang, sv=COLUMNS.get(name, plainly), en=_ENGLISH.get(name, plainly))


def for_reader(table: pd.DataFrame, lang: Language) -> pd.DataFrame:
    """Put a saved table's columns and fixed values in the reader's words.

    Parameters
    ----------
    table : pandas.DataFrame
        As it was saved.
    lang : {"sv", "en"}
        Language of the reader.

    Returns
    -------
    pandas.DataFrame
        The same without `row_id`, and without columns that say in the other language, or as an id, what another says.
    """
    other = pick(lang, sv="en", en="sv")
    said = [str(name)[:-3] for name in table if str(name).endswith(f"_{lang}")]
    twice = [name for word in said for name in (word, f"{word}_{other}")]
    shown = table.drop(columns=[*twice, "row_id"], errors="ignore")
    texts = [name for name in shown.select_dtypes(["object", "str"]) if name not in _AS_THEY_STAND]
    if lang == "sv":
        shown = shown.assign(**{str(name): shown[name].map(lambda cell: VALUES.get(cell, cell)) for name in texts})
    return shown.rename(columns=lambda name: column_label(str(name), lang))


def text_table(table: pd.DataFrame, *, lang: Language, digits: int = 2) -> str:
    """Write a table as lines of text in the reader's words, as a notebook prints it.

    Parameters
    ----------
    table : pandas.DataFrame
        What is shown; the ids in `rests_on` are left out.
    lang : {"sv", "en"}
        Language of the reader.
    digits : int, default 2
        Decimals.

    Returns
    -------
    str
        Columns under their labels.
    """
    shown = for_reader(table.drop(columns="rests_on", errors="ignore"), lang)
    return pd.DataFrame({name: _cells(shown[name], lang, digits) for name in shown}).to_string(index=False)


def _cells(column: "pd.Series[Any]", lang: Language, digits: int) -> list[str]:
    """Write a column's cells, its numbers with as many decimals as any of them needs."""
    numbers = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
    known = column.dropna()
    decimals = digits if numbers and (known % 1 != 0).any() else 0

    def written(value: Any) -> str:
        if isinstance(value, tuple | list):
            return ", ".join(map(str, value))
        if pd.isna(value):
            return "–"
        if isinstance(value, bool):
            return pick(lang, sv="ja" if value else "nej", en="yes" if value else "no")
        return number(value, decimals, lang=lang) if numbers else str(value)

    return [written(value) for value in column.astype("object")]
