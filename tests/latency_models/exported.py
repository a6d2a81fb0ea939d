"""Models that tests read and run: a tiny exported encoder, and small networks of other operations."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np

from mobilebert import export_tflite, random_weights
from mobilebert.export import TflitePrecision
from search_space import Architecture, Stage

LENGTH = 24
TINY = Architecture(
    48, (Stage(1, 4, 32, 40, 2), Stage(2, 2, 24, 64, 1)), embedding_size=16, vocab_size=300, max_positions=64
)


@cache
def encoder(architecture: Architecture = TINY, precision: TflitePrecision = "int8", length: int = LENGTH) -> bytes:
    return export_tflite(architecture, random_weights(architecture, 0), precision, length)


@cache
def convolutional(precision: str = "int8") -> bytes:
    """On images `[1, 8, 8, 3]`: a convolution, a depthwise one, pooling, a dense layer and a softmax."""
    import tensorflow as tf

    rng = np.random.default_rng(0)
    shapes = ((3, 3, 3, 16), (16,), (3, 3, 16, 1), (16,), (64, 10))
    kernel, bias, depthwise, shift, dense = (rng.normal(size=shape).astype(np.float32) for shape in shapes)

    def network(image: Any) -> Any:
        x = tf.nn.relu(tf.nn.conv2d(image, kernel, 1, "SAME") + bias)
        x = tf.nn.depthwise_conv2d(x, depthwise, [1, 2, 2, 1], "SAME") + shift
        x = tf.nn.max_pool2d(x, 2, 2, "SAME")
        return tf.nn.softmax(tf.matmul(tf.reshape(x, [1, 64]), dense))

    return converted(network, [1, 8, 8, 3], precision)


def converted(network: Callable[[Any], Any], shape: list[int | None], precision: str = "float") -> bytes:
    """A function of one float tensor as a model: `float`, `int8`, `dynamic` (int8 weights alone) or `float16`."""
    import tensorflow as tf

    function = tf.function(network, input_signature=[tf.TensorSpec(shape, tf.float32)]).get_concrete_function()
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function])
    if precision != "float":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if precision == "float16":
        converter.target_spec.supported_types = [tf.float16]
    if precision == "int8":
        rng = np.random.default_rng(1)

        def samples() -> Iterator[list[Any]]:
            yield [rng.normal(size=shape).astype(np.float32)]

        converter.representative_dataset = samples
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = tf.int8
    model: bytes = converter.convert()
    return model
