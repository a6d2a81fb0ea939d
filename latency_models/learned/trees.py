"""`Trees`: decision trees as plain arrays, grown by scikit-learn and read by numpy.

Three kinds are grown: gradient boosting of Huber's loss (Friedman 2001), a sum of small trees; extremely randomised
trees (Geurts, Ernst & Wehenkel 2006), whose median jumps where the data do; and the same trees' mean as the probability
that a row is in the second of two classes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from latency_models.contract import Floats

if TYPE_CHECKING:
    from sklearn.tree import DecisionTreeRegressor

Combination = Literal["sum", "mean", "median"]
_ROWS_AT_ONCE = 4096  # so that their features stay in the cache


@dataclass(frozen=True)
class Trees:
    """t trees of r nodes in all. The two children of a node are neighbours.

    Attributes:
        roots: int32 `[t]`.
        feature: int32 `[r]`, the column that a node looks at; of a leaf, any.
        threshold: float32 `[r]`, a row goes left where its feature is at most this; infinite at a leaf.
        left: int32 `[r]`, the left child; of a leaf, the leaf itself.
        value: float64 `[r]`.
        depth: of the deepest leaf.
        combination: what becomes of the values that a row finds in the trees.
        offset: added to it.
    """

    roots: NDArray[np.int32]
    feature: NDArray[np.int32]
    threshold: NDArray[np.float32]
    left: NDArray[np.int32]
    value: Floats
    depth: int
    combination: Combination
    offset: float

    @classmethod
    def boosted(cls, X: Floats, y: Floats) -> Trees:
        """Gradient boosting of targets `[n]` of rows `[n, d]`."""
        from sklearn.ensemble import GradientBoostingRegressor

        boosting = GradientBoostingRegressor(
            loss="huber", n_estimators=300, max_depth=4, learning_rate=0.05, subsample=0.5, max_features=0.3,
            init="zero", random_state=0,
        )  # fmt: skip
        center = float(np.median(y))
        boosting.fit(X.astype(np.float32), y - center)
        return cls._of([tree for (tree,) in boosting.estimators_], boosting.learning_rate, "sum", center)

    @classmethod
    def forest(cls, X: Floats, y: Floats) -> Trees:
        """The median of extremely randomised trees."""
        from sklearn.ensemble import ExtraTreesRegressor

        forest = ExtraTreesRegressor(100, max_features=0.5, random_state=0).fit(X.astype(np.float32), y)
        return cls._of(forest.estimators_, 1.0, "median", 0.0)

    @classmethod
    def classifier(cls, X: Floats, is_second: NDArray[np.bool_]) -> Trees:
        """The probability of the second of two classes, which must both be there."""
        from sklearn.ensemble import ExtraTreesRegressor

        # Variance and Gini impurity of two classes are the same but for a factor.
        forest = ExtraTreesRegressor(200, max_features=0.5, random_state=0)
        forest.fit(X.astype(np.float32), is_second.astype(float))
        return cls._of(forest.estimators_, 1.0, "mean", 0.0)

    @classmethod
    def _of(
        cls, grown: Sequence[DecisionTreeRegressor], scale: float, combination: Combination, offset: float
    ) -> Trees:
        parts = [_flatten(tree.tree_) for tree in grown]
        starts = np.cumsum([0, *(len(part[0]) for part in parts)])
        feature, threshold, left, value = (np.concatenate([part[column] for part in parts]) for column in range(4))
        left = left + np.repeat(starts[:-1], np.diff(starts))
        return cls(
            starts[:-1].astype(np.int32),
            feature.astype(np.int32),
            threshold,
            left.astype(np.int32),
            scale * value,
            max(tree.tree_.max_depth for tree in grown),
            combination,
            offset,
        )

    def predict(self, X: Floats) -> Floats:
        """`[n]` for rows `[n, d]`."""
        rows = np.ascontiguousarray(X, np.float32)
        chunks = [self._combined(rows[i : i + _ROWS_AT_ONCE]) for i in range(0, len(rows), _ROWS_AT_ONCE)]
        return self.offset + np.concatenate([np.zeros(0), *chunks])

    def _combined(self, rows: NDArray[np.float32]) -> Floats:
        start = (np.arange(len(rows), dtype=np.int32) * rows.shape[1])[:, None]
        flat = rows.ravel()
        node = np.broadcast_to(self.roots, (len(rows), len(self.roots)))
        for _ in range(self.depth):
            goes_right = flat[start + self.feature[node]] > self.threshold[node]
            node = self.left[node] + goes_right
        values: Floats = self.value[node]
        if self.combination == "median":
            return np.median(values, axis=1)
        combined: Floats = values.sum(axis=1) if self.combination == "sum" else values.mean(axis=1)
        return combined


def _flatten(tree: Any) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.int64], Floats]:
    """Feature, threshold, left child and value of a scikit-learn tree's nodes, breadth first."""
    order, is_leaf = [0], tree.children_left < 0
    for node in order:  # grows while it is walked
        if not is_leaf[node]:
            order += [int(tree.children_left[node]), int(tree.children_right[node])]
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    leaf = is_leaf[order]
    feature = np.where(leaf, 0, tree.feature[order])
    # A row is cast to float32 and compared with a float64 threshold: rounded down it parts the same rows.
    threshold = tree.threshold[order].astype(np.float32)
    threshold = np.where(threshold > tree.threshold[order], np.nextafter(threshold, np.float32(-np.inf)), threshold)
    left = np.where(leaf, np.arange(len(order)), place[tree.children_left[order]])
    return feature, np.where(leaf, np.float32(np.inf), threshold).astype(np.float32), left, tree.value[order, 0, 0]
