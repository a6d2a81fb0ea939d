"""The terms of the analytical model: what of a network each constant of a profile is the price of.

A constant in milliseconds (`_ms`) is what one unit costs; a constant per second (`_per_second`) is how many units go
by in a second. Latency is the sum over the constants that a profile has, so a profile says which terms it uses. The
other constants describe the device: `array_rows` and `array_columns` to which products are padded, `cache_bytes` for
weights on the chip (without it, all of them fit), `float_ratio` of float latency to int8 latency.

Structure of the device: Seshadri, Akin, Laudon, Narayanaswami and Yazdanbakhsh 2022 (arXiv 2102.10423): an
array of multiply-accumulate lanes, on-chip memory for parameters, and memory off the chip. What of it a fit to
latencies can tell apart depends on the latencies: see `docs/latency.md`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from latency_models.contract import Floats
from latency_models.graph import OpGraphBatch
from latency_models.on_chip import cached_repeats
from latency_models.operations import BYTES_PER_NUMBER, OperationKind
from search_space import Vectors

Part = Literal["compute", "memory", "overhead"]
HOST_RATE = "host_multiply_adds_per_second"
DEVICE_CONSTANTS = ("array_rows", "array_columns", "cache_bytes", "float_ratio")


@dataclass(frozen=True)
class Work:
    """What n networks ask of a device; every amount is `[r]`, of all repeats of a row together.

    Attributes:
        batch: the networks.
        constants: of the profile.
        host_operations: kinds that run on the host.
    """

    batch: OpGraphBatch
    constants: Mapping[str, float]
    host_operations: Collection[OperationKind] = ()

    @cached_property
    def on_host(self) -> NDArray[np.bool_]:
        """Which rows run on the host, where the device has one: by their kind, or because its compiler leaves them."""
        operations = self.batch.operations
        if not self.host_operations:
            return np.zeros(len(operations), bool)
        return np.isin(operations.kind, list(self.host_operations)) | operations.on_host

    @cached_property
    def multiply_adds(self) -> Vectors:
        return self.batch.operations.multiply_adds

    def networks(self) -> Vectors:
        """One for each network, at its first row."""
        ones = np.zeros(len(self.batch.operations), np.int64)
        ones[self.batch.offsets[:-1]] = 1
        return ones

    def blocks(self) -> Vectors:
        """A block is what holds one softmax."""
        blocks: Vectors = self.batch.operations.repeats * (self.batch.operations.kind == OperationKind.SOFTMAX)
        return blocks

    def padded_multiply_adds(self) -> Vectors:
        """Of the device, inner sizes and columns rounded up to whole tiles of its array."""
        o = self.batch.operations
        if not {"array_rows", "array_columns"} & self.constants.keys():
            return self._of_device(self.multiply_adds)
        inner, columns = self._padded(o.inner, "array_rows"), self._padded(o.columns, "array_columns")
        return self._of_device(o.batch * o.rows * inner * columns * o.repeats)

    def inputs(self) -> Vectors:
        """Numbers that products take into the array: a row of the left matrix for each row of the result."""
        o = self.batch.operations
        return self._of_device(o.batch * o.rows * o.inner * o.repeats)

    def outputs(self) -> Vectors:
        """Numbers that products give out."""
        o = self.batch.operations
        return self._of_device(o.batch * o.rows * o.columns * o.repeats * (o.inner > 0))

    def cached_bytes(self) -> Floats:
        """Weights that the array reads from the chip's own memory."""
        return self._cached * self._weight_bytes

    def link_bytes(self) -> Floats:
        """What crosses the link to the host.

        Weights that are not cached, with what is alive while their operation runs; what an operation on the host
        reads from one on the device, and writes for one; and the input and output of a network that begins and ends on
        the device.
        """
        o = self.batch.operations
        size = BYTES_PER_NUMBER[self.batch.precision]
        output = size * o.batch * o.rows * o.columns
        streamed = (o.repeats - self._cached) * (self._weight_bytes + o.activation_bytes)
        first, last = self.batch.offsets[:-1], self.batch.offsets[1:] - 1
        after_host, before_host = np.roll(self.on_host, 1), np.roll(self.on_host, -1)
        after_host[first] = before_host[last] = True  # where a network's input is and its output is wanted
        read, written = np.where(after_host, 0, self._host_input_bytes()), np.where(before_host, 0, output)
        crossing = np.where(self.on_host, (read + written) * o.repeats, streamed)
        crossing[first] += np.where(self.on_host[first], 0, o.activation_bytes[first] - output[first])
        crossing[last] += np.where(self.on_host[last], 0, output[last])
        return crossing

    def host_multiply_adds(self) -> Vectors:
        return np.where(self.on_host, self.multiply_adds, 0)

    def _host_input_bytes(self) -> Vectors:
        """What one repeat reads: matrices of a product, else as much as it writes; the indices of a look-up are few."""
        o = self.batch.operations
        right = np.where(o.kind == OperationKind.BATCH_MATMUL, o.columns, 0)
        numbers = np.where(o.inner > 0, o.inner * (o.rows + right), o.rows * o.columns)
        size = BYTES_PER_NUMBER[self.batch.precision]
        return np.where(o.kind == OperationKind.LOOKUP, 0, size * o.batch * numbers)

    @cached_property
    def _weight_bytes(self) -> Floats:
        """On-chip memory of one repeat's weights, padded to whole columns of the array; none for the host's."""
        o = self.batch.operations
        padding = self._padded(o.columns, "array_columns") / np.maximum(o.columns, 1)
        return np.where(self.on_host, 0.0, o.weight_bytes * padding)

    @cached_property
    def _cached(self) -> Vectors:
        if "cache_bytes" not in self.constants:
            return self.batch.operations.repeats
        return cached_repeats(self.batch, self._weight_bytes, self.constants["cache_bytes"])

    def _padded(self, sizes: Vectors, constant: str) -> Vectors:
        tile = int(self.constants.get(constant, 1))
        return -(-sizes // tile) * tile

    def _of_device(self, amounts: Vectors) -> Vectors:
        return np.where(self.on_host, 0, amounts) if self.host_operations else amounts


@dataclass(frozen=True)
class Term:
    """A price: which part of latency it counts to, and the amount that is paid for, `[r]`."""

    part: Part
    amount: Callable[[Work], Vectors | Floats]


TERMS: dict[str, Term] = {
    "fixed_ms": Term("overhead", Work.networks),
    "block_ms": Term("overhead", Work.blocks),
    "operation_ms": Term("overhead", lambda work: work.batch.operations.repeats),
    "multiply_adds_per_second": Term("compute", Work.padded_multiply_adds),
    "inputs_per_second": Term("compute", Work.inputs),
    "outputs_per_second": Term("compute", Work.outputs),
    HOST_RATE: Term("compute", Work.host_multiply_adds),
    "on_chip_bytes_per_second": Term("memory", Work.cached_bytes),
    "link_bytes_per_second": Term("memory", Work.link_bytes),
}
"""By the constant that is the price."""


def unit_ms(constant: str, value: float) -> float:
    """Milliseconds for one unit at a price."""
    return value if constant.endswith("_ms") else 1e3 / value


def price(constant: str, ms: float) -> float:
    """The price at which one unit takes so many milliseconds; the inverse of `unit_ms`."""
    return ms if constant.endswith("_ms") else 1e3 / ms
