"""The landlord's own targets, rule by rule, and the letters that went out."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from textwrap import wrap

from homebuy_plugin.demo.walk import Months
from homebuy_plugin.insight.wording import count, listed
from homebuy_plugin.store.transactions import reading
from homebuy_plugin.types import Notice
from homebuy_plugin.workflow import events as e

_SAMPLE = "rtb2_overdue"
"""The letter that is shown in full."""


def own_targets(months: Months) -> Iterator[str]:
    """How often each rule fired on a target of the landlord's own, and whom it told most."""
    names = _rule_names(months)
    fired: Counter[str] = Counter()
    law = _statutory(months)
    for event in months.diary.events:
        d = event.data
        if event.kind == e.RUNG_DECIDED and d["outcome"] == "fired":
            clock = f"{d['subject'].partition(':')[2]}:{d['clock']}"
            if (event.reference, clock) not in law:
                fired[d["rule"]] += 1
    told: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for _, notice in months.diary.notices:
        told[notice.rule][notice.recipient.name] += 1
    yield "A hold pauses these. How often each rule fired, and whom it told most:"
    for rule, times in fired.most_common():
        most = listed((f"{who} {n}" for who, n in told[rule].most_common(2)), "no letter")
        yield f"  {times:>4} ×  {names.get(rule) or _built_in(rule)}: {most}"


def _statutory(months: Months) -> set[tuple[str, str]]:
    return {
        (ev.reference, ev.data["clock"])
        for ev in months.diary.events
        if ev.kind == e.CLOCK_WAITING and ev.data["kind"] == "statutory"
    }


def _rule_names(months: Months) -> dict[str, str]:
    with reading(months.hb.engine) as conn:
        escalation = months.hb.desk.library.shelf(conn).whole("escalation")
    return {rule.id: rule.name or rule.id for rule in escalation.rules}


def _built_in(rule: str) -> str:
    """A rule of the package itself, which no landlord can switch off."""
    return rule.replace("_", " ").capitalize()


def letters(months: Months) -> Iterator[str]:
    """Who got how many, and one of them in full."""
    notices = [notice for _, notice in months.diary.notices]
    people = Counter(n.recipient.name for n in notices if n.recipient.kind != "applicant")
    tenants = [n for n in notices if n.recipient.kind == "applicant"]
    most = listed(f"{name} {number}" for name, number in people.most_common(6))
    inside = count(len(notices) - len(tenants), "letter")
    yield f"{inside} to {len(people)} colleagues and {count(len(tenants), 'letter')} to tenants."
    yield f"Most went to {most}."
    sample = next((n for n in notices if n.template == _SAMPLE), None) or next(iter(notices), None)
    if sample is not None:
        yield "One of them in full:"
        yield ""
        yield from _in_full(sample)


def _in_full(notice: Notice) -> Iterator[str]:
    yield f"    To:       {notice.recipient.name} <{notice.recipient.address}>"
    yield f"    Subject:  {notice.subject}"
    for line in notice.body.strip().splitlines():
        yield from wrap(line, 110, initial_indent="    ", subsequent_indent="    ") or [""]
