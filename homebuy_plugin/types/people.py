"""The people of a case: who applies, who is told, who works on it."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Applicant:
    """A person who applies. ``id`` is the host's."""

    name: str
    id: str = ""
    address: str = ""
    language: str = "en"


@dataclass(frozen=True, kw_only=True)
class Contact:
    """Somebody a notice goes to.

    Attributes:
        kind: ``user``, ``role``, ``applicant`` or ``contact``.
        calendar: code of the calendar in whose hours they may be told, where
            ``Settings.quiet_hours`` is used; "" for the one it names.
    """

    id: str
    kind: str = "contact"
    name: str = ""
    address: str = ""
    language: str = "en"
    calendar: str = ""


@dataclass(frozen=True, kw_only=True)
class Officer:
    """A user or a role of the landlord.

    Attributes:
        capacity: how many open cases rules may give this user at most; None for what the package's
            own table says. It is read of the answers of ``homebuy_officers_in_role``.
    """

    id: str
    kind: Literal["user", "role"] = "user"
    name: str = ""
    capacity: int | None = None

    @property
    def key(self) -> str:
        """``kind:id``, as rules write it."""
        return f"{self.kind}:{self.id}"
