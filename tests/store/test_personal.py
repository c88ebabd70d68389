"""Erasing empties names, texts and letters; the events still tell the same state."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import inspect, text

from homebuy_plugin.exceptions import UnknownReference
from homebuy_plugin.store import cases, outbox
from homebuy_plugin.store.events import events_of
from homebuy_plugin.store.letters import OutboxRow
from homebuy_plugin.store.personal import erase_personal
from homebuy_plugin.store.saving import CaseWrite, save
from homebuy_plugin.types import Applicant, Contact
from homebuy_plugin.workflow.fold import fold

NOW = datetime(2026, 12, 8, 9, tzinfo=UTC)
SECRETS = ("Ada", "Obi", "Mill Lane", "QQ123456C", "Came in by post", "Awaiting a letter", "Dear Ada")


@pytest.fixture
def erased(conn, script):
    letter = {"created_at": NOW, "rule": "r", "body": "Dear Ada Obi", "subject": "Ada"}
    tenant = Contact(id="P-1", kind="applicant", name="Ada Obi", address="1 Mill Lane")
    rows = [
        OutboxRow(key="1", recipient=tenant, **letter),
        OutboxRow(key="2", recipient=Contact(id="p.shah", kind="user", name="P Shah"), **letter),
    ]
    save(conn, [CaseWrite(None, None, fold(script.events), script.events, {"a": NOW}, outbox=rows)])
    event = erase_personal(conn, "HB-1", "dpo", NOW)
    assert (event.kind, event.by, event.seq) == ("personal_data_erased", "dpo", len(script.events) + 1)
    return conn


def test_rows_still_equal_the_fold(erased):
    loaded = cases.load_one(erased, "HB-1")
    assert loaded.state == fold(events_of(erased, loaded.case_id))
    assert loaded.state.applicants == (Applicant(name=""), Applicant(name=""))
    assert "national_insurance" not in loaded.state.facts
    assert loaded.state.facts["property_type"] == "flat"
    assert loaded.wakeups == {"a": NOW}


def test_no_table_knows_the_person_any_more(erased):
    for table in inspect(erased.raw).get_table_names():
        content = str(erased.raw.execute(text(f"SELECT * FROM {table}")).all())
        assert not [s for s in SECRETS if s in content], table


def test_letters_not_yet_sent_are_not_sent(erased):
    first, second = outbox.listed(erased)
    assert (first.state, first.body, first.recipient) == (
        "undeliverable",
        "",
        Contact(id="", kind="applicant"),
    )
    assert second.recipient == Contact(id="p.shah", kind="user", name="P Shah")


def test_an_unknown_case_cannot_be_erased(conn):
    with pytest.raises(UnknownReference):
        erase_personal(conn, "nobody", None, NOW)
