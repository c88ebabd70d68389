"""What is to happen in these months whatever the officers do: so that every kind of stage is seen."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from homebuy_plugin.types import CaseChange

FIRST, LAST = date(2026, 3, 2), date(2026, 5, 29)
STORY = "HB-0007"
"""The case that is told as a story."""


@dataclass(frozen=True, kw_only=True)
class Turn:
    """Something that happens to a case.

    Attributes:
        on: the day it is recorded; or after: code of a task, ``days`` working days after it is done.
    """

    reference: str
    change: CaseChange
    on: date | None = None
    after: str | None = None
    days: int = 0


MANNERS: Mapping[tuple[str, str], str] = {
    ("HB-0007", "verify_identity"): "forgotten",
    ("HB-0007", "serve_counter_notice"): "tight",
    ("HB-0004", "estimate_service_charges"): "forgotten",
    ("HB-0004", "serve_section_125_notice"): "late",
    ("HB-0017", "check_title"): "held",
    ("HB-0008", "verify_identity"): "held",
    ("HB-0003", "await_notice_of_intention"): "never",
    ("HB-0010", "await_acceptance"): "never",
    ("HB-0022", "serve_rta2"): "late",
}
"""How a task of a case is dealt with, where chance is not to decide."""

BRISK = frozenset({"HB-0002", "HB-0003", "HB-0006", "HB-0007", "HB-0009", "HB-0012", "HB-0016"})
"""Cases that everybody hurries, so that their later stages are seen as well."""

DECISIONS: Mapping[str, str] = {"HB-0016": "deny", "HB-0036": "deny"}
"""Eligibility decisions that are not "admit"."""

UNSIGNED = frozenset({"HB-0002"})
"""Cases that came through the tenants' portal: nobody at the landlord created them."""

TURNS = (
    Turn(
        reference="HB-0002",
        on=date(2026, 3, 10),
        change=CaseChange.reassign(
            "a.novak",
            manager="role:team_leader",
            reason="The house is on her patch",
            by="j.marsh",
        ),
    ),
    Turn(
        reference="HB-0001",
        on=date(2026, 4, 14),
        change=CaseChange.withdraw(
            on=date(2026, 4, 13), reason="Her lender said no; she may try again", by="p.shah"
        ),
    ),
    Turn(
        reference="HB-0007",
        on=date(2026, 4, 28),
        change=CaseChange.record("delay_notice_served", on=date(2026, 4, 27), by="m.osei"),
    ),
    Turn(
        reference="HB-0009",
        after="serve_section_125_notice",
        days=6,
        change=CaseChange.record("determination_requested", by="l.fenwick"),
    ),
    Turn(
        reference="HB-0012",
        after="instruct_solicitors",
        days=3,
        change=CaseChange.record("completion_date_set", by="f.doyle"),
    ),
    Turn(
        reference="HB-0014",
        on=date(2026, 5, 18),
        change=CaseChange.reassign("a.novak", reason="Nadia Haddad is on jury service", by="j.marsh"),
    ),
    Turn(
        reference="HB-0018",
        on=date(2026, 5, 19),
        change=CaseChange.withdraw(reason="He has found a house elsewhere", by="a.novak"),
    ),
    Turn(
        reference="HB-0021",
        on=date(2026, 5, 11),
        change=CaseChange.hold("The tenants are abroad for a funeral", until=date(2026, 6, 1), by="p.shah"),
    ),
    Turn(
        reference="HB-0024",
        on=date(2026, 5, 13),
        change=CaseChange.record("evidence_missing", by="t.bielak"),
    ),
    Turn(
        reference="HB-0030",
        on=date(2026, 5, 27),
        change=CaseChange.update(served_on=date(2026, 5, 26), by="p.shah"),
    ),
)
