"""The walk up the blocks of any architecture, traced once, and the walk back down, its gradient.

The way up leaves what the gradient needs on a tape, one list of tensors, and the way down takes it off again;
TensorFlow's own gradient of a `while_loop` keeps a list for each tensor of the loop's body. The two halves of a batch
go side by side, every operation being there twice: matrices too small to be divided among threads still give work to
two. The halves' gradients are added in one order, so the sum is the same to the last bit whichever is done first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from mobilebert.attention_teacher import AttentionTeacher
from mobilebert.blocks import (
    attend,
    attend_gradient,
    attention_weights,
    feed_forward,
    feed_forward_gradient,
    widen,
    widen_gradient,
)
from mobilebert.layers import Attention, Gradients, Kept, Named, Style, Tensor, sizes_of
from mobilebert.layout import Shapes, block_shapes
from mobilebert.vectors import NETWORK_SHAPES, Sizes, packed, unpacked

Halves = Sequence[Tensor]
"""One tensor for each half of the batch."""

Optional = tuple[Any, ...]
"""A variable of a loop, alone in a tuple, or none."""


class Walk:
    """Walks blocks for one batch.

    Args:
        style: what the trace fixes.
        sizes: the architecture.
        mask_bias: float32 `[batch, 1, 1, length]`, what is added to the attention's logits.
        teachers: of each half's attention; none where it is learned from nobody.
    """

    def __init__(
        self, style: Style, sizes: Sizes, mask_bias: Tensor, teachers: Sequence[AttentionTeacher] = ()
    ) -> None:
        batch, _, _, self._length = sizes_of(mask_bias)
        self.style, self.sizes, self._teachers = style, sizes, teachers
        self._mask_biases: Halves = tf.split(mask_bias, [batch // 2, batch - batch // 2])
        self._shapes = block_shapes(0, 0, style.key_query_shared_bottleneck)  # for the names and ranks only
        self._left: dict[str, Kept] = {}  # what each part left on the tape, for its form

    def outputs(self, blocks: Tensor, x: Tensor) -> Tensor:
        """The first block's input and every block's output: `[n + 1, batch * length, hidden]`; without a gradient."""
        array = tf.TensorArray(tf.float32, size=tf.shape(self.sizes.blocks)[0] + 1, element_shape=x.shape)
        _, _, (array,), _ = self._up(blocks, self._halve(x), (), (array.write(0, x),))
        return array.stack()

    def last(self, blocks: Tensor, x: Tensor) -> Tensor:
        """The last block's output, without a gradient."""
        halves, _, _, _ = self._up(blocks, self._halve(x), (), ())
        return tf.concat(halves, 0)

    def differentiable(self, blocks: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
        """The last block's output and how far attention is from its teachers' (0 without), with a gradient.

        Args:
            blocks: float32 `[b]`, the blocks' part of the weights.
            x: float32 `[batch * length, hidden]`, the first block's input.
        """

        @tf.custom_gradient  # type: ignore[untyped-decorator]
        def walk(blocks: Tensor, x: Tensor) -> tuple[list[Tensor], Callable[..., tuple[Tensor, Tensor]]]:
            divergence = (tf.zeros([]),) * bool(self._teachers)
            halves, (tape,), _, divergence = self._up(blocks, self._halve(x), (_empty_list(),), (), divergence)

            def gradient(dy: Tensor, *d_divergence: Tensor) -> tuple[Tensor, Tensor]:
                d_blocks, d_halves = self._down(tape, self._halve(dy), *d_divergence)
                return d_blocks, tf.concat(d_halves, 0)

            return [tf.concat(halves, 0), *divergence], gradient

        y, *divergence = walk(blocks, x)
        return y, divergence[0] if divergence else tf.zeros([])

    # Up

    def _up(
        self, blocks: Tensor, xs: Halves, tape: Optional, outputs: Optional, divergence: Optional = ()
    ) -> tuple[Halves, Optional, Optional, Optional]:
        """The last block's output; with what was left on the tape, written to the array and summed up of divergence,
        where there is one."""
        rows = tf.raw_ops.TensorListSplit(tensor=blocks, element_shape=[-1], lengths=self.sizes.rows)

        def climb(
            n: Tensor, rows: Tensor, tape: Optional, outputs: Optional, divergence: Optional, *xs: Tensor
        ) -> tuple[Any, ...]:
            count = self.sizes.blocks[n, 1]
            rows, row = _pop(rows, 1)
            w, network_sizes = self._unpacked(row, n)
            ys, kept = _each(lambda x, attention: attend(self.style, w, x, attention), xs, self._attentions(n))
            tape = self._leave("attend", tape, kept)
            divergence = tuple(total + self._divergence(n, kept) for total in divergence)

            def apply(f: Tensor, rows: Tensor, tape: Optional, *xs: Tensor) -> tuple[Any, ...]:
                rows, row = _pop(rows, 1)
                w = unpacked(row, NETWORK_SHAPES, network_sizes)
                ys, kept = _each(lambda x: feed_forward(self.style, w, x), xs)
                return f + 1, rows, self._leave("feed_forward", tape, (row, kept)), *ys

            _, rows, tape, *ys = _loop(lambda f, *_: f < count, apply, 0, rows, tape, *ys)
            ys, kept = _each(lambda x, residual: widen(self.style, w, x, residual), ys, xs)
            outputs = tuple(array.write(n + 1, tf.concat(ys, 0)) for array in outputs)
            return n + 1, rows, self._leave("widen", tape, (row, kept)), outputs, divergence, *ys

        start = (0, rows, tape, outputs, divergence, *xs)
        _, _, tape, outputs, divergence, *ys = _loop(lambda n, *_: n < self._num_blocks, climb, *start)
        return ys, tape, outputs, divergence

    # Down

    def _down(self, tape: Tensor, dys: Halves, d_divergence: Tensor = None) -> tuple[Tensor, Halves]:
        """The gradients of the blocks' weights and of the first block's input."""

        def descend(n: Tensor, tape: Tensor, gradients: Tensor, *dys: Tensor) -> tuple[Tensor, ...]:
            count = self.sizes.blocks[n, 1]
            tape, (row, kept) = self._taken("widen", tape)
            w, network_sizes = self._unpacked(row, n)
            dws: list[Gradients] = [{} for _ in dys]
            dxs, d_residuals = _each(lambda k, dy, dw: widen_gradient(self.style, w, k, dy, dw), kept, dys, dws)

            def apply(f: Tensor, tape: Tensor, gradients: Tensor, *dys: Tensor) -> tuple[Tensor, ...]:
                tape, (row, kept) = self._taken("feed_forward", tape)
                w = unpacked(row, NETWORK_SHAPES, network_sizes)
                dws: list[Gradients] = [{} for _ in dys]
                dxs = [
                    feed_forward_gradient(self.style, w, k, dy, dw) for k, dy, dw in zip(kept, dys, dws, strict=True)
                ]
                return f + 1, tape, _push(gradients, _added(dws, NETWORK_SHAPES)), *dxs

            _, tape, gradients, *narrow = _loop(lambda f, *_: f < count, apply, 0, tape, gradients, *dxs)
            tape, kept = self._taken("attend", tape)
            more = self._more_of_logits(n, d_divergence)
            wide = [
                attend_gradient(self.style, w, *rest) + d_residual
                for *rest, d_residual in zip(self._attentions(n), kept, narrow, dws, more, d_residuals, strict=True)
            ]
            return n - 1, tape, _push(gradients, _added(dws, self._shapes)), *wide

        start = (self._num_blocks - 1, tape, _empty_list([-1]), *dys)
        _, _, gradients, *dxs = _loop(lambda n, *_: n >= 0, descend, *start)
        flat, _ = tf.raw_ops.TensorListConcatV2(
            input_handle=gradients,
            element_shape=[-1],
            leading_dims=tf.constant([], tf.int64),
            element_dtype=tf.float32,
        )
        return flat, dxs

    # Both

    @property
    def _num_blocks(self) -> Tensor:
        return tf.shape(self.sizes.blocks)[0]

    def _divergence(self, n: Tensor, kept: Sequence[Kept]) -> Tensor:
        """Of a block's attention from its teachers', over the halves."""
        of_halves = zip(self._teachers, kept, strict=True)
        targets = [(teacher.target(n, self._num_blocks), attention_weights(half)) for teacher, half in of_halves]
        return tf.add_n([target.divergence(weights) for target, weights in targets])

    def _more_of_logits(self, n: Tensor, d_divergence: Tensor) -> list[Callable[[Tensor], Tensor] | None]:
        """For each half, what a block's divergence adds to the gradient of its attention's logits."""

        def of(teacher: AttentionTeacher) -> Callable[[Tensor], Tensor]:
            target = teacher.target(n, self._num_blocks)
            return lambda weights: d_divergence * target.logits_gradient(weights)

        return [of(teacher) for teacher in self._teachers] or [None for _ in self._mask_biases]

    def _halve(self, x: Tensor) -> Halves:
        """The rows of each half of the batch."""
        return tf.split(x, [tf.shape(bias)[0] * self._length for bias in self._mask_biases])  # type: ignore[no-any-return]

    def _attentions(self, n: Tensor) -> list[Attention]:
        heads = self.sizes.blocks[n, 0]
        return [Attention(bias, heads) for bias in self._mask_biases]

    def _unpacked(self, row: Tensor, n: Tensor) -> tuple[Named, Tensor]:
        """A block's own tensors, and the sizes of those of its feed-forward networks."""
        own, network = tf.split(self.sizes.tensors[n], [len(self._shapes), len(NETWORK_SHAPES)])
        return unpacked(row, self._shapes, own), network

    def _leave(self, part: str, tape: Optional, kept: Kept) -> Optional:
        """Leaves what a part keeps on the tape, each tensor once; nothing where there is no tape."""
        self._left[part] = kept
        for tensor in _distinct(kept):
            tape = tuple(_push(tensors, tensor) for tensors in tape)
        return tape

    def _taken(self, part: str, tape: Tensor) -> tuple[Tensor, Kept]:
        """Takes what `_leave` left, in its form."""
        taken = {}
        for tensor in reversed(_distinct(self._left[part])):
            tape, taken[tensor.ref()] = _pop(tape, tensor.shape.rank)
        return tape, tf.nest.map_structure(
            lambda tensor: None if tensor is None else taken[tensor.ref()], self._left[part]
        )


# Private


def _each(part: Callable[..., tuple[Any, Any]], *halves: Sequence[Any]) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """The two results of a part for each half."""
    first, second = zip(*map(part, *halves), strict=True)
    return first, second


def _added(dws: Sequence[Gradients], shapes: Shapes) -> Tensor:
    """The gradients of all halves as one row."""
    return tf.add_n([packed([dw[name] for name in shapes]) for dw in dws])


def _loop(condition: Callable[..., Tensor], body: Callable[..., Any], *start: Any) -> Any:
    """A `while_loop` in which no size needs to stay what it is at the start."""

    def any_size(x: Any) -> tf.TensorShape:
        return tf.TensorShape(None if isinstance(x, tf.TensorArray) else [None] * tf.convert_to_tensor(x).shape.rank)

    return tf.while_loop(condition, body, start, tf.nest.map_structure(any_size, start))


def _distinct(kept: Kept) -> list[Tensor]:
    return [r.deref() for r in dict.fromkeys(t.ref() for t in tf.nest.flatten(kept) if t is not None)]


def _empty_list(element_shape: Any = -1) -> Tensor:
    return tf.raw_ops.EmptyTensorList(element_shape=element_shape, max_num_elements=-1, element_dtype=tf.float32)


def _push(tensors: Tensor, tensor: Tensor) -> Tensor:
    return tf.raw_ops.TensorListPushBack(input_handle=tensors, tensor=tensor)


def _pop(tensors: Tensor, rank: int) -> tuple[Tensor, Tensor]:
    rest, tensor = tf.raw_ops.TensorListPopBack(input_handle=tensors, element_shape=-1, element_dtype=tf.float32)
    tensor.set_shape([None] * rank)  # within a loop a list does not know its elements' rank
    return rest, tensor
