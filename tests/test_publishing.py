"""Documents are published whole, checked, in order, and never change."""

import threading
from datetime import date, timedelta

import pytest

from homebuy_plugin import CaseChange, HomeBuy
from homebuy_plugin._resources import data_folder
from homebuy_plugin.exceptions import DuplicateName, InvalidDocument, PluginError
from homebuy_plugin.store import documents, migrations
from homebuy_plugin.store.transactions import reading
from homebuy_plugin.testing import RecordingHost
from homebuy_plugin.testing.databases import fresh_engine
from homebuy_plugin.testing.small_documents import (
    ESCALATION,
    PACK,
    TEMPLATES,
    escalation,
    letter,
    notify,
    rule,
)
from homebuy_plugin.testing.small_landlord import PUBLISHED_AT, SmallLandlord, at, small_landlord

sqlite_only = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)


def versions(engine, kind=None):
    with reading(engine) as conn:
        return [(r.kind, r.code, r.version) for r in documents.versions(conn, kind)]


def flag(name, trigger="target_exceeded"):
    return rule(
        f"flag-{name}",
        trigger,
        {"name": "set_flag", "params": {"flag": name}},
        applies_to={"clock": "service"},
    )


# --- the shipped documents ----------------------------------------------------------------------


def test_the_shipped_documents_are_published_once_as_version_one(engine):
    hb = HomeBuy.create(engine, entry_points=False)
    first = hb.upgrade(PUBLISHED_AT)
    assert {"pack right_to_buy.england", "escalation landlord", "calendar scotland"} <= set(first)
    assert {version for _, _, version in versions(engine)} == {1}
    with reading(engine) as conn:
        assert {(r.author, r.reason) for r in documents.versions(conn)} == {
            ("homebuy_plugin", "shipped with the package")
        }
    assert hb.upgrade() == []
    assert len(versions(engine)) == len(first)


def test_what_a_landlord_published_is_never_overwritten(databases):
    with fresh_engine(databases, small_landlord) as engine:
        before = versions(engine)
        done = HomeBuy.create(engine, entry_points=False).upgrade()
        assert "pack right_to_acquire.england" in done
        assert not [d for d in done if d in ("escalation landlord", "pack right_to_buy.england")]
        assert set(before) < set(versions(engine))


