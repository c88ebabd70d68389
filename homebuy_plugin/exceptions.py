"""Every error this package raises on purpose.

::

    HomeBuyError
    ├── InvalidDocument          a document an analyst wrote, with its diagnostics
    ├── InvalidArgument          a value a host passed
    │   ├── NaiveDatetime
    │   ├── UnknownReference     a case nobody created
    │   ├── UnknownName          a scheme, stage, task, fact, event ... not known here
    │   ├── AmbiguousTask
    │   └── CaseExists
    ├── NotAllowed               a change that the state of the case forbids
    ├── PlanOutdated             a preview that no longer holds
    ├── PluginError              a plugin broke its side of a hook
    │   └── DuplicateName
    ├── SessionError             a session that cannot be used
    │   ├── TickInsideTransaction
    │   └── RetryTransaction
    ├── DatabaseError            the database itself
    │   ├── DatabaseUnreachable
    │   ├── DatabaseBehind
    │   └── UnsupportedDatabase
    ├── CalendarError
    │   └── OutsideCalendar
    ├── EngineUnusable           business-rules was overwritten by a fork
    └── ResourceMissing          the package lost its own data
"""

from collections.abc import Iterable, Sequence
from typing import Any


class HomeBuyError(Exception):
    """Base of every error this package raises on purpose."""


class InvalidDocument(HomeBuyError):
    """A document was refused; nothing was changed or published.

    Attributes:
        diagnostics: every problem found, in order of place.
        source: file name or document name.
    """

    def __init__(self, diagnostics: Sequence[Any], source: str = "document") -> None:
        self.diagnostics = tuple(diagnostics)
        self.source = source
        lines = "; ".join(f"{_place(d, source)}: {d.message.removesuffix('.')}" for d in self.diagnostics[:5])
        more = len(self.diagnostics) - 5
        super().__init__(lines + (f" (and {more} more)" if more > 0 else ""))


def _place(problem: Any, source: str) -> str:
    """File, line and column where a problem has them, and the JSON pointer."""
    file = getattr(problem, "source", None)
    where = f"{file}:{problem.line}:{problem.column}" if file else source
    return f"{where} {problem.pointer or '/'}"


class InvalidArgument(HomeBuyError):
    """A value a host passed cannot be used; nothing was changed."""


class NaiveDatetime(InvalidArgument):
    """A datetime without a time zone was passed."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} has no time zone. Pass an aware datetime, for example "
            f"datetime.now(timezone.utc), or None for the database's clock."
        )


class UnknownReference(InvalidArgument):
    """No case has this reference."""

    def __init__(self, reference: str) -> None:
        self.reference = reference
        super().__init__(f"No case has the reference {reference!r}. Create it with case_created first.")


class UnknownName(InvalidArgument):
    """A name that is not known here, with the nearest known ones.

    Attributes:
        kind: what sort of thing was named, for example ``"task"``.
        name: the name as given.
        known: the names that would have been accepted.
    """

    def __init__(self, kind: str, name: str, known: Iterable[str], where: str = "") -> None:
        import difflib

        self.kind, self.name, self.known = kind, name, tuple(sorted(known))
        close = difflib.get_close_matches(name, self.known, n=1)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        listed = ", ".join(self.known[:20]) + (", ..." if len(self.known) > 20 else "")
        super().__init__(
            f"There is no {kind} {name!r}{' ' + where if where else ''}.{hint} Known: {listed or 'none'}."
        )


class AmbiguousTask(InvalidArgument):
    """Two tasks of the same code are open; name one by its id."""

    def __init__(self, code: str, ids: Sequence[str]) -> None:
        self.ids = tuple(ids)
        super().__init__(f"Two or more tasks {code!r} are open. Name one by its id: {', '.join(ids)}.")


class CaseExists(InvalidArgument):
    """The reference is taken by a case with other facts; nothing was changed.

    Attributes:
        differences: one sentence for each fact that differs.
    """

    def __init__(self, reference: str, differences: Sequence[str]) -> None:
        self.reference, self.differences = reference, tuple(differences)
        super().__init__(
            f"Case {reference!r} exists already and differs: {'; '.join(differences)}. "
            "Nothing was changed. Use case_updated to change it, or another reference."
        )


class NotAllowed(HomeBuyError):
    """The state of the case, or its pack, forbids the change; nothing was changed."""


class PlanOutdated(HomeBuyError):
    """What a preview showed is no longer what would happen; nothing was changed.

    Attributes:
        differences: one sentence for each.
    """

    def __init__(self, differences: Sequence[str]) -> None:
        self.differences = tuple(differences)
        shown = "; ".join(self.differences[:10])
        more = len(self.differences) - 10
        super().__init__(
            f"The preview no longer holds: {shown}{f' (and {more} more)' if more > 0 else ''}. "
            "Nothing was changed. Look at a new preview."
        )


class PluginError(HomeBuyError):
    """A plugin was registered wrongly or answered a hook with something unusable."""


class DuplicateName(PluginError):
    """Two providers offer the same name."""

    def __init__(self, kind: str, name: str, first: str, second: str) -> None:
        super().__init__(f"The {kind} {name!r} is offered twice: by {first} and by {second}.")


class SessionError(HomeBuyError):
    """The session or connection passed cannot be used."""


class TickInsideTransaction(SessionError):
    """A tick was asked for while this thread has an open transaction on SQLite."""


class TransactionEnded(SessionError):
    """A plugin committed or rolled back a transaction that was only lent to it."""


class RetryTransaction(SessionError):
    """The database was busy or another transaction won; roll back and try again."""


class DatabaseError(HomeBuyError):
    """The database cannot serve the package."""


class DatabaseUnreachable(DatabaseError):
    """The database does not answer."""


class DatabaseBehind(DatabaseError):
    """The database has no tables of ours, or older ones."""


class UnsupportedDatabase(DatabaseError):
    """Neither PostgreSQL nor SQLite 3.38 or later."""

    def __init__(self, dialect: str) -> None:
        super().__init__(f"{dialect} is not supported. Use PostgreSQL, or SQLite 3.38 or later.")


class CalendarError(HomeBuyError):
    """A calendar that cannot be, for example one that never opens."""


class OutsideCalendar(CalendarError):
    """A date beyond the years a calendar was made for."""


class EngineUnusable(HomeBuyError):
    """The installed business_rules package is not business-rules 1.1.1."""


class ResourceMissing(HomeBuyError):
    """The package's own data folder cannot be found."""
