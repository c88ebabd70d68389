"""Each hook does what it promises, one test for each.

The core is a stand-in here: what is proved is the contract between plugins and package.
"""

from datetime import UTC, date, datetime

import pytest

from homebuy_plugin.exceptions import DuplicateName, PluginError
from homebuy_plugin.hookspecs import LifecycleSpecs, ServiceSpecs, hookimpl, hooks_of
from homebuy_plugin.plugins import HostPort, Outcome
from homebuy_plugin.types import (
    AuditEntry,
    CaseChange,
    CaseFacts,
    CaseOutcome,
    Contact,
    Delivery,
    Event,
    Notice,
    Officer,
    PerformAction,
    RuleAction,
    RuleVariable,
    Settings,
    TaskChange,
    TickReport,
)

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
DAY = date(2026, 11, 2)
CASE = CaseOutcome(reference="HB-1", scheme="right_to_buy", status="open")
FACTS = CaseFacts(reference="HB-1", scheme="right_to_buy")
SHAH, MOSS = Officer(id="p.shah"), Officer(id="j.moss")
HALL, REED = Contact(id="cllr-hall"), Contact(id="cllr-reed")
NOTICE = Notice(
    key="k1",
    recipient=HALL,
    channel="email",
    template="t",
    subject="s",
    body="b",
    reference="HB-1",
    task=None,
    rule="r",
    rule_version=1,
)
ACTION = PerformAction(
    key="k2", name="book_survey", params={}, reference="HB-1", task=None, rule="r", rule_version=1
)


class StandIn:
    """Answers the lifecycle hooks, and remembers with what."""

    def __init__(self):
        self.seen = []

    def homebuy_case_created(self, session, case, now):
        self.seen.append((session, case, now))
        return CASE

    def homebuy_case_updated(self, session, reference, change, now):
        self.seen.append((session, reference, change, now))
        return CASE

    def homebuy_task_updated(self, session, reference, task, change, now):
        self.seen.append((session, reference, task, change, now))
        return CASE

    def homebuy_tick(self, now):
        self.seen.append((now,))
        return TickReport(due=3)


def port(*plugins, core=None):
    return HostPort.create(plugins, entry_points=False, core=core or StandIn(), settings=Settings())


def plugin(name, **hooks):
    """An object of a class of this name with these implementations."""
    members = {hook: hookimpl(function) for hook, function in hooks.items()}
    return type(name, (), members)()


def test_every_hook_has_a_test():
    hooks = (*hooks_of(LifecycleSpecs), *hooks_of(ServiceSpecs))
    missing = [name for name in hooks if f"test_hook_{name.removeprefix('homebuy_')}" not in globals()]
    assert missing == []


def test_hook_case_created():
    """Plugins observe, the core answers; a plugin that answers takes over."""
    core, seen = StandIn(), []
    observer = plugin("Observer", homebuy_case_created=lambda self, case: seen.append(case))
    assert port(observer, core=core).case_created("session", FACTS, NOW) is CASE
    assert (seen, core.seen) == ([FACTS], [("session", FACTS, NOW)])
    other = CaseOutcome(reference="X", scheme="cash_incentive", status="open")
    taker = plugin("Taker", homebuy_case_created=lambda self: other)
    core.seen.clear()
    assert port(taker, core=core).case_created("session", FACTS, NOW) is other
    assert core.seen == []


def test_hook_case_updated():
    core = StandIn()
    change = CaseChange.release()
    assert port(core=core).case_updated("session", "HB-1", change, None) is CASE
    assert core.seen == [("session", "HB-1", change, None)]


def test_hook_task_updated():
    core = StandIn()
    change = TaskChange.start()
    assert port(core=core).task_updated("session", "HB-1", "serve_rtb2", change, NOW) is CASE
    assert core.seen == [("session", "HB-1", "serve_rtb2", change, NOW)]


def test_hook_tick():
    """A result of another type is refused, naming the plugin; a wrapper works as in any manager."""
    assert port().tick(NOW).due == 3
    with pytest.raises(PluginError, match=r"homebuy_tick .* 7 instead of a TickReport, by plugin 'Wrong'"):
        port(plugin("Wrong", homebuy_tick=lambda self: 7)).tick(NOW)
    rounds = []

    class Timed:
        @hookimpl(wrapper=True)
        def homebuy_tick(self, now):
            rounds.append(now)
            return (yield)

    assert port(Timed()).tick(NOW).due == 3
    assert rounds == [NOW]


