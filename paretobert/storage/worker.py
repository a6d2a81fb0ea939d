"""Who works on a study: one process of one host, known by a token, and whether it still lives."""

from __future__ import annotations

import os
import platform
import uuid
from dataclasses import dataclass
from pathlib import Path

import psutil

_CLOCK_SLACK_SECONDS = 2.0  # how far two readings of one process's start may differ


@dataclass(frozen=True)
class Worker:
    """A process that holds trials.

    Attributes:
        token: its own, unlike any other's.
        host: where its process number means something: the host's name and, on Linux, the process namespace, since
            containers may share a name.
        pid: its process number.
        process_started: when the process started, in seconds since 1970; with the pid, it names one process.
    """

    token: str
    host: str
    pid: int
    process_started: float

    @classmethod
    def current(cls) -> Worker:
        """This process, with a new token."""
        return cls(uuid.uuid4().hex, _host(), os.getpid(), psutil.Process().create_time())

    def is_known_dead(self) -> bool:
        """Whether this is a process of this host that no longer lives; False where nobody can tell."""
        if self.host != _host():
            return False
        try:
            process = psutil.Process(self.pid)
            is_another = abs(process.create_time() - self.process_started) > _CLOCK_SLACK_SECONDS
            return is_another or process.status() == psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return True
        except psutil.AccessDenied:
            return False


def _host() -> str:
    namespace = Path("/proc/self/ns/pid")
    return f"{platform.node()} {namespace.readlink()}" if namespace.exists() else platform.node()
