"""How TensorFlow is made to run for small networks."""

import os
import sys

import pytest

from evaluators.small_networks import cores, suit_small_networks

NAMES = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "TF_ENABLE_ONEDNN_OPTS")


@pytest.fixture(autouse=True)
def fresh_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """As before TensorFlow is imported, nothing being set."""
    monkeypatch.delitem(sys.modules, "tensorflow", raising=False)
    monkeypatch.setattr(os, "environ", {})


def test_operations_run_on_one_thread_each_and_side_by_side() -> None:
    suit_small_networks()
    assert [os.environ[name] for name in NAMES] == ["1", str(cores()), "1"]


@pytest.mark.parametrize("name", NAMES)
def test_what_a_user_has_set_stays(name: str) -> None:
    os.environ[name] = "7"
    suit_small_networks()
    assert os.environ[name] == "7"


def test_nothing_is_set_once_tensorflow_is_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow", sys)
    suit_small_networks()
    assert not any(name in os.environ for name in NAMES)
