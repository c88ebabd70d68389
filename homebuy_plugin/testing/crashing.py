"""Processes that a test kills where it says, and what had left them by then.

::

    world = Outside(tmp_path / "sent")
    ended = run(Job(url=url, sent=world.path, calls=(call("tick", at(11)),), place=after(RUNGS)))
    assert ended == KILLED
    assert world.keys() == []

Every process sees each of its SQL statements, commits, settlings and deliveries go by, as one line
each, and ends itself by SIGKILL before, during or after the line it was told. The package itself
knows nothing of this.
"""

import copyreg
import logging
import os
import re
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from operator import attrgetter
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from sqlalchemy import Engine, NullPool, create_engine, event, func, select

from homebuy_plugin import creation, progression
from homebuy_plugin import tick as ticking
from homebuy_plugin.hookspecs import hookimpl
from homebuy_plugin.testing.small_landlord import SmallLandlord
from homebuy_plugin.types import Delivery, Notice, Settings, TickReport

KILLED = -signal.SIGKILL
ALARMED = -signal.SIGALRM

CLAIM = r"FROM homebuy_wakeup .*LIMIT"
SETTLED = r"^settle$"
HEADS = r"^UPDATE homebuy_case( AS t)? SET"
RUNGS = r"^INSERT INTO homebuy_rung "
EVENTS = r"^INSERT INTO homebuy_event "
LETTERS = r"^INSERT INTO homebuy_outbox "
LEASE = r"FROM homebuy_outbox .*LIMIT"
LEASED = r"^UPDATE homebuy_outbox SET .*lease_token"
SEND = r"^send$"
MARK = r"^UPDATE homebuy_outbox SET .*handed_over_at"
COMMIT = r"^COMMIT$"
ANYTHING = r""

_TWO_AT_ONCE = Settings(batch=2)
_LONGEST = 2000
_PATIENCE = 120  # seconds, for processes to start

_forks = get_context("forkserver") if os.name == "posix" else get_context()
if os.name == "posix":
    _forks.set_forkserver_preload([__name__])


# What a change says cannot be changed, and so cannot be sent to another process as it is.
def _fixed(values: dict[str, Any]) -> MappingProxyType[str, Any]:
    return MappingProxyType(values)


