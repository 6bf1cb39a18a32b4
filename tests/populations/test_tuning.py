"""Hyper-parameters are ranked by the median over seeds, each trained as by itself."""

import numpy as np
import pytest

import lstm_toys as lt

SINE = {"amplitude": 0.3, "frequency": 10.0, "phase": 0.0, "offset": 0.3}
TASK = lt.reproduce("sine", SINE, lt.time_points(20))
MODEL = lt.Stack(1, (4,))


def test_each_combination_is_the_training_of_its_own():
    grid = {"optimizer": ["sgd", "momentum"], "learning_rate": [0.01, 1e6]}
    tried = lt.tune(TASK, MODEL, grid, seeds=3, steps=12, base_seed=9)
    assert len(tried) == 4
    medians = [each.median.value for each in tried]
    assert medians == sorted(medians)
    for each in tried[:2]:
        alone = lt.train(TASK, MODEL, seeds=3, steps=12, base_seed=9, **each.settings)
        np.testing.assert_array_equal(each.losses, alone.train_loss[:, -1])
        assert each.median.value == np.median(each.losses)
    for each in tried[2:]:
        assert each.settings["learning_rate"] == 1e6
        assert np.isinf(each.losses).all()


@pytest.mark.parametrize(
    ("grid", "said"),
    [
        ({}, "grid must be at least one value for each name"),
        ({"learning_rate": [0.1, 0.2, np.float32(0.1)]}, r"grid\['learning_rate'\] must be different values, not"),
        ({"optimizer": ["sgd", "adam", "sgd"]}, r"grid\['optimizer'\] must be different"),
        ({"learning_rate": [0.1, None]}, r"grid\['learning_rate'\] must be finite numbers of shape \[K\]"),
        ({"optimizer": [None]}, r"grid\['optimizer'\] must be a tuple of names"),
        ({"noise": [0.1, 0.2]}, "noise must be in the grid or given for all networks, not both"),
        ({"hidden": [3]}, "grid must be values of optimizer, learning_rate, momentum, decay, noise, not 'hidden'"),
    ],
)
@pytest.mark.usefixtures("as_users_have_it")
def test_grids_that_cannot_be_tried_are_refused(grid, said):
    with pytest.raises(ValueError, match=said):
        lt.tune(TASK, MODEL, grid, seeds=2, steps=1, base_seed=9, noise=0.5)
