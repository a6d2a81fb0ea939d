from __future__ import annotations

import numpy as np
from sklearn.ensemble import ExtraTreesRegressor, GradientBoostingRegressor

from latency_models.learned.trees import Trees

RNG = np.random.default_rng(0)
X, UNSEEN = RNG.normal(size=(200, 5)), RNG.normal(size=(5000, 5))
Y = X[:, 0] * X[:, 1] + np.sign(X[:, 2])


def test_the_arrays_say_what_scikit_learn_says() -> None:
    forest = ExtraTreesRegressor(20, random_state=0).fit(X.astype(np.float32), Y)
    ours = Trees._of(forest.estimators_, 1.0, "mean", 0.0)
    np.testing.assert_allclose(ours.predict(UNSEEN), forest.predict(UNSEEN.astype(np.float32)))
    boosting = GradientBoostingRegressor(n_estimators=50, init="zero", random_state=0).fit(X.astype(np.float32), Y)
    ours = Trees._of([tree for (tree,) in boosting.estimators_], 0.1, "sum", 0.0)
    np.testing.assert_allclose(ours.predict(UNSEEN), boosting.predict(UNSEEN.astype(np.float32)))


def test_boosting_and_forests_learn_what_jumps() -> None:
    truth = UNSEEN[:, 0] * UNSEEN[:, 1] + np.sign(UNSEEN[:, 2])
    for grown in (Trees.boosted(X, Y), Trees.forest(X, Y)):
        assert np.corrcoef(grown.predict(UNSEEN), truth)[0, 1] > 0.75


def test_a_classifier_gives_probabilities() -> None:
    chance = Trees.classifier(X, X[:, 2] > 0).predict(UNSEEN)
    assert chance.min() >= 0
    assert chance.max() <= 1
    assert ((chance > 0.5) == (UNSEEN[:, 2] > 0)).mean() > 0.95


def test_one_row_is_predicted_as_among_many() -> None:
    forest = Trees.forest(X, Y)
    np.testing.assert_array_equal([forest.predict(UNSEEN[i : i + 1])[0] for i in range(5)], forest.predict(UNSEEN[:5]))
