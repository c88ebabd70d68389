"""The first tables.

Revision ID: 0001
Revises:
"""

import sqlalchemy as sa
from alembic.operations import Operations

from homebuy_plugin.store.columns import BigId, Instant, Json, OrderedJson

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade(op: Operations) -> None:
    """Make the tables; ``homebuy_case`` first, which others point to."""
    for make in (
        _case,
        _absence,
        _case_owner,
        _clock,
        _document,
        _event,
        _hold,
        _mark,
        _note,
        _occurrence,
        _officer,
        _outbox,
        _person,
        _role,
        _role_member,
        _round_robin,
        _rung,
        _stage,
        _task,
        _tick,
        _wakeup,
    ):
        make(op)


def _case(op: Operations) -> None:
    op.create_table(
        "homebuy_case",
        sa.Column("id", BigId, nullable=False),
        sa.Column("reference", sa.String(length=200), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("scheme", sa.String(length=64), nullable=False),
        sa.Column("country", sa.String(length=64), nullable=False),
        sa.Column("company", sa.String(length=200), nullable=True),
        sa.Column("served_on", sa.Date(), nullable=True),
        sa.Column("creator", sa.String(length=200), nullable=True),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("outcome", sa.String(length=64), nullable=True),
        sa.Column("needs_owner", sa.Boolean(), nullable=False),
        sa.Column("unowned_seq", sa.Integer(), nullable=False),
        sa.Column("unowned_at", Instant(), nullable=True),
        sa.Column("owners", Json, nullable=False),
        sa.Column("manager", sa.String(length=200), nullable=True),
        sa.Column("groups", Json, nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("flags", Json, nullable=False),
        sa.Column("facts", Json, nullable=False),
        sa.Column("personal", Json, nullable=False),
        sa.Column("people_seq", sa.Integer(), nullable=False),
        sa.Column("pack", sa.String(length=160), nullable=False),
        sa.Column("pack_version", sa.Integer(), nullable=False),
        sa.Column("calendars", Json, nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("last_at", Instant(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_homebuy_case"),
        sa.UniqueConstraint("reference", name="uq_homebuy_case_reference"),
    )
    op.create_index("ix_homebuy_case_status", "homebuy_case", ["status", "scheme"])
    op.create_index(
        "ix_homebuy_case_unowned",
        "homebuy_case",
        ["unowned_at"],
        sqlite_where=sa.text("needs_owner = 1"),
        postgresql_where=sa.text("needs_owner"),
    )


def _absence(op: Operations) -> None:
    op.create_table(
        "homebuy_absence",
        sa.Column("id", BigId, nullable=False),
        sa.Column("officer", sa.String(length=200), nullable=False),
        sa.Column("start_on", sa.Date(), nullable=False),
        sa.Column("end_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_homebuy_absence"),
    )
    op.create_index("ix_homebuy_absence_officer_start_on", "homebuy_absence", ["officer", "start_on"])


def _case_owner(op: Operations) -> None:
    op.create_table(
        "homebuy_case_owner",
        sa.Column("case_id", BigId, nullable=False),
        sa.Column("owner", sa.String(length=210), nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.Column("current", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["homebuy_case.id"], name="fk_homebuy_case_owner_case_id"),
        sa.PrimaryKeyConstraint("case_id", "owner", name="pk_homebuy_case_owner"),
    )
    op.create_index("ix_homebuy_case_owner_owner_since", "homebuy_case_owner", ["owner", "since"])


def _clock(op: Operations) -> None:
    op.create_table(
        "homebuy_clock",
        sa.Column("case_id", BigId, nullable=False),
        sa.Column("id", sa.String(length=160), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("subject", sa.String(length=100), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("calendar", sa.String(length=64), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("started_on", sa.Date(), nullable=True),
        sa.Column("started_at", Instant(), nullable=True),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("unit", sa.String(length=16), nullable=False),
        sa.Column("counting", sa.String(length=16), nullable=False),
        sa.Column("base_due_on", sa.Date(), nullable=True),
        sa.Column("base_due_at", Instant(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("due_at", Instant(), nullable=True),
        sa.Column("original_due_on", sa.Date(), nullable=True),
        sa.Column("ambers", Json, nullable=False),
        sa.Column("provisional_until", sa.Date(), nullable=True),
        sa.Column("pauses", Json, nullable=False),
        sa.Column("paused_at", Instant(), nullable=True),
        sa.Column("blocked_since", Instant(), nullable=True),
        sa.Column("unblocked_at", Instant(), nullable=True),
        sa.Column("extended", sa.Integer(), nullable=False),
        sa.Column("met_on", sa.Date(), nullable=True),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["homebuy_case.id"], name="fk_homebuy_clock_case_id"),
        sa.PrimaryKeyConstraint("case_id", "id", name="pk_homebuy_clock"),
    )
    op.create_index("ix_homebuy_clock_status", "homebuy_clock", ["status", "due_on"])


def _document(op: Operations) -> None:
    op.create_table(
        "homebuy_document",
        sa.Column("id", BigId, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("code", sa.String(length=160), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("published_at", Instant(), nullable=False),
        sa.Column("author", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("body", OrderedJson, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_homebuy_document"),
        sa.UniqueConstraint("kind", "code", "version", name="uq_homebuy_document_kind_code_version"),
    )


def _event(op: Operations) -> None:
    op.create_table(
        "homebuy_event",
        sa.Column("id", BigId, nullable=False),
        sa.Column("case_id", BigId, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("by_user", sa.String(length=200), nullable=True),
        sa.Column("data", Json, nullable=False),
        sa.Column("handed_over_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["homebuy_case.id"], name="fk_homebuy_event_case_id"),
        sa.PrimaryKeyConstraint("id", name="pk_homebuy_event"),
        sa.UniqueConstraint("case_id", "seq", name="uq_homebuy_event_case_id_seq"),
    )
    op.create_index(
        "ix_homebuy_event_waiting",
        "homebuy_event",
        ["id"],
        sqlite_where=sa.text("handed_over_at IS NULL"),
        postgresql_where=sa.text("handed_over_at IS NULL"),
    )


def _hold(op: Operations) -> None:
    op.create_table(
        "homebuy_hold",
        sa.Column("case_id", BigId, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("scope", sa.String(length=90), nullable=False),
        sa.Column("started_at", Instant(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("release_at", Instant(), nullable=True),
        sa.Column("released_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["homebuy_case.id"], name="fk_homebuy_hold_case_id"),
        sa.PrimaryKeyConstraint("case_id", "seq", name="pk_homebuy_hold"),
    )


def _mark(op: Operations) -> None:
    op.create_table(
        "homebuy_mark",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_homebuy_mark"),
    )


def _note(op: Operations) -> None:
    op.create_table(
        "homebuy_note",
        sa.Column("case_id", BigId, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("text", OrderedJson, nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["homebuy_case.id"], name="fk_homebuy_note_case_id"),
        sa.PrimaryKeyConstraint("case_id", "seq", "name", name="pk_homebuy_note"),
    )


def _occurrence(op: Operations) -> None:
    op.create_table(
        "homebuy_occurrence",
        sa.Column("case_id", BigId, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("void", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["homebuy_case.id"], name="fk_homebuy_occurrence_case_id"),
        sa.PrimaryKeyConstraint("case_id", "seq", name="pk_homebuy_occurrence"),
    )


def _officer(op: Operations) -> None:
    op.create_table(
        "homebuy_officer",
        sa.Column("id", sa.String(length=200), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_homebuy_officer"),
    )


def _outbox(op: Operations) -> None:
    op.create_table(
        "homebuy_outbox",
        sa.Column("id", BigId, nullable=False),
        sa.Column("key", sa.String(length=500), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("case_id", BigId, nullable=False),
        sa.Column("reference", sa.String(length=200), nullable=False),
        sa.Column("rung", sa.String(length=500), nullable=True),
        sa.Column("recipient", Json, nullable=True),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("template", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("task", sa.String(length=64), nullable=True),
        sa.Column("rule", sa.String(length=64), nullable=False),
        sa.Column("rule_version", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("params", Json, nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_try_at", Instant(), nullable=True),
        sa.Column("lease_token", sa.String(length=40), nullable=True),
        sa.Column("lease_until", Instant(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("asked", Json, nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("handed_over_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["homebuy_case.id"], name="fk_homebuy_outbox_case_id"),
        sa.PrimaryKeyConstraint("id", name="pk_homebuy_outbox"),
        sa.UniqueConstraint("key", name="uq_homebuy_outbox_key"),
        postgresql_with={"autovacuum_vacuum_scale_factor": "0.02", "autovacuum_vacuum_threshold": "1000"},
    )
    op.create_index("ix_homebuy_outbox_case_id", "homebuy_outbox", ["case_id"])
    op.create_index("ix_homebuy_outbox_state", "homebuy_outbox", ["state"])
    op.create_index(
        "ix_homebuy_outbox_waiting",
        "homebuy_outbox",
        ["next_try_at", "id"],
        sqlite_where=sa.text("next_try_at IS NOT NULL"),
        postgresql_where=sa.text("next_try_at IS NOT NULL"),
    )


def _person(op: Operations) -> None:
    op.create_table(
        "homebuy_person",
        sa.Column("case_id", BigId, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("host_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["homebuy_case.id"], name="fk_homebuy_person_case_id"),
        sa.PrimaryKeyConstraint("case_id", "seq", "position", name="pk_homebuy_person"),
    )
    op.create_index("ix_homebuy_person_host_id", "homebuy_person", ["host_id"])


def _role(op: Operations) -> None:
    op.create_table(
        "homebuy_role",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_homebuy_role"),
    )


def _role_member(op: Operations) -> None:
    op.create_table(
        "homebuy_role_member",
        sa.Column("id", BigId, nullable=False),
        sa.Column("role", sa.String(length=64), nullable=False),
        sa.Column("officer", sa.String(length=200), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=True),
        sa.Column("effective_to", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_homebuy_role_member"),
    )
    op.create_index("ix_homebuy_role_member_role_officer", "homebuy_role_member", ["role", "officer"])


def _round_robin(op: Operations) -> None:
    op.create_table(
        "homebuy_round_robin",
        sa.Column("role", sa.String(length=64), nullable=False),
        sa.Column("last_officer", sa.String(length=200), nullable=True),
        sa.Column("turns", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("role", name="pk_homebuy_round_robin"),
    )


def _rung(op: Operations) -> None:
    op.create_table(
        "homebuy_rung",
        sa.Column("id", BigId, nullable=False),
        sa.Column("case_id", BigId, nullable=False),
        sa.Column("subject", sa.String(length=100), nullable=False),
        sa.Column("clock", sa.String(length=64), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("rule", sa.String(length=64), nullable=False),
        sa.Column("anchor", sa.String(length=100), nullable=False),
        sa.Column("occurrence", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("instant", Instant(), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("decided_at", Instant(), nullable=False),
        sa.Column("notices", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("retry_at", Instant(), nullable=True),
        sa.Column("inputs", Json, nullable=True),
        sa.Column("record", OrderedJson, nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["homebuy_case.id"], name="fk_homebuy_rung_case_id"),
        sa.PrimaryKeyConstraint("id", name="pk_homebuy_rung"),
        sa.UniqueConstraint(
            "case_id", "subject", "clock", "run", "rule", "anchor", "occurrence", name="uq_homebuy_rung_key"
        ),
    )
    op.create_index(
        "ix_homebuy_rung_errored",
        "homebuy_rung",
        ["case_id"],
        sqlite_where=sa.text("outcome = 'errored'"),
        postgresql_where=sa.text("outcome = 'errored'"),
    )


def _stage(op: Operations) -> None:
    op.create_table(
        "homebuy_stage",
        sa.Column("case_id", BigId, nullable=False),
        sa.Column("id", sa.String(length=90), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("parallel", sa.Boolean(), nullable=False),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("origin", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["homebuy_case.id"], name="fk_homebuy_stage_case_id"),
        sa.PrimaryKeyConstraint("case_id", "id", name="pk_homebuy_stage"),
    )


def _task(op: Operations) -> None:
    op.create_table(
        "homebuy_task",
        sa.Column("case_id", BigId, nullable=False),
        sa.Column("id", sa.String(length=90), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("stage", sa.String(length=90), nullable=True),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("mandatory", sa.Boolean(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("carry", sa.Boolean(), nullable=False),
        sa.Column("adhoc", sa.Boolean(), nullable=False),
        sa.Column("owners", Json, nullable=False),
        sa.Column("planned_start", Instant(), nullable=True),
        sa.Column("planned_by", sa.String(length=200), nullable=True),
        sa.Column("opened_at", Instant(), nullable=True),
        sa.Column("started_on", sa.Date(), nullable=True),
        sa.Column("completed_on", sa.Date(), nullable=True),
        sa.Column("completed_at", Instant(), nullable=True),
        sa.Column("silence_seq", sa.Integer(), nullable=False),
        sa.Column("silence_at", Instant(), nullable=True),
        sa.Column("swept", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["homebuy_case.id"], name="fk_homebuy_task_case_id"),
        sa.PrimaryKeyConstraint("case_id", "id", name="pk_homebuy_task"),
    )


def _tick(op: Operations) -> None:
    op.create_table(
        "homebuy_tick",
        sa.Column("id", BigId, nullable=False),
        sa.Column("started_at", Instant(), nullable=False),
        sa.Column("now_used", Instant(), nullable=False),
        sa.Column("plugins", sa.String(length=64), nullable=False),
        sa.Column("report", OrderedJson, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_homebuy_tick"),
    )
    op.create_index("ix_homebuy_tick_started_at", "homebuy_tick", ["started_at"])


def _wakeup(op: Operations) -> None:
    op.create_table(
        "homebuy_wakeup",
        sa.Column("case_id", BigId, nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["homebuy_case.id"], name="fk_homebuy_wakeup_case_id"),
        sa.PrimaryKeyConstraint("case_id", "subject", name="pk_homebuy_wakeup"),
        postgresql_with={"autovacuum_vacuum_scale_factor": "0.02", "autovacuum_vacuum_threshold": "1000"},
    )
    op.create_index("ix_homebuy_wakeup_due_at_case_id", "homebuy_wakeup", ["due_at", "case_id"])


def downgrade(op: Operations) -> None:
    """Drop the tables and all that is in them; ``homebuy_case`` last, which others point to."""
    for table in (
        "wakeup",
        "tick",
        "task",
        "stage",
        "rung",
        "round_robin",
        "role_member",
        "role",
        "person",
        "outbox",
        "officer",
        "occurrence",
        "note",
        "mark",
        "hold",
        "event",
        "document",
        "clock",
        "case_owner",
        "absence",
        "case",
    ):
        op.drop_table(f"homebuy_{table}")
