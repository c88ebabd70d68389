"""The smallest useful host: one hook, one case, one tick. Run it: python hooks/minimal_host.py."""

from datetime import UTC, date, datetime

from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from homebuy_plugin import CaseFacts, Delivery, HomeBuy, Notice, hookimpl


class Platform:
    """What only the host knows: here, how to reach people."""

    @hookimpl
    def homebuy_notify(self, notice: Notice) -> Delivery:
        """Hand one notice over."""
        print(f"To {notice.recipient.name or notice.recipient.id}: {notice.subject}")
        return Delivery(detail="printed")


engine = create_engine("sqlite://")
hb = HomeBuy.create(engine, plugins=[Platform()], upgrade=True)
served = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)  # a live host leaves now out
with Session(engine) as session, session.begin():
    facts = CaseFacts(reference="HB-1", scheme="right_to_buy", served_on=date(2026, 11, 2), creator="p.shah")
    print(*hb.case_created(session, facts, now=served).because, sep="\n")
print(hb.tick(now=datetime(2026, 12, 7, 10, 0, tzinfo=UTC)))
engine.dispose()
