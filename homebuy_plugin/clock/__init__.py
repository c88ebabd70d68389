"""Dates and deadlines: working calendars, statutory and service periods, holds.

Pure: every instant is an argument. Instants are aware and returned in UTC; due dates
are local dates of a calendar's zone.
"""

from homebuy_plugin.clock.amber import amber_instant, amber_on, date_clock_amber, time_clock_amber
from homebuy_plugin.clock.calendar import WorkingCalendar
from homebuy_plugin.clock.counting import (
    COUNTINGS,
    TIME_UNITS,
    UNITS,
    Duration,
    Length,
    due_at,
    due_instant,
    due_on,
    nominal_days,
    nominal_working_days,
    nominally_shorter,
    seconds_of,
    shift_date,
)
from homebuy_plugin.clock.holds import (
    Interval,
    held_days,
    held_usual_days,
    held_working_days,
    held_working_seconds,
    merge,
    shift_due_at,
    shift_due_on,
)
from homebuy_plugin.clock.opening_hours import WEEKDAYS, Closure, Opening
from homebuy_plugin.clock.service import COUNTS, LANDS_ON, deemed_served_on, is_business_day

__all__ = [
    "COUNTINGS",
    "COUNTS",
    "LANDS_ON",
    "TIME_UNITS",
    "UNITS",
    "WEEKDAYS",
    "Closure",
    "Duration",
    "Interval",
    "Length",
    "Opening",
    "WorkingCalendar",
    "amber_instant",
    "amber_on",
    "date_clock_amber",
    "deemed_served_on",
    "due_at",
    "due_instant",
    "due_on",
    "held_days",
    "held_usual_days",
    "held_working_days",
    "held_working_seconds",
    "is_business_day",
    "merge",
    "nominal_days",
    "nominal_working_days",
    "nominally_shorter",
    "seconds_of",
    "shift_date",
    "shift_due_at",
    "shift_due_on",
    "time_clock_amber",
]
