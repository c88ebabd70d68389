"""Laws that hold for every calendar: several intervals a day, part-day closures, changes of the clocks."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from random import Random

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from homebuy_plugin.clock import (
    WEEKDAYS,
    Closure,
    Duration,
    Opening,
    WorkingCalendar,
    due_at,
    due_instant,
    due_on,
    held_days,
    held_working_days,
    held_working_seconds,
    merge,
    shift_due_at,
    shift_due_on,
)
from homebuy_plugin.exceptions import OutsideCalendar
from homebuy_plugin.testing.effort import examples
from homebuy_plugin.workflow.dating import shifted

FIRST, LAST = date(2026, 1, 1), date(2027, 12, 31)
NEVER = datetime.max.replace(tzinfo=UTC)
# changes of the clocks: in London on 29 March and 25 October 2026, on Lord Howe by half an hour
ZONES = ("Europe/London", "Europe/London", "Australia/Lord_Howe", "America/New_York", "UTC")


@dataclass(frozen=True, kw_only=True)
class Office:
    """What a calendar is built from, so that a stricter one can be built beside it."""

    timezone: str
    week: dict[str, list[tuple[str, str]]]
    holidays: list[date]
    closures: list[Closure]
    openings: list[Opening] = field(default_factory=list)

    def calendar(self, *more: Closure, holidays: tuple[date, ...] = ()) -> WorkingCalendar:
        return WorkingCalendar.build(
            code="office",
            timezone=self.timezone,
            week=self.week,
            holidays=[*self.holidays, *holidays],
            closures=[*self.closures, *more],
            openings=self.openings,
            first_year=FIRST.year,
            last_year=LAST.year,
        )


def _text(quarter: int) -> str:
    return f"{quarter // 4:02}:{quarter % 4 * 15:02}"


def _pairs(quarters: set[int]) -> list[tuple[str, str]]:
    cuts = sorted(quarters)
    return [(_text(start), _text(end)) for start, end in zip(cuts[::2], cuts[1::2], strict=False)]


# any quarter of an hour from 00:00 to 24:00, so that hours lie across the change of the clocks too
intervals = st.sets(st.integers(0, 96), max_size=7).map(_pairs)
some_intervals = st.sets(st.integers(0, 96), min_size=2, max_size=7).map(_pairs)
weeks = st.dictionaries(st.sampled_from(WEEKDAYS), intervals, min_size=1).filter(
    lambda week: any(week.values())
)
days = st.dates(FIRST, LAST)
# around the changes of the clocks, Easter and the end of a leap-less February
crowded = st.one_of(
    st.dates(date(2026, 2, 20), date(2026, 4, 10)), st.dates(date(2026, 10, 20), date(2026, 11, 3)), days
)


@st.composite
def closures(draw: st.DrawFn) -> Closure:
    on = draw(crowded)
    if draw(st.booleans()):
        return Closure(on=on)
    start, end = sorted(draw(st.sets(st.integers(0, 96), min_size=2, max_size=2)))
    return Closure(on=on, start=_text(start), end=_text(end))


offices = st.builds(
    Office,
    timezone=st.sampled_from(ZONES),
    week=weeks,
    holidays=st.lists(crowded, max_size=8),
    closures=st.lists(closures(), max_size=5),
    openings=st.lists(st.builds(Opening, on=crowded, intervals=some_intervals), max_size=3),
)
starts = st.one_of(
    st.dates(date(2026, 2, 1), date(2026, 4, 10)), st.dates(date(2026, 1, 10), date(2026, 11, 30))
)
instants = st.builds(
    lambda on, seconds: datetime(on.year, on.month, on.day, tzinfo=UTC) + timedelta(seconds=seconds),
    starts,
    st.integers(0, 86_400),
)
durations = st.builds(
    lambda unit, value: Duration(value=value, unit=unit),
    st.sampled_from(["working_days", "days", "weeks", "months"]),
    st.integers(1, 12),
)
countings = st.sampled_from(["within", "beginning_with", "at_least"])
seconds = st.one_of(st.integers(0, 4 * 3600), st.integers(0, 200 * 3600))


def or_never(ask: Callable[[], datetime]) -> datetime:
    """The answer, or the end of time where the calendar's years do not reach it."""
    try:
        return ask()
    except OutsideCalendar:
        return NEVER


