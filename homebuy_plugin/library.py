"""What is published, read once: the world a case is judged by.

Versions never change, so parsed documents are kept for the life of the process; which
versions exist is asked in each transaction, in one query.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from homebuy_plugin.asking import Asking
from homebuy_plugin.clock.calendar import WorkingCalendar
from homebuy_plugin.documents.calendars import build_calendar
from homebuy_plugin.documents.formats import WHOLE
from homebuy_plugin.documents.model import (
    AllocationSet,
    Attribute,
    CalendarDef,
    EscalationSet,
    Group,
    Pack,
    Template,
)
from homebuy_plugin.documents.values import from_json
from homebuy_plugin.documents.vocabulary import with_names
from homebuy_plugin.engine.catalogue import ActionSpec, Catalogue, Variable
from homebuy_plugin.engine.variables import BUILT_IN
from homebuy_plugin.exceptions import DatabaseBehind, NotAllowed, UnknownName
from homebuy_plugin.store import documents, journal
from homebuy_plugin.store.connection import StoreConnection
from homebuy_plugin.store.documents import DocumentRef
from homebuy_plugin.types import PIN, RECOMPUTE_AND_NOTIFY, RuleVariable, Settings
from homebuy_plugin.workflow.state import CaseState
from homebuy_plugin.workflow.world import EscalationVersion, Move, World

_WORLDS = 64
"""Worlds kept; each new publication makes new ones, and the oldest are forgotten."""
DERIVED = frozenset(v.name for v in BUILT_IN if v.derived) - {"tenure_offered"}
"""Names worked out from the case, which nobody may give as a fact."""


class Published:
    """The versions that are published, and what follows from them alone: worked out once for all of them.

    Attributes:
        refs: every version, oldest first within kind and code.
        newest: the newest version by kind and code.
        whole: kinds and versions of the landlord's own documents.
        calendars: code to the newest version.
        followed: the versions of packs and calendars that open cases follow.
        turn_roles: every role of which a rule chooses one officer; None until somebody worked it out.
        worlds: those made of them, by pins and plugins.
    """

    def __init__(self, refs: Sequence[DocumentRef]) -> None:
        self.refs = refs
        in_order = sorted(refs, key=lambda r: r.version)
        self.newest = {(r.kind, r.code): r for r in in_order}
        self.pack_codes = frozenset(code for kind, code in self.newest if kind == "pack")
        self.calendars = {r.code: self.newest[r.kind, r.code].version for r in refs if r.kind == "calendar"}
        self.whole = tuple((r.kind, r.version) for r in refs if r.code == WHOLE)
        self.followed = tuple(r for r in refs if r.live_cases != PIN and r.kind in ("pack", "calendar"))
        self.turn_roles: frozenset[str] | None = None
        self.worlds: dict[Hashable, World] = {}


@dataclass(slots=True)
class Library:
    """Parsed documents and the worlds made of them, for one HomeBuy.

    Attributes:
        port: asked for the variables and actions of plugins.
        pretended: versions that are taken for published, to see what they would do.
    """

    settings: Settings
    port: Asking
    base: Catalogue
    pretended: Mapping[DocumentRef, Any] = field(default_factory=dict)
    _values: dict[tuple[str, str, int], Any] = field(default_factory=dict)
    _worlds: dict[Hashable, World] = field(default_factory=dict)
    _published: tuple[str | None, Published] | None = None
    _calendars: dict[tuple[str, int], WorkingCalendar] = field(default_factory=dict)

    def shelf(self, conn: StoreConnection) -> "Shelf":
        """What is published now, as this transaction sees it.

        Raises:
            DatabaseBehind: nothing is published.
        """
        published = self._known(conn)
        if not published.refs:
            raise DatabaseBehind("Nothing is published in this database. Run: homebuy db upgrade")
        return Shelf(library=self, conn=conn, published=published)

    def _known(self, conn: StoreConnection) -> Published:
        """The versions there are: read anew only where a publication renewed its mark."""
        mark = journal.mark(conn, journal.DOCUMENTS)
        kept = self._published
        if kept is not None and kept[0] == mark:
            return kept[1]
        published = Published([*documents.versions(conn), *self.pretended])
        if journal.mark(conn, journal.DOCUMENTS) == mark and published.refs:  # else it changed meanwhile
            self._published = mark, published
        return published

    def value(self, conn: StoreConnection, kind: str, code: str, version: int) -> Any:
        """The parsed document of a version."""
        key = (kind, code, version)
        if key not in self._values:
            pretended = (v for r, v in self.pretended.items() if (r.kind, r.code, r.version) == key)
            found = next(pretended, None)
            self._values[key] = found or from_json(kind, documents.body(conn, kind, code, version))
        return self._values[key]

    def calendars(self, conn: StoreConnection, versions: Mapping[str, int]) -> "Calendars":
        """The calendars of these versions, each worked out when it is first asked for."""
        made = self._calendars
        definitions = {
            (code, version): self.value(conn, "calendar", code, version) for code, version in versions.items()
        }

        def maker(key: tuple[str, int]) -> Callable[[], WorkingCalendar]:
            def make() -> WorkingCalendar:
                if key not in made:
                    made[key] = working_calendar(definitions[key])
                return made[key]

            return make

        return Calendars({key[0]: maker(key) for key in definitions})

    def world(self, key: Hashable, make: Callable[[], World]) -> World:
        """The world of a key, made once."""
        found = self._worlds.get(key)
        if found is None:
            for oldest in list(self._worlds)[: 1 - _WORLDS]:
                self._worlds.pop(oldest, None)
            found = self._worlds[key] = make()
        return found

    def catalogue(self, attributes: tuple[Attribute, ...]) -> Catalogue:
        """Built-in names, the landlord's attributes, and what plugins offer."""
        return landlord_catalogue(self.base, attributes, self.port)


