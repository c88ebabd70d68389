"""Who has how much, and whether shares were even."""

from datetime import date

import pytest

from homebuy_plugin import CaseChange, Officer, TaskChange
from homebuy_plugin.exceptions import InvalidArgument
from homebuy_plugin.testing.small_landlord import at


def loads(landlord, **arguments):
    found = landlord.homebuy.staff.workload(now=at(20, 12), **arguments)
    return found, {load.id: load for load in found.officers}


def test_a_share_is_even_by_what_each_choice_could_choose_from(landlord):
    """Cora is away until the 15th: of the first two choices no share falls on her."""
    for n, day in enumerate((2, 2, 20, 20, 20), 1):
        landlord.create(f"HB-{n}", now=at(day))
    found, by_id = loads(landlord)
    assert found.choices == 5
    told = {id_: (load.chosen, round(load.expected, 6)) for id_, load in by_id.items() if load.expected}
    assert told == {"amir": (2, 2.0), "beth": (2, 2.0), "cora": (1, 1.0)}
    assert found.share(by_id["cora"]) == pytest.approx((0.2, 0.2))
    assert [by_id[name].away_days for name in ("amir", "cora")] == [0, 14]


def test_what_each_has_now(landlord):
    landlord.create("HB-1", now=at(20))
    landlord.create("HB-2", now=at(20))
    landlord.task("log_application", TaskChange.reassign("lena"), at(20), "HB-1")
    landlord.update(CaseChange.withdraw(), at(20), "HB-2")
    landlord.homebuy.staff.leaves("beth", date(2026, 11, 20))
    _, by_id = loads(landlord)
    amir, beth, lena = by_id["amir"], by_id["beth"], by_id["lena"]
    assert (amir.open_cases, amir.assigned, amir.roles, amir.here) == (1, 1, ("leasehold_officer",), True)
    assert (beth.open_cases, beth.assigned, beth.here, beth.left_on) == (0, 1, False, date(2026, 11, 20))
    state = landlord.state("HB-1")
    follows = [t for t in state.tasks.values() if t.status == "open" and not t.owners]
    assert (amir.open_tasks, lena.open_tasks) == (len(follows), 1)


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_only_the_period_and_only_the_role(landlord):
    for n, day in enumerate((18, 19, 20), 1):
        landlord.create(f"HB-{n}", now=at(day))
    found, by_id = loads(landlord, since=date(2026, 11, 19), until=date(2026, 11, 20))
    assert (found.choices, [i for i, load in by_id.items() if load.assigned]) == (1, ["beth"])
    found, by_id = loads(landlord, role="leasehold_officer")
    assert (found.choices, list(by_id)) == (3, ["amir", "beth", "cora"])
    found, by_id = loads(landlord, role="lawyer")
    assert (found.choices, list(by_id)) == (0, ["lena"])
    assert found.share(by_id["lena"]) == (0.0, 0.0)
    with pytest.raises(InvalidArgument, match="not after its beginning"):
        loads(landlord, since=date(2026, 11, 19), until=date(2026, 11, 19))


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_the_hosts_officers_are_told_with_their_capacity(landlord):
    landlord.host.answer("homebuy_officers_in_role", [Officer(id="zoe", name="Zoe Zed", capacity=40)])
    _, by_id = loads(landlord, role="leasehold_officer")
    assert (by_id["zoe"].name, by_id["zoe"].capacity) == ("Zoe Zed", 40)