def known(ask: Callable[[], datetime]) -> datetime:
    answer = or_never(ask)
    assume(answer is not NEVER)
    return answer


# --- more closures never make a deadline earlier --------------------------------------------------


@given(
    offices,
    st.lists(closures(), min_size=1, max_size=8),
    st.lists(crowded, max_size=4),
    starts,
    durations,
    countings,
)
def test_more_closures_never_make_a_due_date_earlier(
    office: Office, more: list[Closure], holidays: list[date], start: date, duration: Duration, counting: str
) -> None:
    usual, stricter = office.calendar(), office.calendar(*more, holidays=tuple(holidays))

    def due(calendar: WorkingCalendar) -> datetime:
        return or_never(lambda: due_at(due_on(start, duration, counting, calendar), calendar))

    assert due(usual) <= due(stricter)


@given(
    offices,
    st.lists(closures(), min_size=1, max_size=8),
    st.lists(crowded, max_size=4),
    instants,
    st.integers(0, 600),
)
def test_more_closures_never_make_a_due_instant_earlier(
    office: Office, more: list[Closure], holidays: list[date], start: datetime, quarters: int
) -> None:
    usual, stricter = office.calendar(), office.calendar(*more, holidays=tuple(holidays))
    duration = Duration(value=quarters * 15, unit="minutes")
    assert or_never(lambda: due_instant(start, duration, usual)) <= or_never(
        lambda: due_instant(start, duration, stricter)
    )
    assert or_never(lambda: usual.next_opening(start)) <= or_never(lambda: stricter.next_opening(start))
    on = usual.local_date(start)
    assert or_never(lambda: usual.opening_on_or_after(on)) <= or_never(
        lambda: stricter.opening_on_or_after(on)
    )


@given(offices, st.lists(closures(), min_size=1, max_size=8), instants, instants)
def test_more_closures_never_lend_working_time(
    office: Office, more: list[Closure], start: datetime, end: datetime
) -> None:
    usual, stricter = office.calendar(), office.calendar(*more)
    assert stricter.working_seconds(start, end) <= usual.working_seconds(start, end)
    first, last = usual.local_date(start), usual.local_date(end)
    assert stricter.count_working_days(first, last) <= usual.count_working_days(first, last)


# --- add and count --------------------------------------------------------------------------------


@given(offices, starts, st.integers(1, 60))
def test_add_working_days_then_count(office: Office, start: date, n: int) -> None:
    calendar = office.calendar()
    try:
        end = calendar.add_working_days(start, n)
    except OutsideCalendar:
        assume(False)
        raise
    day = timedelta(days=1)
    assert calendar.is_working_day(end)
    assert calendar.count_working_days(start + day, end + day) == n
    assert calendar.count_working_days(start + day, end) == n - 1
    assert calendar.add_working_days(end, -n) <= start or not calendar.is_working_day(start)
    if calendar.is_working_day(start):
        assert calendar.add_working_days(end, -n) == start


@given(offices, starts, st.integers(1, 30), st.integers(1, 30))
def test_working_days_add_up(office: Office, start: date, first: int, second: int) -> None:
    calendar = office.calendar()
    try:
        total = calendar.add_working_days(start, first + second)
    except OutsideCalendar:
        assume(False)
        raise
    assert calendar.add_working_days(calendar.add_working_days(start, first), second) == total


@given(offices, instants, seconds)
def test_add_time_then_count(office: Office, start: datetime, added: int) -> None:
    calendar = office.calendar()
    end = known(lambda: calendar.add_time(start, added))
    assert end >= start
    assert calendar.working_seconds(start, end) == added
    if added:
        # the earliest such instant: a second before it, a second is missing
        assert calendar.working_seconds(start, end - timedelta(seconds=1)) == added - 1


@given(offices, instants, seconds, seconds)
def test_time_adds_up(office: Office, start: datetime, first: int, second: int) -> None:
    calendar = office.calendar()
    total = known(lambda: calendar.add_time(start, first + second))
    assert calendar.add_time(calendar.add_time(start, first), second) == total


@given(offices, instants, seconds)
def test_subtract_undoes_add(office: Office, start: datetime, added: int) -> None:
    calendar = office.calendar()
    end = known(lambda: calendar.add_time(start, added))
    back = calendar.subtract_time(end, added)
    # from a closed instant one comes back to the opening: that is where the work began
    assert back == (calendar.next_opening(start) if added else start)
    assert known(lambda: calendar.add_time(back, added)) == end


