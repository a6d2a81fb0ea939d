from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from paretobert.assembly import assemble
from paretobert.history import as_seen_by, history_of
from paretobert.proposals import propose
from paretobert.runner import StudyStopped, run
from paretobert.storage import Store, Worker
from paretobert.study import Study
from paretobert.trial import Trial, canonical_key
from search_space import PUBLISHED, Architecture, Stage

Studies = Callable[..., Study]
Runs = Callable[[Study], list[Trial]]


def test_a_study_evaluates_the_trials_asked_for_in_order(study: Studies, run_to_end: Runs) -> None:
    trials = run_to_end(study())
    assert [trial.number for trial in trials] == list(range(6))
    assert [trial.completion for trial in trials] == list(range(6))
    assert all(trial.state == "complete" and trial.budget == 7 and trial.seed == 0 for trial in trials)
    assert {"score", "loss", "latency_ms", "utilization", "parameters", "multiply_adds", "peak_memory_bytes"} == set(
        trials[0].metrics
    )


def test_no_architecture_is_evaluated_twice(study: Studies, run_to_end: Runs, tmp_path: Path) -> None:
    log = tmp_path / "log"
    run_to_end(study({"log": str(log)}, trials=60))
    lines = log.read_text().splitlines()
    assert len(lines) == len(set(lines)) == 60


def test_a_controller_that_repeats_itself_is_told_so(study: Studies, run_to_end: Runs) -> None:
    with pytest.raises(ValueError, match=r"'toy_plugins:Stubborn': the architecture proposed for trial 1 is trial 0"):
        run_to_end(study(controller="toy_plugins:Stubborn"))


def test_every_proposal_can_be_recomputed_from_what_it_had_seen(study: Studies, run_to_end: Runs) -> None:
    begun = study(trials=12, constraints=["latency_ms <= 12"], seed=5)
    trials = run_to_end(begun)
    for trial in trials:
        history = history_of(as_seen_by(trial, trials), len(trial.vector))
        proposed = propose(begun.assembly, history)
        assert proposed is not None
        assert tuple(proposed.tolist()) == trial.vector


def test_a_trial_that_was_running_is_seen_as_running(study: Studies) -> None:
    begun = study()
    first = begun.ask()
    assert first is not None
    assert begun.ask() is not None  # as another worker would meanwhile
    begun.tell(first, begun.evaluate(first, lambda step, value: None))
    trials = begun.store.trials()
    assert trials[1].seen_completions == 0
    assert [trial.state for trial in as_seen_by(trials[1], trials)] == ["running"]
    history = history_of(as_seen_by(trials[1], trials), len(trials[0].vector))
    assert history.completion.tolist() == [-1]
    assert not history.values
    with pytest.raises(ValueError, match="read-only"):
        history.violations[0] = 1


