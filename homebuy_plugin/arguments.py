"""What hosts pass, refused before anything is done with it."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from homebuy_plugin.clock.counting import UNITS
from homebuy_plugin.exceptions import InvalidArgument, NaiveDatetime, UnknownName
from homebuy_plugin.types import (
    LIVE_CASES,
    PIN,
    Applicant,
    CaseChange,
    CaseFacts,
    Change,
    Officer,
    Settings,
    TaskChange,
)

_LONGEST = 200


def check_now(now: object) -> None:
    """Refuse anything that is neither an instant nor None.

    Raises:
        NaiveDatetime: a datetime without a time zone.
    """
    if now is None:
        return
    if not isinstance(now, datetime):
        raise InvalidArgument(f"now is an aware datetime or None, not {now!r}.")
    if now.utcoffset() is None:
        raise NaiveDatetime("now")


def check_live_cases(policy: object) -> None:
    """Refuse anything that open cases cannot do with something new."""
    if policy not in LIVE_CASES:
        raise InvalidArgument(f"live_cases is one of {', '.join(LIVE_CASES)}, not {policy!r}.")


def check_publication(author: object, reason: object, live_cases: object) -> None:
    """Refuse a publication that does not say who and why, or what open cases do."""
    _text("author", author)
    _storable("reason", reason)
    if not str(reason).strip():
        raise InvalidArgument("reason must be a text that is not empty: why is this published?")
    check_live_cases(live_cases)


def check_moving(policy: object) -> None:
    """Refuse anything with which open cases would not move."""
    check_live_cases(policy)
    if policy == PIN:
        raise InvalidArgument("live_cases is recompute or recompute_and_notify: with pin nothing moves.")


def check_reference(reference: object) -> None:
    """Refuse anything that no case can be called."""
    _text("reference", reference)


def check_by(by: object) -> None:
    """Refuse anything that is neither the id of a user nor None."""
    if by is not None:
        _text("by", by)


def check_officer(officer: object, name: str = "officer") -> None:
    """Refuse anything but the id of a user, or None where ``by`` may be the system."""
    if officer is None and name == "by":
        return
    _text(name, officer)
    if str(officer).startswith(("user:", "role:")):
        raise InvalidArgument(f"{name} is the id of a user alone, like 'p.shah', not {officer!r}.")


def check_case(facts: object) -> None:
    """Refuse facts of a new case that cannot be kept; names of facts are looked up later."""
    if not isinstance(facts, CaseFacts):
        raise InvalidArgument(f"A CaseFacts is needed, not {facts!r}.")
    for name in ("reference", "scheme", "country"):
        _text(name, getattr(facts, name))
    for name in ("company", "creator"):
        if getattr(facts, name) is not None:
            _text(name, getattr(facts, name))
    served = facts.served_on
    if served is not None and (isinstance(served, datetime) or not isinstance(served, date)):
        raise InvalidArgument(f"served_on must be a local date (datetime.date) or None, not {served!r}.")
    _check_live_from(facts.live_from)
    _check_link(facts)
    check_applicants(facts.applicants)
    _mapping("facts", facts.facts)


def _check_live_from(value: object) -> None:
    if value is None:
        return
    if not isinstance(value, datetime):
        raise InvalidArgument(f"live_from is an aware datetime or None, not {value!r}.")
    if value.utcoffset() is None:
        raise NaiveDatetime("live_from")


def _check_link(facts: CaseFacts) -> None:
    if facts.linked_to is None:
        return
    _text("linked_to", facts.linked_to)
    if facts.linked_to == facts.reference:
        raise InvalidArgument("linked_to is the reference of another case, not of the one created.")


def check_applicants(applicants: object) -> None:
    """Refuse anything but a tuple or list of applicants, each with an id of their own or none."""
    if not isinstance(applicants, tuple | list) or not all(isinstance(a, Applicant) for a in applicants):
        raise InvalidArgument(f"applicants must be a tuple of Applicant, not {applicants!r}.")
    for each in applicants:
        for name in ("name", "id", "address", "language"):
            _storable(f"{name} of an applicant", getattr(each, name))
    ids = [each.id for each in applicants if each.id]
    twice = sorted({i for i in ids if ids.count(i) > 1})
    if twice:
        raise InvalidArgument(
            f"More than one of the applicants has the id {twice[0]!r}. Give each an id of their own."
        )


def check_change(change: object, kind: type[CaseChange] | type[TaskChange], example: str) -> None:
    """Refuse anything but a change of this kind, and texts that cannot be kept."""
    if not isinstance(change, kind):
        raise InvalidArgument(f"A {kind.__name__} is needed, for example {example}, not {change!r}.")
    _check_change(change, kind)


def _check_change(change: Change, kind: type[Change]) -> None:
    known = [name for name in vars(kind) if not name.startswith("_")]
    if change.action not in known:
        raise UnknownName(f"{kind.__name__}", change.action, known)
    check_by(change.by)
    _storable("note", change.note)
    if change.action in ("revise", "extend") and change.data.get("due_on") is None:
        raise InvalidArgument("due_on must be a local date (datetime.date), not None.")
    if change.action == "plan" and change.data.get("start_on") is change.data.get("due_on") is None:
        raise InvalidArgument("plan names start_on, due_on or both; neither was given.")
    _mapping("facts", change.data.get("facts") or {})
    for name in ("reason", "late_reason", "owner", "owners", "manager"):
        _check_names(name, change.data.get(name))
    _check_fields(change.data.get("fields", {}))


def _check_names(name: str, value: object) -> None:
    """Free texts, and officers given by id or as values; other types are refused where they are used."""
    for each in value if isinstance(value, list | tuple) else (value,):
        if isinstance(each, Officer):
            _text(f"id of {name}", each.id)
        elif isinstance(each, str) and name in ("owner", "owners", "manager"):
            _text(name, each)
        elif each is not None:
            _storable(name, each)


def _check_fields(fields: Mapping[str, Any]) -> None:
    for name in ("company", "creator", "country"):
        if fields.get(name) is not None:
            _text(name, fields[name])
    if "applicants" in fields:
        check_applicants(fields["applicants"] or ())
    _check_live_from(fields.get("live_from"))


def _text(name: str, value: object) -> None:
    if not isinstance(value, str) or not value.strip():
        raise InvalidArgument(f"{name} must be a text that is not empty, not {value!r}.")
    if len(value) > _LONGEST:
        raise InvalidArgument(f"{name} is longer than {_LONGEST} characters.")
    _storable(name, value)


def _storable(name: str, value: object) -> None:
    if not isinstance(value, str):
        raise InvalidArgument(f"{name} must be a text, not {value!r}.")
    if "\0" in value:
        raise InvalidArgument(f"{name} contains a NUL character, which no database keeps.")


def _mapping(name: str, value: Any) -> None:
    if not isinstance(value, Mapping):
        raise InvalidArgument(f"{name} must be a mapping of names to values, not {value!r}.")
    for key, each in value.items():
        for part in each if isinstance(each, list | tuple) else (each,):
            if isinstance(part, str):
                _storable(f"{name}[{key!r}]", part)


def check_settings(settings: object) -> None:
    """Refuse settings that cannot be followed."""
    if not isinstance(settings, Settings):
        raise InvalidArgument(f"settings is a Settings or None, not {settings!r}.")
    for name in ("timezone", "country", "default_calendar", "default_group"):
        _text(f"Settings.{name}", getattr(settings, name))
    try:
        ZoneInfo(settings.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidArgument(f"Settings.timezone {settings.timezone!r} is no time zone.") from None
    if settings.batch is not None and not _is_whole(settings.batch):
        raise InvalidArgument(
            f"Settings.batch is None or a number of cases from 1 up, not {settings.batch!r}."
        )
    if not _is_seconds(settings.max_seconds):
        raise InvalidArgument(f"Settings.max_seconds is a number of seconds, not {settings.max_seconds!r}.")
    if not _is_catch_up(settings.catch_up):
        raise InvalidArgument(
            'Settings.catch_up is "latest", "each" or {"skip_older_than": {"value": 4, "unit": "hours"}}, '
            f"not {settings.catch_up!r}."
        )
    _check_delivery(settings)


def _check_delivery(settings: Settings) -> None:
    hours: Any = settings.quiet_hours
    if not isinstance(hours, Mapping) or not all(_is_recipient(k) and _is_name(v) for k, v in hours.items()):
        raise InvalidArgument(
            'Settings.quiet_hours is a mapping of "user:ID", "user", "role", "applicant", "contact" or "*" '
            f"to the code of a calendar, not {hours!r}."
        )
    if settings.digest_at is not None and not _is_local_time(settings.digest_at):
        raise InvalidArgument(
            f'Settings.digest_at is None or a local time such as "08:30", not {settings.digest_at!r}.'
        )
    if settings.storm_limit is not None and not _is_whole(settings.storm_limit):
        raise InvalidArgument(
            f"Settings.storm_limit is None or a number of notices from 1 up, not {settings.storm_limit!r}."
        )


def _is_recipient(key: object) -> bool:
    kinds = ("user", "role", "applicant", "contact")
    return isinstance(key, str) and (key == "*" or key in kinds or key.partition(":")[0] in kinds)


def _is_name(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _is_local_time(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value) is not None


def _is_catch_up(value: object) -> bool:
    if not isinstance(value, Mapping):
        return value in ("latest", "each")
    length = value.get("skip_older_than")
    if len(value) != 1 or not isinstance(length, Mapping) or set(length) != {"value", "unit"}:
        return False
    return _is_whole(length["value"]) and length["unit"] in UNITS


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _is_seconds(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0