@given(offices, instants, seconds, seconds)
def test_subtract_adds_up(office: Office, start: datetime, first: int, second: int) -> None:
    calendar = office.calendar()
    total = known(lambda: calendar.subtract_time(start, first + second))
    assert calendar.subtract_time(calendar.subtract_time(start, first), second) == total
    assert calendar.working_seconds(total, start) == first + second


@given(offices, instants, instants, instants)
def test_working_time_has_no_seams(office: Office, a: datetime, b: datetime, c: datetime) -> None:
    calendar = office.calendar()
    a, b, c = sorted([a, b, c])
    assert calendar.working_seconds(a, b) + calendar.working_seconds(b, c) == calendar.working_seconds(a, c)
    assert calendar.openings_between(a, b) + calendar.openings_between(b, c) == calendar.openings_between(
        a, c
    )


# --- against the plain reading of the office's notice on the door ----------------------------------


def open_at(office: Office, at: datetime, calendar: WorkingCalendar) -> bool:
    """Whether somebody who reads the notice on the door at that instant finds the office open."""
    local = at.astimezone(calendar._zone)
    clock = f"{local:%H:%M}"

    def covers(parts: list[tuple[str, str]]) -> bool:
        return any(start <= clock < end for start, end in parts)

    on = local.date()
    usual = [] if on in office.holidays else office.week.get(WEEKDAYS[on.weekday()], [])
    extra = [part for opening in office.openings if opening.on == on for part in opening.intervals]
    shut = [(str(c.start or "00:00"), str(c.end or "24:00")) for c in office.closures if c.on == on]
    return covers([*usual, *extra]) and not covers(shut)


