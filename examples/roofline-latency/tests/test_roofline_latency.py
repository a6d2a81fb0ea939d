import pytest
from roofline_latency import BOARDS

from paretobert.testing import check_latency_model


@pytest.mark.parametrize("device", BOARDS)
def test_it_is_a_latency_model(device: str) -> None:
    check_latency_model("roofline", device=device)
