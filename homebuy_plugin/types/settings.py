"""What the landlord sets once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from homebuy_plugin.types.mappings import empty

LiveCases = Literal["pin", "recompute", "recompute_and_notify"]
"""What open cases do with something new: keep what they have; move to it, and what is past by the
new dates is recorded, not sent; or move to it, and be told from now on of what is past."""

PIN: LiveCases = "pin"

RECOMPUTE: LiveCases = "recompute"

RECOMPUTE_AND_NOTIFY: LiveCases = "recompute_and_notify"

LIVE_CASES: tuple[LiveCases, ...] = (PIN, RECOMPUTE, RECOMPUTE_AND_NOTIFY)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How one landlord runs the package.

    Attributes:
        schema: database schema of the package's tables (PostgreSQL), or None.
        timezone: the landlord's zone; due dates are local dates in it.
        country: country of cases that do not say.
        default_calendar: calendar of clocks that do not say.
        default_group: group told when nobody else can be.
        batch: cases per transaction of a tick; None for 500 on PostgreSQL, 200 on SQLite.
        max_seconds: a tick starts no further batch after this many seconds.
        catch_up: what late rungs do that do not say: ``latest``, ``each`` or
            ``{"skip_older_than": {"value": 4, "unit": "hours"}}``.
        quiet_hours: whose notices wait for the opening hours of which calendar: ``user:ID``,
            a kind of recipient (``user``, ``role``, ``applicant``, ``contact``) or ``*`` for
            everybody, each with the code of a published calendar. Empty: at any hour.
        digest_at: local time such as ``"08:30"`` at which the notices of a day go to each
            recipient as one; None: each by itself.
        storm_limit: notices to one recipient within an hour; the rest is held and shown by
            ``status``. None: any number.

    Notices about statutory clocks, and those whose rule says ``"urgent": true``, wait for nothing.
    """

    schema: str | None = None
    timezone: str = "Europe/London"
    country: str = "england"
    default_calendar: str = "england_and_wales"
    default_group: str = "home_ownership"
    batch: int | None = None
    max_seconds: float = 50
    catch_up: str | Mapping[str, Any] = "latest"
    quiet_hours: Mapping[str, str] = field(default_factory=empty)
    digest_at: str | None = None
    storm_limit: int | None = None
