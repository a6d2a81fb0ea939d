"""When a search ends before its trials are done: its time is over, or the user pressed Ctrl-C."""

from __future__ import annotations

import math
import os
import re
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_STANDARD_ERROR = 2
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600}


def seconds_of(text: str) -> float:
    """The seconds of a time such as `90`, `90s`, `30m` or `1.5h`.

    Raises:
        ValueError: it is no such time, or not above 0.
    """
    match = re.fullmatch(r"\s*(\d+(?:\.\d*)?|\.\d+)\s*([smh]?)\s*", text)
    seconds = float(match[1]) * _SECONDS[match[2]] if match else math.nan
    if not 0 < seconds < math.inf:
        raise ValueError(f"--timeout {text!r} is no time above 0: give seconds, or a number with m or h, such as 30m")
    return seconds


class EarlyEnd:
    """Called before each trial: true when the run is to end here.

    Args:
        timeout: a time as `seconds_of` reads it, counted from now; None for any time.

    Raises:
        ValueError: it is no time.
    """

    def __init__(self, timeout: str | None) -> None:
        self._timeout = timeout
        self._deadline = math.inf if timeout is None else time.monotonic() + seconds_of(timeout)
        self.interrupted = False

    def __call__(self) -> bool:
        return self.interrupted or time.monotonic() >= self._deadline

    @property
    def reason(self) -> str:
        """Why the run ends, for the user; empty if it does not."""
        if self.interrupted:
            return "stopped"
        return f"the time of {self._timeout} is over" if self() else ""

    @contextmanager
    def on_interrupt(self) -> Iterator[None]:
        """Within, the first Ctrl-C ends the run after the running trial, a second raises `KeyboardInterrupt`."""
        before = signal.signal(signal.SIGINT, self._interrupt)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)

    def _interrupt(self, _signal: int, _frame: FrameType | None) -> None:
        if self.interrupted:
            raise KeyboardInterrupt
        self.interrupted = True
        # Straight to the descriptor: the signal may have come while the stream was being written to.
        os.write(_STANDARD_ERROR, b"ending after the running trial; Ctrl-C again to end at once\n")
