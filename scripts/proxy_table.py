"""A table of a small space of encoders, every one of them trained: a problem of which the true front is known.

`scripts/train_proxy_table.py` makes the table, `scripts/benchmark_controllers.py` searches it.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from search_space import MobileBertSpace, StageOptions

PATH = Path(__file__).with_name("proxy_table.csv")
SPACE = MobileBertSpace(
    hidden_size=(512,),
    num_attention_heads=(4,),
    bottleneck_size=(64, 128, 256),
    intermediate_size=(256, 1024),
    num_feedforward=(1, 2, 4),
    max_blocks_per_slot=3,
    num_stages=(1, 2),
    stages=(
        StageOptions(num_blocks=(1, 3), num_feedforward=(1, 4)),
        StageOptions(num_blocks=(1, 3), intermediate_size=(256,)),
    ),
)
"""One or two stages; depth, widths and the number of feed-forward networks vary."""
STEPS = 1_000
"""Of training, an architecture: five times the demo preset's."""


def read(path: Path = PATH) -> pd.DataFrame:
    """One row an architecture: a column for each decision of `SPACE`, then what its training gave."""
    return pd.read_csv(path, comment="#")