copyreg.pickle(MappingProxyType, lambda proxy: (_fixed, (dict(proxy),)))


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a process ends: at the ``nth`` time that all ``lines`` have come by, in their order.

    Attributes:
        when: before or after what the last line stands for, or during it, some microseconds in.
    """

    when: Literal["before", "during", "after"]
    lines: tuple[str, ...]
    nth: int = 1
    microseconds: int = 0


def before(*lines: str, nth: int = 1) -> Place:
    """Just before the last of these lines."""
    return Place(when="before", lines=lines, nth=nth)


def during(*lines: str, microseconds: int = 0) -> Place:
    """In the middle of a commit."""
    return Place(when="during", lines=lines, microseconds=microseconds)


def after(*lines: str, nth: int = 1) -> Place:
    """Just after the last of these lines."""
    return Place(when="after", lines=lines, nth=nth)


Call = tuple[str, tuple[Any, ...], dict[str, Any]]


def call(method: str, *arguments: Any, **named: Any) -> Call:
    """A call of a method of :class:`~homebuy_plugin.testing.small_landlord.SmallLandlord`.

    Or of what it has, as in ``call("homebuy.upgrade")``.
    """
    return method, arguments, named


@dataclass(frozen=True, kw_only=True)
class Job:
    """What a process does.

    Attributes:
        sent: the file that stands for the world outside: keys of notices that left.
        calls: of the small landlord, one after another.
        prepare: called first, in the process, with the landlord: to break something on purpose.
        victim: what dies at the place: the process, its session on the PostgreSQL server, or the
            server itself, whose processes have the given ids.
        gate: a :func:`gate` that every process waits at before its first call.
    """

    url: str
    sent: Path
    calls: Sequence[Call] = ()
    settings: Settings = _TWO_AT_ONCE
    place: Place | None = None
    prepare: Callable[[SmallLandlord], None] | None = None
    victim: Literal["process", "session"] | tuple[int, ...] = "process"
    gate: Any = None


class Outside:
    """The world outside: a file to which each delivery is added before it counts as made.

    Beside it lie two others: how much each tick decided, and what processes died of by themselves.
    """

    def __init__(self, path: Path) -> None:
        self.path, self._ticks = path, path.with_suffix(".ticks")
        self.errors_path = path.with_suffix(".errors")
        for each in (path, self._ticks, self.errors_path):
            each.touch()

    def note(self, report: TickReport) -> None:
        """Keep what a tick reports.

        Raises:
            RuntimeError: an error is among it.
        """
        append(self._ticks, f"{os.getpid()} {report.decided} {report.deferred}")
        if report.errors:
            raise RuntimeError(f"a tick reports {len(report.errors)} errors, {report.errors[0]}")

    def errors(self) -> str:
        """The end of the traceback of each process that erred."""
        return self.errors_path.read_text()

    def decided(self) -> dict[str, int]:
        """How many rungs each process decided in its ticks."""
        found: dict[str, int] = {}
        for line in self._ticks.read_text().splitlines():
            process, decided, _ = line.split()
            found[process] = found.get(process, 0) + int(decided)
        return found

    def keys(self) -> list[str]:
        """The key of every notice that left, repeats included."""
        return self.path.read_text().splitlines()


def _nothing(line: str) -> None:
    """Nobody watches."""


class Mail:
    """A host whose mail system is a file, safely on the disk when it says so."""

    def __init__(
        self, path: Path, see: Callable[[str], object] = _nothing, seen: Callable[[str], None] = _nothing
    ) -> None:
        self._path, self._see, self._seen = path, see, seen

    @hookimpl
    def homebuy_notify(self, notice: Notice) -> Delivery:
        """See the hook."""
        self._see("send")
        append(self._path, notice.key)
        self._seen("send")
        return Delivery(detail="file")


def append(path: Path, line: str) -> None:
    """Add a line to a file that several processes write to, durably."""
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND)
    try:
        os.write(descriptor, f"{line}\n".encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def run(job: Job) -> int | None:
    """Do a job in a process of its own; how it ended: 0, :data:`KILLED`, or 1 after an error."""
    return ended(start(job))


def start(job: Job) -> BaseProcess:
    """Begin a job in a process of its own."""
    process = _forks.Process(target=work, args=(job,))
    process.start()
    return process


def ended(process: BaseProcess) -> int | None:
    """Wait for a process and say how it ended."""
    process.join()
    code = process.exitcode
    process.close()
    return code


def work(job: Job) -> None:
    """What the process does; what it dies of by itself is kept outside."""
    logging.getLogger("psycopg").addHandler(logging.NullHandler())
    try:
        _work(job)
    except Exception:  # the test that started this reads it there
        append(Outside(job.sent).errors_path, traceback.format_exc(limit=-3)[-_LONGEST:])
        sys.exit(1)


def _work(job: Job) -> None:
    watch = _Watch(job.place, job.victim)
    engine = create_engine(job.url)
    _watched(engine, watch)
    landlord = SmallLandlord(engine, [Mail(job.sent, watch.see, watch.seen)], job.settings)
    if job.prepare is not None:
        job.prepare(landlord)
    watch.on, watch.aside = True, create_engine(job.url, poolclass=NullPool)
    if job.gate is not None:
        job.gate.wait(_PATIENCE)
    make(landlord, job.calls, Outside(job.sent))


def gate(processes: int) -> Any:
    """A gate that opens when so many processes stand before it."""
    return _forks.Barrier(processes)


def make(landlord: SmallLandlord, calls: Sequence[Call], outside: Outside) -> None:
    """Make calls, one after another; what a tick reports is kept outside.

    Raises:
        RuntimeError: a tick reported an error.
    """
    for method, arguments, named in calls:
        answer = attrgetter(method)(landlord)(*arguments, **named)
        if isinstance(answer, TickReport):
            outside.note(answer)


class _Watch:
    """Follows the lines and ends its victim at the place.

    Attributes:
        on: whether it follows them yet.
        session: on PostgreSQL, the number of the session last used.
        aside: an engine of its own, to end that session from.
    """

    aside: Engine

    def __init__(self, place: Place | None, victim: object) -> None:
        self._place, self._left = place, list(place.lines) if place else []
        self._victim, self._times = victim, 0
        self.on, self.session = False, 0

    def see(self, line: str) -> bool:
        """A line is about to happen; whether the process is to end in the middle of it."""
        return self._come("before", line)

    def seen(self, line: str) -> None:
        """A line has happened."""
        if self._come("after", line):
            self.die()

    def use(self, connection: Any) -> None:
        """This connection is used next."""
        if self._victim == "session":
            self.session = connection.driver_connection.info.backend_pid

    def die(self) -> None:
        """End what is to end."""
        self.on = False
        if isinstance(self._victim, tuple):
            _kill(*self._victim)
        elif self._victim == "process":
            _kill(os.getpid())
        else:
            self._end_session()

    def _end_session(self) -> None:
        with self.aside.begin() as connection:
            connection.execute(select(func.pg_terminate_backend(self.session)))

    def _come(self, when: str, line: str) -> bool:
        place = self._place
        if not self.on or place is None:
            return False
        if len(self._left) > 1:
            if when == "after" and re.search(self._left[0], line):
                self._left.pop(0)
            return False
        if when != ("after" if place.when == "after" else "before") or not re.search(self._left[0], line):
            return False
        self._times += 1
        if self._times < place.nth:
            return False
        if place.when == "before":
            self.die()
        return place.when != "before"

    @property
    def microseconds(self) -> int:
        return self._place.microseconds if self._place else 0


def _kill(*processes: int) -> None:
    for process in processes:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


def _watched(engine: Engine, watch: _Watch) -> None:
    """See statements, commits and settlings of this process; it does nothing else afterwards."""
    event.listen(engine, "before_cursor_execute", _before(watch))
    event.listen(engine, "after_cursor_execute", lambda _c, _k, sql, *_: watch.seen(_line(sql)))
    _see_commits(engine, watch)
    for module in (ticking, progression, creation):
        _see_settling(module, watch)


def _before(watch: _Watch) -> Callable[..., None]:
    def see(connection: Any, _cursor: Any, sql: str, *_: Any) -> None:
        watch.use(connection.connection)
        if watch.see(_line(sql)):  # SQLite: the statement is the commit, or it may be interrupted anywhere
            _alarm(watch.microseconds)

    return see


def _line(sql: str) -> str:
    return " ".join(sql.split())


def _alarm(microseconds: int) -> None:
    """End this process soon, wherever it then is: nothing of Python runs any more."""
    signal.setitimer(signal.ITIMER_REAL, max(microseconds, 1) / 1_000_000)


def _see_commits(engine: Engine, watch: _Watch) -> None:
    commit = engine.dialect.do_commit

    def do_commit(connection: Any) -> None:
        watch.use(connection)
        if watch.see("COMMIT"):
            _half_commit(engine, connection, watch)
        commit(connection)
        watch.seen("COMMIT")

    setattr(engine.dialect, "do_commit", do_commit)  # noqa: B010 - mypy takes it for a method


def _half_commit(engine: Engine, connection: Any, watch: _Watch) -> None:
    """On PostgreSQL the server has been told to commit, and nobody is there to hear the answer."""
    if engine.dialect.name == "postgresql":
        connection.driver_connection.pgconn.send_query(b"COMMIT")
        watch.die()
        return
    _alarm(watch.microseconds)


def _see_settling(module: Any, watch: _Watch) -> None:
    settle = module.settle

    def settling(*arguments: Any) -> Any:
        watch.see("settle")
        done = settle(*arguments)
        watch.seen("settle")
        return done

    module.settle = settling
