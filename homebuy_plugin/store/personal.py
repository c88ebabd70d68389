"""Erase what names people in a case; the chain of its events stays whole."""

from datetime import datetime

from sqlalchemy import select, update

from homebuy_plugin.exceptions import UnknownReference
from homebuy_plugin.store import letters, tables
from homebuy_plugin.store.cases import load, lock
from homebuy_plugin.store.connection import StoreConnection
from homebuy_plugin.store.saving import CaseWrite, save
from homebuy_plugin.workflow.events import PERSONAL_DATA_ERASED, CaseEvent
from homebuy_plugin.workflow.fold import apply


def erase_personal(conn: StoreConnection, reference: str, by: str | None, now: datetime) -> CaseEvent:
    """Empty names, addresses, free text, personal facts and letters of a case, and append an event.

    Letters not yet delivered are not delivered any more.

    Raises:
        UnknownReference: no case has this reference.
    """
    case_id = lock(conn, reference)
    if case_id is None:
        raise UnknownReference(reference)
    [loaded] = load(conn, [case_id])
    before = loaded.state.copy()
    event = CaseEvent(
        seq=before.seq + 1, kind=PERSONAL_DATA_ERASED, at=max(now, before.last_at), recorded_at=now, by=by
    )
    after = apply(loaded.state, event)
    save(conn, [CaseWrite(case_id, before, after, [event], loaded.wakeups, loaded.wakeups)])
    _empty_people_and_notes(conn, case_id)
    _empty_letters(conn, case_id)
    return event


def _empty_people_and_notes(conn: StoreConnection, case_id: int) -> None:
    blank = {"host_id": "", "name": "", "address": "", "language": "en"}
    conn.execute(update(tables.person).where(tables.person.c.case_id == case_id).values(**blank))
    conn.execute(update(tables.note).where(tables.note.c.case_id == case_id).values(text=None))


def _empty_letters(conn: StoreConnection, case_id: int) -> None:
    t = tables.outbox
    here = t.c.case_id == case_id
    _break_digests(conn, case_id)
    stopped = {"state": letters.UNDELIVERABLE, "detail": "personal data erased", "next_try_at": None}
    conn.execute(update(t).where(here, t.c.state.in_(letters.WAITING)).values(**stopped))
    conn.execute(update(t).where(here).values(subject="", body="", last_error=""))
    for row in conn.rows(select(t.c.id, t.c.recipient).where(here)):
        recipient = row["recipient"]
        if recipient and recipient["kind"] not in ("user", "role"):
            nobody = {"id": "", "kind": recipient["kind"], "name": "", "address": "", "language": "en"}
            conn.execute(update(t).where(t.c.id == row["id"]).values(recipient=nobody))


def _break_digests(conn: StoreConnection, case_id: int) -> None:
    """Letters of other cases do not stay behind in a digest that is not handed over any more."""
    t = tables.outbox
    waiting = (*letters.WAITING, letters.DIGESTED, letters.DEAD)
    broken = select(t.c.digest).where(t.c.case_id == case_id, t.c.state.in_(waiting), t.c.digest.is_not(None))
    apart = {"state": letters.PENDING, "next_try_at": t.c.created_at, "digest": None, "attempts": 0}
    mates = t.c.digest.in_(broken.scalar_subquery()), t.c.state.in_(waiting)
    conn.execute(update(t).where(*mates).values(lease_token=None, lease_until=None, **apart))
