"""Agreement between people who coded the same segments independently.

`spans` says which segment a coding counts for, `judgements` who said what of which segment, `intervals` how sure F1
and alpha are, `coders` puts them together by code and pair, `result` says it in words, `differences` lists what to
talk about, `unitizing` asks whether the same stretches were marked, `plan` how much to code twice, and `coefficients`
holds the field's own.
"""

from evalkit.coding.agreement.coders import coder_agreement
from evalkit.coding.agreement.coefficients import cohen_kappa, fleiss_kappa, gwet_ac1, krippendorff_alpha, scott_pi
from evalkit.coding.agreement.differences import disagreements
from evalkit.coding.agreement.plan import AgreementPlan, plan_agreement
from evalkit.coding.agreement.result import Agreement
from evalkit.coding.agreement.spans import segments_of_spans
from evalkit.coding.agreement.unitizing import UnitizingAgreement, coder_unitizing, unitizing_alpha

__all__ = [
    "Agreement",
    "AgreementPlan",
    "UnitizingAgreement",
    "coder_agreement",
    "coder_unitizing",
    "cohen_kappa",
    "disagreements",
    "fleiss_kappa",
    "gwet_ac1",
    "krippendorff_alpha",
    "plan_agreement",
    "scott_pi",
    "segments_of_spans",
    "unitizing_alpha",
]
