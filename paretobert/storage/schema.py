"""The tables. The database is the only truth of a study, and a worker may die between any two transactions."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

SCHEMA_VERSION = 1

metadata = MetaData()

database = Table(
    "database",
    metadata,
    Column("schema_version", Integer, primary_key=True),
)

studies = Table(
    "studies",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(255), nullable=False, unique=True),
    Column("configuration", JSON, nullable=False),
    Column("plugins", JSON, nullable=False),  # see `Assembly.plugins`
    Column("created_at", Float, nullable=False),  # this and all times: seconds since 1970, UTC
    Column("ended", Text),  # why the study stopped short of its trials; null if it did not
)

workers = Table(
    "workers",
    metadata,
    Column("token", String(32), primary_key=True),
    Column("study_id", ForeignKey("studies.id"), nullable=False),
    Column("host", String(255), nullable=False),
    Column("pid", Integer, nullable=False),
    Column("process_started", Float, nullable=False),  # with the pid, names one process of a host
    Column("started_at", Float, nullable=False),
    Column("machine", JSON, nullable=False),
    Column("versions", JSON, nullable=False),
)

trials = Table(
    "trials",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("study_id", ForeignKey("studies.id"), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("number", Integer, nullable=False),
    Column("name", String(255)),
    Column("vector", JSON, nullable=False),
    Column("architecture", JSON, nullable=False),
    Column("canonical_key", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("metrics", JSON, nullable=False),  # the free ones; the others stand with their evaluation
    Column("violation", Float, nullable=False),
    Column("seen_completions", Integer, nullable=False),
    Column("completion", Integer),
    Column("reason", Text, nullable=False),
    Column("worker", ForeignKey("workers.token")),  # who holds it, or ended it
    Column("lease_expires_at", Float),
    Column("created_at", Float, nullable=False),
    Column("ended_at", Float),
    UniqueConstraint("study_id", "kind", "number"),
    UniqueConstraint("study_id", "kind", "canonical_key"),  # no architecture is two trials
    UniqueConstraint("study_id", "kind", "completion"),
    Index("trials_by_state", "study_id", "state"),
)

evaluations = Table(
    "evaluations",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("trial_id", ForeignKey("trials.id"), nullable=False),
    Column("seed", Integer, nullable=False),
    Column("budget", Integer, nullable=False),
    Column("step", Integer, nullable=False),
    Column("ends_trial", Boolean, nullable=False),  # the one that the trial's state and the controllers rest on
    Column("score", Float, nullable=False),
    Column("metrics", JSON, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("worker", ForeignKey("workers.token"), nullable=False),
    Column("at", Float, nullable=False),
    UniqueConstraint("trial_id", "seed", "budget", "step"),
)

events = Table(  # what is worth knowing of a study's running and decides nothing
    "events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("study_id", ForeignKey("studies.id"), nullable=False),
    Column("trial_id", ForeignKey("trials.id")),
    Column("worker", ForeignKey("workers.token")),
    Column("at", Float, nullable=False),
    Column("kind", String(32), nullable=False),  # taken_over, late, stopped, verification
    Column("detail", JSON, nullable=False),
)
