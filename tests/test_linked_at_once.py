"""Two calls at once about two cases that are linked: nobody waits in a ring."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date

import pytest
from sqlalchemy.orm import Session

from homebuy_plugin import CaseChange
from homebuy_plugin.exceptions import RetryTransaction, UnknownReference
from homebuy_plugin.store import cases
from homebuy_plugin.store.sessions import joined
from homebuy_plugin.testing.small_landlord import at, facts_of
from homebuy_plugin.testing.waiting import until_somebody_waits

postgresql_only = pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)

# The later case has the reference that comes first: where the order of locks could differ.
LATER = facts_of("HB-1", served_on=date(2026, 11, 9), linked_to="HB-2")


@pytest.fixture
def linked(landlord):
    """Two cases, the first continuing the second."""
    landlord.create("HB-2")
    landlord.create("HB-1", now=at(9), served_on=LATER.served_on, linked_to="HB-2")
    return landlord


def lock(landlord, session, reference):
    assert cases.lock(joined(session, landlord.engine), reference) is not None


def repeated(landlord, *first):
    """The creation of the later case, once more; ``first`` are references locked before it."""
    with Session(landlord.engine) as session, session.begin():
        for reference in first:
            lock(landlord, session, reference)
        return landlord.homebuy.case_created(session, LATER, at(10)).created


def repeated_beside_a_merger(landlord, *first):
    """The merger has the first of its two cases, and the repetition waits, when it takes the second."""
    with ThreadPoolExecutor(1) as pool:
        with Session(landlord.engine) as session, session.begin():
            lock(landlord, session, "HB-1")
            repetition = pool.submit(repeated, landlord, *first)
            until_somebody_waits(landlord.engine)
            landlord.homebuy.case_updated(session, "HB-1", CaseChange.merge("HB-2", "the same"), at(10))
        return repetition.result(30)


@postgresql_only
def test_a_linked_case_created_once_more_beside_a_merger_of_the_two(linked):
    assert repeated_beside_a_merger(linked) is False
    assert linked.state("HB-2").outcome == "merged"


@postgresql_only
def test_it_would_deadlock_if_the_earlier_case_were_locked_first(linked):
    with pytest.raises(RetryTransaction, match="40P01"):
        repeated_beside_a_merger(linked, "HB-2")


@postgresql_only
def test_the_same_linked_case_created_twice_at_once_is_created_once(landlord):
    landlord.create("HB-2")
    with ThreadPoolExecutor(1) as pool:
        with Session(landlord.engine) as session, session.begin():
            assert landlord.homebuy.case_created(session, LATER, at(10)).created
            repetition = pool.submit(repeated, landlord)
            until_somebody_waits(landlord.engine)
        assert repetition.result(30) is False
    assert [e.kind for e in landlord.events("HB-2")].count("case_linked") == 1


def test_what_was_reserved_is_given_back_when_there_is_no_earlier_case(landlord):
    """Even if the host commits, having caught the error."""
    with Session(landlord.engine) as session, session.begin(), suppress(UnknownReference):
        landlord.homebuy.case_created(session, LATER, at(10))
    landlord.create("HB-2")
    with Session(landlord.engine) as session, session.begin():
        assert landlord.homebuy.case_created(session, LATER, at(10)).created
