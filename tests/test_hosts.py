"""The hosts in hooks/ work: they are what host developers copy."""

import importlib.util
import runpy
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

pytest.importorskip("homebuy_plugin.core")

from homebuy_plugin import CaseFacts, PerformAction, TaskChange
from homebuy_plugin.exceptions import UnknownReference

HOOKS = Path(__file__).resolve().parent.parent / "hooks"
pytestmark = pytest.mark.skipif(not HOOKS.is_dir(), reason="the tests run away from the project")

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


def load(name):
    """A module of the folder, which is never importable by name."""
    spec = importlib.util.spec_from_file_location(f"hooks_{name}", HOOKS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def reference():
    return load("reference_host")


@pytest.fixture
def plugged(reference, engine):
    staff = [
        reference.Staff(role="leasehold_officer", user="p.shah", name="Priya Shah"),
        reference.Staff(role="leasehold_team_leader", user="d.evans", name="Dilys Evans"),
    ]
    return reference.open_platform(engine, staff)


def receive(reference, hb, session, now=NOW, **facts):
    application = reference.Application(reference="HB-1", tenant="Ada Marsh", address="4 Quay Street")
    case = CaseFacts(
        reference="HB-1",
        scheme="right_to_buy",
        served_on=date(2026, 11, 2),
        facts={"property_type": "flat", **facts},
    )
    return reference.receive(hb, session, application, case, now)


def count(engine, table):
    with Session(engine) as session:
        return session.scalar(select(func.count()).select_from(table))


def test_the_minimal_host_runs(capsys):
    runpy.run_path(str(HOOKS / "minimal_host.py"), run_name="__main__")
    said = capsys.readouterr().out
    assert "To " in said
    assert "TickReport(" in said


def test_the_minimal_host_is_small():
    assert len((HOOKS / "minimal_host.py").read_text(encoding="utf-8").splitlines()) <= 30


def test_the_reference_host_runs(reference, capsys):
    reference.main()
    said = capsys.readouterr().out
    assert "to Priya Shah: " in said
    assert "lines of audit" in said


def test_both_sides_commit_together(reference, engine, plugged):
    _platform, hb = plugged
    with Session(engine) as session, session.begin():
        outcome = receive(reference, hb, session)
    assert outcome.created
    assert outcome.owner.id == "p.shah"
    with Session(engine) as session:
        assert session.get(reference.Application, "HB-1").owner == "user:p.shah"
        kinds = session.scalars(select(reference.AuditLine.kind).order_by(reference.AuditLine.id)).all()
    assert kinds[0] == "case_created"


def test_or_not_at_all(reference, engine, plugged):
    _platform, hb = plugged
    with Session(engine) as session:
        receive(reference, hb, session)
        session.rollback()
    assert count(engine, reference.Application) == count(engine, reference.AuditLine) == 0
    with Session(engine) as session, pytest.raises(UnknownReference):
        hb.task_updated(session, "HB-1", "acknowledge_application", TaskChange.start(), now=NOW)


def test_mail_goes_out_once_and_everybody_is_told_of_it(reference, engine, plugged):
    platform, hb = plugged
    with Session(engine) as session, session.begin():
        receive(reference, hb, session)
    delivered = sum(hb.tick(now=NOW + timedelta(days=day)).delivered for day in range(1, 40))
    assert delivered == count(engine, reference.Mail) > 0
    assert hb.tick(now=NOW + timedelta(days=39)).delivered == 0
    assert platform.events["case_created"] == 1
    assert sum(platform.events.values()) == count(engine, reference.AuditLine)


def test_a_notice_whose_answer_was_lost_is_not_sent_again(reference, engine, plugged):
    platform, _ = plugged
    action = PerformAction(
        key="k1",
        name="book_survey",
        params={"kind": "damp"},
        reference="HB-1",
        task=None,
        rule="r",
        rule_version=1,
    )
    first, second = platform.homebuy_perform(action), platform.homebuy_perform(action)
    assert first == second
    assert count(engine, reference.Survey) == 1


def test_its_variable_is_pure_and_knows_what_is_missing(reference):
    assert reference.is_high_value({}, None) is None
    assert reference.is_high_value({"estimated_value": 500_001}, None) is True
    assert reference.is_high_value({"estimated_value": 500_000}, None) is False