@dataclass(frozen=True, slots=True)
class Calendars(Mapping[str, WorkingCalendar]):
    """Calendars by code; most landlords use one of those that are published.

    To work one out takes longer than to read all documents, and a tick from cron pays for it.
    """

    makers: Mapping[str, Callable[[], WorkingCalendar]]

    def __getitem__(self, code: str) -> WorkingCalendar:
        return self.makers[code]()

    def __iter__(self) -> Iterator[str]:
        return iter(self.makers)

    def __len__(self) -> int:
        return len(self.makers)


def landlord_catalogue(base: Catalogue, attributes: tuple[Attribute, ...], port: Asking | None) -> Catalogue:
    """Every name that a rule of the landlord may use."""
    known = base.with_attributes(attribute_variable(a) for a in attributes)
    if port is None:
        return known
    variables = [host_variable(v, port.provider(v.name)) for v in port.rule_variables()]
    actions = [
        ActionSpec.declared(a.name, a.label, a.params, provider=port.provider(a.name))
        for a in port.rule_actions()
    ]
    return known.with_variables(variables).with_actions(actions)


def host_variable(variable: RuleVariable, provider: str) -> Variable:
    """A host's own variable as rules see it."""
    return Variable(
        name=variable.name,
        label=variable.label,
        type=variable.type,
        options=variable.options,
        personal=variable.personal,
        provider=provider,
    )


def attribute_variable(attribute: Attribute) -> Variable:
    """An attribute as rules see it."""
    yes, no = attribute.phrases or ("", "")
    return Variable(
        name=attribute.name,
        label=attribute.label or attribute.name.replace("_", " "),
        type=attribute.type,
        options=attribute.options,
        personal=attribute.personal,
        true_phrase=yes,
        false_phrase=no,
    )


def working_calendar(definition: CalendarDef) -> WorkingCalendar:
    """The calendar of a document, for the years its holidays are known."""
    years = {h.date.year for h in definition.holidays}
    return build_calendar(definition, first_year=min(years, default=2015), last_year=max(years, default=2040))


