"""Labeled results: what they hold."""

import jax
import numpy as np
import pytest
import xarray as xr

import lstm_toys as lt
from lstm_toys.results import arrays


def test_each_probe_is_a_node_with_its_own_time_points_and_networks_of_the_root():
    curves = np.random.default_rng(0).normal(size=(2, 20, 1)).astype(np.float32)
    task, longer = lt.reproduce(curves), np.zeros((1, 50, 1), np.float32)
    shown = [lt.Probe("short", curves, {"a": np.arange(2.0)}), lt.Probe("long one", longer, {})]
    answers = {each.name: np.zeros((3, *each.inputs.shape), np.float32) for each in shown}
    root = xr.Dataset({"diverged": ("seed", [False, True, False])}, {"seed": [0, 1, 2]}, {"flags": "{}"})
    about = np.arange(20.0), lt.Span(), task.training_set(jax.random.key(0), {}), answers["short"][:, 0]
    found = arrays.not_diverged(arrays.tree(lt.Results(root), task, *about, shown, answers))
    long = lt.probed(found, "long one")
    assert long.answer.shape == (2, 1, 50, 1)
    assert (long.diverged.values.tolist(), long.seed.values.tolist(), long.flags) == ([False, False], [0, 2], "{}")
    np.testing.assert_array_equal(long.time, np.arange(50.0))
    np.testing.assert_array_equal(lt.probed(found, "short").truth, curves)
    with pytest.raises(ValueError, match="no answers to 'other'; the probes are short, long one"):
        lt.probed(found, "other")
