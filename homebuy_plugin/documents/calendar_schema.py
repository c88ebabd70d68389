"""The format ``homebuy.calendar/1``: when the landlord is open."""

from collections.abc import Iterator
from typing import Any, ClassVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from homebuy_plugin.clock import COUNTS, LANDS_ON, WEEKDAYS
from homebuy_plugin.documents.diagnostics import Diagnostic, problem
from homebuy_plugin.documents.fields import IsoDate, Listed, Mapped, Matching, OneOf, Slug, Text, Whole
from homebuy_plugin.documents.pack_schema import FileSchema, LegalBasisSchema
from homebuy_plugin.documents.strict import Check, Inside, Sound, StrictSchema
from homebuy_plugin.engine.diagnostics import quoted

TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00"


def _time(**kwargs: Any) -> Matching:
    return Matching(TIME, "a time of day", "09:00", **kwargs)


def _ends_after_start(found: Sound) -> Iterator[Diagnostic]:
    start, end = found.get("from"), found.get("to")
    if (start is None) != (end is None):
        yield problem("HB402", "“from” and “to” come together.", "Leave both out for a whole day.")
    elif start is not None and end is not None and end <= start:
        yield problem("HB402", f"It ends at {end}, not after it starts at {start}.", "", "/to")


class HolidaySchema(StrictSchema):
    """A bank holiday."""

    what = "a holiday"
    date = IsoDate(required=True)
    name = Text(most=200)


class ClosureSchema(StrictSchema):
    """A day, or part of one, closed."""

    what = "a closure"
    also: ClassVar[tuple[Check, ...]] = (_ends_after_start,)
    date = IsoDate(required=True)
    start = _time(data_key="from")
    end = _time(data_key="to")
    name = Text(most=200)


class OpeningSchema(StrictSchema):
    """Extra hours."""

    what = "an opening"
    also: ClassVar[tuple[Check, ...]] = (_ends_after_start,)
    date = IsoDate(required=True)
    start = _time(data_key="from", required=True)
    end = _time(data_key="to", required=True)
    name = Text(most=200)


def _hours_are_possible(found: Sound) -> Iterator[Diagnostic]:
    hours = found.get("hours")
    if hours is None:
        return
    for day, intervals in hours.items():
        before = "00:00"
        for index, (start, end) in enumerate(intervals):
            if end <= start:
                yield problem(
                    "HB402", f"It ends at {end}, not after it starts at {start}.", "", f"/hours/{day}/{index}"
                )
            elif start < before:
                message = f"It starts at {start}, before the one in front of it ends ({before})."
                yield problem("HB403", message, "", f"/hours/{day}/{index}")
            before = max(before, end)
    if not any(hours.values()):
        yield problem("HB401", "This calendar is never open; no deadline could be counted.", "", "/hours")


def _zone_exists(found: Sound) -> Iterator[Diagnostic]:
    zone = found.get("timezone")
    if zone is None:
        return
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield problem(
            "HB404", f"There is no time zone {quoted(zone)}.", 'For example "Europe/London".', "/timezone"
        )


def _dates_differ(found: Sound) -> Iterator[Diagnostic]:
    seen: set[str] = set()
    for index, holiday in enumerate(found.get("holidays") or ()):
        if holiday["date"] in seen:
            yield problem("HB405", f"{holiday['date']} is a holiday twice.", "", f"/holidays/{index}")
        seen.add(holiday["date"])


class ServiceMethodSchema(StrictSchema):
    """A way of sending documents."""

    what = "a way of sending"
    method = Slug(required=True)
    name = Text(most=200)
    after = Whole(required=True, least=0, most=100)
    counts = OneOf(COUNTS)
    lands_on = OneOf(LANDS_ON)
    legal_basis = Inside(LegalBasisSchema, required=True)


def _methods_differ(found: Sound) -> Iterator[Diagnostic]:
    seen: set[str] = set()
    for index, way in enumerate(found.get("service") or ()):
        if way["method"] in seen:
            message = f"The way of sending “{way['method']}” is there twice."
            yield problem("HB408", message, "", f"/service/{index}/method")
        seen.add(way["method"])


class CalendarSchema(FileSchema):
    """A calendar."""

    what = "a calendar"
    also: ClassVar[tuple[Check, ...]] = (
        _hours_are_possible,
        _zone_exists,
        _dates_differ,
        _methods_differ,
    )
    id = Slug(required=True)
    name = Text(most=200)
    timezone = Text(least=1, most=64)
    region = Text(most=64)
    hours = Mapped(OneOf(WEEKDAYS), Listed(Listed(_time(), least=2, most=2), most=12), required=True)
    holidays = Listed(Inside(HolidaySchema), most=2_000)
    closures = Listed(Inside(ClosureSchema), most=2_000)
    openings = Listed(Inside(OpeningSchema), most=2_000)
    service = Listed(Inside(ServiceMethodSchema), most=50)
