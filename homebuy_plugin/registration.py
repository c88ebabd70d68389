"""Registering plugins: everything that can be wrong with one is said at once.

Pluggy accepts a misspelt hook until somebody asks, a class until it is called, and an
argument that does not exist with a message that names no remedy. Here each is refused
at registration, with the plugin's name and the fix.
"""

import difflib
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from types import FunctionType
from typing import Any, Final, Protocol

from pluggy import HookimplMarker, HookspecMarker, PluginManager, PluginValidationError

from homebuy_plugin.exceptions import PluginError
from homebuy_plugin.hookspecs import PROJECT, LifecycleSpecs, ServiceSpecs, hooks_of
from homebuy_plugin.types import CaseChange, CaseFacts, CaseOutcome, Settings, TaskChange, TickReport

CORE: Final = "homebuy-core"
"""The name under which the package's own implementations are registered."""

_SPEC_CLASSES: Final = (LifecycleSpecs, ServiceSpecs)


class Core(Protocol):
    """The package's own answer to the lifecycle hooks."""

    def homebuy_case_created(self, session: Any, case: CaseFacts, now: Any) -> CaseOutcome:
        """See the hook."""

    def homebuy_case_updated(self, session: Any, reference: str, change: CaseChange, now: Any) -> CaseOutcome:
        """See the hook."""

    def homebuy_task_updated(
        self, session: Any, reference: str, task: str, change: TaskChange, now: Any
    ) -> CaseOutcome:
        """See the hook."""

    def homebuy_tick(self, now: Any) -> TickReport:
        """See the hook."""


@cache
def hook_arguments() -> Mapping[str, tuple[str, ...]]:
    """The name of every hook with the names of its arguments."""
    return {
        name: tuple(inspect.signature(function).parameters)[1:]
        for specs in _SPEC_CLASSES
        for name, function in hooks_of(specs).items()
    }


@cache
def first_result_hooks() -> frozenset[str]:
    """The hooks that stop at the first answer that is not None."""
    manager = PluginManager(PROJECT)
    for specs in _SPEC_CLASSES:
        manager.add_hookspecs(specs)
    specified = {name: getattr(manager.hook, name).spec for name in hook_arguments()}
    return frozenset(name for name, spec in specified.items() if spec.opts["firstresult"])


@cache
def specs_for(project: str) -> type:
    """Our hook specifications with the marker of another project.

    Markers belong to one project name, so the functions are copied and marked anew.
    """
    marker, ours = HookspecMarker(project), PluginManager(PROJECT)
    members: dict[str, Any] = {}
    for specs in _SPEC_CLASSES:
        for name, function in hooks_of(specs).items():
            options = ours.parse_hookspec_opts(specs, name)
            if options is not None:
                members[name] = marker(**options)(_copy(function))
    return type("HomeBuySpecs", (), members)


def _copy(function: FunctionType) -> Callable[..., object]:
    copied = FunctionType(function.__code__, function.__globals__, function.__name__)
    copied.__doc__, copied.__qualname__ = function.__doc__, function.__qualname__
    copied.__annotations__ = dict(function.__annotations__)
    return copied


def core_plugin(project: str, core: Core) -> object:
    """A plugin whose methods bear the marker of ``project`` and answer with ``core``."""
    last = HookimplMarker(project)(trylast=True)

    class HomeBuyCore:
        @last
        def homebuy_case_created(self, session: Any, case: CaseFacts, now: Any) -> CaseOutcome:
            return core.homebuy_case_created(session, case, now)

        @last
        def homebuy_case_updated(
            self, session: Any, reference: str, change: CaseChange, now: Any
        ) -> CaseOutcome:
            return core.homebuy_case_updated(session, reference, change, now)

        @last
        def homebuy_task_updated(
            self, session: Any, reference: str, task: str, change: TaskChange, now: Any
        ) -> CaseOutcome:
            return core.homebuy_task_updated(session, reference, task, change, now)

        @last
        def homebuy_tick(self, now: Any) -> TickReport:
            return core.homebuy_tick(now)

    return HomeBuyCore()


