"""Ends a call that takes too long."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_AGAIN_SECONDS = 1.0  # code that swallowed the first interruption is interrupted again


class TimeLimitExceeded(BaseException):
    """A call took too long. No `Exception`, so that the `except Exception` of what was called lets it through."""


@contextmanager
def time_limit(seconds: float | None) -> Iterator[None]:
    """Interrupts its body after so many seconds, by the alarm signal; None is no limit.

    Python code, sleeping and waiting are interrupted at once; compiled code (one step of TensorFlow) when it next
    returns to Python. Signals reach the main thread of a Unix process alone: elsewhere there is no limit. Limits may
    be nested, also in another user's of the alarm: the earliest ends the innermost, and the outer one stays.

    Raises:
        TimeLimitExceeded: the time is over.
    """
    if seconds is None or not _can_interrupt():
        yield
        return
    armed = True

    def interrupt(number: int, frame: FrameType | None) -> None:
        if armed:
            raise TimeLimitExceeded

    begun = time.monotonic()
    outer_handler = signal.signal(signal.SIGALRM, interrupt)
    outer_left, outer_interval = signal.setitimer(signal.ITIMER_REAL, seconds, _AGAIN_SECONDS)
    if 0 < outer_left < seconds:
        signal.setitimer(signal.ITIMER_REAL, outer_left, _AGAIN_SECONDS)
    try:
        try:
            yield
        finally:
            armed = False  # an alarm while the handler is put back is nobody's
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, outer_handler)
        if outer_left > 0:
            left = outer_left - (time.monotonic() - begun)
            signal.setitimer(signal.ITIMER_REAL, max(left, 1e-3), outer_interval)


def _can_interrupt() -> bool:
    return hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
