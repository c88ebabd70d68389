"""Companies and effective dates within a pack: what can be together, and what could never be."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from homebuy_plugin.documents.diagnostics import Diagnostic, problem
from homebuy_plugin.documents.model import Pack


class Reaching(Protocol):
    """A part of a pack that may be for some companies and some dates only."""

    @property
    def companies(self) -> tuple[str, ...]:
        """Empty for all."""

    @property
    def effective_from(self) -> date | None:
        """The first day, or None."""

    @property
    def effective_to(self) -> date | None:
        """The first day no more, or None."""


def at_once(one: Reaching, other: Reaching) -> bool:
    """Whether one case could have both: companies in common, and a day."""
    return _share_companies(one, other) and _share_days(one, other)


def _share_companies(one: Reaching, other: Reaching) -> bool:
    return not one.companies or not other.companies or bool(set(one.companies) & set(other.companies))


def _share_days(one: Reaching, other: Reaching) -> bool:
    return _before(one.effective_from, other.effective_to) and _before(other.effective_from, one.effective_to)


def _before(start: date | None, end: date | None) -> bool:
    return start is None or end is None or start < end


@dataclass(frozen=True)
class _Whole:
    """A pack as something that reaches: its companies, at any time."""

    companies: tuple[str, ...]
    effective_from: date | None = None
    effective_to: date | None = None


def check_reach(pack: Pack) -> Iterator[Diagnostic]:
    """What no case could ever have, because what carries it is for others."""
    for pointer, part, what, carriers in _parts(pack):
        for carrier, name in carriers:
            if not _share_companies(part, carrier):
                message = f"This {what} is for {_listed(part)}, and {name} is for {_listed(carrier)} only."
                yield problem("HB235", message, "No case would ever have it.", f"{pointer}/companies")
            elif not _share_days(part, carrier):
                key = "effective_to" if part.effective_to and carrier.effective_from else "effective_from"
                message = f"This {what} and {name} are never in force on the same day."
                yield problem("HB236", message, "No case would ever have it.", f"{pointer}/{key}")
            else:
                continue
            break
    yield from _law_is_for_all(pack)


def _parts(pack: Pack) -> Iterator[tuple[str, Reaching, str, list[tuple[Reaching, str]]]]:
    """Every stage, task and clock with its pointer and what carries it, the nearest first."""
    whole: list[tuple[Reaching, str]] = [(_Whole(pack.companies), "this pack")]
    for at, stage in enumerate(pack.stages):
        place = f"/stages/{at}"
        yield place, stage, "stage", whole
        within: list[tuple[Reaching, str]] = [(stage, f"the stage “{stage.code}”"), *whole]
        for index, clock in enumerate(stage.clocks):
            yield f"{place}/clocks/{index}", clock, "clock", within
        for number, task in enumerate(stage.tasks):
            yield f"{place}/tasks/{number}", task, "task", within
            around = [(task, f"the task “{task.code}”"), *within]
            for index, clock in enumerate(task.clocks):
                yield f"{place}/tasks/{number}/clocks/{index}", clock, "clock", around


def _law_is_for_all(pack: Pack) -> Iterator[Diagnostic]:
    for at, stage in enumerate(pack.stages):
        for number, task in enumerate(stage.tasks):
            for index, clock in enumerate(task.clocks):
                if clock.kind == "statutory" and clock.companies:
                    message = "The law is the same for every company; this clock of the law is for some."
                    place = f"/stages/{at}/tasks/{number}/clocks/{index}/companies"
                    yield problem("HB237", message, "Leave “companies” out.", place)


def _listed(part: Reaching) -> str:
    return ", ".join(part.companies)
