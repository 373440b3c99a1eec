"""What the methods can find: how often what is true was claimed, by method and kind of programme."""

from dataclasses import dataclass

import pandas as pd

from evalkit.calibrate.calibration import Calibration, label_of
from evalkit.calibrate.cells import Cell
from evalkit.calibrate.estimators import QUANTITIES
from evalkit.wording import Language, interval, number, percent, pick

__all__ = ["Power", "power_of"]


@dataclass(frozen=True, slots=True, eq=False)
class Power:
    """How often each test or verdict claims what is true.

    Attributes
    ----------
    table : pandas.DataFrame
        Per estimator and cell in which what it may claim is true: cell, estimator, programmes, refused, rate and
        rate_mcse (among those not refused), goal (missing where none is set), rests_on and row_id.
    calibration : Calibration
        Where it comes from.
    """

    table: pd.DataFrame
    calibration: Calibration

    def caption(self, lang: Language = "sv") -> str:
        """Return what was simulated."""
        counts = sorted(set(self.table["programmes"]))
        many = " – ".join(number(count, lang=lang) for count in dict.fromkeys((counts[0], counts[-1])))
        kinds, seed = self.table["cell"].nunique(), self.calibration.seed
        return pick(
            lang,
            sv=f"n = {many} program i vart och ett av {kinds} slag, simulerade med känd sanning, frö {seed}.",
            en=f"n = {many} programmes of each of {kinds} kinds, simulated with known truth, seed {seed}.",
        )

    def sentence(self, lang: Language = "sv") -> str:
        """Say how often each method claims what is true, and what it means that it does not."""
        parts = []
        for name, rows in self.table.groupby("estimator", sort=False):
            low, high = (100 * rows["rate"].min(), 100 * rows["rate"].max())
            found = percent(high / 100, lang=lang)
            if round(low) != round(high):
                found = interval(low, high, 0, lang=lang) + pick(lang, sv="\u00a0%", en="%")
            parts.append(f"{label_of(str(name), lang)} {found}")
        return pick(
            lang,
            sv="Hur ofta det som är sant också påstås där metoden svarar, från det slags program där det är svårast "
            f"till det lättaste: {'; '.join(parts)}. Där andelen är låg säger ett uteblivet utslag nästan ingenting.",
            en="How often what is true is also claimed where the method answers, from the kind of programme where that "
            f"is hardest to the easiest: {'; '.join(parts)}. Where the share is low, the lack of a claim says next to "
            "nothing.",
        )


def power_of(calibration: Calibration) -> Power:
    """Take from a calibration how often what is true was claimed.

    Parameters
    ----------
    calibration : Calibration
        From `read_calibration` or `calibrate_cells`.

    Returns
    -------
    Power
        Without the rows where every programme was refused.
    """
    table = calibration.table
    rows = table[(table["kind"] == "power") & table["rate"].notna()]
    cells = {cell.id for cell in calibration.cells if isinstance(cell, Cell)}
    rows = rows.sort_values("estimator", key=lambda names: names.map(list(QUANTITIES).index), kind="stable")
    columns = ["cell", "estimator", "programmes", "refused", "rate", "rate_mcse", "goal", "rests_on", "row_id"]
    return Power(rows.loc[rows["cell"].isin(cells), columns].reset_index(drop=True), calibration)