@dataclass
class Shelf:
    """The published versions as one transaction sees them."""

    library: Library
    conn: StoreConnection
    published: Published

    @property
    def refs(self) -> Sequence[DocumentRef]:
        """Every version."""
        return self.published.refs

    @cached_property
    def _plugins(self) -> str:
        return self.library.port.fingerprint()

    def latest(self, kind: str, code: str) -> DocumentRef | None:
        """The newest version."""
        return self.published.newest.get((kind, code))

    def value(self, ref: DocumentRef) -> Any:
        """The parsed document of a version."""
        return self.library.value(self.conn, ref.kind, ref.code, ref.version)

    def whole(self, kind: str) -> Any:
        """The landlord's one document of a kind, () where there is none."""
        ref = self.latest(kind, WHOLE)
        return () if ref is None else self.value(ref)

    def packs(self) -> tuple[Pack, ...]:
        """The newest version of every pack, by code."""
        codes = sorted(self.published.pack_codes)
        return tuple(self.value(self.published.newest["pack", code]) for code in codes)

    def allocation(self) -> tuple[AllocationSet, int | None]:
        """The allocation set in force and its version."""
        ref = self.latest("allocation", WHOLE)
        return (self.value(ref), ref.version) if ref else (AllocationSet(rules=()), None)

    def pack_code(self, scheme: str, country: str, company: str | None) -> str:
        """The pack for a case: one of its company's, else the general one.

        Raises:
            UnknownName: there is none for the scheme, or none in the country.
        """
        codes = self.published.pack_codes
        schemes = {c.split(".")[0] for c in codes}
        if scheme not in schemes:
            raise UnknownName("scheme", scheme, schemes)
        general = f"{scheme}.{country}"
        for code in sorted(codes):
            if code.startswith(f"{general}.") and company in code.removeprefix(f"{general}.").split("+"):
                return code
        if general not in codes:
            countries = {c.split(".")[1] for c in codes if c.split(".")[0] == scheme}
            raise UnknownName("country", country, countries, f"for {scheme}")
        return general

    def calendars(self) -> dict[str, int]:
        """The newest version of every calendar."""
        return dict(self.published.calendars)

    def home(self) -> WorkingCalendar:
        """The landlord's default calendar as it is now; its zone is the landlord's."""
        return self.library.calendars(self.conn, self.calendars())[self.library.settings.default_calendar]

    def turn_roles(self) -> frozenset[str]:
        """Every role of which a rule chooses one officer: in turn, or by how many cases they have."""
        found = self.published.turn_roles
        if found is None:
            found = self.published.turn_roles = self._turn_roles()
        return found

    def _turn_roles(self) -> frozenset[str]:
        actions = [a for rule in self.allocation()[0].rules for a in rule.actions]
        actions += [a for version in self._escalation() for rule in version.rules for a in rule.actions]
        by_choice = ("round_robin", "least_open_cases")
        return frozenset(a.params["role"] for a in actions if a.params.get("strategy") in by_choice)

    def world(
        self, code: str, version: int | None = None, calendars: Mapping[str, int] | None = None
    ) -> World:
        """What a case with this pack is judged by; without pins the newest versions.

        A calendar that was published after a case was created is not pinned; it has the newest.
        """
        key = (code, version, tuple(calendars.items()) if calendars else (), self._plugins)
        found = self.published.worlds.get(key)
        if found is None:
            if len(self.published.worlds) >= _WORLDS:
                self.published.worlds.clear()
            found = self.published.worlds[key] = self._world(code, version, calendars)
        return found

    def _world(self, code: str, version: int | None, calendars: Mapping[str, int] | None) -> World:
        ref = self.latest("pack", code)
        if version is None and ref is not None:
            version = ref.version
        assert version is not None  # noqa: S101 - a case has its version, a new one a published pack
        pinned = self.calendars() | dict(calendars or {})
        following = self._following(code, version, pinned)
        stamp = (self.published.whole, self._plugins)
        key = (code, version, tuple(sorted(pinned.items())), following, stamp)
        return self.library.world(key, lambda: self._made(code, version, pinned, following))

    def world_of(self, state: CaseState, pack_version: int | None = None) -> World:
        """What a case is judged by: the pack and calendars it is pinned to, or another version."""
        code = state.pack or self.pack_code(state.scheme, state.country, state.company)
        return self.world(code, pack_version or state.pack_version, state.calendars)

    def _following(self, code: str, version: int, pinned: Mapping[str, int]) -> tuple[DocumentRef, ...]:
        """What a case with these pins follows next: all that was published at one instant."""
        followed = self.published.followed
        if not followed:
            return ()
        pins = {("pack", code): version} | {("calendar", name): pin for name, pin in pinned.items()}
        later = [r for r in followed if r.version > pins.get((r.kind, r.code), r.version)]
        soonest = min((r.published_at for r in later), default=None)
        return tuple(r for r in later if r.published_at == soonest)

    def move_to(self, state: CaseState, version: int, at: datetime) -> Move:
        """One case pinned to another version of its pack, by hand.

        Raises:
            InvalidArgument: there is no such version.
            NotAllowed: open cases were moved on from it.
        """
        world = self.world_of(state, version)
        if world.move is not None and version < state.pack_version:
            said = ", ".join(world.move.documents)
            raise NotAllowed(
                f"Open cases follow {said}. To go back, publish version {version} of the pack anew."
            )
        return Move(
            at=at,
            notify=True,
            documents=(f"pack {state.pack} {version}",),
            pack_version=version,
            calendars=dict(state.calendars),
            world=world,
        )

    def _move(
        self, code: str, version: int, pinned: Mapping[str, int], refs: tuple[DocumentRef, ...]
    ) -> Move | None:
        """From one world to the next; what belongs to the same publication is one move."""
        if not refs:
            return None
        last = refs[-1]
        newest = max((r.version for r in refs if r.kind == "pack"), default=version)
        calendars = {**pinned, **{r.code: r.version for r in refs if r.kind == "calendar"}}
        return Move(
            at=last.published_at,
            notify=any(r.live_cases == RECOMPUTE_AND_NOTIFY for r in refs),
            documents=tuple(f"{r.kind} {r.code} {r.version}" for r in refs),
            pack_version=newest,
            calendars=calendars,
            by=last.author,
            reason=last.reason,
            world=self.world(code, newest, calendars),
        )

    def _made(
        self, code: str, version: int, pinned: Mapping[str, int], following: tuple[DocumentRef, ...]
    ) -> World:
        library = self.library
        if library.settings.default_calendar not in pinned:
            raise UnknownName("calendar", library.settings.default_calendar, pinned, "published")
        pack: Pack = library.value(self.conn, "pack", code, version)
        attributes: tuple[Attribute, ...] = self.whole("attributes")
        templates: tuple[Template, ...] = self.whole("templates")
        return World(
            pack=pack,
            pack_version=version,
            calendars=library.calendars(self.conn, pinned),
            settings=library.settings,
            catalogue=with_names(library.catalogue(attributes), [pack]),
            escalation=self._escalation(),
            templates=templates,
            personal=frozenset(a.name for a in attributes if a.personal),
            in_letters={a.name: a.label for a in attributes if a.in_letters and not a.personal},
            move=self._move(code, version, pinned, following),
            host_variables={v.name: v for v in library.port.rule_variables()},
            defaults={a.name: a.default for a in attributes if a.default is not None},
        )

    def _escalation(self) -> tuple[EscalationVersion, ...]:
        refs = sorted((r for r in self.refs if r.kind == "escalation"), key=lambda r: r.version)
        found = []
        for ref in refs:
            rules: EscalationSet = self.value(ref)
            # Nothing in a database is older than its first version, so that one has no beginning.
            since = None if ref.version == 1 else ref.published_at
            found.append(
                EscalationVersion(
                    version=ref.version,
                    since=since,
                    rules=rules.rules,
                    include_open=ref.live_cases == RECOMPUTE_AND_NOTIFY,
                )
            )
        return tuple(found)

    def groups(self) -> tuple[Group, ...]:
        """The stakeholder groups."""
        return tuple(self.whole("groups"))
