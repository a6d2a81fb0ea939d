"""`scripts/kill_study.py` in small: 20 points of the 200."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "scripts" / "kill_study.py"


def test_a_study_killed_at_any_of_20_moments_resumes_to_the_same_trials() -> None:
    command = [sys.executable, str(SCRIPT), "--json", "--points", "20", "--trials", "4"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert {name: found[name] for name in ("lost", "duplicates", "zombies", "different")} == {
        "lost": 0,
        "duplicates": 0,
        "zombies": 0,
        "different": 0,
    }
    assert found["points"] == len(found["rows"]) == 20
    moments = [row["moment"] for row in found["rows"]]
    assert moments == sorted(set(moments))
    assert moments[-1] > 0.9 * found["moments"]
    ends = " ".join(row["first_life_ended"] for row in found["rows"])
    assert all(
        words in ends for words in ("before os.", "before CREATE", "before INSERT INTO", "before COMMIT", "after")
    )
