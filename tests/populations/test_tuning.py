"""Hyper-parameters are ranked by the median over seeds, each trained as by itself."""

import numpy as np
import pytest

import lstm_toys as lt

X = lt.time_points(8)
TASK = lt.reproduce("line", {"slope": 0.5, "intercept": 0.1}, X)
MODEL = lt.Stack(1, hidden=(3,))


def test_each_combination_is_the_training_of_its_own():
    grid = {"optimizer": ["sgd", "momentum"], "learning_rate": [0.01, 0.3, 1e6]}
    tried = lt.tune(TASK, MODEL, grid, seeds=3, steps=12, base_seed=9, block=1)
    assert len(tried) == 6
    medians = [each.median.value for each in tried]
    assert medians == sorted(medians)
    for each in tried:
        alone = lt.train(TASK, MODEL, seeds=3, steps=12, base_seed=9, block=1, **each.settings)
        losses = np.where(alone.diverged, np.inf, alone.train_loss[:, -1])
        np.testing.assert_array_equal(each.losses, losses)
        assert each.median.value == np.median(losses)
    assert {each.settings["learning_rate"] for each in tried[-2:]} == {1e6}
    assert np.isinf(medians[-1])


@pytest.mark.parametrize(
    ("grid", "said"),
    [
        ({}, "grid must be at least one value for each name"),
        ({"learning_rate": []}, r"grid\['learning_rate'\] must be finite numbers of shape \[K\], not of shape \[0\]"),
        ({"learning_rate": 0.1}, r"grid\['learning_rate'\] must be finite numbers of shape \[K\], not of shape \[\]"),
        ({"optimizer": "sgd"}, r"grid\['optimizer'\] must be a tuple of names"),
        ({"learning_rate": [0.1, 0.2, np.float32(0.1)]}, r"grid\['learning_rate'\] must be different values, not"),
        ({"optimizer": ["sgd", "adam", "sgd"]}, r"grid\['optimizer'\] must be different"),
        ({"learning_rate": [0.1, None]}, r"grid\['learning_rate'\] must be finite numbers"),
        ({"optimizer": [None]}, r"grid\['optimizer'\] must be a tuple of names"),
        ({"noise": [0.1, 0.2]}, "noise must be in the grid or given for all networks, not both"),
        ({"hidden": [3]}, "grid must be values of optimizer, learning_rate, momentum, decay, noise, not 'hidden'"),
    ],
)
@pytest.mark.usefixtures("as_users_have_it")
def test_grids_that_cannot_be_tried_are_refused(grid, said):
    with pytest.raises(ValueError, match=said):
        lt.tune(TASK, MODEL, grid, seeds=2, steps=1, base_seed=9, noise=0.5)
