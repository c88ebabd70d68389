"""Allocation rules in short, and what they are tried on: cases created, officers away."""

from datetime import date
from typing import Any

from homebuy_plugin import CaseOutcome
from homebuy_plugin.store import directory
from homebuy_plugin.store.transactions import writing
from homebuy_plugin.testing.small_documents import Document, allocation
from homebuy_plugin.testing.small_landlord import SmallLandlord, at

FLAT = {"all": [{"name": "property_type", "operator": "equal_to", "value": "flat"}]}
HOUSE = {"all": [{"name": "property_type", "operator": "equal_to", "value": "house"}]}


def rule(id_: str, *actions: Document, rank: int = 10, **more: Any) -> Document:
    """A rule that is on, of rank 10 unless it says."""
    return {
        "id": id_,
        "name": id_.capitalize(),
        "rank": rank,
        "state": "on",
        "actions": list(actions),
        **more,
    }


def action(name: str, **params: Any) -> Document:
    """An action of a rule."""
    return {"name": name, "params": params}


def to_user(user: str) -> Document:
    """The case is this officer's."""
    return action("assign_user", user=user)


def in_turn(role: str = "leasehold_officer") -> Document:
    """The case is the next one's in the role."""
    return action("assign_role", role=role, strategy="round_robin")


def least_busy(role: str = "leasehold_officer") -> Document:
    """The case is theirs who has the fewest open ones."""
    return action("assign_role", role=role, strategy="least_open_cases")


def created(landlord: SmallLandlord, *rules: Document, reference: str = "HB-1", **fields: Any) -> CaseOutcome:
    """What becomes of a new case by these rules alone."""
    landlord.publish(at(1), allocation=allocation(*rules))
    return landlord.create(reference, **fields)


def away(
    landlord: SmallLandlord, officer: str, start: date = date(2026, 11, 2), end: date = date(2026, 11, 3)
) -> None:
    """An officer is away from a day until before another: the first Monday alone, unless it says."""
    with writing(landlord.engine) as conn:
        directory.add_absence(conn, officer, start, end)


def owners_of(landlord: SmallLandlord, count: int, start: int = 1) -> list[str]:
    """Who has each of so many new cases."""
    return [landlord.create(f"HB-{n}").owners[0].id for n in range(start, start + count)]
