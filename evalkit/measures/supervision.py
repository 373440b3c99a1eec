"""Contacts between units and supervisors: how often, and who with whom."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from evalkit.measures.placement import Labels, labels_of, row_ids
from evalkit.measures.register_rows import as_tuples, source_rows, unit_list
from evalkit.study import Study
from evalkit.wording import Language, count_noun, number, pick

if TYPE_CHECKING:
    import networkx

__all__ = ["SupervisionContacts", "supervision_contacts"]


@dataclass(frozen=True, slots=True, eq=False)
class SupervisionContacts:
    """Contacts per pair of unit and supervisor.

    Attributes
    ----------
    table : pandas.DataFrame
        One row per pair that had contact: unit, supervisor, contacts, first, last (dates), rests_on (rows of the
        register) and row_id.
    units : pandas.DataFrame
        One row per unit, also those without contact: unit, contacts, supervisors, rests_on and row_id.
    supervisors : pandas.DataFrame
        One row per supervisor: supervisor, contacts, units, rests_on and row_id.
    initiatives : dict of str to int
        Contacts by who took the initiative, as the register names them; "" where it is not noted.
    labels : Labels
        Names for a reader.
    """

    table: pd.DataFrame
    units: pd.DataFrame
    supervisors: pd.DataFrame
    initiatives: dict[str, int]
    labels: Labels

    @property
    def contacts(self) -> int:
        """All contacts."""
        return int(self.table["contacts"].sum())

    def graph(self) -> "networkx.Graph[Any]":
        """Return the network.

        Returns
        -------
        networkx.Graph
            A node ("unit", id) or ("supervisor", id) each, with its kind and contacts; an edge per pair with contacts.
        """
        import networkx

        network: networkx.Graph[Any] = networkx.Graph()
        for kind, table in (("unit", self.units), ("supervisor", self.supervisors)):
            for name, contacts in table[[kind, "contacts"]].itertuples(index=False, name=None):
                network.add_node((kind, name), kind=kind, contacts=int(contacts))
        for unit, supervisor, contacts in self.table[["unit", "supervisor", "contacts"]].itertuples(
            index=False, name=None
        ):
            network.add_edge(("unit", unit), ("supervisor", supervisor), contacts=int(contacts))
        return network

    def caption(self, lang: Language = "sv") -> str:
        """Return the counts that the figure rests on."""
        units = self.labels.count(int((self.units["contacts"] > 0).sum()), "unit", lang)
        return pick(
            lang,
            sv=f"n = {count_noun(self.contacts, 'kontakt', 'kontakter')} mellan {units} och "
            f"{number(len(self.supervisors))} handledare.",
            en=f"n = {count_noun(self.contacts, 'contact', 'contacts', lang='en')} between {units} and "
            f"{count_noun(len(self.supervisors), 'supervisor', 'supervisors', lang='en')}.",
        )

    def sentence(self, lang: Language = "sv") -> str:
        """Say how contacts were spread and what they cannot say."""
        if not self.contacts:
            return pick(lang, sv="Inga kontakter är antecknade.", en="No contacts have been recorded.")
        some = self.units.loc[self.units["contacts"] > 0, "contacts"]
        least, most = (number(value, lang=lang) for value in (some.min(), some.max()))
        middle = number(some.median(), int(some.median() % 1 > 0), lang=lang)
        without = self.labels.count(int((self.units["contacts"] == 0).sum()), "unit", lang)
        one = number((self.units["supervisors"] == 1).sum(), lang=lang)
        noun = self.labels.noun("unit", lang)
        return pick(
            lang,
            sv=f"De som hade kontakt hade {least}–{most} kontakter per {noun} (median {middle}); {one} av dem med en "
            f"och samma handledare. {without} saknar antecknad kontakt. Bara antecknade kontakter räknas, och antalet "
            "säger inte vad de handlade om eller vad de gav.",
            en=f"Those in contact had {least}–{most} contacts per {noun} (median {middle}); {one} of them with one and "
            f"the same supervisor. Without a recorded contact: {without}. Only recorded contacts count, and their "
            "number tells neither what they were about nor what they gave.",
        )


def supervision_contacts(contacts: pd.DataFrame, *, study: Study | None = None) -> SupervisionContacts:
    """Count the contacts of each unit, each supervisor and each pair of them.

    Parameters
    ----------
    contacts : pandas.DataFrame
        See `evalkit.tables.SCHEMAS`.
    study : Study, optional
        Its units are there even without contact.

    Returns
    -------
    SupervisionContacts
        Pairs in the order of the units.
    """
    units = unit_list(study, contacts["unit"])
    given = contacts[["date", "unit", "supervisor"]].assign(source=source_rows(contacts))
    pairs = given.groupby(["unit", "supervisor"]).agg(
        contacts=("date", "size"), first=("date", "min"), last=("date", "max"), rests_on=("source", tuple)
    )
    table = pairs.reset_index()
    place = {unit: number for number, unit in enumerate(units)}
    table = table.sort_values(["unit", "supervisor"], key=lambda c: c.map(place) if c.name == "unit" else c)
    table = table.reset_index(drop=True)
    table["row_id"] = row_ids(table, ["unit", "supervisor"])
    return SupervisionContacts(
        table=table,
        units=_per(given, "unit", units, "supervisor", "supervisors"),
        supervisors=_per(given, "supervisor", sorted(set(contacts["supervisor"])), "unit", "units"),
        initiatives={str(who): int(n) for who, n in contacts["initiative"].fillna("").value_counts().items()},
        labels=labels_of(study),
    )


def _per(given: pd.DataFrame, kind: str, names: list[str], other: str, others: str) -> pd.DataFrame:
    summary: dict[str, tuple[str, Any]] = {
        "contacts": ("date", "size"),
        others: (other, "nunique"),
        "rests_on": ("source", tuple),
    }
    counted = given.groupby(kind).agg(**summary)
    table = counted.reindex(pd.Index(names, dtype="str", name=kind)).reset_index()
    table[["contacts", others]] = table[["contacts", others]].fillna(0).astype("int64")
    table["rests_on"] = as_tuples(table["rests_on"])
    table["row_id"] = row_ids(table, [kind])
    return table
