"""Public tables of measured latencies, read as what the learned latency model learns from.

`edgetpu_nasbench201.csv`: networks of NAS-Bench-201 (Dong & Yang 2020), all of one skeleton and told apart by their
cell. `hat_*.csv`: transformers of HAT (Wang et al. 2020), an encoder and a decoder that writes token by token.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from latency_models.learned import LatencyFeatures

Floats = NDArray[np.float64]

CELL_TARGETS = ("edgetpu_int8_ms", "edgetpu_large_ms")
TRANSFORMER_TARGET = "latency_ms"
_ENCODER_MS, _DECODER_MS = "latency_mean_encoder", "latency_mean_decoder"


@dataclass(frozen=True)
class LatencyTable:
    """n networks and their measured latency.

    Attributes:
        features: what the learned model reads.
        multiply_adds: `[n]`, in a unit of the table's own.
        plain: `[n, p]`, the rows as a baseline without insight reads them: one-hot, or as they are.
        latency_ms: `[n]`.
    """

    features: LatencyFeatures
    multiply_adds: Floats
    plain: Floats
    latency_ms: Floats

    def __len__(self) -> int:
        return len(self.latency_ms)

    def __getitem__(self, rows: NDArray[np.int64]) -> LatencyTable:
        return LatencyTable(self.features[rows], self.multiply_adds[rows], self.plain[rows], self.latency_ms[rows])


def read_table(path: Path, target: str) -> LatencyTable:
    """The rows of a file that have the target; rows where it is empty are left out.

    Raises:
        OSError: the file cannot be read.
        ValueError: the target is unknown, the file is not of its table, or a row is damaged.
    """
    if target in CELL_TARGETS:
        columns, needed = _cell_columns, ("arch", target)
    elif target == TRANSFORMER_TARGET:
        columns, needed = _transformer_columns, (*_TRANSFORMER_SIZES, _ENCODER_MS, _DECODER_MS)
    else:
        raise ValueError(f"unknown target {target!r}; known: {', '.join((*CELL_TARGETS, TRANSFORMER_TARGET))}")
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        missing = [name for name in needed if name not in (reader.fieldnames or ())]
        if missing:
            raise ValueError(f"{path}: no column {', '.join(missing)}, which target {target!r} needs")
        lines = [(number, line) for number, line in enumerate(reader, 2) if all(line[name] for name in needed[-1:])]
    if not lines:
        raise ValueError(f"{path}: no row has a value of {needed[-1]}")
    return _table(path, lines, columns, target)


class _Row(NamedTuple):
    work: Sequence[float]
    smooth: Sequence[float]
    detail: Sequence[float]
    multiply_adds: float
    plain: Sequence[float]
    latency_ms: float


def _table(
    path: Path,
    lines: Sequence[tuple[int, Mapping[str, str]]],
    columns: Callable[[Mapping[str, str], str], _Row],
    target: str,
) -> LatencyTable:
    rows = []
    for number, line in lines:
        try:
            row = columns(line, target)
        except (ValueError, TypeError) as error:
            raise ValueError(f"{path}, line {number}: {error}") from None
        if not 0 < row.latency_ms < np.inf:
            raise ValueError(f"{path}, line {number}: latency {row.latency_ms} is not a positive number")
        rows.append(row)
    work, smooth, detail, multiply_adds, plain, latency_ms = (np.array(c, np.float64) for c in zip(*rows, strict=True))
    return LatencyTable(LatencyFeatures(work, smooth, detail), multiply_adds, plain, latency_ms)


# Cells of NAS-Bench-201: |op~0|+|op~0|op~1|+|op~0|op~1|op~2|, the operation on each edge between four tensors.

_EDGES = ((0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3))
_NONE, _SKIP, _POOL, _CONV_1X1, _CONV_3X3 = range(5)
_EDGE_OPERATIONS = ("none", "skip_connect", "avg_pool_3x3", "nor_conv_1x1", "nor_conv_3x3")
_ADD = 5
_INPUT = 0
_KINDS = (_INPUT, _POOL, _CONV_1X1, _CONV_3X3, _ADD)
_MOST_STEPS = 8  # six operations, and an addition where two or more meet: at the second and at the third tensor
_LAST_STEPS = 5


class Step(NamedTuple):
    """One operation of a cell as it runs: what it does with the results of earlier steps (0 is the cell's input)."""

    operation: int
    inputs: tuple[int, ...]


def cell_edges(text: str) -> list[int]:
    """The operation on each edge.

    Raises:
        ValueError: this is no cell.
    """
    names = [part.split("~") for group in text.split("+") for part in group.strip("|").split("|")]
    if [name[1:] for name in names] != [[str(source)] for source, _ in _EDGES]:
        raise ValueError(f"{text!r} is no cell of NAS-Bench-201")
    unknown = [name for name, _ in names if name not in _EDGE_OPERATIONS]
    if unknown:
        raise ValueError(f"unknown operation {unknown[0]!r}; known: {', '.join(_EDGE_OPERATIONS)}")
    return [_EDGE_OPERATIONS.index(name) for name, _ in names]


def live_edges(edges: Sequence[int]) -> list[int]:
    """The same with `none` where nothing comes in or nothing of it gets out."""
    reached, needed = {0}, {3}
    for (source, end), operation in zip(_EDGES, edges, strict=True):
        if operation != _NONE and source in reached:
            reached.add(end)
    for (source, end), operation in reversed(list(zip(_EDGES, edges, strict=True))):
        if operation != _NONE and end in needed:
            needed.add(source)
    return [
        operation if source in reached and end in needed else _NONE
        for (source, end), operation in zip(_EDGES, edges, strict=True)
    ]


def cell_program(live: Sequence[int]) -> list[Step]:
    """What runs, in order: skip connections are no steps but names for what they pass on."""
    steps: list[Step] = []
    result = {0: _INPUT}  # of the steps, by tensor
    for tensor in (1, 2, 3):
        terms = []
        for (source, end), operation in zip(_EDGES, live, strict=True):
            if end != tensor or operation == _NONE:
                continue
            if operation == _SKIP:
                terms.append(result[source])
            else:
                steps.append(Step(operation, (result[source],)))
                terms.append(len(steps))
        if len(terms) > 1:
            steps.append(Step(_ADD, tuple(terms)))
            result[tensor] = len(steps)
        elif terms:
            result[tensor] = terms[0]
    return steps


def _cell_columns(line: Mapping[str, str], target: str) -> _Row:
    edges = cell_edges(line["arch"])
    live = live_edges(edges)
    counts = [live.count(operation) for operation in (_POOL, _CONV_1X1, _CONV_3X3)]
    steps = cell_program(live)
    work = [*counts, sum(len(step.inputs) - 1 for step in steps)]
    chains = [_longest_chain(steps, lengths) for lengths in ((1, 1, 1), (0, 1, 3))]
    return _Row(
        work,
        [*work, sum(counts), *chains],
        [*_one_hot(live), *_schedule(steps), *_pairs(steps)],
        counts[1] + 9 * counts[2],
        _one_hot(edges),
        float(line[target]),
    )


def _one_hot(edges: Sequence[int]) -> list[float]:
    return [float(operation == choice) for operation in edges for choice in range(len(_EDGE_OPERATIONS))]


def _longest_chain(steps: Sequence[Step], lengths: tuple[int, int, int]) -> int:
    """The longest way from input to output, where a pooling and either convolution are this long."""
    length = dict(zip((_POOL, _CONV_1X1, _CONV_3X3), lengths, strict=True))
    until = [0]
    for step in steps:
        until.append(max(until[source] for source in step.inputs) + length.get(step.operation, 0))
    return until[-1]


def _schedule(steps: Sequence[Step]) -> list[float]:
    """What a compiler that places tensors in a small memory has to deal with, step by step, from either end.

    Of each step: its operation, how many earlier results are still needed when it runs, for how many steps its own
    is, and how old its youngest and oldest inputs are. Of the whole: how many tensors are alive at most and in sum,
    and for how long those of each kind live.
    """
    last_use = [0] * (len(steps) + 1)
    for number, step in enumerate(steps, 1):
        for source in step.inputs:
            last_use[source] = number
    last_use[-1] = len(steps) + 1
    alive = [sum(last_use[before] >= number for before in range(number)) for number in range(1, len(steps) + 1)]
    lives = [use - number for number, use in enumerate(last_use)]
    told = [
        [step.operation, count, lives[number], number - max(step.inputs), number - min(step.inputs)]
        for number, (step, count) in enumerate(zip(steps, alive, strict=True), 1)
    ]
    blank = [[0] * 5]
    forward = (told + blank * _MOST_STEPS)[:_MOST_STEPS]
    backward = (told[::-1] + blank * _LAST_STEPS)[:_LAST_STEPS]
    kinds = [_INPUT, *(step.operation for step in steps)]
    by_kind = [sum(life for kind, life in zip(kinds, lives, strict=True) if kind == wanted) for wanted in _KINDS]
    whole = [len(steps), max(alive, default=0), sum(alive), max(lives), lives[0]]
    return [float(number) for row in (*forward, *backward, by_kind, whole) for number in row]


def _pairs(steps: Sequence[Step]) -> list[float]:
    """How often a result of one kind is the input of a step of another, and how often the one runs before the other."""
    kinds = [_INPUT, *(step.operation for step in steps)]
    fed = Counter((kinds[source], step.operation) for step in steps for source in step.inputs)
    followed = Counter(pairwise(kinds))
    return [float(counts[first, second]) for counts in (fed, followed) for first in _KINDS for second in _KINDS]


# Transformers of HAT: sizes as the file has them, averages over layers where layers differ.

_TRANSFORMER_SIZES = (
    "encoder_embed_dim",
    "encoder_layer_num",
    "encoder_ffn_embed_dim_avg",
    "encoder_self_attention_heads_avg",
    "decoder_embed_dim",
    "decoder_layer_num",
    "decoder_ffn_embed_dim_avg",
    "decoder_self_attention_heads_avg",
    "decoder_ende_attention_heads_avg",
    "decoder_arbitrary_ende_attn_avg",
)
_ATTENTION_WIDTH = 512
"""Of queries, keys and values in every attention, whatever the number of heads (HAT, section 4.1)."""


def _transformer_columns(line: Mapping[str, str], target: str) -> _Row:
    sizes = [float(line[name]) for name in _TRANSFORMER_SIZES]
    if not all(0 < size < np.inf for size in sizes):
        raise ValueError("sizes must be positive numbers")
    encoder, layers, inner, heads, decoder, decoder_layers, decoder_inner, own_heads, cross_heads, attended = sizes
    work = [
        layers * encoder * inner,
        layers * encoder * _ATTENTION_WIDTH,
        layers * heads,
        decoder_layers,
        decoder_layers * decoder * decoder_inner,
        decoder_layers * decoder * _ATTENTION_WIDTH,
        decoder_layers * own_heads,
        decoder_layers * cross_heads,
        decoder_layers * attended,  # how many of the encoder's layers a decoder's layer attends to
        decoder_layers * attended * encoder * _ATTENTION_WIDTH,
        decoder,  # the output's product with the vocabulary
        encoder,
    ]
    multiply_adds = 2 * work[0] + 4 * work[1] + 2 * work[4] + 6 * work[5] + 2 * work[9]
    latency_ms = float(line[_ENCODER_MS]) + float(line[_DECODER_MS])
    return _Row(work, sizes, [], multiply_adds, sizes, latency_ms)
