"""Where a study is kept: the database, its transitions, and the workers that hold trials."""

from paretobert.storage.database import Database
from paretobert.storage.store import LEASE_SECONDS, DuplicateProposal, Store
from paretobert.storage.worker import Worker

__all__ = ["LEASE_SECONDS", "Database", "DuplicateProposal", "Store", "Worker"]
