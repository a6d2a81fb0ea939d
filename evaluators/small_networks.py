"""How TensorFlow is to run for networks as small as a proxy's."""

from __future__ import annotations

import os
import sys


def cores() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def suit_small_networks() -> None:
    """Sets how TensorFlow runs, if it is not imported yet; what the environment says already stays.

    The matrices are too small to be cut up among threads, which costs more time than it saves; a training step takes
    the halves of its batch side by side instead. oneDNN is about twice as fast as Eigen on attention's small batched
    products, and is off by default on processors without instructions made for neural networks.
    """
    if "tensorflow" in sys.modules:
        return
    os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
    os.environ.setdefault("TF_NUM_INTEROP_THREADS", str(cores()))
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
