"""What the host knows of a case."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from homebuy_plugin.types.mappings import empty
from homebuy_plugin.types.people import Applicant

FactValue = str | int | float | bool | date | tuple[str, ...] | list[str] | None
"""A fact: a scalar or a list of strings; ``None`` clears it."""


@dataclass(frozen=True, kw_only=True)
class CaseFacts:
    """What the host knows of a new case.

    Attributes:
        reference: the host's own, unique for ever.
        scheme: ``right_to_buy``, ``right_to_acquire``, ``social_homebuy`` or a host's own.
        served_on: local date the tenant's notice was served (Housing Act 1985 s.122);
            None while unknown.
        creator: id of the user who created the case.
        linked_to: reference of an earlier case that this one continues: under another scheme, or
            claimed anew. It must exist; its clocks are never taken over, so ``served_on`` is the
            date of the new notice.
        live_from: aware instant from which the case is run here, for one brought in while open;
            never later than now, or dates set by law would pass in silence until then.
            What fell due before is recorded as ``before_go_live``: nothing is sent, nothing is
            done. None: from its creation on, and what is past by ``served_on`` falls due at once.
        facts: names of the attribute dictionary with scalars or lists of strings.
    """

    reference: str
    scheme: str
    country: str = "england"
    company: str | None = None
    served_on: date | None = None
    creator: str | None = None
    applicants: tuple[Applicant, ...] = ()
    linked_to: str | None = None
    live_from: datetime | None = None
    facts: Mapping[str, Any] = field(default_factory=empty)
