from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paretobert.output import jsonable, print_json

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@dataclass(frozen=True)
class Pair:
    left: float
    right: object


@given(PLAIN)
def test_anything_plain_becomes_json_without_constants(data: object) -> None:
    json.loads(json.dumps(jsonable(data), allow_nan=False))


def test_non_finite_numbers_are_null_and_arrays_and_dataclasses_are_plain(capsys: pytest.CaptureFixture[str]) -> None:
    print_json(
        Pair(math.inf, {"array": np.array([1.0, math.nan]), "number": np.float32(2), 3: (Pair(1, np.int64(4)),)})
    )
    printed = json.loads(capsys.readouterr().out)
    assert printed == {
        "left": None,
        "right": {"array": [1.0, None], "number": 2.0, "3": [{"left": 1, "right": 4}]},
    }


def test_what_has_no_json_form_is_refused() -> None:
    with pytest.raises(TypeError, match="no JSON form for PosixPath"):
        print_json(Path("x"))
