"""What was not handed over can be seen, and sent again; what was, is left alone."""

import pytest

from homebuy_plugin import Settings
from homebuy_plugin.exceptions import InvalidArgument, NotAllowed, UnknownName
from homebuy_plugin.store import outbox
from homebuy_plugin.testing.small_landlord import SmallLandlord, at

sqlite_only = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
NOTIFY = "homebuy_notify"


@pytest.fixture
def dead(landlord, monkeypatch):
    """Three notices were given up: two of amir's, one of beth's."""
    for n in (1, 2, 3):
        landlord.create(f"HB-{n}")
    landlord.host.fail(NOTIFY, OSError("mail server down"))
    monkeypatch.setattr(outbox, "ATTEMPTS", 1)
    landlord.tick(at(3, 9))
    landlord.host.recover(NOTIFY)
    landlord.host.forget()
    assert {row.state for row in landlord.outbox()} == {"dead"}
    return landlord


def references(rows):
    return [row.reference for row in rows]


def test_rows_are_found_by_state_recipient_case_and_key(dead):
    box = dead.homebuy.outbox
    assert references(box.list()) == references(box.list(states=["dead"])) == ["HB-1", "HB-2", "HB-3"]
    assert references(box.list(recipient="amir")) == ["HB-1", "HB-3"]
    assert references(box.list(recipient="user:amir")) == ["HB-1", "HB-3"]
    assert references(box.list(recipient="role:amir")) == []
    assert references(box.list(recipient="amir", reference="HB-3")) == ["HB-3"]
    assert references(box.list(states=["failed", "held"])) == []
    assert references(box.list(limit=1)) == ["HB-1"]
    [row] = box.list(reference="HB-2")
    assert box.show(row.key) == row
    assert "mail server down" in row.last_error


def test_all_that_is_dead_is_sent_again_under_its_key(dead):
    before = dead.outbox()
    assert dead.homebuy.outbox.retry(now=at(5)) == 3
    assert dead.homebuy.deliver(at(5)).delivered == 3
    assert [(n.key, n.body) for n in dead.host.notices] == [(row.key, row.body) for row in before]
    assert dead.homebuy.outbox.retry(now=at(6)) == 0


@sqlite_only
def test_some_are_sent_again(dead):
    box = dead.homebuy.outbox
    assert box.retry(recipient="user:amir", reference="HB-1", now=at(5)) == 1
    assert box.retry(states=["failed"], now=at(5)) == 0
    [row] = box.list(reference="HB-2")
    assert box.retry([row.key], now=at(5)) == 1
    dead.homebuy.deliver(at(5))
    assert references(box.list(states=["dead"])) == ["HB-3"]


@sqlite_only
def test_what_was_handed_over_is_not_sent_again(dead):
    box = dead.homebuy.outbox
    [first, other, _] = box.list()
    box.retry([first.key], now=at(5))
    dead.homebuy.deliver(at(5))
    with pytest.raises(NotAllowed, match=f"{first.key} is delivered"):
        box.retry([other.key, first.key], now=at(5))
    assert box.show(other.key).state == "dead", "nothing was half done"


def test_what_is_under_way_is_left_alone(dead):
    from homebuy_plugin.store.transactions import writing

    box = dead.homebuy.outbox
    box.retry(now=at(5))
    with writing(dead.engine) as conn:
        [mine, *_] = outbox.lease(conn, at(5), 1)
    assert box.release(now=at(5)) == 2
    with writing(dead.engine) as conn:
        assert outbox.delivered(conn, mine, at(5))


@sqlite_only
def test_what_is_held_is_released(landlord):
    calm = SmallLandlord(
        landlord.engine, settings=Settings(storm_limit=1, quiet_hours={"*": "england_and_wales"})
    )
    for n in (1, 2):
        calm.create(f"HB-{n}", facts={"property_type": "house"})
    calm.tick(at(3, 9))
    [held] = calm.homebuy.outbox.list(states=["held"])
    with pytest.raises(NotAllowed, match="is held: this is for those untaken or failed or dead"):
        calm.homebuy.outbox.retry([held.key])
    assert calm.homebuy.outbox.release(recipient="nobody", now=at(3, 22)) == 0
    assert calm.homebuy.outbox.release([held.key], now=at(3, 22)) == 1
    assert calm.homebuy.deliver(at(3, 22)).delivered == 1


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_names_that_are_none_are_refused(dead):
    box = dead.homebuy.outbox
    with pytest.raises(UnknownName, match="Did you mean 'dead'"):
        box.list(states=["dad"])
    with pytest.raises(UnknownName, match="no state 'delivered'"):
        box.retry(states=["delivered"])
    for call in (box.show, lambda key: box.retry([key]), lambda key: box.release([key])):
        with pytest.raises(InvalidArgument, match="No notice has the key 'x'"):
            call("x")
