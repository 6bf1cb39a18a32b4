"""What claims are judged by: curve sets of results, and models without a network."""

import numpy as np
import pytest

import lstm_toys as lt
from lstm_toys.studies.claims import evidence

X = lt.time_points(10)
LINES = {"slope": np.array([0.2, 0.4]), "intercept": 0.1}


def inverted(x):
    curves = lt.show(0.1 + 0.3 * x[None], x, ("y",))
    return lt.Task(lambda *_: lt.Examples(curves, 1 - curves), ("y",), ("y",), sequence=True)


def shown_inverted(x):
    lines = lt.probe("lines", "line", LINES, x)
    return [lt.Probe("lines", lines.inputs, lines.parameters, lines.declared, targets=1 - lines.inputs)]


def experiment(task, probes=lambda x: [lt.probe("lines", "line", LINES, x)]):
    return lt.Experiment("name", "", {}, lt.Goal(rmse=0.03), task, probes, lambda *_: {})


EXPERIMENTS = {
    "inverted": experiment(inverted, shown_inverted),
    "returned": experiment(lambda x: lt.reproduce("line", {"slope": 0.3, "intercept": 0.1}, x)),
    "read off": experiment(lambda x: lt.read_off("line", LINES, ("slope", "intercept"), x)),
}


def copied(name, bound=np.inf):
    """What a copy answers to lines and to the training curves, which networks answered by 0."""
    asked = EXPERIMENTS[name]
    task, shown = asked.task(X), lt.curves_of(asked, 10)
    axes = shown.shape[:2] if task.sequence else shown.shape[:1]
    results = lt.labeled(asked, np.zeros((2, *axes, len(task.output_features))), 10)
    copy = evidence.copy(results, bound)
    return [evidence.select(copy, curves) for curves in ("lines", "training")]


@pytest.mark.parametrize("bound", [np.inf, 0.2])
def test_a_copy_of_a_curve_that_is_to_be_inverted_is_the_curve(bound):
    for part in copied("inverted", bound):
        np.testing.assert_array_equal(part.answer[0], part.input.clip(-bound, bound))
        np.testing.assert_allclose(part.truth, 1 - part.input, atol=1e-6)
        assert (evidence.model(part), evidence.right(part)) == ("input", False)


def test_a_copy_of_a_curve_that_is_to_be_returned_is_right():
    for part in copied("returned"):
        np.testing.assert_array_equal(part.answer[0], part.input)
        assert (evidence.model(part), evidence.right(part)) == ("input", True)


def test_the_true_value_stands_for_a_copy_of_what_is_read_off():
    for part, slopes in zip(copied("read off"), ([0.2, 0.4], [0.2]), strict=True):
        assert part.input.dims == ("curve", "time", "feature")
        np.testing.assert_array_equal(part.answer[0], part.truth)
        np.testing.assert_allclose(part.truth.sel(output_feature="slope"), slopes)
        assert (evidence.model(part), evidence.right(part)) == ("true value", True)


def test_a_copy_of_bits_is_right_or_wrong_as_answers_are():
    shown = np.array([[[1.0], [-1.0]], [[1.0], [1.0]]])
    labeled = lt.Results(
        {
            "input": (("curve", "time", "feature"), shown),
            "answer": (("seed", "curve", "time", "feature"), shown[None], {"loss": "binary_cross_entropy"}),
            "truth": (("curve", "time", "feature"), np.ones((2, 2, 1))),
            "diverged": ("seed", [False]),
        },
        {"seed": [0]},
    )
    assert lt.right(evidence.copy(labeled)).tolist() == [[False, True]]