def test_two_upgrades_at_once_publish_once(engine):
    migrations.upgrade(engine)
    start, failures = threading.Barrier(2), []

    def upgrade():
        hb = HomeBuy.create(engine, entry_points=False)
        start.wait(10)
        try:
            hb.upgrade()
        except Exception as error:  # a thread would keep it to itself
            failures.append(error)

    threads = [threading.Thread(target=upgrade) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    assert {version for _, _, version in versions(engine)} == {1}


# --- a landlord's own -----------------------------------------------------------------------------


def test_equal_documents_make_no_new_version(landlord):
    assert landlord.publish(at(2), escalation=ESCALATION) == {}


def test_versions_go_up_and_the_old_ones_stay(landlord):
    assert landlord.publish(at(2), escalation=escalation(flag("a"))) == {"escalation landlord": 2}
    assert landlord.publish(at(3), escalation=ESCALATION) == {"escalation landlord": 3}
    with reading(landlord.engine) as conn:
        assert documents.body(conn, "escalation", "landlord", 1)["rules"] == ESCALATION["rules"]
        assert documents.body(conn, "escalation", "landlord", 2)["rules"][0]["id"] == "flag-a"
        [last] = [r for r in documents.versions(conn, "escalation") if r.version == 3]
    assert (last.author, last.reason, last.published_at) == ("tests", "a test", at(3))


def test_a_version_is_never_older_than_the_one_before(landlord):
    landlord.publish(at(5), escalation=escalation(flag("a")))
    landlord.publish(at(3), escalation=escalation(flag("b")))
    with reading(landlord.engine) as conn:
        instants = [r.published_at for r in documents.versions(conn, "escalation")]
    assert instants == [PUBLISHED_AT, at(5), at(5)]


@pytest.mark.parametrize(
    ("documents", "words"),
    [
        (
            {"escalation": escalation(rule("a", "target_exceeded", notify("manager", template="nope")))},
            "nope",
        ),
        ({"escalation": escalation(rule("a", "follow_on", notify("manager", template="near")))}, "follows"),
        ({"escalation": {"format": "homebuy.escalation/1", "rulez": []}}, "rulez"),
        ({"pack": {**PACK, "stages": []}}, "stages"),
        ({"allocation": {"format": "homebuy.allocation/1", "rules": [{"id": "x"}]}}, "rank"),
        (
            {
                "escalation": escalation(
                    {
                        **flag("a"),
                        "conditions": {"all": [{"name": "propety_type", "operator": "is_known"}]},
                    }
                )
            },
            "propety_type",
        ),
    ],
)
@sqlite_only
def test_a_draft_with_problems_is_refused_and_nothing_is_published(landlord, documents, words):
    before = versions(landlord.engine)
    with pytest.raises(InvalidDocument, match=words):
        landlord.publish(at(2), **documents)
    assert versions(landlord.engine) == before


@sqlite_only
def test_one_bad_file_keeps_the_good_ones_back(landlord):
    before = versions(landlord.engine)
    with pytest.raises(InvalidDocument):
        landlord.publish(at(2), escalation=escalation(flag("a")), pack={**PACK, "stages": []})
    assert versions(landlord.engine) == before


# --- what a new escalation set does ---------------------------------------------------------------


def test_a_new_set_wakes_cases_and_decides_only_from_its_publication_on(landlord):
    """The target passed on the 5th; a rule published at noon never fires for it."""
    landlord.create()
    landlord.tick(at(5, 9))
    decided = set(landlord.state().rungs)
    landlord.publish(at(5, 12), escalation=escalation(flag("late")))
    assert landlord.tick(at(5, 12)).due == 1, "every case is looked at again"
    assert set(landlord.state().rungs) == decided
    assert landlord.state().flags == ()


def test_a_new_set_decides_what_falls_due_after_it(landlord):
    landlord.create()
    landlord.publish(at(4), escalation=escalation(flag("new")))
    landlord.tick(at(6))
    assert landlord.state().flags == ("new",)
    assert {k[3]: r.version for k, r in landlord.state().rungs.items()} == {"target-near": 1, "flag-new": 2}


def test_a_late_tick_judges_each_instant_by_the_set_of_its_time(landlord):
    """Published on the 7th; the tick comes on the 9th and still decides the 5th by version 1."""
    landlord.create()
    landlord.publish(at(7), escalation=escalation(flag("new")))
    landlord.tick(at(9))
    outcomes = {k[3]: r.version for k, r in landlord.state().rungs.items()}
    assert outcomes == {"target-near": 1, "target-passed": 1, "still-not-done": 1}


def test_a_rule_not_in_force_on_its_date_does_not_fire(landlord):
    landlord.create()
    landlord.publish(at(3), escalation=escalation({**flag("new"), "effective_from": "2026-11-06"}))
    landlord.tick(at(9))
    assert landlord.state().flags == ()


def test_new_letters_serve_what_is_decided_after_them(landlord):
    landlord.create()
    letters = [letter("near", "New words")] + [t for t in TEMPLATES["templates"] if t["id"] != "near"]
    landlord.publish(at(2), templates={**TEMPLATES, "templates": letters})
    landlord.tick(at(3, 9))
    assert landlord.host.notices[0].subject == "New words"


# --- packs ------------------------------------------------------------------------------------------


def test_a_pack_of_one_company_serves_its_cases_only(landlord):
    north = {**PACK, "companies": ["north"], "name": "Small, in the north"}
    landlord.create("HB-0", company="north")
    assert landlord.publish(at(2), pack=north) == {"pack right_to_buy.england.north": 1}
    landlord.create("HB-1", company="north")
    landlord.create("HB-2", company="south")
    packs = {reference: landlord.state(reference).pack for reference in ("HB-0", "HB-1", "HB-2")}
    general, special = "right_to_buy.england", "right_to_buy.england.north"
    assert packs == {"HB-0": general, "HB-1": special, "HB-2": general}
    assert landlord.update(CaseChange.update(), at(3), "HB-0").status == "open"


def test_a_plugins_pack_is_published_with_the_shipped_ones(engine):
    host = RecordingHost()
    host.answer("homebuy_scheme_packs", [{**PACK, "scheme": "shared_lease"}])
    hb = HomeBuy.create(engine, [host], entry_points=False)
    assert "pack shared_lease.england" in hb.upgrade()
    assert SmallLandlord(engine, [host]).create(scheme="shared_lease").stages[0].code == "application"


@sqlite_only
def test_a_plugins_pack_with_problems_is_refused_by_name(engine):
    host = RecordingHost()
    host.answer("homebuy_scheme_packs", [{**PACK, "scheme": "shared_lease", "stages": 3}])
    with pytest.raises(PluginError, match="RecordingHost"):
        HomeBuy.create(engine, [host], entry_points=False).upgrade()
    host.answer("homebuy_scheme_packs", [PACK])
    with pytest.raises(DuplicateName, match="RecordingHost"):
        HomeBuy.create(engine, [host], entry_points=False).upgrade()
    assert versions(engine) == [], "nothing half done"


def test_a_calendar_is_completed_with_the_hosts_holidays_once(landlord):
    text = (data_folder("rules") / "calendars" / "england_and_wales.json").read_text(encoding="utf-8")
    jubilee = date(2026, 11, 3)
    landlord.host.answer("homebuy_holidays", lambda region, year: [jubilee] if year == jubilee.year else [])
    landlord.homebuy.publish({"calendar.json": text}, author="t", reason="a day off", now=at(1))
    made = landlord.create()
    log = next(t for t in made.tasks if t.code == "log_application")
    assert log.clocks[0].due_on == date(2026, 11, 5), "a working day later"
    asked = len(landlord.host.calls_of("homebuy_holidays"))
    landlord.tick(at(4) + timedelta(hours=1))
    assert len(landlord.host.calls_of("homebuy_holidays")) == asked, "never read live"


# --- what open cases run on -------------------------------------------------------------------------


def without(pack, task):
    tasks = [t for t in pack["stages"][0]["tasks"] if t["code"] != task]
    return {**pack, "stages": [{**pack["stages"][0], "tasks": tasks}, *pack["stages"][1:]]}


def about(task):
    return escalation({**flag("late"), "applies_to": {"clock": "service", "tasks": [task]}})


def test_a_rule_may_name_what_only_the_pack_of_open_cases_knows(landlord):
    landlord.create()
    landlord.publish(at(2), pack=without(PACK, "file_form") | {"name": "Shorter"})
    assert landlord.publish(at(3), escalation=about("file_form")) == {"escalation landlord": 2}


@sqlite_only
def test_a_rule_may_not_name_what_no_pack_of_open_cases_knows(landlord):
    landlord.publish(at(2), pack=without(PACK, "file_form") | {"name": "Shorter"})
    with pytest.raises(InvalidDocument, match="There is no task “file_form”"):
        landlord.publish(at(3), escalation=about("file_form"))


ATTRIBUTES = data_folder("rules") / "shared" / "attributes.json"


@sqlite_only
def test_what_is_published_already_is_looked_at_again(landlord):
    """A letter that a published rule writes cannot go, nor a fact that the pack of open cases asks for."""
    letters = [t for t in TEMPLATES["templates"] if t["id"] != "near"]
    with pytest.raises(InvalidDocument, match="no template “near”") as refused:
        landlord.publish(at(2), templates={**TEMPLATES, "templates": letters})
    assert {p.source for p in refused.value.diagnostics} == {"published escalation landlord"}
    assert str(refused.value).startswith("published escalation landlord:1:")


@sqlite_only
def test_an_older_pack_that_open_cases_run_on_keeps_its_letters(landlord):
    spare = {**TEMPLATES, "templates": [*TEMPLATES["templates"], letter("spare", "Spare")]}
    landlord.publish(at(1), templates=spare)
    first = PACK["stages"][0]
    task = {**first["tasks"][0], "templates": ["spare"]}
    older = {**PACK, "stages": [{**first, "tasks": [task, *first["tasks"][1:]]}, *PACK["stages"][1:]]}
    landlord.publish(at(1, 11), pack=older)
    landlord.create()
    landlord.publish(at(2, 11), pack=PACK)
    with pytest.raises(InvalidDocument, match="no template “spare”") as refused:
        landlord.publish(at(2, 12), templates=TEMPLATES)
    assert refused.value.diagnostics[0].source == "version 2 of pack right_to_buy.england (1 open case)"
