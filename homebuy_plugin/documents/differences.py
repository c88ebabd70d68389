"""What differs between two versions of a document, in words.

Things are matched by what they are called (the code of a stage, the id of a rule, the date of a
holiday), so that a rule moved to another file, or a key written in another order, is no difference.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from homebuy_plugin.documents.durations import words
from homebuy_plugin.documents.model import Duration
from homebuy_plugin.documents.values import from_json, to_json
from homebuy_plugin.engine.catalogue import Catalogue
from homebuy_plugin.engine.conditions import compile_conditions
from homebuy_plugin.engine.phrases import describe
from homebuy_plugin.exceptions import InvalidDocument

Raw = Mapping[str, Any]

_CALLED: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "stages": ("stage", ("code",)),
    "tasks": ("task", ("code",)),
    "clocks": ("clock", ("code",)),
    "amber": ("warning", ("name",)),
    "next": ("way to", ("stage",)),
    "events": ("event", ("code",)),
    "outcomes": ("outcome", ("code",)),
    "rules": ("rule", ("id",)),
    "tests": ("test", ("name",)),
    "templates": ("letter", ("id", "language", "channel")),
    "groups": ("group", ("id",)),
    "members": ("member", ("kind", "id", "effective_from")),
    "attributes": ("fact", ("name",)),
    "holidays": ("holiday", ("date",)),
    "closures": ("closure", ("date", "from")),
    "openings": ("opening", ("date", "from")),
    "service": ("way of sending", ("method",)),
}
"""Lists of named things: what one is called, and the keys that tell them apart."""
_ORDERED = frozenset({"stages", "next"})
"""Lists whose order means something: the first that fits is taken."""
_CONDITIONS = frozenset({"when", "conditions"})
_SHORT = 160
"""Letters of a text that are shown."""


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One thing that differs.

    Attributes:
        sign: ``+`` is new, ``-`` is gone, ``~`` differs.
        what: where it is: ``("rule “rtb2-overdue”", "after")``.
        before, after: in words; "" where there is none.
    """

    sign: str
    what: tuple[str, ...]
    before: str = ""
    after: str = ""

    @property
    def text(self) -> str:
        """In one line: ``~ task “x”, clock “y”, period: 3 working days, was 5 working days``."""
        place = ", ".join(self.what)
        if self.sign == "~":
            return f"~ {place}: {self.after or 'none'}, was {self.before or 'none'}"
        said = self.after or self.before
        return f"{self.sign} {place}{f': {said}' if said else ''}"


def differences(
    kind: str, before: Raw | None, after: Raw | None, catalogue: Catalogue
) -> tuple[Difference, ...]:
    """What differs between two sound documents of a kind; None for one that is not there.

    Args:
        kind: as in :data:`~homebuy_plugin.documents.formats.FORMATS`.
        before: the one in force.
        after: the one that would be.
        catalogue: to say conditions in words.
    """
    old, new = (_plain(kind, raw) for raw in (before, after))
    return tuple(_of_objects(old, new, (), catalogue))


def _plain(kind: str, raw: Raw | None) -> Raw:
    """As the document would be written by us: every default and every short form spelt out."""
    if raw is None:
        return {}
    return {k: v for k, v in to_json(kind, from_json(kind, raw), whole=True).items() if k != "format"}


def _of_objects(old: Raw, new: Raw, at: tuple[str, ...], catalogue: Catalogue) -> Iterator[Difference]:
    for key in dict.fromkeys((*old, *new)):
        before, after = old.get(key), new.get(key)
        if before == after:
            continue
        if key in _CALLED:
            yield from _of_lists(key, before or (), after or (), at, catalogue)
        elif isinstance(before, Mapping) and isinstance(after, Mapping) and not _is_leaf(key, before):
            yield from _of_objects(before, after, (*at, _spoken(key)), catalogue)
        else:
            said = (_said(key, value, catalogue) for value in (before, after))
            yield Difference(sign="~", what=(*at, _spoken(key)), before=next(said), after=next(said))


def _of_lists(
    key: str, old: Sequence[Raw], new: Sequence[Raw], at: tuple[str, ...], catalogue: Catalogue
) -> Iterator[Difference]:
    noun, names = _CALLED[key]
    before, after = ({_identity(each, names): each for each in entries} for entries in (old, new))
    for identity in dict.fromkeys((*before, *after)):
        place = (*at, f"{noun} “{identity}”")
        if identity not in after:
            yield Difference(sign="-", what=place, before=_title(before[identity]))
        elif identity not in before:
            yield Difference(sign="+", what=place, after=_title(after[identity]))
        else:
            yield from _of_objects(before[identity], after[identity], place, catalogue)
    stayed = [i for i in before if i in after], [i for i in after if i in before]
    if key in _ORDERED and stayed[0] != stayed[1]:
        yield Difference(
            sign="~", what=(*at, f"order of {key}"), before=", ".join(stayed[0]), after=", ".join(stayed[1])
        )


def _identity(entry: Raw, names: Sequence[str]) -> str:
    return " ".join(str(entry[name]) for name in names if entry.get(name) is not None)


def _title(entry: Raw) -> str:
    return str(entry.get("name") or entry.get("label") or entry.get("subject") or "")


def _is_leaf(key: str, value: Raw) -> bool:
    return key in _CONDITIONS or set(value) == {"value", "unit"}


def _spoken(key: str) -> str:
    return key.replace("_", " ")


def _said(key: str, value: Any, catalogue: Catalogue) -> str:
    """A value in words."""
    if value is None or value == () or value == []:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return _said_object(key, value, catalogue)
    if isinstance(value, list | tuple):
        joined = "; " if any(isinstance(each, Mapping) for each in value) else ", "
        return _short(joined.join(_said(key, each, catalogue) for each in value))
    return _short(str(value))


def _said_object(key: str, value: Raw, catalogue: Catalogue) -> str:
    if key in _CONDITIONS:
        return _conditions(value, catalogue)
    if {"value", "unit"} <= set(value):
        length = words(Duration(value=value["value"], unit=value["unit"]))
        return f"{length} if {_conditions(value['when'], catalogue)}" if value.get("when") else length
    if "params" in value or set(value) == {"name"}:
        return f"{_spoken(value['name'])} ({_pairs(value.get('params', {}), catalogue)})".removesuffix(" ()")
    return _pairs(value, catalogue)


def _pairs(value: Raw, catalogue: Catalogue) -> str:
    return ", ".join(f"{_spoken(k)} {_said(k, v, catalogue)}" for k, v in value.items())


def _conditions(raw: Raw, catalogue: Catalogue) -> str:
    try:
        return describe(compile_conditions(raw, catalogue), catalogue)
    except InvalidDocument:  # it names what is not there any more
        return _short(str(dict(raw)))


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SHORT else f"{line[: _SHORT - 2]} …"
