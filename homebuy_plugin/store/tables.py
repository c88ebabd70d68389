"""Every table. The migrations make them; a test holds both equal."""

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    literal_column,
    text,
)

from homebuy_plugin.store.columns import BigId, Instant, Json, OrderedJson, metadata

VERSION_TABLE = "homebuy_alembic_version"

_BUSY = {"autovacuum_vacuum_scale_factor": "0.02", "autovacuum_vacuum_threshold": "1000"}
# Rows that come and go: dead entries at the head of a due index slow every tick until a vacuum.


def _case_id() -> Column[int]:
    return Column("case_id", BigId, ForeignKey("homebuy_case.id"), primary_key=True, autoincrement=False)


def _number(name: str, nullable: bool = False, key: bool = False) -> Column[int]:
    return Column(name, Integer, nullable=nullable, primary_key=key, autoincrement=False)


case = Table(
    "homebuy_case",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("reference", String(200), nullable=False, unique=True),
    _number("revision"),
    Column("scheme", String(64), nullable=False),
    Column("country", String(64), nullable=False),
    Column("company", String(200)),
    Column("served_on", Date),
    Column("creator", String(200)),
    Column("status", String(16), nullable=False),
    Column("outcome", String(64)),
    Column("needs_owner", Boolean, nullable=False),
    _number("unowned_seq"),
    Column("unowned_at", Instant),
    Column("owners", Json, nullable=False),
    Column("manager", String(200)),
    Column("groups", Json, nullable=False),
    _number("level"),
    Column("flags", Json, nullable=False),
    Column("facts", Json, nullable=False),
    Column("personal", Json, nullable=False),
    _number("people_seq"),
    Column("pack", String(160), nullable=False),
    _number("pack_version"),
    Column("calendars", Json, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("last_at", Instant, nullable=False),
    _number("seq"),
    Column("live_from", Instant),
    Column("links", Json),
)
Index(
    "ix_homebuy_case_unowned",
    case.c.unowned_at,
    sqlite_where=text("needs_owner = 1"),
    postgresql_where=text("needs_owner"),
)
Index("ix_homebuy_case_status", case.c.status, case.c.scheme)

case_owner = Table(
    "homebuy_case_owner",
    metadata,
    _case_id(),
    Column("owner", String(210), primary_key=True),
    Column("since", Instant, nullable=False),
    Column("current", Boolean, nullable=False),
    # of a case that is open or on hold: what an officer has is counted at every choice
    Column("open", Boolean, nullable=False, server_default=false()),
    Index(None, "owner", "since"),
)
Index(
    "ix_homebuy_case_owner_open",
    case_owner.c.owner,
    case_owner.c.open,  # else SQLite looks at the table itself, or reads all of it
    sqlite_where=text("open = 1"),
    postgresql_where=text("open"),
)

stage = Table(
    "homebuy_stage",
    metadata,
    _case_id(),
    Column("id", String(90), primary_key=True),
    _number("position"),
    Column("code", String(64), nullable=False),
    Column("status", String(16), nullable=False),
    Column("parallel", Boolean, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("opened_on", Date, nullable=False),
    Column("ended_at", Instant),
    _number("origin", nullable=True),
)

task = Table(
    "homebuy_task",
    metadata,
    _case_id(),
    Column("id", String(90), primary_key=True),
    _number("position"),
    Column("code", String(64), nullable=False),
    Column("stage", String(90)),
    Column("status", String(16), nullable=False),
    Column("mandatory", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("carry", Boolean, nullable=False),
    Column("adhoc", Boolean, nullable=False),
    Column("owners", Json, nullable=False),
    Column("planned_start", Instant),
    Column("planned_by", String(200)),
    Column("opened_at", Instant),
    Column("started_on", Date),
    Column("completed_on", Date),
    Column("completed_at", Instant),
    _number("silence_seq"),
    Column("silence_at", Instant),
    Column("swept", Boolean, nullable=False),
)

clock = Table(
    "homebuy_clock",
    metadata,
    _case_id(),
    Column("id", String(160), primary_key=True),
    _number("position"),
    Column("code", String(64), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("subject", String(100), nullable=False),
    Column("status", String(16), nullable=False),
    Column("calendar", String(64), nullable=False),
    _number("run"),
    Column("started_on", Date),
    Column("started_at", Instant),
    _number("value"),
    Column("unit", String(16), nullable=False),
    Column("counting", String(16), nullable=False),
    Column("base_due_on", Date),
    Column("base_due_at", Instant),
    Column("due_on", Date),
    Column("due_at", Instant),
    Column("original_due_on", Date),
    Column("ambers", Json, nullable=False),
    Column("provisional_until", Date),
    Column("pauses", Json, nullable=False),
    Column("paused_at", Instant),
    Column("blocked_since", Instant),
    Column("unblocked_at", Instant),
    _number("extended"),
    Column("met_on", Date),
    Column("ended_at", Instant),
    postgresql_with=_BUSY,
)
Index("ix_homebuy_clock_status", clock.c.status, clock.c.due_on)

hold = Table(
    "homebuy_hold",
    metadata,
    _case_id(),
    _number("seq", key=True),
    Column("scope", String(90), nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("until", Date),
    Column("release_at", Instant),
    Column("released_at", Instant),
)

occurrence = Table(
    "homebuy_occurrence",
    metadata,
    _case_id(),
    _number("seq", key=True),
    Column("name", String(64), nullable=False),
    Column("on_date", Date, nullable=False),
    Column("at", Instant, nullable=False),
    Column("void", Boolean, nullable=False),
)

rung = Table(
    "homebuy_rung",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("case_id", BigId, ForeignKey("homebuy_case.id"), nullable=False),
    Column("subject", String(100), nullable=False),
    Column("clock", String(64), nullable=False),
    _number("run"),
    Column("rule", String(64), nullable=False),
    Column("anchor", String(100), nullable=False),
    _number("occurrence"),
    Column("outcome", String(16), nullable=False),
    Column("instant", Instant, nullable=False),
    Column("on_date", Date, nullable=False),
    _number("version", nullable=True),
    Column("decided_at", Instant, nullable=False),
    _number("notices"),
    _number("attempts"),
    Column("retry_at", Instant),
    Column("inputs", Json),
    Column("record", OrderedJson),
    UniqueConstraint(
        "case_id", "subject", "clock", "run", "rule", "anchor", "occurrence", name="uq_homebuy_rung_key"
    ),
)
Index(
    "ix_homebuy_rung_errored",
    rung.c.case_id,
    sqlite_where=text("outcome = 'errored'"),
    postgresql_where=text("outcome = 'errored'"),
)

is_errored = rung.c.outcome == literal_column("'errored'")
"""Rungs whose rule erred, written out for the same index."""

event = Table(
    "homebuy_event",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("case_id", BigId, ForeignKey("homebuy_case.id"), nullable=False),
    _number("seq"),
    Column("kind", String(64), nullable=False),
    Column("at", Instant, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("by_user", String(200)),
    Column("data", Json, nullable=False),
    Column("handed_over_at", Instant),
    UniqueConstraint("case_id", "seq"),
    postgresql_with=_BUSY,
)
Index(
    "ix_homebuy_event_waiting",
    event.c.id,
    sqlite_where=text("handed_over_at IS NULL"),
    postgresql_where=text("handed_over_at IS NULL"),
)

note = Table(
    "homebuy_note",
    metadata,
    _case_id(),
    _number("seq", key=True),
    Column("name", String(80), primary_key=True),
    Column("text", OrderedJson),
)

person = Table(
    "homebuy_person",
    metadata,
    _case_id(),
    _number("seq", key=True),
    _number("position", key=True),
    Column("host_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("language", String(35), nullable=False),
    Index(None, "host_id"),
)

wakeup = Table(
    "homebuy_wakeup",
    metadata,
    _case_id(),
    Column("subject", String(300), primary_key=True),
    Column("due_at", Instant, nullable=False),
    Index(None, "due_at", "case_id"),
    postgresql_with=_BUSY,
)

outbox = Table(
    "homebuy_outbox",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("key", String(500), nullable=False, unique=True),
    Column("kind", String(16), nullable=False),
    Column("case_id", BigId, ForeignKey("homebuy_case.id"), nullable=False),
    Column("reference", String(200), nullable=False),
    Column("rung", String(500)),
    Column("recipient", Json),
    Column("channel", String(32), nullable=False),
    Column("template", String(64), nullable=False),
    Column("subject", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("task", String(64)),
    Column("rule", String(64), nullable=False),
    _number("rule_version", nullable=True),
    Column("name", String(64), nullable=False),
    Column("params", Json),
    Column("state", String(16), nullable=False),
    _number("attempts"),
    Column("next_try_at", Instant),
    Column("lease_token", String(40)),
    Column("lease_until", Instant),
    Column("detail", Text, nullable=False),
    Column("last_error", Text, nullable=False),
    Column("asked", Json, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("handed_over_at", Instant),
    Column("urgent", Boolean, nullable=False, server_default=false()),
    Column("digest", String(500)),
    Index(None, "case_id"),
    postgresql_with=_BUSY,
)
for _name in ("digest", "handed_over_at"):
    Index(
        f"ix_homebuy_outbox_{_name}",
        outbox.c[_name],
        sqlite_where=text(f"{_name} IS NOT NULL"),
        postgresql_where=text(f"{_name} IS NOT NULL"),
    )
Index(
    "ix_homebuy_outbox_waiting",
    outbox.c.next_try_at,
    outbox.c.id,
    sqlite_where=text("next_try_at IS NOT NULL"),
    postgresql_where=text("next_try_at IS NOT NULL"),
)
Index("ix_homebuy_outbox_state", outbox.c.state)

document = Table(
    "homebuy_document",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("code", String(160), nullable=False),
    _number("version"),
    Column("published_at", Instant, nullable=False),
    Column("author", String(200), nullable=False),
    Column("reason", Text, nullable=False),
    Column("body", OrderedJson, nullable=False),
    Column("digest", String(64), nullable=False),
    # what open cases do with it: see homebuy_plugin.store.documents
    Column("live_cases", String(24), nullable=False, server_default="pin"),
    UniqueConstraint("kind", "code", "version"),
)

officer = Table(
    "homebuy_officer",
    metadata,
    Column("id", String(200), primary_key=True),
    Column("name", Text, nullable=False),
    Column("address", Text, nullable=False),
    _number("capacity", nullable=True),
    Column("left_on", Date),
)

role = Table(
    "homebuy_role",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("name", Text, nullable=False),
)

role_member = Table(
    "homebuy_role_member",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("role", String(64), nullable=False),
    Column("officer", String(200), nullable=False),
    Column("effective_from", Date),
    Column("effective_to", Date),
    Index(None, "role", "officer"),
)

absence = Table(
    "homebuy_absence",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("officer", String(200), nullable=False),
    Column("start_on", Date, nullable=False),
    Column("end_on", Date, nullable=False),
    Column("reason", Text, nullable=False),
    Index(None, "officer", "start_on"),
)

round_robin = Table(
    "homebuy_round_robin",
    metadata,
    Column("role", String(64), primary_key=True),
    Column("last_officer", String(200)),
    _number("turns"),
)

tick = Table(
    "homebuy_tick",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("started_at", Instant, nullable=False),
    Column("now_used", Instant, nullable=False),
    Column("plugins", String(64), nullable=False),
    Column("report", OrderedJson, nullable=False),
    Index(None, "started_at"),
)

mark = Table(
    "homebuy_mark",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", Text, nullable=False),
)

NAMES = frozenset({*metadata.tables, VERSION_TABLE})
"""Names of all tables of ours in a database."""
