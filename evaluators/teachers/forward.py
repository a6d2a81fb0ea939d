"""How the traced network of a teacher becomes its outputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluators.contract import TeacherOutputs

Forward = Callable[..., dict[str, Any]]
"""Maps token ids, mask and type ids `[batch, length]` to the tensors that `TeacherOutputs` holds, by name."""


def outputs_of(
    name: str,
    max_positions: int,
    forward: Callable[[], Forward],
    token_ids: NDArray[np.int32],
    mask: NDArray[np.int8],
    type_ids: NDArray[np.int8],
) -> TeacherOutputs:
    """What a teacher's network gives for rows of tokens; it is asked for once the rows are known to fit.

    Raises:
        ValueError: the rows are longer than the teacher's positions.
    """
    length = token_ids.shape[1]
    if length > max_positions:
        raise ValueError(f"teacher {name!r} reads at most {max_positions} tokens, not {length}")
    named = forward()(token_ids, mask, type_ids)
    return TeacherOutputs(**{signal: tensor.numpy() for signal, tensor in named.items()})