def test_a_trial_that_breaks_a_free_constraint_ends_infeasible_and_unscored(
    study: Studies, run_to_end: Runs, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    trials = run_to_end(study({"log": str(log)}, constraints=["latency_ms <= 6", "loss <= 1000"]))
    states = Counter(trial.state for trial in trials)
    assert states["complete"] == 6
    assert states["infeasible"] > 0
    assert len(log.read_text().splitlines()) == 6
    for trial in trials:
        latency = trial.metrics["latency_ms"]
        assert trial.violation == pytest.approx(max(0, latency - 6) / 6)
        if trial.state == "infeasible":
            assert "score" not in trial.metrics
            assert trial.reason == "violates latency_ms <= 6"
            assert trial.seconds is None


def test_a_constraint_on_a_measured_metric_is_checked_after_evaluation(study: Studies, run_to_end: Runs) -> None:
    trials = run_to_end(study(constraints=["loss <= 3"]))
    assert all(trial.state == "complete" for trial in trials)
    assert any(trial.violation > 0 for trial in trials)
    for trial in trials:
        assert trial.violation == pytest.approx(max(0, trial.metrics["loss"] - 3) / 3)


def test_proposals_end_at_twenty_times_the_trials_and_the_study_says_so(study: Studies, run_to_end: Runs) -> None:
    begun = study(trials=2, constraints=["latency_ms <= 2.26"])
    trials = run_to_end(begun)
    assert [trial.state for trial in trials] == ["infeasible"] * 40
    assert "40 proposals gave 0 trials that meet the constraints, of 2 asked for" in (begun.store.ended() or "")


def test_an_exhausted_space_ends_the_study_and_it_says_so(study: Studies, run_to_end: Runs) -> None:
    one = {"num_attention_heads": [4], "bottleneck_size": [128], "intermediate_size": [512], "num_feedforward": [4]}
    begun = study(trials=50, space={"hidden_size": [512], "max_blocks_per_slot": 2, **one})
    assert len(run_to_end(begun)) == 8
    assert begun.store.ended() == "the controller has no proposal left after 8"


@pytest.mark.parametrize(
    ("fail", "state", "reason"),
    [
        ("diverge", "failed", "diverged: the loss is nan"),
        ("nan", "failed", "diverged: the score is nan"),
        ("deep", "failed", "RuntimeError: out of luck"),
        ("prune", "pruned", "no better than the median"),
    ],
)
def test_a_candidate_that_fails_ends_with_its_reason_and_the_study_goes_on(
    study: Studies, run_to_end: Runs, tmp_path: Path, fail: str, state: str, reason: str
) -> None:
    trials = run_to_end(study({"fail": fail}, trials=8, seed=4))
    ended = [trial for trial in trials if trial.state == state]
    assert ended
    assert any(trial.state == "complete" for trial in trials)
    assert len(trials) == 8
    assert all(trial.reason == reason and "score" not in trial.metrics for trial in ended)
    logs = sorted(path.name for path in (tmp_path / "logs").glob("*"))
    assert logs == ([f"trial-{trial.number:04d}.log" for trial in ended] if fail == "deep" else [])


def test_a_study_whose_candidates_diverge_stops_and_advises_a_lower_learning_rate(
    study: Studies, run_to_end: Runs
) -> None:
    begun = study({"fail": "diverge"}, trials=20, space={"num_blocks": [5, 6], "num_stages": [2]})
    told = "with: diverged: the loss is nan; the learning rate is too high for most candidates: begin a"
    with pytest.raises(StudyStopped, match=told):
        run_to_end(begun)


def test_five_failures_in_a_row_stop_the_study_with_advice(study: Studies, run_to_end: Runs) -> None:
    begun = study({"fail": "always"}, trials=20)
    with pytest.raises(StudyStopped, match="5 trials in a row failed, the last one with: RuntimeError: out of luck"):
        run_to_end(begun)
    assert [trial.state for trial in begun.store.trials()] == ["failed"] * 5


def test_a_row_of_failures_is_counted_across_processes_and_anew_after_a_stop(study: Studies, tmp_path: Path) -> None:
    begun = study({"fail": "always"}, trials=20)
    for _ in range(4):
        trial = begun.ask()
        assert trial is not None
        begun.tell(trial, begun.evaluate(trial, lambda step, value: None))

    def again() -> Study:
        return Study(Store.open(tmp_path / "toy" / "study.db"), begun.assembly, Worker.current())

    fifth = again()
    with pytest.raises(StudyStopped, match="5 trials in a row failed"):
        run(fifth, tmp_path, lambda trial, outcome: None)
    assert len(fifth.store.trials()) == 5
    assert "5 trials in a row failed" in (fifth.store.ended() or "")

    resumed = again()
    resumed.store.reopen(20)
    with pytest.raises(StudyStopped, match="5 trials in a row failed"):
        run(resumed, tmp_path, lambda trial, outcome: None)
    assert len(resumed.store.trials()) == 10


def test_a_process_killed_between_the_fifth_failure_and_the_stop_is_followed_by_the_stop(
    study: Studies, tmp_path: Path
) -> None:
    begun = study({"fail": "always"}, trials=20)
    for _ in range(5):
        trial = begun.ask()
        assert trial is not None
        begun.tell(trial, begun.evaluate(trial, lambda step, value: None))
    with pytest.raises(StudyStopped):
        run(begun, tmp_path, lambda trial, outcome: None)
    assert len(begun.store.trials()) == 5


def test_reports_are_kept_with_the_trial_by_step(study: Studies, run_to_end: Runs) -> None:
    begun = study({"steps": 3}, evaluator="toy_plugins:Reporter")
    for trial in run_to_end(begun):
        reports = begun.store.reports_of(trial)
        if trial.state == "pruned":
            assert [(report.step, report.value) for report in reports] == [(1, 0.1), (2, 0.2)]
        else:  # a second report of a step replaces the first; NaN is none; the third is the end's own
            assert [(report.step, report.value) for report in reports] == [(1, 0.1), (2, 0.2)]
            assert trial.metrics["score"] == 0.5
        assert all(report.seconds >= 0 for report in reports)
    assert {trial.state for trial in begun.store.trials()} == {"pruned", "complete"}


def test_an_objective_that_the_evaluator_does_not_measure_fails_its_trials(study: Studies, run_to_end: Runs) -> None:
    begun = study(objectives=["max exact_match", "min latency_ms"])
    with pytest.raises(StudyStopped, match="'max exact_match': the evaluation has no such metric; it has latency_ms"):
        run_to_end(begun)


def test_reference_trials_come_first_uncounted_and_unseen(study: Studies, run_to_end: Runs) -> None:
    begun = study(references=["mobilebert-edgetpu-xs", "mobilebert"], trials=3)
    asked: list[str] = []
    while (trial := begun.ask()) is not None:
        asked.append(trial.name or str(trial.number))
        begun.tell(trial, begun.evaluate(trial, lambda step, value: None))
    assert asked == ["mobilebert-edgetpu-xs", "mobilebert", "0", "1", "2"]
    assert [trial.seen_completions for trial in begun.store.trials()] == [0, 1, 2]
    alone = run_to_end(study(trials=3))
    assert [trial.vector for trial in alone] == [trial.vector for trial in begun.store.trials()]


def test_an_architecture_that_a_reference_trial_had_is_not_evaluated_again(study: Studies, tmp_path: Path) -> None:
    log = tmp_path / "log"
    begun = study({"log": str(log)}, references=["mobilebert"])
    reference = begun.ask()
    assert reference is not None
    outcome = begun.evaluate(reference, lambda step, value: None)
    begun.tell(reference, outcome)
    again = begun.evaluate(reference, lambda step, value: None)
    assert again.evaluation == outcome.evaluation
    assert len(log.read_text().splitlines()) == 1


def test_workers_share_a_study_and_no_trial_is_evaluated_twice(study: Studies, tmp_path: Path) -> None:
    log = tmp_path / "log"
    first = study({"log": str(log), "seconds": 0.02}, trials=20, constraints=["latency_ms <= 14"])
    store = Store.open(tmp_path / "toy" / "study.db")
    second = Study(store, assemble(first.assembly.configuration), Worker.current())
    threads = [threading.Thread(target=run, args=(one, tmp_path / "logs", lambda *_: None)) for one in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    trials = store.trials()
    states = Counter(trial.state for trial in trials)
    assert states.keys() <= {"complete", "infeasible"}
    assert states["complete"] == 20
    lines = log.read_text().splitlines()
    assert len(lines) == len(set(lines)) == 20
    assert sorted(trial.completion or 0 for trial in trials) == list(range(len(trials)))
    for trial in trials:
        history = history_of(as_seen_by(trial, trials), len(trial.vector))
        proposed = propose(first.assembly, history)
        assert proposed is not None
        assert tuple(proposed.tolist()) == trial.vector


def test_enqueued_architectures_come_first_and_count_and_are_never_evaluated_twice(
    study: Studies, run_to_end: Runs, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    xs, s = "mobilebert-edgetpu-xs", "mobilebert-edgetpu-s"
    own = Architecture(256, (Stage(2, 4, 128, 512, 2), Stage(1, 4, 128, 512, 2)))
    enqueue = [xs, own.to_dict(), s, own.canonical().to_dict(), "mobilebert"]
    begun = study(
        {"log": str(log)}, enqueue=enqueue, references=[xs], constraints=["latency_ms <= 14"], trials=6, seed=3
    )
    trials = run_to_end(begun)
    firsts = [PUBLISHED[xs], own.canonical(), PUBLISHED[s], PUBLISHED["mobilebert"]]
    assert [trial.architecture for trial in trials[:4]] == firsts
    assert [trial.state for trial in trials[:4]] == ["complete", "complete", "complete", "infeasible"]
    assert sum(trial.state == "complete" for trial in trials) == 6
    lines = log.read_text().splitlines()
    assert len(lines) == len(set(lines)) == 6  # XS was the reference
    for trial in trials:
        proposed = propose(begun.assembly, history_of(as_seen_by(trial, trials), len(trial.vector)))
        assert proposed is not None
        assert tuple(proposed.tolist()) == trial.vector


def test_a_study_asked_for_fewer_trials_than_are_enqueued_tries_the_first_of_them(
    study: Studies, run_to_end: Runs
) -> None:
    trials = run_to_end(study(enqueue=["mobilebert-edgetpu-s", "mobilebert"], trials=1))
    assert [trial.architecture for trial in trials] == [PUBLISHED["mobilebert-edgetpu-s"]]


def test_equal_architectures_written_differently_have_one_key(study: Studies) -> None:
    begun = study()
    trial = begun.ask()
    assert trial is not None
    whole = trial.architecture.stages[0]
    assert canonical_key(trial.architecture) == canonical_key(trial.architecture.canonical())
    other = begun.assembly.space.decode(begun.assembly.space.sample(np.random.default_rng(9), 1)[0])
    assert canonical_key(other) != canonical_key(trial.architecture)
    assert whole.num_blocks > 0
