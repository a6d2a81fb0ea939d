"""`OpGraph` and `OpGraphBatch`: networks as a latency model sees them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from latency_models.encoder_operations import encoder_operations
from latency_models.operations import Operations, Precision, check_precision
from latency_models.tflite_file import read_tflite
from latency_models.tflite_graph import tflite_operations, tflite_precision
from search_space import Architecture, Dimensions, Vectors

Number = TypeVar("Number", np.int64, np.float64)


@dataclass(frozen=True)
class OpGraph:
    """One network's operations, in the order in which they run.

    Attributes:
        operations: at least one row.
        precision: of weights and activations.
    """

    operations: Operations
    precision: Precision


@dataclass(frozen=True)
class Encoders:
    """The encoders that a batch's graphs are of: what it takes to build them.

    Attributes:
        dimensions: of n architectures.
        sequence_length: tokens of each sequence.
        batch_size: sequences that run together.
    """

    dimensions: Dimensions
    sequence_length: int
    batch_size: int


@dataclass(frozen=True)
class OpGraphBatch:
    """n networks: their operations one after another. Iterating gives the `OpGraph` of each.

    Attributes:
        operations: of all networks; those of network i are `operations[offsets[i]:offsets[i + 1]]`.
        offsets: int64 `[n + 1]`, ascending from 0; every network has at least one operation.
        precision: of weights and activations.
        source: the encoders, or the `.tflite` file, that these are the graphs of; None where nothing is known that
            could be run.
    """

    operations: Operations
    offsets: Vectors
    precision: Precision
    source: Encoders | Path | None = None

    @classmethod
    def from_architectures(
        cls,
        architectures: Sequence[Architecture] | Dimensions,
        sequence_length: int = 384,
        batch_size: int = 1,
        precision: Precision = "int8",
    ) -> OpGraphBatch:
        """The graphs of encoders without a task's head, vectorised over architectures.

        Args:
            architectures: architectures, or the sizes that `MobileBertSpace.dimensions` gives for vectors.
            sequence_length: tokens of each sequence.
            batch_size: sequences that run together.
            precision: `int8` or `float`.

        Raises:
            ValueError: a number is not positive, the sequence is longer than the position table of an architecture,
                or the precision is unknown.
        """
        dimensions = architectures if isinstance(architectures, Dimensions) else Dimensions.of(architectures)
        if batch_size < 1:
            raise ValueError(f"batch_size must be at least 1, not {batch_size}")
        longest = int(dimensions.max_positions.min(initial=np.iinfo(np.int64).max))
        if not 1 <= sequence_length <= longest:
            raise ValueError(f"sequence_length must be from 1 to max_positions ({longest}), not {sequence_length}")
        check_precision(precision)
        operations, offsets = encoder_operations(dimensions, sequence_length, batch_size, precision)
        return cls(operations, offsets, precision, Encoders(dimensions, sequence_length, batch_size))

    @classmethod
    def from_tflite(cls, path: str | os.PathLike[str]) -> OpGraphBatch:
        """The graph of a `.tflite` file, a batch of one; `latency_models.tflite_graph` says what is counted.

        Its precision is that of most of its multiply-adds.

        Raises:
            OSError: it cannot be read.
            ValueError: it is no TFLite file, is damaged, has several subgraphs or a dynamic shape; the message names
                the file.
        """
        file = read_tflite(path)
        operations = tflite_operations(file)
        offsets = np.array([0, len(operations)])
        return cls(operations, offsets, tflite_precision(file, operations), Path(path))

    @classmethod
    def joined(cls, batches: Sequence[OpGraphBatch]) -> OpGraphBatch:
        """The networks of batches of one precision, one batch after another; what they are of is no longer known.

        Raises:
            ValueError: there is none, or they differ in precision.
        """
        precisions = sorted({batch.precision for batch in batches})
        if len(precisions) != 1:
            raise ValueError(f"batches to be joined must have one precision, not {', '.join(precisions) or 'none'}")
        starts = np.cumsum([0, *(len(batch.operations) for batch in batches)])
        offsets = [batch.offsets[:-1] + start for batch, start in zip(batches, starts, strict=False)]
        operations = Operations.joined([batch.operations for batch in batches])
        return cls(operations, np.concatenate([*offsets, starts[-1:]]), precisions[0])

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __iter__(self) -> Iterator[OpGraph]:
        for start, end in pairwise(self.offsets.tolist()):
            yield OpGraph(self.operations[start:end], self.precision)

    @property
    def multiply_adds(self) -> Vectors:
        """Of each network: int64 `[n]`."""
        return self.total(self.operations.multiply_adds)

    @property
    def peak_memory_bytes(self) -> Vectors:
        """All weights of each network and the most activations that one of its operations finds alive: int64 `[n]`."""
        weights = self.total(self.operations.weight_bytes * self.operations.repeats)
        return weights + self.largest(self.operations.activation_bytes)

    def chunks(self, size: int) -> Iterator[OpGraphBatch]:
        """The networks in their order, up to `size` at a time; one empty chunk where there are none."""
        for start in range(0, max(1, len(self)), size):
            offsets = self.offsets[start : start + size + 1]
            yield OpGraphBatch(self.operations[offsets[0] : offsets[-1]], offsets - offsets[0], self.precision)

    def taken(self, networks: NDArray[np.bool_]) -> OpGraphBatch:
        """The networks that a mask `[n]` marks; what they are of is no longer known."""
        sizes = np.diff(self.offsets)
        offsets = np.concatenate([[0], np.cumsum(sizes[networks])])
        return OpGraphBatch(self.operations[np.repeat(networks, sizes)], offsets, self.precision)

    def total(self, values: NDArray[Number]) -> NDArray[Number]:
        """Sum over each network of values of its operations `[r]`: `[n]`."""
        totals: NDArray[Number] = np.add.reduceat(values, self.offsets[:-1])
        return totals

    def largest(self, values: Vectors) -> Vectors:
        """Largest of the values `[r]` of each network's operations: `[n]`."""
        return np.maximum.reduceat(values, self.offsets[:-1])