def test_hook_configure():
    """Also for a plugin registered late; one that raises is unregistered, and the error propagates."""
    zones = []
    early = plugin("Early", homebuy_configure=lambda self, settings: zones.append(settings.timezone))
    asked = port(early)
    asked.manager.register(plugin("Late", homebuy_configure=lambda self: zones.append("late")))
    assert zones == ["Europe/London", "late"]

    def refuse(self):
        raise LookupError("no mail server in the settings")

    with pytest.raises(LookupError, match="no mail server") as caught:
        asked.manager.register(plugin("Refuser", homebuy_configure=refuse, homebuy_notify=lambda self: None))
    assert "'Refuser'" in caught.value.__notes__[0]
    assert asked.plugin_names() == ("Early", "Late")
    assert asked.notifiers() == ()


def test_hook_scheme_packs(tmp_path):
    document = {"format": "homebuy.pack/1"}
    files = plugin("Files", homebuy_scheme_packs=lambda self: [str(tmp_path / "a.json"), tmp_path / "b.json"])
    parsed = plugin("Parsed", homebuy_scheme_packs=lambda self: [document])
    silent = plugin("Silent", homebuy_scheme_packs=lambda self: None)
    offers = [(offer.plugin, offer.source) for offer in port(parsed, silent, files).scheme_packs()]
    assert offers == [("Files", tmp_path / "a.json"), ("Files", tmp_path / "b.json"), ("Parsed", document)]
    with pytest.raises(PluginError, match=r"'Bare'.* a list of paths or documents"):
        port(plugin("Bare", homebuy_scheme_packs=lambda self: "a.json")).scheme_packs()


def variable(name="floor", type="number", read=lambda facts, case: facts.get("floor")):
    return RuleVariable(name=name, label=name, type=type, read=read)


def test_hook_rule_variables():
    one = plugin("One", homebuy_rule_variables=lambda self: [variable("floor")])
    two = plugin("Two", homebuy_rule_variables=lambda self: (v for v in [variable("lift")]))
    asked = port(two, one)
    assert [v.name for v in asked.rule_variables()] == ["floor", "lift"]
    assert (asked.provider("lift"), asked.provider("storeys")) == ("plugin 'Two'", "a plugin")
    again = plugin("Again", homebuy_rule_variables=lambda self: [variable("floor")])
    with pytest.raises(
        DuplicateName, match="'floor' is offered twice: by plugin 'Again' and by plugin 'One'"
    ):
        port(one, again).rule_variables()


@pytest.mark.parametrize(
    ("offered", "message"),
    [
        (variable(type="integer"), "type 'integer'; it must be one of text, number, yes_no"),
        (variable(name="Floor!"), "name 'Floor!' must be lower-case"),
        (variable(read=3), "read of variable 'floor' must be a function"),
        ("floor", "returned 'floor'"),
    ],
)
def test_a_rule_variable_that_cannot_work_is_refused(offered, message):
    asked = port(plugin("Wrong", homebuy_rule_variables=lambda self: [offered]))
    with pytest.raises(PluginError, match=message) as caught:
        asked.rule_variables()
    assert "'Wrong'" in str(caught.value)


def test_hook_rule_actions():
    survey = RuleAction(name="book_survey", label="Book", params={"kind": "text", "urgent": "yes_no?"})
    one = plugin("One", homebuy_rule_actions=lambda self: [survey])
    assert port(one).rule_actions() == (survey,)
    with pytest.raises(DuplicateName, match=r"rule action 'book_survey'.*'One'.*'Two'"):
        port(one, plugin("Two", homebuy_rule_actions=lambda self: [survey])).rule_actions()
    odd = RuleAction(name="book", label="Book", params={"when": "datetime"})
    with pytest.raises(PluginError, match="'when' of action 'book' has the type 'datetime'"):
        port(plugin("Odd", homebuy_rule_actions=lambda self: [odd])).rule_actions()


