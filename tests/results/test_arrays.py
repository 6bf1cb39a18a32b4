"""Labeled results: what they hold."""

import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import lstm_toys as lt
from experiments.sine import EXPERIMENT
from lstm_toys.networks.stack import Stack
from lstm_toys.populations import train
from lstm_toys.results import arrays, storage, summary
from lstm_toys.tasks import probes, supervision
from lstm_toys.tasks.families import time_points
from lstm_toys.tasks.span import Span

FAMILIES = {"line": 5, "line_origin": 6, "amplitude": 6, "phase": 6, "frequency": 6}


def test_everything_is_labeled():
    x = time_points(20)
    task, shown = EXPERIMENT.task(x), EXPERIMENT.probes(x)
    networks = train.train(task, Stack(1, (6,)), seeds=3, steps=40, learning_rate=0.1, numbers={"amplitude": 0.3})
    random = np.random.default_rng(0)
    train_answer, answer = random.normal(size=(3, 20, 1)), random.normal(size=(3, 29, 20, 1))
    examples = task.examples(jax.random.key(0), {"amplitude": jnp.float32(0.3)})
    told, span = {"flags": {"seeds": 3}}, Span(unit="s", name="time")
    labeled = arrays.dataset(networks, np.asarray(x), span, examples, train_answer, shown, {"": answer}, told)
    assert [arrays.axis_label(labeled[name]) for name in ("time", "frequency")] == [
        "time (s)",
        "frequency ω (rad per x)",
    ]
    np.testing.assert_array_equal(labeled.train_loss.sel(seed=1, step=17), networks.train_loss[1, 17])
    np.testing.assert_allclose(labeled.train_target.sel(feature="y"), 0.3 + 0.3 * np.sin(10 * labeled.time), atol=1e-6)
    np.testing.assert_array_equal(labeled.train_answer, train_answer)
    np.testing.assert_array_equal(labeled.answer, answer)
    assert dict(zip(*np.unique(labeled.family, return_counts=True), strict=True)) == FAMILIES
    lines, sines = (labeled.isel(curve=labeled.family.str.startswith("line") == is_line) for is_line in (True, False))
    expected = {
        "line": lines.slope * lines.time + lines.intercept,
        "sine": sines.offset + sines.amplitude * np.sin(sines.frequency * sines.time + sines.phase),
    }
    np.testing.assert_allclose(lines.input.sel(feature="y"), expected["line"], atol=1e-5)
    np.testing.assert_allclose(sines.input.sel(feature="y"), expected["sine"], atol=1e-5)
    for name in ("amplitude", "frequency", "phase", "offset"):
        assert np.isnan(lines[name]).all()
    for name in ("slope", "intercept"):
        assert np.isnan(sines[name]).all()
    assert json.loads(labeled.attrs["flags"]) == {"seeds": 3}


@pytest.mark.parametrize("whole", [False, True])
def test_results_may_have_no_probes(tmp_path, whole):
    curves = np.zeros((3, 12, 1), np.float32)
    task = (
        supervision.answer_curves(curves, np.zeros((3, 2)), ("y",), ("a", "b"))
        if whole
        else lt.reproduce_curves(curves, ("y",))
    )
    assert probes.curves_of(task, probes.by_points([], np.arange(12.0)), 12)[""].shape == (0, 12, 1)
    answer = np.zeros((2, 0, 2) if whole else (2, 0, 12, 1))
    labeled = arrays.answered(task, np.arange(12.0), Span(), [], {"": answer}).assign_attrs(flags="{}")
    storage.save_results(labeled, tmp_path / "results.nc")
    found = storage.load_results(tmp_path / "results.nc", {"input", "answer", "family"})
    assert found.sizes["curve"] == 0
    assert summary.family_rmse(found) == {}


def test_predictions_say_how_far_they_are_ahead():
    task = lt.predict_next(np.zeros((1, 5, 1)), ("y",))
    shown = [lt.Probe("held_out", np.ones((2, 4, 1)), {})]
    labeled = arrays.answered(task, np.arange(4.0), Span(), shown, {"": np.zeros((3, 2, 4, 1))})
    assert labeled.attrs["ahead"] == 1
