"""The conformance kit: one line of a plug-in's own tests shows that it keeps the contract of its kind.

    from pathlib import Path
    from paretobert.testing import check_controller, check_evaluator, check_latency_model

    def test_it_is_a_latency_model(): check_latency_model("my_package:MyModel", device="my-board")
    def test_it_is_a_controller(): check_controller("my_package:MyController", rate=0.1)
    def test_it_is_an_evaluator(tmp_path: Path): check_evaluator("my_package:MyEvaluator", tmp_path, steps=20)

A plug-in is given by the name that a configuration has for it, or as the class itself. A rule that is broken raises
`AssertionError`, whose message names the plug-in, the rule and what was found. The built-in plug-ins pass.
"""

from paretobert.testing.controller import check_controller
from paretobert.testing.evaluator import check_evaluator
from paretobert.testing.latency_model import check_latency_model

__all__ = ["check_controller", "check_evaluator", "check_latency_model"]
