"""How ``homebuy rules why`` is told."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import click

from homebuy_plugin.cli.talk import coloured, columns
from homebuy_plugin.insight.upcoming import Upcoming
from homebuy_plugin.insight.why import Considered, Deadline, Escalation, Explanation
from homebuy_plugin.insight.wording import (
    listed,
    notice_state,
    scheme_name,
    spell_date,
    spell_instant,
)

_TICKS = {"true": "✓", "false": "✗", "unknown": "?"}
_OUTCOMES = {
    "fired": "fired",
    "not_fired": "did not fire",
    "collapsed": "fired, and a later one spoke for it",
    "carried": "carried over from the dates before",
    "before_go_live": "fell due before go-live: on record, nobody told",
    "errored": "could not be evaluated",
}
_NEXT = 6
_LATE = timedelta(minutes=5)


def told(found: Explanation, timezone: str) -> Iterator[str]:
    """The whole explanation as lines; where it is about one rule, only what that has to do with."""
    zone = ZoneInfo(timezone)
    yield from _head(found)
    if found.only != "escalation":
        yield from _owner(found)
    if found.only == "allocation":
        return
    if not found.only:
        yield from _deadlines(found)
    yield from _escalations(found, zone)
    yield from _next(found, zone)


def _title(text: str) -> Iterator[str]:
    yield ""
    yield click.style(text, bold=True)


def _head(found: Explanation) -> Iterator[str]:
    case = found.case
    yield click.style(f"Case {case.reference}   {scheme_name(case.scheme)}", bold=True)
    served = f"notice served {spell_date(found.served_on)}" if found.served_on else "date of service unknown"
    people = listed((a.name for a in found.applicants), "nobody named")
    yield f"  {people}; {served}; {case.status.replace('_', ' ')}"
    stages = [s.name for s in case.stages if s.status == "open"]
    yield f"  Stage: {listed(stages, 'none open')}" + (
        f"; escalated to level {case.level}" if case.level else ""
    )


def _owner(found: Explanation) -> Iterator[str]:
    yield from _title("Who owns it, and why")
    owners = listed((o.name or o.id for o in found.case.owners), "Nobody yet")
    manager = found.case.manager
    yield f"  {owners}" + (f"; manager {manager.name or manager.id}" if manager else "")
    if found.allocation is None:
        yield "  No decision is on record."
        return
    yield f"  {found.allocation.text}"
    yield from (f"  {line}" for line in found.reassigned)
    yield ""
    if found.only:
        yield "  What this rule made of the case when it was created:"
        yield from _rule(found.allocation_rules[0], "    ")
        return
    yield "  Every rule in order, and what it saw (the first that applies decides):"
    for number, rule in enumerate(found.allocation_rules, 1):
        yield from _rule(rule, f"{number:>4}. ")
    if found.allocation.skipped:
        yield f"  … and {found.allocation.skipped} more that could not apply. One of them: --rule ID"


def _rule(rule: Considered, lead: str) -> Iterator[str]:
    verdict = {
        "applied": click.style("APPLIED", bold=True),
        "did not apply": "did not apply",
        "not asked": "not asked",
    }[rule.verdict]
    # A rule left out by the index says so; its conditions, worked out for us, say why.
    because = "" if rule.conditions and rule.because.startswith("skipped") else rule.because
    yield f"{lead}{rule.name}: {verdict}{f' ({because})' if because else ''}"
    for text, result in rule.conditions:
        yield f"{' ' * len(lead)}{_TICKS[result]} {text}"


def _deadlines(found: Explanation) -> Iterator[str]:
    if not found.deadlines:
        return
    yield from _title("Deadlines that run now")
    yield from columns([_deadline(each) for each in found.deadlines])


def _deadline(each: Deadline) -> tuple[str, ...]:
    basis = each.clock.legal_basis
    by_law = each.clock.kind == "statutory"
    law = f"{basis.get('instrument', '')} s.{basis.get('section', '')}" if by_law else "our own target"
    due = f"due {spell_date(each.clock.due_on)}" if each.clock.due_on else "not started"
    return coloured(each.clock.status), f"“{each.what}”", due, law, listed(each.owners)


def _escalations(found: Explanation, zone: ZoneInfo) -> Iterator[str]:
    yield from _title("Alerts so far")
    if not found.escalations:
        yield "  None: nothing that this rule waits for has happened so far." if found.only else "  None."
    for group in _together(found.escalations):
        first = group[0]
        about = "" if first.about == "the case" else f": “{first.about}”"
        late = first.decided_at - first.at >= _LATE
        decided = f" (decided {spell_instant(first.decided_at, zone)})" if late else ""
        yield f"  {spell_instant(first.at, zone)}  {first.step}{about}{decided}"
        for each in sorted(group, key=lambda one: one.outcome == "not_fired"):
            yield from _escalation(each)


def _together(escalations: Iterable[Escalation]) -> list[list[Escalation]]:
    """Those of one moment about one thing: the rules that were asked side by side."""
    groups: dict[Any, list[Escalation]] = {}
    for each in escalations:
        groups.setdefault((each.at, each.decided_at, each.step, each.run[0], each.clock), []).append(each)
    return list(groups.values())


def _escalation(each: Escalation) -> Iterator[str]:
    version = f", version {each.version}" if each.version else ""
    outcome = _OUTCOMES.get(each.outcome, each.outcome)
    yield f"      {outcome}: “{each.name}” ({each.rule}{version})"
    for rule in each.considered:
        yield from (f"          {_TICKS[result]} {text}" for text, result in rule.conditions)
    yield from (f"          → {line}" for line in _notices(each))


def _notices(each: Escalation) -> Iterator[str]:
    """Who got which letter, those of one letter and one fate together."""
    groups: dict[tuple[str, str], list[str]] = {}
    for item in each.notices:
        to = (item.recipient.name or item.recipient.id) if item.recipient else "a plugin"
        what = f"letter {item.template}" if item.template else item.name
        groups.setdefault((what, notice_state(item.state)), []).append(to)
    for (what, state), names in groups.items():
        yield f"{listed(names)} ({what}): {state}"


def _next(found: Explanation, zone: ZoneInfo) -> Iterator[str]:
    yield from _title("What comes next, if nothing changes")
    for each in found.next[:_NEXT]:
        yield f"  {spell_instant(each.at, zone)}  {_upcoming(each)}"
    if not found.next:
        yield "  Nothing is due by itself."
    if len(found.next) > _NEXT:
        yield f"  ... and {len(found.next) - _NEXT} more"
    for stage in found.case.next_stages:
        yield f"  Can be opened by a person: the stage “{stage.name}”{f' ({stage.why})' if stage.why else ''}"
    if found.case.missing:
        names = {t.code: t.name for t in found.case.tasks}
        missing = listed(f"“{names.get(code, code)}”" for code in found.case.missing)
        yield f"  Still to be done in this stage: {missing}"


def _upcoming(each: Upcoming) -> str:
    letters = f" (letter {listed(each.letters)})" if each.letters else ""
    to = f" → {listed(each.to)}{letters}" if each.to else ""
    about = f": “{each.about}”" if each.about else ""
    return f"{each.what}{about}{to}"


def as_data(found: Explanation) -> dict[str, Any]:
    """The same for machines."""
    case = found.case
    return {
        "reference": case.reference,
        "scheme": case.scheme,
        "status": case.status,
        "now": found.now,
        "served_on": found.served_on,
        "owners": [o.key for o in case.owners],
        "manager": case.manager.key if case.manager else None,
        "needs_owner": case.needs_owner,
        "level": case.level,
        "because": found.allocation.text if found.allocation else None,
        "rule": found.allocation.rule if found.allocation else None,
        "rule_version": found.allocation.rule_version if found.allocation else None,
        "considered": [_considered_data(rule) for rule in found.allocation_rules],
        "reassigned": found.reassigned,
        "deadlines": [_deadline_data(each) for each in found.deadlines],
        "escalations": [_escalation_data(each) for each in found.escalations],
        "next": [
            {"at": n.at, "what": n.what, "about": n.about, "rule": n.rule, "to": n.to, "letters": n.letters}
            for n in found.next
        ],
        "next_stages": [{"code": s.code, "name": s.name, "why": s.why} for s in case.next_stages],
        "missing": case.missing,
    }


def _considered_data(rule: Considered) -> dict[str, Any]:
    return {
        "rule": rule.rule,
        "name": rule.name,
        "applied": rule.verdict == "applied",
        "because": rule.because,
        "conditions": [{"text": text, "result": result} for text, result in rule.conditions],
    }


def _deadline_data(each: Deadline) -> dict[str, Any]:
    clock = each.clock
    return {
        "what": each.what,
        "clock": clock.code,
        "kind": clock.kind,
        "colour": clock.status,
        "due_on": clock.due_on,
        "due_at": clock.due_at,
        "owners": each.owners,
        "legal_basis": dict(clock.legal_basis),
    }


def _escalation_data(each: Escalation) -> dict[str, Any]:
    return {
        "at": each.at,
        "decided_at": each.decided_at,
        "on": each.on,
        "rule": each.rule,
        "name": each.name,
        "version": each.version,
        "about": each.about,
        "clock": each.clock,
        "step": each.step,
        "outcome": each.outcome,
        "text": each.text,
        "considered": [_considered_data(rule) for rule in each.considered],
        "notices": [
            {
                "key": item.key,
                "to": item.recipient.id if item.recipient else None,
                "name": item.recipient.name if item.recipient else None,
                "template": item.template,
                "subject": item.subject,
                "state": item.state,
            }
            for item in each.notices
        ],
    }
