"""The curves that any model may be asked about, and its answers as those of networks are labeled."""

import numpy as np
import pytest

import lstm_toys as lt
from experiments import amplitude, hill, sine, slope_intercept
from lstm_toys.results import arrays

X = np.linspace(0, 1, 20)


def test_the_training_curve_comes_first_and_is_as_it_is_asked_for():
    for asked, expected in ((None, 0.3), ({"amplitude": 0.6}, 0.6)):
        curves = lt.curves_of(sine.EXPERIMENT, 20, asked)
        np.testing.assert_allclose(curves[0, :, 0], expected * (1 + np.sin(10 * X)), atol=1e-6)
    probes = sine.EXPERIMENT.probes(lt.time_points(20))
    np.testing.assert_array_equal(curves[1:], np.concatenate([probe.inputs for probe in probes]))


def test_sequences_are_labeled_by_what_was_shown():
    shown = lt.curves_of(hill.EXPERIMENT, 20)
    answers = np.stack([shown, shown + 1])
    answers[1, 3, 7, 1] = np.inf
    labeled = lt.labeled(hill.EXPERIMENT, answers, 20)
    np.testing.assert_array_equal(labeled.input, shown[1:])
    np.testing.assert_array_equal(labeled.answer, answers[:, 1:])
    np.testing.assert_array_equal(labeled.train_answer, answers[:, 0])
    np.testing.assert_array_equal(labeled.train_target, shown[0])
    np.testing.assert_array_equal(labeled.diverged, [False, True])
    assert labeled.feature.values.tolist() == ["x", "y"]
    assert arrays.not_diverged(labeled).sizes["seed"] == 1
    np.testing.assert_allclose(labeled.time, X, atol=1e-6)


@pytest.mark.parametrize("experiment", [amplitude.EXPERIMENT, slope_intercept.EXPERIMENT])
def test_vectors_are_labeled_with_the_truth(experiment):
    count = len(lt.curves_of(experiment, 20))
    asked = experiment.task(lt.time_points(20)).output_features
    answers = np.random.default_rng(0).normal(size=(3, count, len(asked)))
    labeled = lt.labeled(experiment, answers, 20)
    assert labeled.answer.dims == ("seed", "curve", "output_feature")
    for number, name in enumerate(asked):
        np.testing.assert_array_equal(labeled.truth.values[:, number], labeled[f"parameter_{name}"])
        np.testing.assert_array_equal(labeled.answer.sel(output_feature=name), answers[:, 1:, number])
    assert labeled.train_target.dims == ("example", "output_feature")


@pytest.mark.parametrize("shape", [(30, 100, 1), (2, 29, 100, 1), (2, 30, 99, 1), (2, 30, 100, 2), (0, 30, 100, 1)])
def test_answers_of_another_shape_are_refused(shape):
    with pytest.raises(ValueError, match=r"answers of sine have the shape \(S, 30, 100, 1\), not \("):
        lt.labeled(sine.EXPERIMENT, np.zeros(shape))
