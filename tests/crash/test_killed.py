"""A process is killed at each named place, another one goes on: as if nothing had happened.

The expectation is the same landlord on a copy of the database, undisturbed.
"""

from collections import Counter
from datetime import timedelta
from itertools import count

import pytest

from homebuy_plugin import CaseChange, Settings, TaskChange
from homebuy_plugin.testing.crashing import (
    ALARMED,
    ANYTHING,
    CLAIM,
    COMMIT,
    EVENTS,
    HEADS,
    KILLED,
    LEASE,
    LEASED,
    LETTERS,
    MARK,
    RUNGS,
    SEND,
    SETTLED,
    Job,
    Mail,
    Outside,
    after,
    before,
    call,
    during,
    make,
    run,
)
from homebuy_plugin.testing.databases import PostgresDatabases, fresh_engine
from homebuy_plugin.testing.ledger import ledger
from homebuy_plugin.testing.postgres import server_to_kill
from homebuy_plugin.testing.small_landlord import SmallLandlord, at, small_landlord

NOW = at(10, 10)
LATER = NOW + timedelta(minutes=2)  # when a lease of the dead has run out
TICKS = call("tick", NOW), call("tick", LATER)
RUNGS_DUE, LETTERS_DUE = 9, 6

TICK = {
    "before_claim": before(CLAIM),
    "after_claim": after(CLAIM),
    "after_eval": after(SETTLED, nth=2),
    "after_state": after(HEADS),
    "after_log": after(RUNGS),
    "after_events": after(EVENTS),
    "after_outbox": after(LETTERS),
    "before_commit": before(RUNGS, COMMIT),
    "during_commit": during(RUNGS, COMMIT, microseconds=150),
    "after_commit": after(RUNGS, COMMIT),
    "between_batches": before(RUNGS, COMMIT, CLAIM),
    "in_the_second_batch": after(RUNGS, COMMIT, RUNGS),
}
DELIVER = {
    "before_lease": before(LEASE),
    "after_lease": after(LEASED),
    "before_send": before(SEND),
    "after_send": after(SEND),
    "before_mark_commit": before(MARK, COMMIT),
    "during_mark_commit": during(MARK, COMMIT, microseconds=150),
    "after_mark": after(MARK, COMMIT),
    "after_the_second_send": after(SEND, nth=2),
}
UNKNOWABLE = ("after_send", "before_mark_commit", "during_mark_commit", "after_the_second_send")
HOST = {
    "before_settle": before(SETTLED),
    "after_settle": after(SETTLED),
    "after_log": after(RUNGS),
    "mid_write": before(EVENTS),
    "before_commit": before(EVENTS, COMMIT),
    "during_commit": during(EVENTS, COMMIT, microseconds=150),
    "after_commit": after(EVENTS, COMMIT),
}
CALLS = {
    "create": call("create", "HB-9", NOW),
    "complete": call("task", "log_application", TaskChange.complete(by="amir"), NOW),
    "hold": call("update", CaseChange.hold("ill", by="amir"), NOW),
    "facts": call("update", CaseChange.update(facts={"bedrooms": 2}, by="amir"), NOW),
    "reopen": call("task", "check_form", TaskChange.reopen("again", by="amir"), NOW),
}
# What every run does by itself; the rest of the matrix is for slow runs.
QUICK = {"after_log", "during_commit", "after_send"}


def overdue(engine):
    """Three cases, some days without a tick."""
    small_landlord(engine)
    landlord = SmallLandlord(engine, [])
    for number in range(3):
        landlord.create(f"HB-{number + 1}")
    landlord.task("check_form", TaskChange.complete(by="amir"), at(2, 11))


class Crash:
    """One database, one process killed on it, and its recovery."""

    def __init__(self, engine, path):
        self.engine, self.outside = engine, Outside(path)
        self.unknown = set()

    def job(self, *calls, place=None, victim="process"):
        url = self.engine.url.render_as_string(hide_password=False)
        return Job(url=url, sent=self.outside.path, calls=calls, place=place, victim=victim)

    def kill(self, *calls, place):
        """Have a process killed; whether it was, that is whether it came to the place."""
        code = run(self.job(*calls, place=place))
        assert code in (KILLED, ALARMED, 0), self.outside.errors()
        self.check_as_found()
        return code != 0

    def check_as_found(self):
        """Nothing is half written, nothing is called delivered that did not leave."""
        found = ledger(self.engine)
        left = self.outside.keys()
        assert found.with_state("delivered") <= set(left)
        self.unknown = {k for k in left if found.letters[k] != "delivered"}
        return found

    def recover(self, *calls):
        make(SmallLandlord(self.engine, [Mail(self.outside.path)], Settings(batch=2)), calls, self.outside)


@pytest.fixture
def crash(databases, tmp_path):
    with fresh_engine(databases, overdue) as engine:
        yield Crash(engine, tmp_path / "sent")


