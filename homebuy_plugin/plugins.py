"""The one place that calls plugins: each hook has a typed method here.

``pm.hook.x`` is untyped, does not say which plugin answered, and lets one failing
plugin silence the others. :class:`HostPort` checks what plugins answer and names the
plugin in every error.
"""

import hashlib
import logging
from collections.abc import Callable, Hashable, Iterable, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from pluggy import PluginManager

from homebuy_plugin import answers
from homebuy_plugin.asking import Answers, Outcome, PackOffer
from homebuy_plugin.exceptions import DuplicateName, PluginError, TransactionEnded
from homebuy_plugin.registration import (
    CORE,
    Core,
    HomeBuyManager,
    attach_core,
    create_manager,
)
from homebuy_plugin.store.connection import brief
from homebuy_plugin.types import (
    AuditEntry,
    CaseChange,
    CaseFacts,
    CaseOutcome,
    Contact,
    Event,
    Notice,
    Officer,
    PerformAction,
    RuleAction,
    RuleVariable,
    Settings,
    TaskChange,
    TaskView,
    TickReport,
)
from homebuy_plugin.voices import Voice, Voices, shown_name

if TYPE_CHECKING:
    from homebuy_plugin.asking import SessionLike

__all__ = ["Answers", "HomeBuyManager", "HostPort", "Outcome", "PackOffer", "create_manager"]

T = TypeVar("T")
_log = logging.getLogger(__name__)


