"""The tables of the answer store as typed SQLAlchemy models; the migrations make them, and a test compares the two."""

from __future__ import annotations

from sqlalchemy import Float, ForeignKey, Index, Integer, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

# Times are ISO 8601 in UTC with microseconds ("2026-11-23T08:00:00.000000Z"): they sort as text on every engine.


class Model(DeclarativeBase):
    """Root of the models; SQLAlchemy asks for it."""


class Definition(Model):
    """A questionnaire as it was published; its digest is stored with every answer that was given under it."""

    __tablename__ = "definition"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    questionnaire: Mapped[str] = mapped_column(String(64))
    version: Mapped[str] = mapped_column(String(32))
    published_at: Mapped[str] = mapped_column(String(27))


class Wave(Model):
    """One round of one questionnaire; the definition is pinned when the round starts."""

    __tablename__ = "wave"
    __table_args__ = (UniqueConstraint("name", "questionnaire"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    name: Mapped[str] = mapped_column(String(32))
    questionnaire: Mapped[str] = mapped_column(String(64))
    definition_sha256: Mapped[str] = mapped_column(ForeignKey("definition.sha256"))
    started_at: Mapped[str] = mapped_column(String(27))


class Assignment(Model):
    """One unit of the sample that is asked in one wave."""

    __tablename__ = "assignment"
    __table_args__ = (UniqueConstraint("wave_id", "unit_id"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    wave_id: Mapped[int] = mapped_column(ForeignKey("wave.id"))
    unit_id: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(Text)
    stratum: Mapped[str] = mapped_column(String(64))
    base_weight: Mapped[float] = mapped_column(Float)
    prefilled: Mapped[str] = mapped_column(Text)


class AccessCode(Model):
    """The keyed look-up of one issue of an access code; the code itself is stored nowhere."""

    __tablename__ = "access_code"
    __table_args__ = (UniqueConstraint("assignment_id", "issue"),)

    lookup: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignment.id"))
    issue: Mapped[int] = mapped_column(Integer)


class AnswerEvent(Model):
    """One answer that was given, in the order it was stored. Rows are never changed and never removed."""

    __tablename__ = "answer_event"
    __table_args__ = (Index("answer_event_by_field", "assignment_id", "field", "seq"), {"sqlite_autoincrement": True})

    seq: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignment.id"))
    field: Mapped[str] = mapped_column(String(64))
    value: Mapped[str | None] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16))
    actor: Mapped[str] = mapped_column(String(16))
    page: Mapped[str] = mapped_column(String(64))
    language: Mapped[str] = mapped_column(String(8))
    client_key: Mapped[str] = mapped_column(String(64))
    at: Mapped[str] = mapped_column(String(27))


class AnswerCurrent(Model):
    """The last answer to each field; a database trigger keeps it from the events, so the two cannot disagree."""

    __tablename__ = "answer_current"
    __table_args__ = ({"sqlite_with_rowid": False},)

    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignment.id"), primary_key=True)
    field: Mapped[str] = mapped_column(String(64), primary_key=True)
    seq: Mapped[int] = mapped_column(Integer)
    value: Mapped[str | None] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16))
    actor: Mapped[str] = mapped_column(String(16))
    client_key: Mapped[str] = mapped_column(String(64))


class Draft(Model):
    """A page that could not all be understood, kept as it was typed until it is saved without error."""

    __tablename__ = "draft"

    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignment.id"), primary_key=True)
    page: Mapped[str] = mapped_column(String(64), primary_key=True)
    typed: Mapped[str] = mapped_column(Text)
    at: Mapped[str] = mapped_column(String(27))


class Confirmation(Model):
    """A soft check that the respondent confirmed, with the reason; `fingerprint` is of the answers they had then."""

    __tablename__ = "confirmation"
    __table_args__ = (UniqueConstraint("assignment_id", "check_id", "fingerprint", "reason"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignment.id"))
    check_id: Mapped[str] = mapped_column(String(64))
    fingerprint: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[str] = mapped_column(String(27))


class Submission(Model):
    """A response as it was submitted: one canonical document, its digest, and the receipt that was given for it."""

    __tablename__ = "submission"
    __table_args__ = (UniqueConstraint("assignment_id", "number"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignment.id"))
    number: Mapped[int] = mapped_column(Integer)
    receipt_code: Mapped[str] = mapped_column(String(32), unique=True)
    definition_sha256: Mapped[str] = mapped_column(ForeignKey("definition.sha256"))
    language: Mapped[str] = mapped_column(String(8))
    document: Mapped[str] = mapped_column(Text)
    document_sha256: Mapped[str] = mapped_column(String(64))
    head_seq: Mapped[int] = mapped_column(Integer)
    client_key: Mapped[str] = mapped_column(String(64))
    at: Mapped[str] = mapped_column(String(27))


class DispositionEvent(Model):
    """What the office learned about a unit that did not answer: refused, not reached, out of scope."""

    __tablename__ = "disposition_event"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignment.id"), index=True)
    disposition: Mapped[str] = mapped_column(String(16))
    note: Mapped[str] = mapped_column(Text)
    at: Mapped[str] = mapped_column(String(27))


class WebSession(Model):
    """A signed-in browser; the cookie holds the random name of which only the digest is stored here."""

    __tablename__ = "web_session"

    token_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignment.id"), index=True)
    created_at: Mapped[str] = mapped_column(String(27))
    seen_at: Mapped[str] = mapped_column(String(27))
    ended_at: Mapped[str | None] = mapped_column(String(27))


class WrongCode(Model):
    """How many wrong access codes one network sent in one quarter of an hour."""

    __tablename__ = "wrong_code"

    network: Mapped[str] = mapped_column(String(64), primary_key=True)
    window: Mapped[str] = mapped_column(String(27), primary_key=True)
    count: Mapped[int] = mapped_column(Integer)
