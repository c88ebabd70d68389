"""A reference host: small but real.

Applications, staff, an audit trail and sent mail are tables of its own, and its rows commit in one
transaction with the package's, or not at all. Run it with an empty database, or without one::

    python hooks/reference_host.py [DATABASE_URL]
"""

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import DateTime, Engine, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from homebuy_plugin import (
    AuditEntry,
    CaseFacts,
    CaseOutcome,
    Contact,
    Delivery,
    Event,
    HomeBuy,
    Notice,
    Officer,
    PerformAction,
    RuleAction,
    RuleVariable,
    TaskChange,
    hookimpl,
)


class Base(DeclarativeBase):
    """The platform's own tables, beside the package's in the same database."""


class Application(Base):
    """An application as the platform knows it."""

    __tablename__ = "platform_application"
    reference: Mapped[str] = mapped_column(primary_key=True)
    tenant: Mapped[str]
    address: Mapped[str]
    owner: Mapped[str | None]


class Staff(Base):
    """Who holds which role."""

    __tablename__ = "platform_staff"
    role: Mapped[str] = mapped_column(primary_key=True)
    user: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]


class AuditLine(Base):
    """The landlord's audit trail."""

    __tablename__ = "platform_audit"
    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str]
    kind: Mapped[str]
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    by: Mapped[str | None]


class Mail(Base):
    """Mail handed over; the key is the notice's, so nothing is sent twice."""

    __tablename__ = "platform_mail"
    key: Mapped[str] = mapped_column(primary_key=True)
    reference: Mapped[str]
    recipient: Mapped[str]
    subject: Mapped[str]
    body: Mapped[str]


class Survey(Base):
    """Surveys booked by rules; one for each key."""

    __tablename__ = "platform_survey"
    key: Mapped[str] = mapped_column(primary_key=True)
    reference: Mapped[str]
    kind: Mapped[str]


class Platform:
    """The hooks: what only the host knows, and what only the host can do."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.events: Counter[str] = Counter()

    @hookimpl
    def homebuy_officers_in_role(self, session: Session, role: str) -> list[Officer] | None:
        """Read the staff table; a role it does not have is left to the package's own."""
        rows = session.scalars(select(Staff).where(Staff.role == role).order_by(Staff.user))
        return [Officer(id=row.user, name=row.name) for row in rows] or None

    @hookimpl
    def homebuy_rule_variables(self) -> list[RuleVariable]:
        """Let rules ask whether a home is worth a second valuation."""
        return [RuleVariable(name="high_value", label="High value", type="yes_no", read=is_high_value)]

    @hookimpl
    def homebuy_rule_actions(self) -> list[RuleAction]:
        """Let rules book a survey."""
        return [RuleAction(name="book_survey", label="Book a survey", params={"kind": "text"})]

    @hookimpl
    def homebuy_perform(self, action: PerformAction) -> Delivery | None:
        """Book the survey a rule asked for."""
        if action.name != "book_survey":
            return None
        return self._once(Survey(key=action.key, reference=action.reference, kind=action.params["kind"]))

    @hookimpl
    def homebuy_notify(self, notice: Notice) -> Delivery | None:
        """Send mail; other channels are not ours."""
        if notice.channel != "email":
            return None
        return self._once(
            Mail(
                key=notice.key,
                reference=notice.reference,
                recipient=self._name_of(notice.recipient),
                subject=notice.subject,
                body=notice.body,
            )
        )

    @hookimpl
    def homebuy_audit(self, session: Session, entry: AuditEntry) -> None:
        """Write the landlord's audit trail in the transaction that did the thing."""
        session.add(AuditLine(reference=entry.reference, kind=entry.kind, at=entry.at, by=entry.by))

    @hookimpl
    def homebuy_event(self, event: Event) -> None:
        """Keep the counts of the dashboard."""
        self.events[event.kind] += 1

    def _name_of(self, recipient: Contact) -> str:
        """The platform knows its own people best."""
        with Session(self.engine) as session:
            known = session.scalar(select(Staff.name).where(Staff.user == recipient.id).limit(1))
        return known or recipient.name or recipient.id

    def _once(self, row: Mail | Survey) -> Delivery:
        """Store a row unless an earlier attempt did, whose answer was lost."""
        delivery = Delivery(detail=row.key)
        with Session(self.engine) as session, session.begin():
            if session.get(type(row), row.key) is None:
                session.add(row)
        return delivery


def is_high_value(facts: Mapping[str, Any], case: CaseOutcome) -> bool | None:
    """Pure: of the facts only. None while the value is not known."""
    value = facts.get("estimated_value")
    return None if value is None else bool(value > 500_000)


def open_platform(engine: Engine, staff: Sequence[Staff] = ()) -> tuple[Platform, HomeBuy]:
    """Create the tables of both sides and plug the platform in."""
    Base.metadata.create_all(engine)
    with Session(engine) as session, session.begin():
        for row in staff:
            session.merge(row)
    platform = Platform(engine)
    return platform, HomeBuy.create(engine, plugins=[platform], upgrade=True)


def receive(
    hb: HomeBuy, session: Session, application: Application, facts: CaseFacts, now: datetime | None = None
) -> CaseOutcome:
    """Save an application and its case in the caller's transaction."""
    session.add(application)
    outcome = hb.case_created(session, facts, now=now)
    application.owner = outcome.owner.key if outcome.owner else None
    return outcome


def main(url: str = "sqlite://") -> None:
    """Receive one application, acknowledge it, forget the rest, and see what happens."""
    engine = create_engine(url)
    platform, hb = open_platform(
        engine,
        [
            Staff(role="leasehold_officer", user="p.shah", name="Priya Shah"),
            Staff(role="leasehold_team_leader", user="d.evans", name="Dilys Evans"),
        ],
    )
    received = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)  # a live host leaves now out
    with Session(engine) as session, session.begin():
        outcome = receive(
            hb,
            session,
            Application(reference="HB-1", tenant="Ada Marsh", address="4 Quay Street"),
            CaseFacts(
                reference="HB-1",
                scheme="right_to_buy",
                served_on=date(2026, 11, 2),
                facts={"property_type": "flat", "estimated_value": 620_000},
            ),
            now=received,
        )
        hb.task_updated(
            session, "HB-1", "acknowledge_application", TaskChange.complete(by="p.shah"), now=received
        )
    print(*outcome.because, sep="\n")
    for week in range(1, 7):
        report = hb.tick(now=received + timedelta(weeks=week))
        print(f"Week {week}: {report.escalated} escalations, {report.delivered} messages")
    show(engine, platform)
    engine.dispose()


def show(engine: Engine, platform: Platform) -> None:
    """Print what the platform has in its own tables."""
    with Session(engine) as session:
        for mail in session.scalars(select(Mail).order_by(Mail.key)):
            print(f"  to {mail.recipient}: {mail.subject}")
        print(
            f"{len(session.scalars(select(AuditLine)).all())} lines of audit; events: {dict(platform.events)}"
        )


if __name__ == "__main__":
    main(*sys.argv[1:2])
