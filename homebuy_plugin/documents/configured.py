"""Everything a landlord maintains, as typed values, and back to the files that say it."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from homebuy_plugin.documents.formats import document_key
from homebuy_plugin.documents.model import (
    AllocationSet,
    Attribute,
    CalendarDef,
    EscalationSet,
    Group,
    Pack,
    Published,
    Template,
)
from homebuy_plugin.documents.slas import Sla, slas
from homebuy_plugin.documents.values import to_json
from homebuy_plugin.exceptions import InvalidArgument, UnknownName

_KINDS: Mapping[type, str] = {
    Pack: "pack",
    AllocationSet: "allocation",
    EscalationSet: "escalation",
    CalendarDef: "calendar",
}
_LISTS: Mapping[type, str] = {Template: "templates", Group: "groups", Attribute: "attributes"}


@dataclass(frozen=True, kw_only=True)
class Configured:
    """What is in force.

    Attributes:
        versions: ``kind code`` to the number of the version.
    """

    packs: tuple[Pack, ...] = ()
    allocation: AllocationSet = field(default_factory=lambda: AllocationSet(rules=()))
    escalation: EscalationSet = field(default_factory=lambda: EscalationSet(rules=()))
    templates: tuple[Template, ...] = ()
    groups: tuple[Group, ...] = ()
    calendars: tuple[CalendarDef, ...] = ()
    attributes: tuple[Attribute, ...] = ()
    versions: Mapping[str, int] = field(default_factory=dict)

    def pack(self, scheme: str, country: str = "england", company: str | None = None) -> Pack:
        """The pack of a scheme: that of the company where it has its own, else the general one.

        Raises:
            UnknownName: there is none.
        """
        found = [p for p in self.packs if (p.scheme, p.country) == (scheme, country)]
        own = [p for p in found if company in p.companies]
        for each in own or [p for p in found if not p.companies]:
            return each
        raise UnknownName("pack", f"{scheme}.{country}", [document_key("pack", vars(p)) for p in self.packs])

    def calendar(self, code: str) -> CalendarDef:
        """The calendar of this code.

        Raises:
            UnknownName: there is none.
        """
        known = {each.id: each for each in self.calendars}
        if code not in known:
            raise UnknownName("calendar", code, known, "published")
        return known[code]

    def group(self, code: str) -> Group:
        """The group of this code.

        Raises:
            UnknownName: there is none.
        """
        known = {each.id: each for each in self.groups}
        if code not in known:
            raise UnknownName("group", code, known, "published")
        return known[code]

    def slas(self, scheme: str, country: str = "england", company: str | None = None) -> tuple[Sla, ...]:
        """Every target of a scheme with the rules that warn of it, tell that it was missed, and follow on.

        Raises:
            UnknownName: there is no such pack.
        """
        return tuple(slas(self.pack(scheme, country, company), self.escalation.rules))


def texts_of(values: Iterable[Published]) -> dict[str, str]:
    """The files that say these values, as ``publish`` takes them.

    Args:
        values: packs, rule sets, calendars; and tuples of templates, groups or attributes, which
            replace the whole of their kind.

    Raises:
        InvalidArgument: a value that no document holds, or two documents of one kind and code.
    """
    found: dict[str, str] = {}
    for value in values:
        kind = _kind_of(value)
        raw = to_json(kind, value)
        name = f"{kind} {document_key(kind, raw)}"
        if name in found:
            raise InvalidArgument(f"{name} is given twice.")
        found[name] = json.dumps(raw, ensure_ascii=False, indent=2)
    return found


def _kind_of(value: object) -> str:
    if isinstance(value, tuple | list) and value:
        kinds = {_LISTS.get(type(each)) for each in value}
        kind = kinds.pop() if len(kinds) == 1 else None
    else:
        kind = _KINDS.get(type(value))
    if kind is None:
        what = (
            "a Pack, AllocationSet, EscalationSet or CalendarDef, or a tuple of Template, Group or Attribute"
        )
        raise InvalidArgument(f"What is published is {what}, not {value!r:.80}.")
    return kind
