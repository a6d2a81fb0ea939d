"""How long a `.tflite` file takes on this machine: measured, on `ai-edge-litert`, by one thread or a few pinned ones.

The latency is the 5 % quantile of the runs' times, over one second of runs after a warm-up. A run can only be
delayed by what else the machine does, so the fast runs are the ones that tell what the network takes; the smallest
alone would depend on how many runs there are. Measured eight times each on four encoders (0.4 to 10 ms) while other
programs used the machine, this quantile repeated within 0.8 % (standard deviation, median of the encoders), the
smallest time within 0.7 %, the median within 3.4 % and the mean within 40 %; on an idle machine all but the mean are
alike. The spread is the standard deviation of that quantile over the three fastest fifths of the runs; while it is
above one per cent of the latency, the machine is too busy to tell, and another second of runs is added, up to five.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import platform
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

import numpy as np
from filelock import FileLock

from latency_models.tflite_file import parse_tflite

QUANTILE = 0.05
FIFTHS, FASTEST_FIFTHS = 5, 3
SETTLED = 0.01  # spread over latency
ROUNDS = 5
WARM_UP_RUNS = 3
LEAST_RUNS = 20  # of a round
SECONDS = 1.0  # of a round

Delegate = Literal["edgetpu"]
EDGETPU_LIBRARY = "libedgetpu.so.1"


@dataclass(frozen=True)
class Measurement:
    """What was measured of one model.

    Attributes:
        latency_ms: of one run.
        spread_ms: standard error of `latency_ms`, from the fastest fifths of the runs.
        runs: that were timed.
        threads: of the interpreter, each on a core of its own.
        machine: processor, system and interpreter.
    """

    latency_ms: float
    spread_ms: float
    runs: int
    threads: int
    machine: str


def measure_file(
    path: str | os.PathLike[str],
    *,
    threads: int = 1,
    seconds: float = SECONDS,
    delegate: Delegate | None = None,
    cache: Path | None = None,
) -> Measurement:
    """Runs a `.tflite` file here and tells how long it takes.

    Args:
        path: of the file.
        threads: of the interpreter, pinned to as many cores while it runs.
        seconds: for which it is run, and at least `LEAST_RUNS` times; five times that on a busy machine.
        delegate: `edgetpu` runs what the Edge TPU compiler mapped on an Edge TPU that is plugged in.
        cache: a folder in which measurements are kept by content, machine and settings; None measures anew.

    Raises:
        OSError: the file cannot be read, or there is no Edge TPU runtime.
        ValueError: it is no TFLite file of static shapes, has operations the interpreter does not know, or there are
            fewer cores than threads; the message names the file.
    """
    model = Path(path).read_bytes()
    if cache is None:
        return _measured(model, os.fspath(path), threads, seconds, delegate)
    content = hashlib.sha256(model).hexdigest()
    key = cache_key(content=content, threads=threads, seconds=seconds, delegate=delegate)
    return kept(cache, key) or keep(cache, key, _measured(model, os.fspath(path), threads, seconds, delegate))


def machine() -> str:
    """What a latency depends on beside the model: processor, system and interpreter."""
    return (
        f"{_processor()}, {platform.system()} {platform.machine()}, ai-edge-litert {metadata.version('ai-edge-litert')}"
    )


def statistic(times_ms: Sequence[float]) -> tuple[float, float]:
    """Latency and spread, in milliseconds, of the times of at least five runs."""
    fifths = sorted(float(np.quantile(part, QUANTILE)) for part in np.array_split(times_ms, FIFTHS))
    return float(np.quantile(times_ms, QUANTILE)), float(np.std(fifths[:FASTEST_FIFTHS], ddof=1))


# The measurements kept


def cache_key(**of: Any) -> str:
    """A file name for what is measured with these settings on this machine."""
    return hashlib.sha256(json.dumps({**of, "machine": machine()}, sort_keys=True).encode()).hexdigest()[:32]


def kept(folder: Path, key: str) -> Measurement | None:
    """The measurement kept under a key, if there is one that can be read."""
    try:
        return Measurement(**json.loads((folder / f"{key}.json").read_text(encoding="utf-8")))
    except (OSError, TypeError, ValueError):
        return None


def keep(folder: Path, key: str, measurement: Measurement) -> Measurement:
    """Keeps a measurement; where another process was faster, theirs, so that all processes tell the same."""
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / "lock"):
        if earlier := kept(folder, key):
            return earlier
        aside = folder / f"{key}.part"
        aside.write_text(json.dumps(asdict(measurement)), encoding="utf-8")
        aside.replace(folder / f"{key}.json")
    return measurement


# Private


def _measured(model: bytes, name: str, threads: int, seconds: float, delegate: Delegate | None) -> Measurement:
    parse_tflite(model, name)
    with _pinned(threads):
        interpreter = _interpreter(model, name, threads, delegate)
        for _ in range(WARM_UP_RUNS):
            interpreter.invoke()
        times_ms: list[float] = []
        for _ in range(ROUNDS):
            times_ms += _times_ms(interpreter, seconds)
            latency_ms, spread_ms = statistic(times_ms)
            if spread_ms <= SETTLED * latency_ms:
                break
    return Measurement(latency_ms, spread_ms, len(times_ms), threads, machine())


def _interpreter(model: bytes, name: str, threads: int, delegate: Delegate | None) -> Any:
    from ai_edge_litert import interpreter as litert

    delegates = None if delegate is None else [_edgetpu(litert)]
    try:
        interpreter = litert.Interpreter(model_content=model, num_threads=threads, experimental_delegates=delegates)
        interpreter.allocate_tensors()
    except (RuntimeError, ValueError) as error:
        raise ValueError(f"{name}: ai-edge-litert cannot run it: {' '.join(str(error).split())}") from None
    rng = np.random.default_rng(0)
    for details in interpreter.get_input_details():
        # Zeros are valid numbers of whatever integers count; floats of size 1 keep all that follows in its usual range.
        shape, kind = details["shape"], details["dtype"]
        floats = np.issubdtype(kind, np.floating)
        interpreter.set_tensor(details["index"], (rng.normal(size=shape) if floats else np.zeros(shape)).astype(kind))
    return interpreter


def _edgetpu(litert: Any) -> Any:
    try:
        ctypes.CDLL(EDGETPU_LIBRARY)
    except OSError:
        raise OSError(
            f"the Edge TPU runtime {EDGETPU_LIBRARY} is not installed: install the package libedgetpu1-std "
            "(coral.ai/software) and plug the device in, or measure without the delegate"
        ) from None
    try:
        return litert.load_delegate(EDGETPU_LIBRARY)
    except ValueError as error:
        raise OSError(f"the Edge TPU runtime finds no device: {error}; plug it in") from None


def _times_ms(interpreter: Any, seconds: float) -> list[float]:
    times: list[float] = []
    end = time.perf_counter() + seconds
    while len(times) < LEAST_RUNS or time.perf_counter() < end:
        begun = time.perf_counter_ns()
        interpreter.invoke()
        times.append((time.perf_counter_ns() - begun) / 1e6)
    return times


@contextmanager
def _pinned(threads: int) -> Iterator[None]:
    """Holds this thread, and those it starts, on as many cores; where the system cannot, it leaves them free."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    cores = sorted(os.sched_getaffinity(0))
    if not 1 <= threads <= len(cores):
        raise ValueError(f"threads must be from 1 to {len(cores)}, the cores of this process, not {threads}")
    os.sched_setaffinity(0, cores[-threads:])  # the first core has the most to do for the system
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    lines = information.read_text(encoding="utf-8", errors="replace").splitlines() if information.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "unknown processor"
