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
from sqlalchemy import Connection
from sqlalchemy.orm import Session

from homebuy_plugin.exceptions import PluginError
from homebuy_plugin.registration import CORE, first_result_hooks, specs_for

T = TypeVar("T")


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
            with _lent(arguments) as given:
                return [read(where, answer) for answer in self._answers(given)]
        except PluginError:
            raise
        except Exception as error:
            error.add_note(f"raised in {where}")
            raise

    def _answers(self, arguments: Mapping[str, Any]) -> list[Any]:
        result = self.caller(**arguments)
        answers = [result] if self.hook in first_result_hooks() else result
        return [answer for answer in answers if answer is not None]


@contextmanager
def _lent(arguments: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Lend the caller's session; on a bare connection, a session in a savepoint of its own.

    Whatever the plugin does there, an error, rollback or commit touches only its own work.
    """
    connection = arguments.get("session")
    if not isinstance(connection, Connection):
        yield arguments
        return
    with Session(connection, join_transaction_mode="create_savepoint") as session:
        yield {**arguments, "session": session}
        session.commit()


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
