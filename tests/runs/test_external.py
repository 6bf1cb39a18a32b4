"""The curves that any model may be asked about, and its answers as those of networks are labeled."""

import numpy as np
import pytest

import lstm_toys as lt
from experiments import amplitude, hill, sine, slope_intercept
from lstm_toys.results import arrays

X = np.linspace(0, 1, 20)


def test_the_training_curve_comes_first_and_is_as_it_is_asked_for():
    for asked, expected in ((None, 0.3), ({"amplitude": 0.6}, 0.6)):
        curves = lt.claims.curves_of(sine.EXPERIMENT, 20, asked)
        np.testing.assert_allclose(curves[0, :, 0], expected * (1 + np.sin(10 * X)), atol=1e-6)
    probes = sine.EXPERIMENT.probes(lt.time_points(20))
    np.testing.assert_array_equal(curves[1:], np.concatenate([probe.inputs for probe in probes]))


def test_sequences_are_labeled_by_what_was_shown():
    shown = lt.claims.curves_of(hill.EXPERIMENT, 20)
    answers = np.stack([shown, shown + 1])
    answers[1, 3, 7, 1] = np.inf
    labeled, place = lt.claims.labeled(hill.EXPERIMENT, answers, 20), 0
    for curves in labeled.children.values():
        part = slice(place, place := place + curves.sizes["curve"])
        np.testing.assert_array_equal(curves.input, shown[part])
        np.testing.assert_array_equal(curves.truth, shown[part])
        np.testing.assert_array_equal(curves.answer, answers[:, part])
        assert curves.feature.values.tolist() == ["x", "y"]
        np.testing.assert_allclose(curves.time, X, atol=1e-6)
    assert ([*labeled.children], place) == (["training", "line", "hill"], len(shown))
    np.testing.assert_array_equal(labeled.diverged, [False, True])
    assert arrays.not_diverged(labeled).sizes["seed"] == 1


@pytest.mark.parametrize("experiment", [amplitude.EXPERIMENT, slope_intercept.EXPERIMENT])
def test_vectors_are_labeled_with_the_truth(experiment):
    count = len(lt.claims.curves_of(experiment, 20))
    asked = experiment.task(lt.time_points(20)).output_features
    answers = np.random.default_rng(0).normal(size=(3, count, len(asked)))
    labeled, place = lt.claims.labeled(experiment, answers, 20), 1
    for probe in arrays.names_of(labeled):
        curves = labeled[probe]
        part = slice(place, place := place + curves.sizes["curve"])
        assert curves.answer.dims == ("seed", "curve", "output_feature")
        for number, name in enumerate(asked):
            np.testing.assert_array_equal(curves.truth.values[:, number], curves[f"parameter_{name}"])
            np.testing.assert_array_equal(curves.answer.sel(output_feature=name), answers[:, part, number])
    assert labeled.training.train_target.dims == ("example", "output_feature")


@pytest.mark.parametrize("shape", [(30, 100, 1), (2, 29, 100, 1), (2, 30, 99, 1), (2, 30, 100, 2), (0, 30, 100, 1)])
def test_answers_of_another_shape_are_refused(shape):
    with pytest.raises(ValueError, match=r"answers of sine have the shape \(S, 30, 100, 1\), not \("):
        lt.claims.labeled(sine.EXPERIMENT, np.zeros(shape))