@given(
    offices,
    st.dates(date(2026, 3, 26), date(2026, 4, 8)) | st.dates(date(2026, 1, 2), date(2027, 12, 20)),
    st.integers(1, 3),
)
def test_working_time_is_what_the_notice_on_the_door_says(office: Office, on: date, length: int) -> None:
    # the days on which a time of day comes twice are read differently at the door, so they are left out here
    calendar = office.calendar()
    start, end = calendar.midnight(on), calendar.midnight(on + timedelta(days=length))
    assume(end - start <= timedelta(days=length))
    quarters = [start + timedelta(minutes=15) * n for n in range((end - start) // timedelta(minutes=15))]
    seen = [at for at in quarters if open_at(office, at, calendar)]
    assert calendar.working_seconds(start, end) == 900 * len(seen)
    assert calendar.count_working_days(on, on + timedelta(days=length)) == len(
        {calendar.local_date(at) for at in seen}
    )
    assert calendar.opening(on) == next((at for at in seen if calendar.local_date(at) == on), None)


@given(offices, st.sampled_from([date(2026, 10, 25), date(2026, 11, 1), date(2026, 4, 5)]))
def test_an_hour_that_comes_twice_is_never_counted_backwards(office: Office, on: date) -> None:
    calendar = office.calendar()
    start, end = calendar.midnight(on), calendar.midnight(on + timedelta(days=1))
    counts = [calendar.working_seconds(start, start + timedelta(minutes=15) * n) for n in range(101)]
    assert counts == sorted(counts)
    assert calendar.working_seconds(start, end) <= (end - start).total_seconds()


# --- calendar periods -----------------------------------------------------------------------------

anywhere = st.dates(date(1950, 1, 1), date(2150, 1, 1))
DOOR = WorkingCalendar.build(
    code="door",
    timezone="Europe/London",
    week={"mon": [("09:00", "17:00")]},
    holidays=[],
    first_year=2026,
    last_year=2026,
)


@given(anywhere, st.integers(1, 400))
def test_a_month_ends_on_the_corresponding_date_or_the_last_of_the_month(start: date, months: int) -> None:
    due = due_on(start, Duration(value=months, unit="months"), "within", DOOR)
    assert (due.year * 12 + due.month) - (start.year * 12 + start.month) == months
    if due.day != start.day:
        assert due.day < start.day
        assert (due + timedelta(days=1)).day == 1


@given(anywhere, durations.filter(lambda d: d.unit != "working_days"))
def test_beginning_with_is_one_day_shorter(start: date, duration: Duration) -> None:
    within = due_on(start, duration, "within", DOOR)
    assert due_on(start, duration, "beginning_with", DOOR) == within - timedelta(days=1)
    assert due_on(start, duration, "at_least", DOOR) == within
    assert start <= within - timedelta(days=1)


@given(anywhere, anywhere, st.integers(1, 400), st.sampled_from(["days", "weeks", "months"]), countings)
def test_a_later_start_is_never_due_earlier(
    first: date, second: date, value: int, unit: str, counting: str
) -> None:
    first, second = sorted([first, second])
    duration = Duration(value=value, unit=unit)
    assert due_on(first, duration, counting, DOOR) <= due_on(second, duration, counting, DOOR)


@given(anywhere)
def test_the_target_is_exceeded_when_the_local_day_is_over(on: date) -> None:
    end = due_at(on, DOOR)
    assert DOOR.local_date(end) == on + timedelta(days=1)
    assert DOOR.local_date(end - timedelta(microseconds=1)) == on


# --- holds ----------------------------------------------------------------------------------------

holds = st.lists(st.tuples(instants, instants).map(lambda pair: (min(pair), max(pair))), max_size=6)


@given(offices, holds, st.randoms(use_true_random=False), instants)
def test_holds_count_as_their_union(
    office: Office, held: list[tuple[datetime, datetime]], random: Random, cut: datetime
) -> None:
    calendar = office.calendar()
    # the same holds again, in another order, each cut in two and some of them twice
    pieces = [
        piece for s, e in held for piece in ((s, min(e, max(s, cut))), (min(e, max(s, cut)), e), (s, e))
    ]
    random.shuffle(pieces)
    assert merge(pieces) == merge(held)
    assert held_working_days(calendar, pieces) == held_working_days(calendar, held)
    assert held_working_seconds(calendar, pieces) == held_working_seconds(calendar, held)
    assert held_working_seconds(calendar, held) <= sum(calendar.working_seconds(s, e) for s, e in held)


@given(offices, holds, instants, st.integers(0, 100), st.integers(0, 20))
def test_a_hold_moves_a_target_by_exactly_what_it_held(
    office: Office, held: list[tuple[datetime, datetime]], target: datetime, hours: int, days: int
) -> None:
    calendar = office.calendar()
    taken = held_working_seconds(calendar, held)
    moved = known(lambda: shift_due_at(target, taken, calendar))
    assert moved >= target
    assert calendar.working_seconds(target, moved) == taken
    on, count = calendar.local_date(target), held_working_days(calendar, held)
    try:
        later = shift_due_on(on, count, calendar)
    except OutsideCalendar:
        return
    day = timedelta(days=1)
    assert later >= on
    assert count == 0 or calendar.count_working_days(on + day, later + day) == count


@given(
    offices,
    st.lists(closures(), min_size=1, max_size=6),
    holds,
    starts,
    st.integers(1, 20),
    st.sampled_from(["hours", "working_days", "days", "weeks"]),
)
def test_more_closures_never_make_a_held_target_earlier(
    office: Office, more: list[Closure], held: list[tuple[datetime, datetime]], start: date, n: int, unit: str
) -> None:
    usual, stricter = office.calendar(), office.calendar(*more)
    # what was held while it ran: nothing before the day after the start takes anything from it
    since = usual.midnight(start + timedelta(days=1))
    pauses = merge((max(begun, since), ended) for begun, ended in held)

    def target(calendar: WorkingCalendar) -> datetime:
        length = Duration(value=n, unit=unit)
        if unit == "hours":
            at = due_instant(since, length, calendar)
            return shifted(calendar.local_date(at), at, pauses, unit, calendar)[1]
        due = due_on(start, length, "within", calendar)
        return shifted(due, due_at(due, calendar), pauses, unit, calendar)[1]

    first = known(lambda: target(usual))
    assert first <= or_never(lambda: target(stricter))


@given(offices, holds, st.lists(closures(), max_size=6))
@settings(max_examples=examples(25))  # three calendars each time
def test_a_clock_that_counts_every_day_gets_back_what_was_held_and_closures_take_nothing(
    office: Office, held: list[tuple[datetime, datetime]], more: list[Closure]
) -> None:
    usual, stricter = office.calendar(), office.calendar(*more)
    bare = replace(office, holidays=[], closures=[]).calendar()
    given_back = held_days(usual, held, "weeks")
    assert given_back == held_days(stricter, held, "weeks") == held_days(bare, held, "working_days")
