"""The tiny landlord as a state machine, let loose or led through short scripts."""

from datetime import timedelta
from types import MappingProxyType

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from homebuy_plugin.testing.machine import TinyLandlord
from homebuy_plugin.testing.machine.moments import CASES, SECOND
from homebuy_plugin.testing.machine.seasons import AUTUMN, SPRING

SHORT = settings(
    max_examples=5,
    stateful_step_count=12,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    # Without shrinking: one step of it takes as long as the whole test.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    report_multiple_bugs=False,
)


def accidents_of_a_delivery(machine):
    machine.first_case()
    machine.delivery_that_meets_with_an_accident("HB-1", timedelta(days=6), machine.after)


def accidents_of_a_tick(machine):
    machine.first_case()
    machine.create("HB-2")
    machine.time_passes(timedelta(days=6))
    machine.tick_that_meets_with_an_accident(2, machine.after)
    machine.each_case_is_as_the_oracle_says()


def two_deliver(machine):
    machine.first_case()
    machine.create("HB-2")
    machine.time_passes(timedelta(weeks=3))
    machine.another_delivers_meanwhile()


def three_cases_one_by_one(machine):
    machine.first_case()
    machine.create("HB-2")
    machine.create("HB-3")
    for _ in range(4):
        machine.to_the_next_instant_and_tick(timedelta(0), 1)
        machine.each_case_is_as_the_oracle_says()
        machine.nothing_due_is_left_behind()


def a_week_late(machine):
    machine.first_case()
    machine.time_passes(timedelta(days=6))
    machine.tick(500)
    for _ in range(4):
        machine.each_case_is_as_the_oracle_says()
        machine.to_the_next_instant_and_tick(timedelta(seconds=1), 1)
    machine.work("HB-1", "work", 0, 0)
    machine.each_case_is_as_the_oracle_says()


def two_hours_back(machine):
    machine.first_case()
    for jump in (timedelta(days=-1), timedelta(hours=2)):
        machine.the_clock_jumps(jump)
        machine.work("HB-1", "work", 6, 0)  # a visit, which is due at once
        machine.each_case_is_as_the_oracle_says()


def two_hosts_beside_each_other(machine):
    machine.first_case()
    machine.create("HB-2")
    for which in range(6):
        machine.a_host_whose_clock_is_wrong_works(timedelta(days=1), "HB-1", "work", which, 1)
        machine.each_case_is_as_the_oracle_says()
        machine.to_the_next_instant(SECOND, "HB-2")
        machine.a_host_whose_clock_is_wrong_ticks(timedelta(hours=-2), 1)
        machine.each_case_is_as_the_oracle_says()
        machine.tick(500)
        machine.each_case_is_as_the_oracle_says()
        machine.nothing_due_is_left_behind()


def other_rules_before_it_is_decided(machine):
    machine.first_case()
    for variant in ("fewer", "conditional", "plain"):
        machine.published_around_an_instant("HB-1", True, variant)
        machine.each_case_is_as_the_oracle_says()


def a_person_is_busy(machine):
    machine.first_case()
    machine.time_passes(timedelta(days=6))
    machine.tick_while_a_person_is_busy("HB-1", "work", 6)
    machine.each_case_is_as_the_oracle_says()


# Each with the number of the statement that meets with an accident, where one does.
SCRIPTS = [
    *[(accidents_of_a_delivery, after) for after in range(8, 18)],
    *[(accidents_of_a_tick, after) for after in range(14, 34, 2)],
    (two_deliver, 0),
    (three_cases_one_by_one, 0),
    (a_week_late, 0),
    (two_hours_back, 0),
    (two_hosts_beside_each_other, 0),
    (other_rules_before_it_is_decided, 0),
    (a_person_is_busy, 0),
]
SCRIPTS.reverse()  # the quick ones first


@pytest.fixture(scope="session")
def play():
    """Play short scripts on the machine, of what chance comes to seldom."""

    def run(databases):
        for script, after in SCRIPTS:
            machine = type("TinyLandlord", (TinyLandlord,), {"databases": databases, "after": after})()
            try:
                script(machine)
            except BaseException:  # it has been seen; what it left behind is nothing more to say
                machine.cases = {}
                raise
            finally:
                machine.teardown()

    return run


@pytest.fixture(scope="session", params=["autumn", "spring"])
def season(request):
    """The machine in a season in which clocks change."""
    return {"season": {"autumn": AUTUMN, "spring": SPRING}[request.param]}


@pytest.fixture(scope="session")
def through_the_night():
    """From the day before clocks change until the day after, in steps, with somebody at work."""

    def run(databases, **where):
        machine = type("TinyLandlord", (TinyLandlord,), {"databases": databases, **where})()
        machine.now = machine.season.night - timedelta(hours=13)
        try:
            for reference in CASES:
                machine.create(reference)
            for half_hours in range(-24, 60, 4):
                machine.now = machine.season.night + half_hours * timedelta(minutes=30)
                if half_hours in (-8, 8):
                    machine.hold("HB-2")
                if half_hours in (4, 20):
                    machine.release("HB-2")
                machine.tick(2)
                for check in (machine.each_case_is_as_the_oracle_says, machine.nobody_is_disturbed):
                    check()
        finally:
            machine.teardown()
        return machine

    return run


@pytest.fixture(scope="session")
def let_loose():
    """Let the machine loose on databases of one kind, for so many examples and steps."""

    def run(databases, examples, steps, where=MappingProxyType({}), **more):
        machine = type("TinyLandlord", (TinyLandlord,), {"databases": databases, **where})
        how = settings(SHORT, max_examples=examples, stateful_step_count=steps, **more)
        run_state_machine_as_test(machine, settings=how)

    return run