def test_hook_perform():
    surveys = plugin(
        "Surveys",
        homebuy_perform=lambda self, action: (
            Delivery(detail=action.key) if action.name == "book_survey" else None
        ),
    )
    taken = port(surveys).perform(ACTION)
    assert taken == Outcome(status="delivered", detail="k2", asked=("Surveys",), by="Surveys")
    assert port().perform(ACTION) == Outcome(status="untaken")


def test_hook_resolve_owner():
    """The one registered last is asked first, ``trylast`` at the end; errors propagate."""

    class Fallback:
        @hookimpl(trylast=True)
        def homebuy_resolve_owner(self, case):
            return MOSS

    first = plugin("First", homebuy_resolve_owner=lambda self, session, case, now: SHAH)
    silent = plugin("Silent", homebuy_resolve_owner=lambda self: None)
    assert port().resolve_owner(None, CASE, NOW) is None
    assert port(silent, Fallback()).resolve_owner(None, CASE, NOW) == MOSS
    assert port(silent, first, Fallback()).resolve_owner(None, CASE, NOW) == SHAH

    def fail(self):
        raise OSError("directory down")

    with pytest.raises(OSError, match="directory down") as caught:
        port(plugin("Broken", homebuy_resolve_owner=fail), Fallback()).resolve_owner(None, CASE, NOW)
    assert caught.value.__notes__ == ["raised in homebuy_resolve_owner of plugin 'Broken'"]
    with pytest.raises(PluginError, match=r"'Name' returned 'p.shah' \(str\). It must return Officer"):
        port(plugin("Name", homebuy_resolve_owner=lambda self: "p.shah")).resolve_owner(None, CASE, NOW)


def test_hook_officers_in_role():
    """The union, by plugin name; nobody answering is not the same as nobody there."""
    a = plugin("A", homebuy_officers_in_role=lambda self, role: [SHAH] if role == "rtb_officer" else None)
    b = plugin("B", homebuy_officers_in_role=lambda self: (o for o in [MOSS, SHAH]))
    empty = plugin("Empty", homebuy_officers_in_role=lambda self: [])
    assert port(b, a).officers_in_role(None, "rtb_officer", DAY) == (SHAH, MOSS)
    assert port(a).officers_in_role(None, "valuer", DAY) is None
    assert port(a, empty).officers_in_role(None, "valuer", DAY) == ()
    with pytest.raises(PluginError, match="'One' returned Officer"):
        port(plugin("One", homebuy_officers_in_role=lambda self: SHAH)).officers_in_role(None, "valuer", DAY)
    with pytest.raises(
        PluginError, match=r"returned 'p.shah' \(str\). It must return an iterable of Officer"
    ):
        port(plugin("Ids", homebuy_officers_in_role=lambda self: ["p.shah"])).officers_in_role(
            None, "valuer", DAY
        )


def test_hook_officer_available():
    """False is an answer and stops the chain; None is not; 0 is neither."""
    yes = plugin("Yes", homebuy_officer_available=lambda self: True)
    no = plugin("No", homebuy_officer_available=lambda self, officer, on: False)
    silent = plugin("Silent", homebuy_officer_available=lambda self: None)
    assert port(yes, no, silent).officer_available(None, SHAH, DAY) is False
    assert port(silent).officer_available(None, SHAH, DAY) is None
    with pytest.raises(PluginError, match="True, False or None"):
        port(plugin("Zero", homebuy_officer_available=lambda self: 0)).officer_available(None, SHAH, DAY)


def test_hook_resolve_stakeholders(caplog):
    """A plugin that fails is passed over and said; the others are heard."""

    def fail(self):
        raise OSError("directory down")

    broken = plugin("Broken", homebuy_resolve_stakeholders=fail)
    hall = plugin("Hall", homebuy_resolve_stakeholders=lambda self, case, task, group: [HALL])
    both = plugin("Both", homebuy_resolve_stakeholders=lambda self: [REED, HALL])
    errors = []
    assert port(hall, broken, both).resolve_stakeholders(None, CASE, None, "g", errors) == (REED, HALL)
    assert errors == ["homebuy_resolve_stakeholders of plugin 'Broken' raised OSError: directory down"]
    assert "'Broken' failed" in caplog.text
    assert port(broken).resolve_stakeholders(None, CASE, None, "g") is None