class HomeBuyManager(PluginManager):
    """A plugin manager that refuses what cannot work, whenever it is registered."""

    _installing = False

    def register(self, plugin: Any, name: str | None = None) -> str | None:
        """Register a plugin, or refuse it with the fix.

        Raises:
            PluginError: it cannot work as it is; nothing of it stays registered.
        """
        chosen = name or self.get_canonical_name(plugin)
        if self._installing and (known := self._name_of(plugin)):
            return known  # installed, and given by the host as well
        self._check(plugin, chosen)
        try:
            return super().register(plugin, chosen)
        except PluginValidationError as error:
            self._forget(plugin, chosen)
            raise PluginError(f"Plugin {chosen!r} cannot be registered: {error}") from error
        except Exception as error:  # a plugin's own: homebuy_configure, which is historic, runs here
            self._forget(plugin, chosen)
            error.add_note(f"raised by plugin {chosen!r} in homebuy_configure; it was unregistered")
            raise

    def load_installed(self) -> None:
        """Register the installed plugins of our entry-point group; those registered already stay."""
        self._installing = True
        try:
            self.load_setuptools_entrypoints(PROJECT)
        except PluginError:
            raise
        except Exception as error:  # of whatever is installed; it goes on with a note
            error.add_note(f"while loading the installed plugins of the entry-point group {PROJECT!r}")
            raise
        finally:
            self._installing = False

    def get_canonical_name(self, plugin: Any) -> str:
        """A name people recognise: the module's, else the class's, numbered when taken."""
        base = str(getattr(plugin, "__name__", None) or type(plugin).__name__)
        taken, name, number = {taken for taken, _ in self.list_name_plugin()}, base, 2
        while name in taken:
            name, number = f"{base}#{number}", number + 1
        return name

    def _check(self, plugin: object, name: str) -> None:
        if self.has_plugin(name):
            raise PluginError(f"A plugin {name!r} is registered already. Register each plugin once.")
        if plugin is not None and (other := self._name_of(plugin)):
            raise PluginError(f"Plugin {name!r} is registered already, as {other!r}. Register it once.")
        check_plugin(self, plugin, name)

    def _name_of(self, plugin: object) -> str | None:
        """Pluggy compares with ``==``, by which two different plugins may be equal."""
        return next((name for name, known in self.list_name_plugin() if known is plugin), None)

    def _forget(self, plugin: object, name: str) -> None:
        if self.get_plugin(name) is plugin:
            self.unregister(name=name)


def check_plugin(manager: PluginManager, plugin: object, name: str) -> None:
    """Refuse a plugin of ``manager`` whose homebuy hooks cannot work.

    Raises:
        PluginError: naming the plugin, what is wrong and what to write instead.
    """
    if plugin is None or isinstance(plugin, str | bytes):
        raise PluginError(
            f"{plugin!r} is not a plugin. Pass an object or a module whose functions bear @hookimpl."
        )
    own = manager.project_name == PROJECT
    found = list(_implementations(manager, plugin))
    if inspect.isclass(plugin) and (own or found):
        raise PluginError(
            f"Plugin {name!r} is a class; hooks are called on an instance. "
            f"Register {plugin.__name__}(), not {plugin.__name__}."
        )
    for hook, function in found:
        _check_implementation(name, hook, function)
    if own:
        _check_unmarked(manager, plugin, name)


def _implementations(manager: PluginManager, plugin: object) -> Iterator[tuple[str, Callable[..., object]]]:
    """What ``plugin`` implements of ours, as it spells it."""
    own, known = manager.project_name == PROJECT, hook_arguments()
    for attribute in dir(plugin):
        options = manager.parse_hookimpl_opts(plugin, attribute)
        if options is None:
            continue
        hook = options.get("specname") or attribute
        # In a platform's manager only what looks like one of ours is our business.
        ours = own or hook in known or (hook.startswith("homebuy_") and not _specified(manager, hook))
        if ours and not (options.get("optionalhook") and hook not in known):
            yield hook, getattr(plugin, attribute)


def _specified(manager: PluginManager, hook: str) -> bool:
    caller = getattr(manager.hook, hook, None)
    return caller is not None and bool(caller.has_spec())


def _check_implementation(plugin: str, hook: str, function: Callable[..., object]) -> None:
    known = hook_arguments()
    if hook not in known:
        raise PluginError(
            f"Plugin {plugin!r} implements {hook}, which is not a hook of homebuy."
            f"{did_you_mean(hook, known)} Mark it @hookimpl(optionalhook=True) if it is meant for "
            "another version."
        )
    for argument in _arguments(function):
        if argument not in known[hook]:
            raise PluginError(
                f"Plugin {plugin!r} asks {hook} for {argument!r}. The hook has "
                f"{hook}({', '.join(known[hook])}).{did_you_mean(argument, known[hook])}"
            )
    if inspect.iscoroutinefunction(function):
        raise PluginError(f"Plugin {plugin!r} implements {hook} with async def. Hooks are plain functions.")


