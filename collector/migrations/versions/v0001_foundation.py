"""The first tables: who is asked, what is answered, what is settled, who is there."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# What was once written here stays as it was written, whichever program tries to change it.
WRITTEN_ONCE = ("answer_event", "confirmation", "submission", "disposition_event")
KEEP_CURRENT = """
CREATE TRIGGER answer_event_is_current AFTER INSERT ON answer_event BEGIN
  INSERT INTO answer_current (assignment_id, field, seq, value, state, actor, client_key)
  VALUES (NEW.assignment_id, NEW.field, NEW.seq, NEW.value, NEW.state, NEW.actor, NEW.client_key)
  ON CONFLICT (assignment_id, field) DO UPDATE SET
    seq = excluded.seq, value = excluded.value, state = excluded.state,
    actor = excluded.actor, client_key = excluded.client_key;
END
"""
TABLES = (
    "definition",
    "wave",
    "assignment",
    "access_code",
    "answer_event",
    "answer_current",
    "draft",
    "confirmation",
    "submission",
    "disposition_event",
    "web_session",
    "wrong_code",
)


def upgrade() -> None:
    """Make the tables and the triggers that keep them honest."""
    _what_is_asked()
    _who_is_asked()
    _what_is_answered()
    _what_holds_now()
    _what_is_explained()
    _what_is_submitted()
    _what_the_office_knows()
    _who_is_there()
    op.execute(KEEP_CURRENT)
    for table in WRITTEN_ONCE:
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_refuses_{change.lower()} BEFORE {change} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, 'rows of {table} are never changed and never removed'); END"
            )


def downgrade() -> None:
    """Remove everything; only for stores without answers."""
    for table in reversed(TABLES):
        op.drop_table(table)


def _what_is_asked() -> None:
    op.create_table(
        "definition",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("questionnaire", sa.String(length=64), nullable=False),
        sa.Column("version", sa.String(length=32), nullable=False),
        sa.Column("published_at", sa.String(length=27), nullable=False),
        sa.PrimaryKeyConstraint("sha256"),
    )
    op.create_table(
        "wave",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("questionnaire", sa.String(length=64), nullable=False),
        sa.Column("definition_sha256", sa.String(length=64), nullable=False),
        sa.Column("started_at", sa.String(length=27), nullable=False),
        sa.ForeignKeyConstraint(["definition_sha256"], ["definition.sha256"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name", "questionnaire"),
    )


def _who_is_asked() -> None:
    op.create_table(
        "assignment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("wave_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("stratum", sa.String(length=64), nullable=False),
        sa.Column("base_weight", sa.Float(), nullable=False),
        sa.Column("prefilled", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["wave_id"], ["wave.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("wave_id", "unit_id"),
    )
    op.create_table(
        "access_code",
        sa.Column("lookup", sa.LargeBinary(length=32), nullable=False),
        sa.Column("assignment_id", sa.Integer(), nullable=False),
        sa.Column("issue", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["assignment_id"], ["assignment.id"]),
        sa.PrimaryKeyConstraint("lookup"),
        sa.UniqueConstraint("assignment_id", "issue"),
    )


def _what_is_answered() -> None:
    op.create_table(
        "answer_event",
        sa.Column("seq", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("assignment_id", sa.Integer(), nullable=False),
        sa.Column("field", sa.String(length=64), nullable=False),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("actor", sa.String(length=16), nullable=False),
        sa.Column("page", sa.String(length=64), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("client_key", sa.String(length=64), nullable=False),
        sa.Column("at", sa.String(length=27), nullable=False),
        sa.ForeignKeyConstraint(["assignment_id"], ["assignment.id"]),
        sa.PrimaryKeyConstraint("seq"),
        sqlite_autoincrement=True,
    )
    op.create_index("answer_event_by_field", "answer_event", ["assignment_id", "field", "seq"], unique=False)


def _what_holds_now() -> None:
    op.create_table(
        "answer_current",
        sa.Column("assignment_id", sa.Integer(), nullable=False),
        sa.Column("field", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("actor", sa.String(length=16), nullable=False),
        sa.Column("client_key", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["assignment_id"], ["assignment.id"]),
        sa.PrimaryKeyConstraint("assignment_id", "field"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "draft",
        sa.Column("assignment_id", sa.Integer(), nullable=False),
        sa.Column("page", sa.String(length=64), nullable=False),
        sa.Column("typed", sa.Text(), nullable=False),
        sa.Column("at", sa.String(length=27), nullable=False),
        sa.ForeignKeyConstraint(["assignment_id"], ["assignment.id"]),
        sa.PrimaryKeyConstraint("assignment_id", "page"),
    )


def _what_is_explained() -> None:
    op.create_table(
        "confirmation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("assignment_id", sa.Integer(), nullable=False),
        sa.Column("check_id", sa.String(length=64), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.String(length=27), nullable=False),
        sa.ForeignKeyConstraint(["assignment_id"], ["assignment.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("assignment_id", "check_id", "fingerprint", "reason"),
    )


def _what_is_submitted() -> None:
    op.create_table(
        "submission",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("assignment_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("receipt_code", sa.String(length=32), nullable=False),
        sa.Column("definition_sha256", sa.String(length=64), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("document_sha256", sa.String(length=64), nullable=False),
        sa.Column("head_seq", sa.Integer(), nullable=False),
        sa.Column("client_key", sa.String(length=64), nullable=False),
        sa.Column("at", sa.String(length=27), nullable=False),
        sa.ForeignKeyConstraint(["assignment_id"], ["assignment.id"]),
        sa.ForeignKeyConstraint(["definition_sha256"], ["definition.sha256"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("assignment_id", "number"),
        sa.UniqueConstraint("receipt_code"),
    )


def _what_the_office_knows() -> None:
    op.create_table(
        "disposition_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("assignment_id", sa.Integer(), nullable=False),
        sa.Column("disposition", sa.String(length=16), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", sa.String(length=27), nullable=False),
        sa.ForeignKeyConstraint(["assignment_id"], ["assignment.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_disposition_event_assignment_id"), "disposition_event", ["assignment_id"], unique=False)


def _who_is_there() -> None:
    op.create_table(
        "web_session",
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("assignment_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.String(length=27), nullable=False),
        sa.Column("seen_at", sa.String(length=27), nullable=False),
        sa.Column("ended_at", sa.String(length=27), nullable=True),
        sa.ForeignKeyConstraint(["assignment_id"], ["assignment.id"]),
        sa.PrimaryKeyConstraint("token_sha256"),
    )
    op.create_index(op.f("ix_web_session_assignment_id"), "web_session", ["assignment_id"], unique=False)
    op.create_table(
        "wrong_code",
        sa.Column("network", sa.String(length=64), nullable=False),
        sa.Column("window", sa.String(length=27), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("network", "window"),
    )