class HostPort:
    """The typed face over every plugin of the host.

    Attributes:
        manager: our own plugin manager; plugins may be registered later, too.
    """

    def __init__(self, manager: HomeBuyManager, settings: Settings) -> None:
        self.manager = manager
        self._settings = settings
        # Latest attached first, our own last: each hands lifecycle calls to the next.
        self._managers: list[PluginManager] = [manager]
        self._voices = Voices(self._managers)
        self._providers: dict[str, str] = {}
        self._fingerprinted: tuple[Sequence[object], str] = ((), "")

    @classmethod
    def create(
        cls, plugins: Iterable[object], *, entry_points: bool, core: Core, settings: Settings
    ) -> "HostPort":
        """Build the manager and the face over it.

        Raises:
            PluginError: a plugin cannot work as it is.
        """
        return cls(create_manager(plugins, entry_points, core, settings), settings)

    def attach(self, platform: PluginManager) -> None:
        """Ask the plugins of a platform's own manager too, and answer its lifecycle hooks.

        Attaching the same manager again does nothing.

        Raises:
            PluginError: one of its plugins implements our hooks in a way that cannot work.
        """
        if any(platform is manager for manager in self._managers):
            return
        attach_core(platform, _NextManager(self._managers[0]), self._settings)
        self._managers.insert(0, platform)

    def answers(self) -> Answers:
        """An empty memory for the answers of one batch."""
        return Answers(port=self)

    # --- the host tells the package ---------------------------------------------------

    def case_created(self, session: Any, case: CaseFacts, now: datetime | None) -> CaseOutcome:
        """Call ``homebuy_case_created``: observers first, then the core."""
        return self._told(CaseOutcome, "homebuy_case_created", session=session, case=case, now=now)

    def case_updated(
        self, session: Any, reference: str, change: CaseChange, now: datetime | None
    ) -> CaseOutcome:
        """Call ``homebuy_case_updated``: observers first, then the core."""
        hook = "homebuy_case_updated"
        return self._told(CaseOutcome, hook, session=session, reference=reference, change=change, now=now)

    def task_updated(
        self, session: Any, reference: str, task: str, change: TaskChange, now: datetime | None
    ) -> CaseOutcome:
        """Call ``homebuy_task_updated``: observers first, then the core."""
        hook = "homebuy_task_updated"
        return self._told(
            CaseOutcome, hook, session=session, reference=reference, task=task, change=change, now=now
        )

    def tick(self, now: datetime | None) -> TickReport:
        """Call ``homebuy_tick``: other periodic work first, then the core."""
        return self._told(TickReport, "homebuy_tick", now=now)

    def _told(self, kind: type[T], hook: str, **arguments: Any) -> T:
        result = getattr(self._managers[0].hook, hook)(**arguments)
        if isinstance(result, kind):
            return result
        # Asking again would do it again, so all who could have answered are named.
        names = sorted({repr(name) for name, _ in self._implementers(hook)})
        raise PluginError(
            f"{hook} was answered with {result!r} instead of a {kind.__name__}, by "
            f"{'plugin ' + ' or '.join(names) if names else 'the core'}. Return None to observe only."
        )

    # --- set-up -----------------------------------------------------------------------

    def rule_variables(self) -> tuple[RuleVariable, ...]:
        """Variables of all plugins.

        Raises:
            DuplicateName: two plugins offer one name.
        """
        return self._named("homebuy_rule_variables", "rule variable", answers.variables)

    def rule_actions(self) -> tuple[RuleAction, ...]:
        """Actions of all plugins.

        Raises:
            DuplicateName: two plugins offer one name.
        """
        return self._named("homebuy_rule_actions", "rule action", answers.actions)

    def provider(self, name: str) -> str:
        """Who offered a variable or action of this name when last asked, for an error message."""
        return f"plugin {self._providers[name]!r}" if name in self._providers else "a plugin"

    def scheme_packs(self) -> tuple[PackOffer, ...]:
        """Packs of all plugins, in the order of plugin names."""
        return tuple(
            PackOffer(plugin=voice.plugin, source=source)
            for voice in self._voices.in_name_order("homebuy_scheme_packs")
            for sources in voice.ask(answers.packs)
            for source in sources
        )

    def holidays(self, region: str, year: int) -> tuple[date, ...]:
        """Closures of all plugins in that year, in order."""
        found = self._union("homebuy_holidays", answers.dates, lambda day: day, region=region, year=year)
        return tuple(sorted(found or ()))

    def _named(self, hook: str, kind: str, read: Callable[[str, Any], tuple[Any, ...]]) -> tuple[Any, ...]:
        offered: dict[str, Any] = {}
        providers: dict[str, str] = {}
        for voice in self._voices.in_name_order(hook):
            for item in (item for items in voice.ask(read) for item in items):
                if item.name in offered:
                    raise DuplicateName(kind, item.name, *_two(providers[item.name], voice.plugin))
                offered[item.name], providers[item.name] = item, voice.plugin
        self._providers.update(providers)
        return tuple(offered.values())

    # --- questions --------------------------------------------------------------------

    def resolve_owner(self, session: "SessionLike", case: CaseOutcome, now: datetime) -> Officer | None:
        """The first plugin's answer, or None."""
        return self._first("homebuy_resolve_owner", answers.officer, session=session, case=case, now=now)

    def officer_available(self, session: "SessionLike", officer: Officer, on: date) -> bool | None:
        """The first plugin's answer; None when nobody answered."""
        return self._first(
            "homebuy_officer_available", answers.yes_no, session=session, officer=officer, on=on
        )

    def officers_in_role(self, session: "SessionLike", role: str, on: date) -> tuple[Officer, ...] | None:
        """The union of the answers; None when nobody answered."""
        hook = "homebuy_officers_in_role"
        return self._union(hook, answers.officers, lambda one: one.key, session=session, role=role, on=on)

    def resolve_stakeholders(
        self,
        session: "SessionLike",
        case: CaseOutcome,
        task: TaskView | None,
        group: str,
        errors: list[str] | None = None,
    ) -> tuple[Contact, ...] | None:
        """The union of the answers; None when nobody answered.

        A plugin that fails is logged, added to ``errors`` and passed over.
        """
        return self._union(
            "homebuy_resolve_stakeholders",
            answers.contacts,
            lambda one: (one.kind, one.id),
            errors=[] if errors is None else errors,
            session=session,
            case=case,
            task=task,
            group=group,
        )

    def _first(self, hook: str, read: Callable[[str, Any], T], **arguments: Any) -> T | None:
        for voice in self._voices.in_call_order(hook):
            for answer in voice.ask(read, **arguments):
                return answer
        return None

    def _union(
        self,
        hook: str,
        read: Callable[[str, Any], tuple[T, ...]],
        key: Callable[[T], Hashable],
        errors: list[str] | None = None,
        **arguments: Any,
    ) -> tuple[T, ...] | None:
        found: dict[Hashable, T] = {}
        answered = False
        for voice in self._voices.in_name_order(hook):
            for items in self._isolated(voice, read, errors, **arguments):
                answered = True
                for item in items:
                    found.setdefault(key(item), item)
        return tuple(found.values()) if answered else None

    def _isolated(
        self, voice: Voice, read: Callable[[str, Any], T], errors: list[str] | None, **arguments: Any
    ) -> list[T]:
        """Ask one plugin; where ``errors`` is a list, its failure goes there instead of up."""
        if errors is None:
            return voice.ask(read, **arguments)
        try:
            return voice.ask(read, **arguments)
        except TransactionEnded:
            raise
        except Exception as error:  # whatever it is, the other plugins are asked
            _log.exception("plugin %r failed in %s", voice.plugin, voice.hook)
            text = _sentence(voice, error)
            if text not in errors:
                errors.append(text)
            return []

    # --- effects ----------------------------------------------------------------------

    def notify(self, notice: Notice) -> Outcome:
        """Offer a notice to one plugin after the other until one takes it."""
        return self._handed_over("homebuy_notify", notice=notice)

    def perform(self, action: PerformAction) -> Outcome:
        """Offer an action to one plugin after the other until one takes it."""
        return self._handed_over("homebuy_perform", action=action)

    def _handed_over(self, hook: str, **arguments: Any) -> Outcome:
        asked: list[str] = []
        errors: list[str] = []
        for voice in self._voices.in_name_order(hook):
            asked.append(voice.plugin)
            # A plugin that fails must not keep the next one from taking what is its own.
            for taken in self._isolated(voice, answers.delivery, errors, **arguments):
                return Outcome(
                    status="delivered",
                    detail=taken.detail,
                    asked=tuple(asked),
                    errors=tuple(errors),
                    by=voice.plugin,
                )
        return Outcome(
            status="failed" if errors else "untaken",
            detail="; ".join(errors),
            asked=tuple(asked),
            errors=tuple(errors),
        )

    def audit(self, session: "SessionLike", entry: AuditEntry) -> None:
        """Tell every plugin, in the transaction; the first error propagates."""
        for voice in self._voices.in_name_order("homebuy_audit"):
            voice.ask(answers.ignored, session=session, entry=entry)

    def event(self, event: Event) -> list[str]:
        """Tell every plugin; errors are logged and returned as sentences."""
        errors: list[str] = []
        for voice in self._voices.in_name_order("homebuy_event"):
            self._isolated(voice, answers.ignored, errors, event=event)
        return errors

    # --- who is there -----------------------------------------------------------------

    def has(self, hook: str) -> bool:
        """Whether a plugin, other than the package's own core, implements a hook."""
        return bool(self._implementers(hook))

    def plugin_names(self) -> tuple[str, ...]:
        """Names of all plugins in order, without the package's own core."""
        return tuple(sorted({name for name, _ in self._plugins()}))

    def notifiers(self) -> tuple[str, ...]:
        """Names of the plugins that implement ``homebuy_notify``, in the order of asking."""
        return tuple(voice.plugin for voice in self._voices.in_name_order("homebuy_notify"))

    def fingerprint(self) -> str:
        """Sixteen letters that change when plugins come, go, or are upgraded."""
        registered = [manager.list_name_plugin() for manager in self._managers]
        if registered != self._fingerprinted[0]:
            self._fingerprinted = registered, self._fingerprint()
        return self._fingerprinted[1]

    def _fingerprint(self) -> str:
        versions = {
            id(plugin): f"{found.project_name}=={found.version}"
            for manager in self._managers
            for plugin, found in manager.list_plugin_distinfo()
        }
        lines = sorted(f"{n} {_home(plugin)} {versions.get(id(plugin), '')}" for n, plugin in self._plugins())
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]

    def _plugins(self) -> Sequence[tuple[str, object]]:
        return [
            (shown_name(name, plugin), plugin)
            for manager in self._managers
            for name, plugin in manager.list_name_plugin()
            if plugin is not None and name != CORE
        ]

    def _implementers(self, hook: str) -> Sequence[tuple[str, object]]:
        return [
            (shown_name(found.plugin_name, found.plugin), found.plugin)
            for manager in self._managers
            for found in getattr(manager.hook, hook).get_hookimpls()
            if found.plugin_name != CORE
        ]


