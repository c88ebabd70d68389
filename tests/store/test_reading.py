"""What the database makes JSON of comes back as it was stored, whatever the session is set to."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import event, text

from homebuy_plugin.store import cases
from homebuy_plugin.store.saving import CaseWrite, save
from homebuy_plugin.store.transactions import reading, writing
from homebuy_plugin.workflow.fold import fold

SUMMER = datetime(2026, 7, 8, 9, tzinfo=UTC)


@pytest.fixture
def bare(blank_script):
    """A case of which nothing can be erased."""
    state = fold(blank_script().events)
    state.applicants, state.people_seq, state.personal, state.facts = (), 0, {}, {}
    return state


def saved(conn, state, **more):
    return save(conn, [CaseWrite(None, None, state, **more)])[0]


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
def test_the_session_may_have_another_zone_and_style_of_dates(conn, script):
    conn.raw.execute(text("SET LOCAL TimeZone = 'Europe/London'"))
    conn.raw.execute(text("SET LOCAL DateStyle = 'SQL, DMY'"))
    case_id = saved(conn, fold(script.events), events=script.events, wakeups={"hold:16": SUMMER})
    [loaded] = cases.load(conn, [case_id])
    assert loaded.state == fold(script.events)
    assert loaded.wakeups == {"hold:16": SUMMER}
    clock = loaded.state.clocks["serve_rtb2#1:section_124"]
    assert {loaded.wakeups["hold:16"].tzinfo, clock.due_at.tzinfo, loaded.state.created_at.tzinfo} == {UTC}


def test_facts_are_what_they_were_where_the_fast_reader_would_change_them(conn, bare):
    bare.facts = {"huge": 2**70, "fine": 0.1, "texts": ("", "é"), "yes": True}
    if conn.dialect == "sqlite":  # PostgreSQL refuses half of a pair
        bare.facts["half"] = "\ud800"
    [loaded] = cases.load(conn, [saved(conn, bare)])
    assert loaded.state.facts == bare.facts
    assert loaded.state.facts["yes"] is True


def test_cases_without_anything_to_erase_are_read_by_one_statement(ready, bare):
    with writing(ready) as conn:
        case_id, statements = saved(conn, bare), []
        event.listen(ready, "before_cursor_execute", lambda *args: statements.append(args[2]))
        assert [each.state for each in cases.load(conn, [case_id + 1, case_id])] == [bare]
        assert len(statements) == 1


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
def test_postgresql_compiles_no_query_of_a_transaction_of_ours(ready):
    jit = text("SELECT current_setting('jit')")
    with ready.connect() as host:
        host.execute(text("SET jit = on"))
        host.commit()
    for own in (writing, reading):
        with own(ready) as conn:
            assert conn.execute(jit).scalar_one() == "off"
        with ready.connect() as host:
            assert host.execute(jit).scalar_one() == "on", "the host's connection stays as it was"


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
def test_no_plan_for_cases_reads_whole_tables_though_they_are_empty(ready, bare):
    statements = []
    with writing(ready) as conn:
        case_id = saved(conn, bare)
        event.listen(ready, "before_cursor_execute", lambda *args: statements.append(args[2:4]))
        cases.load(conn, [case_id])
        [(sql, given)] = statements
        plan = conn.raw.exec_driver_sql(f"EXPLAIN {sql}", given).scalars().all()
        assert "Index Scan" in str(plan)
        assert "Seq Scan" not in str(plan)
