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


def test_without_targets_inputs_or_parameters_are_correct_also_beside_probes_that_have_them():
    x, curves = np.arange(20.0), np.random.default_rng(0).normal(size=(2, 20, 1)).astype(np.float32)
    known = lt.Probe("known", curves, {}, targets=curves + 1)
    usual, numbers = lt.Probe("usual", curves, {}), lt.Probe("usual", curves, {"a": np.array([1.0, 2.0])})

    def truth(task, *shown):
        answers = {probes.SHARED: np.zeros((3, 4, *((20,) if task.sequence else ()), 1))}
        return arrays.answered(task, x, lt.Span(), shown, answers).truth.values

    np.testing.assert_array_equal(truth(lt.reproduce_curves(curves, ("y",)), known, usual)[2:], curves)
    assert np.isnan(truth(lt.predict_next(curves, ("y",)), known, usual)[2:]).all()
    read = supervision.answer_curves(curves, np.zeros((2, 1)), ("y",), ("a",))
    both = truth(read, lt.Probe("known", curves, {}, targets=np.zeros((2, 1))), numbers)
    np.testing.assert_array_equal(both[:, 0], [0, 0, 1, 2])


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