@pytest.fixture(scope="module")
def undisturbed(databases, tmp_path_factory):
    """What the same calls make of a copy of the database when nobody dies."""
    known = {}

    def make(*calls):
        name = repr(calls)
        if name not in known:
            with fresh_engine(databases, overdue) as engine:
                calm = Crash(engine, tmp_path_factory.mktemp("calm") / "sent")
                calm.recover(*calls)
                calm.check_as_found()
                assert calm.unknown == set()
                known[name] = ledger(engine), Counter(calm.outside.keys())
        return known[name]

    return make


def same(crash, expected):
    """Nothing lost, nothing twice but what the crash made unknowable; how many that were."""
    whole, sent = expected
    assert ledger(crash.engine) == whole
    left = Counter(crash.outside.keys())
    assert left.keys() == sent.keys()
    repeated = {key for key, times in left.items() if times > sent[key]}
    assert repeated == crash.unknown
    assert max(left.values()) <= 2
    return len(repeated)


def tick_killed(crash, undisturbed, place):
    """Whether it was, and how many deliveries were repeated in recovery."""
    expected = undisturbed(*TICKS)
    assert (expected[0].rungs(), len(expected[1])) == (RUNGS_DUE, LETTERS_DUE)
    died = crash.kill(TICKS[0], place=place)
    crash.recover(*TICKS)
    return died, same(crash, expected)


def host_killed(crash, undisturbed, host, place):
    """The host does a call again that it has no proof of; whether it was killed."""
    expected = undisturbed(host, *TICKS)
    start = ledger(crash.engine)
    died = crash.kill(host, place=place)
    if ledger(crash.engine) == start:
        crash.recover(host, *TICKS)
    else:
        crash.recover(*TICKS)
    assert same(crash, expected) == 0
    return died


def slow_but(quick, names):
    return [name if name in quick else pytest.param(name, marks=pytest.mark.slow) for name in names]


@pytest.mark.parametrize("name", slow_but(QUICK, TICK))
def test_a_tick_killed_while_it_decides(crash, undisturbed, name):
    died, repeats = tick_killed(crash, undisturbed, TICK[name])
    assert died or name == "during_commit"
    assert repeats == 0


@pytest.mark.parametrize("name", slow_but(QUICK, DELIVER))
def test_a_tick_killed_while_it_delivers(crash, undisturbed, name):
    died, repeats = tick_killed(crash, undisturbed, DELIVER[name])
    assert died or name == "during_mark_commit"
    if name == "during_mark_commit":
        assert repeats <= 1, "nobody can know whether the server heard of it"
    else:
        assert repeats == (name in UNKNOWABLE)


@pytest.mark.slow
@pytest.mark.parametrize("place", HOST)
@pytest.mark.parametrize("name", CALLS)
def test_a_host_killed_in_its_call(crash, undisturbed, name, place):
    died = host_killed(crash, undisturbed, CALLS[name], HOST[place])
    assert died or place == "during_commit" or (name, place) == ("create", "after_log")


@pytest.mark.slow
def test_a_tick_killed_at_every_line_it_comes_to(databases, tmp_path, undisturbed):
    kills = repeats = 0
    for nth in count(1):
        with fresh_engine(databases, overdue) as engine:
            path = tmp_path / f"sent-{nth}"
            died, twice = tick_killed(Crash(engine, path), undisturbed, before(ANYTHING, nth=nth))
        kills, repeats = kills + died, repeats + twice
        if not died:
            break
    assert kills > 60
    assert repeats >= LETTERS_DUE
    print(f"{databases.kind}: {kills} kills, {repeats} deliveries repeated")


@pytest.mark.slow
def test_a_tick_killed_at_any_microsecond_of_its_commit(databases, tmp_path, undisturbed):
    died = 0
    for microseconds in (1, 50, 200, 500, 1000, 2500):
        with fresh_engine(databases, overdue) as engine:
            crash = Crash(engine, tmp_path / f"sent-{microseconds}")
            died += tick_killed(crash, undisturbed, during(RUNGS, COMMIT, microseconds=microseconds))[0]
    assert died >= 3


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
@pytest.mark.parametrize("name", slow_but({"during_commit"}, TICK | DELIVER))
def test_a_session_ended_by_the_server(crash, undisturbed, name):
    expected = undisturbed(*TICKS)
    assert run(crash.job(TICKS[0], place=(TICK | DELIVER)[name], victim="session")) in (0, 1)
    crash.check_as_found()
    crash.recover(*TICKS)
    same(crash, expected)


@pytest.fixture(scope="module")
def server():
    with server_to_kill() as server:
        databases = PostgresDatabases(server.url)
        yield server, databases
        databases.close()


@pytest.mark.slow
@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
@pytest.mark.parametrize("name", TICK | DELIVER)
def test_the_whole_server_killed(server, undisturbed, name, tmp_path):
    server, databases = server
    expected = undisturbed(*TICKS)
    with fresh_engine(databases, overdue) as engine:
        crash = Crash(engine, tmp_path / "sent")
        ended = run(crash.job(TICKS[0], place=(TICK | DELIVER)[name], victim=server.processes()))
        engine.dispose()
        databases._admin.dispose()
        server.restart()
        assert ended == 1, "its scheduler hears of it"
        crash.check_as_found()
        crash.recover(*TICKS)
        same(crash, expected)
