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
    about = np.arange(20.0), lt.Span(), task.made(jax.random.key(0), {}), answers["short"][:, 0]
    found = arrays.not_diverged(arrays.tree(lt.Results(root), task, *about, shown, answers))
    long = lt.probed(found, "long one")
    assert long.answer.shape == (2, 1, 50, 1)
    assert (long.diverged.values.tolist(), long.seed.values.tolist(), long.flags) == ([False, False], [0, 2], "{}")
    np.testing.assert_array_equal(long.time, np.arange(50.0))
    np.testing.assert_array_equal(lt.probed(found, "short").truth, curves)
    with pytest.raises(ValueError, match="no answers to 'other'; the probes are short, long one"):
        lt.probed(found, "other")


@pytest.mark.parametrize("about", [{}, {"ahead": 1}], ids=["reproduced", "predicted"])
def test_probes_that_share_an_axis_in_files_of_earlier_versions_become_nodes(about):
    random, variables = np.random.default_rng(0), {"diverged": ("seed", [False, True])}

    def add(axes, shape, **named):
        for name, more in named.items():
            variables[name] = (*more, *axes), random.normal(size=(2,) * len(more) + shape)

    add(("curve", "time", "feature"), (3, 4, 1), input=(), answer=["seed"])
    add(("curve_far off", "time_far off", "feature"), (1, 6, 1), **{"input_far off": (), "answer_far off": ["seed"]})
    add(("time", "feature"), (4, 1), train_target=(), train_input=(), train_answer=["seed"])
    far = np.where(np.arange(6)[None, :, None] < 5, 1.0, np.nan)
    variables |= {"truth_far off": (variables["input_far off"][0], far), "train_loss": (("seed", "step"), [[1], [2]])}
    of_curves = {"family": list("aba"), "a": [1, np.nan, 3], "parameter_b": [np.nan, 2, np.nan]}
    flat = xr.Dataset(variables, {"hidden": "4", "own_points": ["far off"], "time_far off": np.arange(6)}, about)
    flat = flat.assign_coords({name: ("curve", each) for name, each in of_curves.items()})
    found = arrays.from_flat(flat.assign_coords({"n_far off": ("curve_far off", [6])}))
    assert [*found.children] == ["training", "a", "b", "far off"]
    for name, places in {"a": [0, 2], "b": [1]}.items():
        curves = lt.probed(found, name)
        np.testing.assert_array_equal(curves.answer, flat.answer[:, places])
        assert [each for each in curves.coords if "parameter" in each] == [f"parameter_{name}"]
        assert ("truth" in curves, curves.attrs, str(curves.hidden.values)) == (not about, about, "4")
    np.testing.assert_array_equal(found["a"].get("truth", flat.input[[0, 2]]), flat.input[[0, 2]])
    far_off, training = lt.probed(found, "far off"), lt.probed(found, "training")
    assert (far_off.counts.values.ravel().tolist(), far_off.parameter_n.values) == ([1, 1, 1, 1, 1, 0], [6])
    np.testing.assert_array_equal(far_off.time, np.arange(6))
    np.testing.assert_array_equal(training.answer[:, 0], flat.train_answer)
    np.testing.assert_array_equal([training.input[0], training.truth[0]], [flat.train_input, flat.train_target])
    assert {*training.data_vars} == {"train_loss", "diverged", "answer", "input", "truth", "counts"}
