"""The sample landlord with the shipped documents and its officers, on a database or in play."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Engine

from homebuy_plugin import CaseChange, CaseOutcome, HomeBuy, TaskChange
from homebuy_plugin.demo.landlord import officers
from homebuy_plugin.store import directory
from homebuy_plugin.store.transactions import writing
from homebuy_plugin.testing.small_landlord import SmallLandlord
from homebuy_plugin.testing.worlds import PlayedCase, new_case, shipped_world
from homebuy_plugin.types import CaseFacts

SERVED = date(2026, 11, 2)
GO_LIVE = datetime(2024, 1, 8, 9, tzinfo=UTC)


def at(text: str) -> datetime:
    """An instant in UTC; ten in the morning unless it says."""
    return datetime.fromisoformat(text if "T" in text else f"{text}T10:00").replace(tzinfo=UTC)


def northbrook(engine: Engine) -> None:
    """The shipped documents, published long ago, and the sample landlord's officers."""
    hb = HomeBuy.create(engine, entry_points=False)
    hb.upgrade(now=GO_LIVE)
    with writing(engine) as conn:
        directory.import_landlord(conn, officers())


class Northbrook(SmallLandlord):
    """The sample landlord, with short ways to say what happens."""

    def claim(self, served: date | None = SERVED, now: str = "", **fields: Any) -> CaseOutcome:
        """A Right to Buy claim for a house, unless told otherwise."""
        given = {"scheme": "right_to_buy", "creator": "p.shah", "facts": {"property_type": "house"}, **fields}
        when = at(now) if now else at(f"{served or SERVED}")
        return self.create(now=when, served_on=served, **given)

    def done(self, now: str, *tasks: str, **arguments: Any) -> CaseOutcome:
        """Tasks are completed, one after another."""
        for task in tasks:
            outcome = self.task(task, TaskChange.complete(by="p.shah", **arguments), at(now))
        return outcome

    def record(self, now: str, event: str, **arguments: Any) -> CaseOutcome:
        """Something happened to the case."""
        return self.update(CaseChange.record(event, **arguments), at(now))

    def look(self, now: str) -> CaseOutcome:
        """The case as it now stands: what fell due is decided, nothing is changed."""
        return self.update(CaseChange.update({}), at(now))

    def letters(self, *templates: str) -> list[tuple[str, str]]:
        """Template and recipient of what was handed over."""
        return [(n.template, n.recipient.id) for n in self.host.notices if n.template in templates]

    def decisions(self, task: str, code: str) -> list[tuple[str, str, str]]:
        """Rule, outcome and instant of the rungs of a task's clock, as last decided, in order of instant."""
        last = {
            (e.data["run"], e.data["rule"], e.data["anchor"], e.data["occurrence"]): e.data
            for e in self.events()
            if e.kind == "rung_decided" and (e.data["subject"], e.data["clock"]) == (f"task:{task}", code)
        }
        found = [(d["rule"], d["outcome"], d["instant"]) for d in last.values()]
        return sorted(found, key=lambda each: each[2])


def clock(outcome: CaseOutcome, code: str) -> Any:
    """The latest clock of a code, of a task or of a stage."""
    held = [c for stage in outcome.stages for c in stage.clocks]
    held += [c for task in outcome.tasks for c in task.clocks]
    return [c for c in held if c.code == code][-1]


def play(facts: Mapping[str, Any] | None = None, served: date = SERVED) -> PlayedCase:
    """A Right to Buy claim without a database."""
    given = CaseFacts(reference="HB-1", scheme="right_to_buy", served_on=served, facts=facts or {})
    return new_case(shipped_world(), given, at(f"{served}"))


def offered(case: PlayedCase) -> None:
    """Admitted on 20 November 2026, offer served on 11 January 2027."""
    case.complete("serve_rtb2", at=at("2026-11-20"), facts={"eligibility_decision": "admit"})
    case.complete("serve_section_125_notice", at=at("2027-01-11"))
