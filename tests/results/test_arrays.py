"""Labeled results: what they hold."""

import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import lstm_toys as lt
from conftest import untrained
from experiments.sine import EXPERIMENT
from lstm_toys.results import arrays, storage, summary
from lstm_toys.tasks import probes, supervision

FAMILIES = {"line": 5, "line_origin": 6, "amplitude": 6, "phase": 6, "frequency": 6}


def test_everything_is_labeled():
    x = lt.time_points(20)
    task, shown = EXPERIMENT.task(x), EXPERIMENT.probes(x)
    networks = untrained(task, lt.Stack(1, (4,)))
    random = np.random.default_rng(0)
    train_answer, answer = random.normal(size=(3, 20, 1)), random.normal(size=(3, 29, 20, 1))
    examples = task.examples(jax.random.key(0), {"amplitude": jnp.float32(0.3)})
    told, span = {"flags": {"seeds": 3}}, lt.Span(unit="s", name="time")
    labeled = arrays.dataset(networks, np.asarray(x), span, examples, train_answer, shown, {"": answer}, told)
    labels = [arrays.axis_label(labeled[name]) for name in ("time", "frequency")]
    assert labels == ["time (s)", "frequency ω (rad per x)"]
    np.testing.assert_array_equal(labeled.train_loss.sel(seed=1, step=2), networks.train_loss[1, 1])
    np.testing.assert_allclose(labeled.train_target.sel(feature="y"), 0.3 + 0.3 * np.sin(10 * labeled.time), atol=1e-6)
    np.testing.assert_array_equal(labeled.train_answer, train_answer)
    np.testing.assert_array_equal(labeled.answer, answer)
    assert dict(zip(*np.unique(labeled.family, return_counts=True), strict=True)) == FAMILIES
    is_line = labeled.family.str.startswith("line")
    lines, sines = labeled.isel(curve=is_line), labeled.isel(curve=~is_line)
    straight = lines.slope * lines.time + lines.intercept
    waves = sines.offset + sines.amplitude * np.sin(sines.frequency * sines.time + sines.phase)
    for shown, expected, of_others in (
        (lines, straight, ("amplitude", "frequency", "phase", "offset")),
        (sines, waves, ("slope", "intercept")),
    ):
        np.testing.assert_allclose(shown.input.sel(feature="y"), expected, atol=1e-5)
        assert all(np.isnan(shown[name]).all() for name in of_others)
    assert json.loads(labeled.attrs["flags"]) == {"seeds": 3}


@pytest.mark.parametrize("whole", [False, True])
def test_results_may_have_no_probes(tmp_path, whole):
    curves = np.zeros((3, 20, 1), np.float32)
    numbers = supervision.answer_curves(curves, np.zeros((3, 2)), ("y",), ("a", "b"))
    task = numbers if whole else lt.reproduce_curves(curves, ("y",))
    x, answer = np.arange(20.0), np.zeros((2, 0, 2) if whole else (2, 0, 20, 1))
    assert probes.curves_of(task, probes.by_points([], x), 20)[""].shape == (0, 20, 1)
    labeled = arrays.answered(task, x, lt.Span(), [], {"": answer}).assign_attrs(flags="{}")
    storage.save_results(labeled, tmp_path / "results.nc")
    found = storage.load_results(tmp_path / "results.nc", {"input", "answer", "family"})
    assert found.sizes["curve"] == 0
    assert summary.family_rmse(found) == {}


def test_predictions_say_how_far_they_are_ahead():
    task = lt.predict_next(np.zeros((1, 5, 1)), ("y",))
    shown = [lt.Probe("held_out", np.ones((2, 4, 1)), {})]
    labeled = arrays.answered(task, np.arange(4.0), lt.Span(), shown, {"": np.zeros((3, 2, 4, 1))})
    assert labeled.attrs["ahead"] == 1