def test_hook_holidays():
    closed = plugin("Closed", homebuy_holidays=lambda self, year: [date(year, 12, 28), date(year, 12, 27)])
    again = plugin("Again", homebuy_holidays=lambda self, region, year: {date(year, 12, 27)})
    silent = plugin("Silent", homebuy_holidays=lambda self: None)
    expected = (date(2026, 12, 27), date(2026, 12, 28))
    assert port(closed, again, silent).holidays("england_and_wales", 2026) == expected
    assert port(silent).holidays("england_and_wales", 2026) == ()
    with pytest.raises(PluginError, match=r"a list of datetime\.date"):
        port(plugin("Times", homebuy_holidays=lambda self: [NOW])).holidays("england_and_wales", 2026)


def sender(name, result):
    def homebuy_notify(self, notice):
        if isinstance(result, Exception):
            raise result
        return result

    return plugin(name, homebuy_notify=homebuy_notify)


def test_hook_notify():
    """One after the other, by name, until one returns a Delivery."""
    taken, silent = sender("Taker", Delivery(detail="queued")), sender("Silent", None)
    later = sender("Z", Delivery())
    assert port(taken, silent, later).notify(NOTICE) == Outcome(
        status="delivered", detail="queued", asked=("Silent", "Taker"), by="Taker"
    )
    assert port(silent).notify(NOTICE) == Outcome(status="untaken", asked=("Silent",))
    assert port().notify(NOTICE) == Outcome(status="untaken")


def test_a_notice_a_plugin_failed_on_failed():
    outcome = port(sender("Mail", OSError("server down"))).notify(NOTICE)
    said = "homebuy_notify of plugin 'Mail' raised OSError: server down"
    assert outcome == Outcome(status="failed", detail=said, asked=("Mail",), errors=(said,))


@pytest.mark.parametrize("result", [True, False, "sent", Delivery, 0])
def test_anything_but_a_delivery_or_none_is_a_failure(result):
    outcome = port(sender("Mail", result)).notify(NOTICE)
    assert outcome.status == "failed"
    assert "'Mail' returned" in outcome.detail
    assert "It must return Delivery(...) or None" in outcome.detail


def test_one_broken_sender_does_not_keep_the_next_from_delivering(caplog):
    outcome = port(sender("A", OSError("down")), sender("B", True), sender("C", Delivery())).notify(NOTICE)
    assert (outcome.status, outcome.by, outcome.asked) == ("delivered", "C", ("A", "B", "C"))
    assert len(outcome.errors) == 2
    assert "'A' failed in homebuy_notify" in caplog.text


def test_a_sender_marked_trylast_is_asked_last_whatever_its_name():
    class Anything:
        @hookimpl(trylast=True)
        def homebuy_notify(self):
            return Delivery()

    class Zed:
        @hookimpl(tryfirst=True)
        def homebuy_notify(self):
            return None

    assert port(Anything(), sender("B", None), Zed()).notify(NOTICE).asked == ("Zed", "B", "Anything")


def test_hook_audit():
    """Every plugin hears it, in the same transaction; the first error propagates."""
    entry = AuditEntry(kind="case_created", reference="HB-1", at=NOW)
    heard = []
    one = plugin("One", homebuy_audit=lambda self, session, entry: heard.append((session, entry)))
    two = plugin("Two", homebuy_audit=lambda self, entry: heard.append(entry))
    port(two, one).audit("session", entry)
    assert heard == [("session", entry), entry]

    def fail(self):
        raise OSError("audit store down")

    with pytest.raises(OSError, match="audit store down") as caught:
        port(plugin("A", homebuy_audit=fail), one).audit("session", entry)
    assert caught.value.__notes__ == ["raised in homebuy_audit of plugin 'A'"]


def test_hook_event(caplog):
    """Errors are logged and swallowed, and the others still hear it."""
    event = Event(kind="escalated", reference="HB-1", at=NOW)
    heard = []

    def fail(self):
        raise ValueError("no dashboard")

    told = port(
        plugin("A", homebuy_event=fail), plugin("B", homebuy_event=lambda self, event: heard.append(event))
    )
    assert told.event(event) == ["homebuy_event of plugin 'A' raised ValueError: no dashboard"]
    assert heard == [event]
    assert "'A' failed in homebuy_event" in caplog.text
