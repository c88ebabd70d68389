"""Shares stay even: whoever is away, joins or leaves, and however many create cases at once."""

import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from homebuy_plugin.documents.model import Landlord, OfficerEntry
from homebuy_plugin.exceptions import RetryTransaction
from homebuy_plugin.officers import CaseDirectory
from homebuy_plugin.plugins import Answers
from homebuy_plugin.store import directory
from homebuy_plugin.store.directory import Position
from homebuy_plugin.store.roster import Roster
from homebuy_plugin.store.transactions import reading, writing
from homebuy_plugin.testing.small_documents import LANDLORD, allocation
from homebuy_plugin.testing.small_landlord import at, facts_of
from homebuy_plugin.types import Officer

# --- in turn, by the definition of a fair share -----------------------------------------------------

DAY = date(2026, 11, 2)
TEAM = ("amir", "beth", "cora", "dai", "eve")
DAYS = st.lists(
    st.tuples(st.sets(st.sampled_from(TEAM), min_size=1), st.sets(st.sampled_from(TEAM))),
    min_size=1,
    max_size=40,
)
"""For each case: who is in the role, and who is at work."""


class Team:
    """A host's answers that change from day to day, and nothing in our own tables."""

    def __init__(self, days):
        self.days = days

    def has(self, hook):
        return True

    def officers_in_role(self, session, role, on):
        return tuple(Officer(id=name) for name in self.days[(on - DAY).days][0])

    def officer_available(self, session, officer, on):
        return officer.id in self.days[(on - DAY).days][1]


def turns(days):
    """Who has each day's case, None where nobody could; each day a transaction of its own."""
    kept, had = {}, []

    def positions(conn, roles):
        return {role: kept.get(role, Position()) for role in roles}

    for n in range(len(days)):
        who = CaseDirectory(
            conn=None,
            session=None,
            answers=Answers(port=Team(days)),
            positions=positions,
        )
        who.__dict__["roster"] = Roster()
        pick = who.pick("officer", "round_robin", DAY + timedelta(days=n))
        kept |= who._turns
        had.append(pick.officers[0][5:] if pick.officers else None)
    return had


def spans_at_work(name, days):
    """The longest spans in which somebody was in the role and at work every day."""
    start = None
    for n, (members, there) in enumerate([*days, (set(), set())]):
        here = name in members and name in there
        if here and start is None:
            start = n
        elif not here and start is not None:
            yield start, n
            start = None


@given(DAYS)
def test_nobody_has_two_more_than_one_who_was_there_all_along(days):
    """Whatever others do meanwhile: take leave, join, leave the role, come back."""
    had = turns(days)
    for name in TEAM:
        for start, end in spans_at_work(name, days):
            for first, last in combinations(range(start, end + 1), 2):
                share = Counter(had[first:last])
                most = max((n for who, n in share.items() if who not in (name, None)), default=0)
                assert most <= share[name] + 1, (name, had[first:last])


@given(DAYS)
def test_only_who_is_in_the_role_and_at_work_has_a_turn(days):
    for who, (members, there) in zip(turns(days), days, strict=True):
        assert who in members & there if members & there else who is None


@pytest.mark.parametrize(
    ("away", "had"),
    [
        ({}, "amir beth cora amir beth cora"),
        ({1: "beth", 2: "beth"}, "amir cora amir beth cora amir"),
        ({1: "beth", 4: "beth"}, "amir cora amir beth cora amir"),
    ],
)
def test_one_who_is_away_moves_the_others_up_once(away, had):
    """The next one is not asked twice: once for who is away and again in their own turn."""
    team = {"amir", "beth", "cora"}
    assert " ".join(turns([(team, team - {away.get(n)}) for n in range(6)])) == had


# --- many at once -----------------------------------------------------------------------------------


def to_role(strategy):
    params = {"role": "leasehold_officer", "strategy": strategy}
    return {"id": "one", "rank": 1, "state": "on", "actions": [{"name": "assign_role", "params": params}]}


def create(landlord, reference):
    """Create a case as a host does, that tries again when the database says so."""
    for _ in range(50):
        try:
            with Session(landlord.engine) as session, session.begin():
                return landlord.homebuy.case_created(session, facts_of(reference), at(20))
        except RetryTransaction:
            continue
    raise AssertionError("never came through")


def at_once(landlord, count, threads=4):
    """Create cases from several threads; returns their outcomes."""
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(lambda n: create(landlord, f"HB-{n}"), range(count)))


@pytest.mark.parametrize("strategy", ["round_robin", "least_open_cases"])
def test_cases_created_at_once_are_shared_out_evenly(landlord, strategy):
    landlord.publish(at(1), allocation=allocation(to_role(strategy)))
    made = at_once(landlord, 9)
    assert Counter(m.owner.id for m in made) == {"amir": 3, "beth": 3, "cora": 3}
    if strategy == "round_robin":
        picks = sorted((m.decision.picks[0] for m in made), key=lambda pick: pick.turn)
        assert [pick.turn for pick in picks] == list(range(1, 10)), "each saw a position of its own"
        assert [p.after for p in picks] == [None, *(p.officers[0] for p in picks[:-1])]


def test_a_capacity_holds_when_cases_are_created_at_once(landlord):
    """Also of an officer named by a rule, and where no role is chosen from."""
    user = {"name": "assign_user", "params": {"user": "beth"}}
    landlord.publish(at(1), allocation=allocation({"id": "one", "rank": 1, "state": "on", "actions": [user]}))
    with writing(landlord.engine) as conn:
        entry = OfficerEntry(id="beth", name="Beth", capacity=3)
        directory.import_landlord(conn, Landlord(officers=(entry,)))
    made = at_once(landlord, 6)
    assert Counter(m.needs_owner for m in made) == {True: 3, False: 3}
    assert "Beth is full (3 of 3)" in next(m.because[0] for m in made if m.needs_owner)


PROCESS = """
import sys
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from homebuy_plugin import HomeBuy
from homebuy_plugin.exceptions import RetryTransaction
from homebuy_plugin.testing.small_landlord import at, facts_of

engine = create_engine(sys.argv[1])
homebuy = HomeBuy.create(engine, entry_points=False)
for n in range(int(sys.argv[3])):
    while True:
        try:
            with Session(engine) as session, session.begin():
                homebuy.case_created(session, facts_of(f"HB-{sys.argv[2]}-{n}"), at(20))
            break
        except RetryTransaction:
            continue
"""


@pytest.mark.slow
@pytest.mark.parametrize("strategy", ["round_robin", "least_open_cases"])
def test_processes_share_out_evenly_too(landlord, strategy):
    assert len(LANDLORD.roles[0].members) == 3
    landlord.publish(at(1), allocation=allocation(to_role(strategy)))
    words = [sys.executable, "-c", PROCESS, landlord.engine.url.render_as_string(hide_password=False)]
    running = [subprocess.Popen([*words, str(n), "15"]) for n in range(6)]
    assert [each.wait(200) for each in running] == [0] * 6
    with reading(landlord.engine) as conn:
        owners = [f"user:{name}" for name in ("amir", "beth", "cora")]
        assert {o: share.open_cases for o, share in directory.shares(conn, owners).items()} == dict.fromkeys(
            owners, 30
        )
