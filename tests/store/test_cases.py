"""A case comes back from its rows as it was, and as its events make it."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from homebuy_plugin.store import cases, tables
from homebuy_plugin.store.events import events_of
from homebuy_plugin.store.letters import OutboxRow
from homebuy_plugin.store.saving import CaseWrite, save
from homebuy_plugin.store.transactions import writing
from homebuy_plugin.testing.statements import statements
from homebuy_plugin.types import Contact
from homebuy_plugin.workflow import events as e
from homebuy_plugin.workflow.fold import apply, fold

NOW = datetime(2026, 11, 8, 9, tzinfo=UTC)
LATER = datetime(2026, 11, 9, 9, tzinfo=UTC)


def new(script, **more):
    return CaseWrite(case_id=None, before=None, after=fold(script.events), events=script.events, **more)


def test_a_rich_case_comes_back_as_it_was(conn, script):
    wakeups = {"task:serve_rtb2#1": NOW, "hold:16": LATER}
    [case_id] = save(conn, [new(script, wakeups=wakeups)])
    [loaded] = cases.load(conn, [case_id])
    assert loaded.state == fold(script.events)
    assert list(loaded.state.tasks) == ["zebra#1", "acknowledge_application#1", "serve_rtb2#1"]
    assert loaded.wakeups == wakeups
    assert events_of(conn, case_id) == script.events


def test_every_field_of_a_part_has_a_column(script):
    for part in cases.PARTS:
        columns = {c.name for c in part.table.c}
        assert {column for _, column in part.names} <= columns


@pytest.mark.parametrize("cut", [1, 4, 9, 13, 17])
def test_rows_saved_step_by_step_equal_the_fold(conn, script, cut):
    [case_id] = save(conn, [CaseWrite(None, None, fold(script.events[:cut]), script.events[:cut])])
    for new_event in script.events[cut:]:
        [loaded] = cases.load(conn, [case_id])
        before = loaded.state.copy()
        save(conn, [CaseWrite(case_id, before, apply(loaded.state, new_event), [new_event])])
        [again] = cases.load(conn, [case_id])
        assert again.state == loaded.state
    assert again.state == fold(events_of(conn, case_id)) == fold(script.events)


def test_work_for_many_cases_takes_as_many_statements_as_for_one(ready, make_script):
    counts = {}
    for number in (1, 7):
        with writing(ready) as conn:
            made = [make_script(f"{number}-{n}") for n in range(number)]
            ids = [cases.reserve(conn, f"{number}-{n}") for n in range(number)]
            writes = [
                CaseWrite(i, None, fold(s.events), s.events, wakeups={"a": NOW, "b": NOW})
                for i, s in zip(ids, made, strict=True)
            ]
            save(conn, writes)
            with statements(ready) as asked:
                change_all(conn, ids, made)
            counts[number] = len(asked)
    assert counts[1] == counts[7]


def change_all(conn, ids, scripts):
    writes = []
    for loaded, script in zip(cases.load(conn, ids), scripts, strict=True):
        before = loaded.state.copy()
        new_events = [
            script(e.TASK_COMPLETED, NOW, by="p.shah", task="serve_rtb2#1", on="2026-11-08", facts={}),
            script(e.CASE_REASSIGNED, NOW, by="p.shah", owners=["user:x"], texts={"reason": "leave"}),
            script(e.CLOCK_ENDED, NOW, clock="serve_rtb2#1:section_124", status="met", on="2026-11-08"),
        ]
        for each in new_events:
            apply(loaded.state, each)
        wakeups = {"b": LATER, "c": NOW}
        writes.append(CaseWrite(loaded.case_id, before, loaded.state, new_events, wakeups, loaded.wakeups))
    save(conn, writes)


def test_wakeups_are_added_moved_and_removed(conn, script):
    [case_id] = save(conn, [new(script, wakeups={"a": NOW, "b": NOW})])
    state = fold(script.events)
    save(conn, [CaseWrite(case_id, state, state, (), {"b": LATER, "c": NOW}, {"a": NOW, "b": NOW})])
    [loaded] = cases.load(conn, [case_id])
    assert loaded.wakeups == {"b": LATER, "c": NOW}


def test_a_retried_rung_keeps_its_record_until_a_new_one(conn, script):
    state = fold(script.events)
    [key] = state.rungs
    [case_id] = save(conn, [new(script, records={key: {"text": "first"}})])
    before = state.copy()
    state.rungs[key].attempts = 2
    save(conn, [CaseWrite(case_id, before, state)])
    assert conn.execute(select(tables.rung.c.record)).scalars().all() == [{"text": "first"}]
    before = state.copy()
    state.rungs[key].attempts = 3
    save(conn, [CaseWrite(case_id, before, state, records={key: {"text": "second"}})])
    assert conn.execute(select(tables.rung.c.record)).scalars().all() == [{"text": "second"}]


def test_personal_facts_and_names_stay_out_of_the_case_row(conn, script):
    save(conn, [new(script)])
    row = dict(conn.rows(select(tables.case))[0])
    assert "QQ123456C" not in str(row)
    assert "Ada" not in str(row)
    assert "QQ123456C" not in str(conn.rows(select(tables.event.c.data)))


def test_owners_can_be_counted(conn, script):
    [case_id] = save(conn, [new(script)])
    before = fold(script.events)
    script(e.CASE_REASSIGNED, LATER, by="p.shah", owners=["user:z"])
    save(conn, [CaseWrite(case_id, before, fold(script.events), script.events[-1:])])
    t = tables.case_owner.c
    every = select(t.owner, t.current, t.open).order_by(t.owner)
    lost = [("role:leasehold", False, False), ("user:p.shah", False, False)]
    assert conn.execute(every).all() == [*lost, ("user:z", True, True)]
    before = fold(script.events)
    script(e.CASE_STATUS, LATER, status="withdrawn")
    save(conn, [CaseWrite(case_id, before, fold(script.events), script.events[-1:])])
    assert conn.execute(every).all() == [*lost, ("user:z", True, False)], "nobody has work with it"


def test_outbox_rows_are_written_with_the_decision(conn, script):
    key = ("task:serve_rtb2#1", "section_124", 1, "rtb2-overdue", "target", 0)
    row = OutboxRow(
        key="k",
        created_at=NOW,
        rule="rtb2-overdue",
        rung=key,
        recipient=Contact(id="p.shah", kind="user"),
        body="Late.",
    )
    save(conn, [new(script, outbox=[row])])
    t = tables.outbox.c
    assert conn.execute(select(t.rung, t.reference, t.state)).one() == (
        "task:serve_rtb2#1|section_124|1|rtb2-overdue|target|0",
        "HB-1",
        "pending",
    )


def test_a_reference_taken_gives_no_id_and_writes_nothing(conn, script, blank_script):
    [case_id] = save(conn, [new(script)])
    assert save(conn, [new(blank_script())]) == [None]
    assert conn.execute(select(func.count()).select_from(tables.event)).scalar_one() == len(script.events)
    assert cases.find(conn, "HB-1") == cases.lock(conn, "HB-1") == case_id


def test_an_unknown_reference_is_none(conn):
    assert cases.lock(conn, "nobody") is None
    assert cases.load_one(conn, "nobody") is None
