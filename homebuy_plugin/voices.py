"""Calling one plugin at a time, by public Pluggy API only.

Pluggy calls all implementations of a hook or none: the first exception silences the
rest, and a result does not say whose it is. A :class:`Voice` is one plugin's
implementation of one hook, together with the wrappers that stand around it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from pluggy import HookImpl, PluginManager
from sqlalchemy import Connection, event
from sqlalchemy.orm import Session, scoped_session

from homebuy_plugin.exceptions import PluginError, TransactionEnded
from homebuy_plugin.registration import CORE, first_result_hooks, specs_for

T = TypeVar("T")

_IN_ERROR = 3  # PQTRANS_INERROR of libpq


class _Solo(PluginManager):
    """A manager for one answering plugin of another manager, and the wrappers around it."""

    def __init__(self, origin: PluginManager, hook: str, implementations: Sequence[HookImpl]) -> None:
        super().__init__(origin.project_name)
        self._origin = origin
        self.add_hookspecs(specs_for(origin.project_name))
        for implementation in implementations:
            if not self.has_plugin(implementation.plugin_name):
                self.register(implementation.plugin, implementation.plugin_name)
        self.caller: Callable[..., Any] = getattr(self.hook, hook)

    def parse_hookimpl_opts(self, plugin: Any, name: str) -> Any:
        """Read markers as the original manager does; a platform may have changed that."""
        return self._origin.parse_hookimpl_opts(plugin, name)


@dataclass(frozen=True, kw_only=True)
class Voice:
    """One plugin's implementation of one hook.

    Attributes:
        plugin: the plugin's name, as shown to people.
        rank: 0 for ``tryfirst``, 1, or 2 for ``trylast``.
    """

    hook: str
    plugin: str
    source: object
    rank: int
    caller: Callable[..., Any]

    def ask(self, read: Callable[[str, Any], T], **arguments: Any) -> list[T]:
        """Call it, and read and check what it returned.

        Returns:
            Nothing when the plugin said "not mine", otherwise its answer.
        """
        where = f"{self.hook} of plugin {self.plugin!r}"
        try:
            with _lent(where, arguments) as given:
                return [read(where, answer) for answer in self._answers(given)]
        except (PluginError, TransactionEnded):
            raise
        except Exception as error:  # a plugin's own, which goes on with a note of where
            error.add_note(f"raised in {where}")
            raise

    def _answers(self, arguments: Mapping[str, Any]) -> list[Any]:
        result = self.caller(**arguments)
        answers = [result] if self.hook in first_result_hooks() else result
        return [answer for answer in answers if answer is not None]


@contextmanager
def _lent(where: str, arguments: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Lend the caller's session; on a bare connection, a session in a savepoint of its own.

    Whatever the plugin does in a savepoint, an error, rollback or commit touches only its own work.
    The transaction around it is the caller's to end.

    Raises:
        TransactionEnded: the plugin ended the caller's.
    """
    session = arguments.get("session")
    if isinstance(session, Connection):
        with (
            _unended(where, session),
            Session(session, join_transaction_mode="create_savepoint") as of_its_own,
        ):
            yield {**arguments, "session": of_its_own}
            if _failed(session):
                of_its_own.rollback()
                raise PluginError(f"{where} met an error of the database and went on as if there was none.")
            of_its_own.commit()
    elif isinstance(session, Session | scoped_session):
        lent = session() if isinstance(session, scoped_session) else session
        with _uncommitted(where, lent), _unended(where, lent):
            yield arguments
    else:
        yield arguments


def _failed(connection: Connection) -> bool:
    """Whether PostgreSQL waits for a rollback; both drivers of it say so without asking the server."""
    driver: Any = connection.connection.dbapi_connection
    return getattr(getattr(driver, "info", None), "transaction_status", None) == _IN_ERROR


@contextmanager
def _unended(where: str, lent: Connection | Session) -> Iterator[None]:
    before = lent.get_transaction()
    try:
        yield
    finally:
        if before is not None and lent.get_transaction() is not before:
            raise TransactionEnded(
                f"{where} ended the transaction of its caller. It may use begin_nested() of the session, "
                "and leaves commit and rollback to whoever opened it. Nothing further was done."
            )


@contextmanager
def _uncommitted(where: str, session: Session) -> Iterator[None]:
    """Refuse a commit before it happens: half of a case must not be kept."""

    def refuse(committing: Session) -> None:
        if not committing.in_nested_transaction():
            raise TransactionEnded(
                f"{where} tried to commit the session of its caller, who commits it when all is done. "
                "Remove the commit."
            )

    event.listen(session, "before_commit", refuse)
    try:
        yield
    finally:
        event.remove(session, "before_commit", refuse)


class Voices:
    """The voices of several managers, gathered anew when their plugins change."""

    def __init__(self, managers: Sequence[PluginManager]) -> None:
        self._managers = managers
        self._kept: dict[str, tuple[list[HookImpl], list[Voice]]] = {}

    def in_call_order(self, hook: str) -> list[Voice]:
        """Pluggy's order: the one registered last first, ``trylast`` at the end."""
        implementations = [i for m in self._managers for i in getattr(m.hook, hook).get_hookimpls()]
        kept = self._kept.get(hook)
        if kept is None or kept[0] != implementations:
            kept = self._kept[hook] = implementations, self._gather(hook)
        return kept[1]

    def in_name_order(self, hook: str) -> list[Voice]:
        """By name, ``tryfirst`` before and ``trylast`` after: the same on every machine."""
        return sorted(self.in_call_order(hook), key=lambda voice: (voice.rank, voice.plugin))

    def _gather(self, hook: str) -> list[Voice]:
        voices: list[Voice] = []
        for manager in self._managers:
            for voice in _voices(manager, hook):
                # An object may bear the markers of both managers; it is asked once.
                if all(voice.source is not other.source for other in voices):
                    voices.append(voice)
        return sorted(voices, key=lambda voice: voice.rank)


def _voices(manager: PluginManager, hook: str) -> Iterator[Voice]:
    implementations: list[HookImpl] = getattr(manager.hook, hook).get_hookimpls()
    wrappers = [i for i in implementations if i.wrapper or i.hookwrapper]
    for one in reversed(implementations):
        if one not in wrappers and one.plugin_name != CORE:
            yield Voice(
                hook=hook,
                plugin=shown_name(one.plugin_name, one.plugin),
                source=one.plugin,
                rank=0 if one.tryfirst else 2 if one.trylast else 1,
                caller=_Solo(manager, hook, [one, *wrappers]).caller,
            )


def shown_name(name: str, plugin: object) -> str:
    """A registered name, or the class's where Pluggy made one up from an address."""
    return type(plugin).__name__ if name == str(id(plugin)) else name