class _NextManager:
    """The lifecycle hooks of another manager, as the core of a platform's.

    So a call made on either manager reaches the observers of both, once.
    """

    def __init__(self, manager: PluginManager) -> None:
        self._hook: Any = manager.hook

    def homebuy_case_created(self, session: Any, case: CaseFacts, now: Any) -> Any:
        """See the hook."""
        return self._hook.homebuy_case_created(session=session, case=case, now=now)

    def homebuy_case_updated(self, session: Any, reference: str, change: CaseChange, now: Any) -> Any:
        """See the hook."""
        return self._hook.homebuy_case_updated(session=session, reference=reference, change=change, now=now)

    def homebuy_task_updated(
        self, session: Any, reference: str, task: str, change: TaskChange, now: Any
    ) -> Any:
        """See the hook."""
        return self._hook.homebuy_task_updated(
            session=session, reference=reference, task=task, change=change, now=now
        )

    def homebuy_tick(self, now: Any) -> Any:
        """See the hook."""
        return self._hook.homebuy_tick(now=now)


def _sentence(voice: Voice, error: Exception) -> str:
    if isinstance(error, PluginError):
        return str(error)
    return f"{voice.hook} of plugin {voice.plugin!r} raised {brief(error)}"


def _two(first: str, second: str) -> tuple[str, str]:
    return f"plugin {first!r}", f"plugin {second!r}"


def _home(plugin: object) -> str:
    """Where a plugin's code lives: its module's name, or its class's."""
    kind = type(plugin)
    return str(getattr(plugin, "__name__", None) or f"{kind.__module__}.{kind.__qualname__}")