def _arguments(function: Callable[..., object]) -> list[str]:
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    parameters = inspect.signature(function).parameters.values()
    return [p.name for p in parameters if p.kind in kinds and p.default is p.empty]


def _check_unmarked(manager: PluginManager, plugin: object, name: str) -> None:
    for hook in hook_arguments():
        method = inspect.getattr_static(plugin, hook, None)
        if inspect.isroutine(method) and manager.parse_hookimpl_opts(plugin, hook) is None:
            raise PluginError(
                f"Plugin {name!r} has a function {hook} that would never be called. "
                "Put @homebuy_plugin.hookimpl above it."
            )


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A hint with the nearest known name, or nothing."""
    close = difflib.get_close_matches(name, list(known), n=1)
    return f" Did you mean {close[0]!r}?" if close else ""


def create_manager(
    plugins: Iterable[object], entry_points: bool, core: Core, settings: Settings
) -> HomeBuyManager:
    """Build a fresh manager with our specifications, the core and every plugin.

    Args:
        plugins: objects of the host, registered in this order.
        entry_points: whether installed plugins of the group ``homebuy`` are loaded too.
        core: the package's own answer to the lifecycle hooks.
        settings: handed to each plugin's ``homebuy_configure`` when it is registered.

    Raises:
        PluginError: a plugin cannot work as it is.
    """
    manager = HomeBuyManager(PROJECT)
    for specs in _SPEC_CLASSES:
        manager.add_hookspecs(specs)
    manager.register(core_plugin(PROJECT, core), CORE)
    # Before any plugin: each registration then configures that plugin, and only it can be to blame.
    manager.hook.homebuy_configure.call_historic(kwargs={"settings": settings})
    for plugin in _as_list(plugins):
        manager.register(plugin)
    if entry_points:
        manager.load_installed()
    manager.check_pending()
    return manager


def _as_list(plugins: Iterable[object]) -> list[object]:
    if isinstance(plugins, str | bytes | Mapping) or not isinstance(plugins, Iterable):
        raise PluginError(
            f"plugins must be a list of objects, not {type(plugins).__name__}. Write plugins=[...]."
        )
    return list(plugins)


def attach_core(platform: PluginManager, core: Core, settings: Settings) -> None:
    """Teach a platform's own manager our hooks, and configure its plugins.

    Raises:
        PluginError: it is no manager, another HomeBuy is attached to it, or one of its
            plugins implements our hooks in a way that cannot work.
    """
    if not isinstance(platform, PluginManager):
        raise PluginError(f"attach takes a pluggy.PluginManager, not {type(platform).__name__}.")
    if platform.has_plugin(CORE):
        raise PluginError(f"Another HomeBuy is attached to the manager {platform.project_name!r} already.")
    for name, plugin in platform.list_name_plugin():
        if plugin is not None:
            check_plugin(platform, plugin, name)
    if not _specified(platform, "homebuy_tick"):
        platform.add_hookspecs(specs_for(platform.project_name))
    platform.register(core_plugin(platform.project_name, core), CORE)
    _configure(platform, settings)


def _configure(platform: PluginManager, settings: Settings) -> None:
    try:
        platform.hook.homebuy_configure.call_historic(kwargs={"settings": settings})
    except Exception as error:  # a plugin's own; it goes on with a note of which
        guilty = _raiser(platform, error)
        for name in (guilty, CORE):
            if name is not None:
                platform.unregister(name=name)
        error.add_note(f"raised by plugin {guilty!r} in homebuy_configure; it was unregistered")
        raise


def _raiser(platform: PluginManager, error: Exception) -> str | None:
    """The plugin in whose ``homebuy_configure`` an error was raised."""
    codes, trace = set(), error.__traceback__
    while trace is not None:
        codes.add(trace.tb_frame.f_code)
        trace = trace.tb_next
    for implementation in platform.hook.homebuy_configure.get_hookimpls():
        if getattr(implementation.function, "__code__", None) in codes:
            return implementation.plugin_name
    return None
