"""A table reduced to few dimensions keeps what tells its rows apart."""

import numpy as np

from evaluators.principal_components import principal_components

RNG = np.random.default_rng(0)


def test_rows_of_a_low_rank_table_keep_their_distances_up_to_one_scale() -> None:
    table = (RNG.normal(size=(40, 3)) @ RNG.normal(size=(3, 12)) + 5.0).astype(np.float32)
    reduced = principal_components(table, 3)
    full = np.linalg.norm(table[:, None] - table, axis=2)
    kept = np.linalg.norm(reduced[:, None] - reduced, axis=2)
    ratio = kept[full > 0] / full[full > 0]
    np.testing.assert_allclose(ratio, ratio[0], rtol=1e-4)
    assert abs(reduced.std() - 1.0) < 1e-5


def test_components_come_in_the_order_of_their_variance_and_do_not_depend_on_the_sign() -> None:
    table = RNG.normal(size=(50, 6)).astype(np.float32) * np.array([1, 9, 3, 1, 1, 1], np.float32)
    reduced = principal_components(table, 2)
    assert abs(np.corrcoef(reduced[:, 0], table[:, 1])[0, 1]) > 0.95
    assert reduced[:, 0].std() > reduced[:, 1].std()
    np.testing.assert_array_equal(reduced, principal_components(table.copy(), 2))


def test_a_narrow_table_gives_what_it_has() -> None:
    assert principal_components(RNG.normal(size=(9, 4)).astype(np.float32), 7).shape == (9, 4)
