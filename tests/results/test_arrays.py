"""Labeled results: what they hold."""

import numpy as np
import pytest

import lstm_toys as lt
from conftest import untrained
from lstm_toys.results import arrays, storage, summary
from lstm_toys.tasks import probes, supervision


@pytest.mark.parametrize("whole", [False, True])
def test_results_may_have_no_probes(tmp_path, whole):
    curves = np.zeros((3, 20, 1), np.float32)
    numbers = supervision.answer_curves(curves, np.zeros((3, 2)), ("y",), ("a", "b"))
    task = numbers if whole else lt.reproduce_curves(curves, ("y",))
    x, answer = np.arange(20.0), np.zeros((2, 0, 2) if whole else (2, 0, 20, 1))
    assert probes.curves_of(task, probes.by_points([], x), 20)[probes.SHARED].shape == (0, 20, 1)
    labeled = arrays.answered(task, x, lt.Span(), [], {probes.SHARED: answer}).assign_attrs(flags="{}")
    storage.save_results(labeled, tmp_path / "results.nc")
    found = storage.load_results(tmp_path / "results.nc", {"input", "answer", "family"})
    assert found.sizes["curve"] == 0
    assert summary.family_rmse(found) == {}


@pytest.mark.parametrize("sequence", [True, False])
def test_accuracies_are_found_by_their_names(sequence):
    inputs, targets = np.zeros((2, 20, 1)), np.zeros((2, 20, 1) if sequence else (2, 1))
    examples = lt.Examples(inputs, targets)
    task = lt.Task(lambda *_: examples, ("bit",), ("bit",), sequence=sequence, loss="binary_cross_entropy")
    names = ["points", "sequences"][not sequence :]
    accuracies = np.random.default_rng(0).uniform(size=(3, 2, len(names)))
    found = untrained(task, lt.Stack(1, (4,), "dense", sequence), measures=accuracies).results.train_accuracy
    assert found.dims == ("seed", "step", "counted")
    for place, name in enumerate(names):
        np.testing.assert_array_equal(found.sel(counted=name, step=2), accuracies[:, 1, place])
