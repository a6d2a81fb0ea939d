"""`EdgeTpuAnalytical`: latency on an Edge TPU as a sum of prices, operation by operation.

    int8 latency  = sum over a profile's constants of amount x price    (`latency_models.terms`)
    float latency = float_ratio x int8 latency

For `tensor-g1` a profile has four constants, `fixed_ms`, `block_ms`, `multiply_adds_per_second` and `float_ratio`,
fitted by `scripts/fit_tensor_g1.py` to the seven latencies that were published (`latency_models.published`). What seven
rows cannot say: what of a block's cost is softmax, dispatch or streaming of weights and activations, so `block_ms`
stands for all of them; how latency depends on hidden size, heads or embedding size, which do not vary among them, but
through multiply-adds; and how on the length of the sequence and the size of the batch. Length 384 is itself inferred.
All of that is extrapolation. `docs/latency.md` tells of the other devices, and of every structure tried.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

import numpy as np

from latency_models.contract import CostEstimate, Floats
from latency_models.graph import OpGraphBatch
from latency_models.operations import Precision
from latency_models.profile import DeviceProfile
from latency_models.terms import DEVICE_CONSTANTS, HOST_RATE, TERMS, Part, Work, unit_ms
from search_space import Vectors

_CHUNK = 4096  # networks; their operations, about 10 MB, stay in a cache


@dataclass(frozen=True)
class Breakdown:
    """Where the latency of networks goes: `[r]` milliseconds each, of all repeats of a row of operations.

    Attributes:
        compute_ms: products, on the device or its host.
        memory_ms: weights and activations on their way.
        overhead_ms: what is paid for each operation, block or network, whatever its size; a network's own cost is at
            its first operation.
    """

    compute_ms: Floats
    memory_ms: Floats
    overhead_ms: Floats

    @property
    def total_ms(self) -> Floats:
        return self.compute_ms + self.memory_ms + self.overhead_ms


class EdgeTpuAnalytical:
    """The latency model `edgetpu-analytical`.

    Peak memory is all weights together plus the most activations that any one operation finds alive: its inputs, its
    outputs, and what later operations still read.

    Args:
        device: a name in `DEVICES`, the path of a profile, or a profile.

    Raises:
        ValueError: the device is unknown, or its profile has no constants for this model or others than it knows.
    """

    name = "edgetpu-analytical"

    def __init__(self, device: str | DeviceProfile) -> None:
        self.profile = device if isinstance(device, DeviceProfile) else DeviceProfile.load(device)
        if self.name not in self.profile.constants:
            raise ValueError(f"device {self.profile.name!r} has no constants for latency model {self.name!r}")
        self._constants = self.profile.constants[self.name]
        for constant in self._constants:
            if constant not in TERMS and constant not in DEVICE_CONSTANTS:
                raise ValueError(
                    f"{self.profile.name}: latency_models.{self.name}.constants.{constant} is not known; "
                    f"known: {', '.join([*TERMS, *DEVICE_CONSTANTS])}"
                )
        if not any(constant in TERMS for constant in self._constants):
            raise ValueError(
                f"{self.profile.name}: latency_models.{self.name}.constants holds no price; "
                f"give one of {', '.join(TERMS)}"
            )

    @property
    def is_lower_bound(self) -> bool:
        """Whether the device leaves operations to its host and the profile has no rate for what the host multiplies."""
        return bool(self.profile.host_operations) and HOST_RATE not in self._constants

    def predict(self, batch: OpGraphBatch) -> CostEstimate:
        """The modelled cost of each network; its standard error is not known.

        Raises:
            ValueError: the device does not run this precision, or leaves products of a compiled network to its host,
                whose rate its profile does not have.
        """
        self._check_precision(batch.precision)
        costs = zip(*(self._costs(chunk) for chunk in batch.chunks(_CHUNK)), strict=True)
        latency_ms, multiply_adds, peak_memory_bytes = map(np.concatenate, costs)
        peak_per_ms = self.profile.peak_multiply_adds_per_second[batch.precision] / 1e3
        return CostEstimate(
            latency_ms=latency_ms,
            latency_std_ms=np.full(len(batch), np.nan),
            utilization=multiply_adds / (latency_ms * peak_per_ms),
            peak_memory_bytes=peak_memory_bytes,
            source="modelled",
        )

    def breakdown(self, batch: OpGraphBatch) -> Breakdown:
        """What each row of operations costs; over a network it sums to the latency that `predict` gives.

        Raises:
            ValueError: as `predict` does.
        """
        self._check_precision(batch.precision)
        work = self._work(batch)
        self._check_host(work)
        return self._breakdown(work)

    def energy_mj(self, batch: OpGraphBatch) -> Floats:
        """At most what each network draws, in millijoules: the profile's power at full load, over the whole latency.

        `[n]`; NaN where the profile has no source for a power.
        """
        watts = np.nan if self.profile.watts is None else self.profile.watts
        return self.predict(batch).latency_ms * watts

    def fingerprint(self) -> str:
        known = [
            self.name,
            dict(self._constants),
            dict(self.profile.peak_multiply_adds_per_second),
            list(self.profile.host_operations),
        ]
        return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()[:16]

    def _work(self, batch: OpGraphBatch) -> Work:
        return Work(batch, self._constants, self.profile.host_operations)

    def _costs(self, batch: OpGraphBatch) -> tuple[Floats, Vectors, Vectors]:
        """Latency, multiply-adds on the device and peak memory of each network."""
        work = self._work(batch)
        self._check_host(work)
        on_device = batch.total(work.multiply_adds * ~work.on_host)
        return batch.total(self._breakdown(work).total_ms), on_device, batch.peak_memory_bytes

    def _check_host(self, work: Work) -> None:
        """What a compiler leaves to the host can be nearly all of a network; without a price it would cost nothing."""
        left = work.multiply_adds[work.on_host & work.batch.operations.on_host].sum()
        if left and self.is_lower_bound:
            raise ValueError(
                f"device {self.profile.name!r} leaves {left:.3g} multiply-adds of this file to its host, and its "
                f"profile has no {HOST_RATE}: give it in a profile of your own ('paretobert latency inspect' says why "
                "they are left)"
            )

    def _breakdown(self, work: Work) -> Breakdown:
        ratio = 1.0 if work.batch.precision == "int8" else self._constants["float_ratio"]
        parts: dict[Part, Floats] = {}
        for constant, term in TERMS.items():
            if constant in self._constants:
                ms = np.asarray(term.amount(work) * (ratio * unit_ms(constant, self._constants[constant])), np.float64)
                parts[term.part] = parts[term.part] + ms if term.part in parts else ms
        nothing = np.zeros(len(work.batch.operations))
        return Breakdown(*(parts.get(part, nothing) for part in ("compute", "memory", "overhead")))

    def _check_precision(self, precision: Precision) -> None:
        runs = self.profile.peak_multiply_adds_per_second
        if precision not in runs or (precision == "float" and "float_ratio" not in self._constants):
            raise ValueError(
                f"device {self.profile.name!r} does not run {precision}: its profile has no peak or no ratio for it"
            )
