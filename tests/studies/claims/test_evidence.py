"""What claims are judged by: curve sets of results, and models without a network."""

import dataclasses

import numpy as np
import parity
import pytest

import experiments.sine
import lstm_toys as lt
from lstm_toys.cli import command
from lstm_toys.studies.claims import evidence

X = lt.time_points(10)
LINES = {"slope": np.array([0.2, 0.4]), "intercept": 0.1}


def inverted(x):
    curves = lt.show(0.1 + 0.3 * x[None], x, ("y",))
    return lt.Task(lambda *_: lt.Examples(curves, 1 - curves), ("y",), ("y",), sequence=True)


def lines(x):
    return [lt.probe("lines", "line", LINES, x)]


def inverted_lines(x):
    (probe,) = lines(x)
    return [lt.Probe("lines", probe.inputs, probe.parameters, probe.declared, targets=1 - probe.inputs)]


TASKS = {
    "inverted": (inverted, inverted_lines, ("input", False)),
    "returned": (lambda x: lt.reproduce("line", {"slope": 0.3, "intercept": 0.1}, x), lines, ("input", True)),
    "read off": (lambda x: lt.read_off("line", LINES, ("slope", "intercept"), x), lines, ("true value", True)),
}
"""The task, its probes, what a copy answers, and whether that is right."""


@pytest.mark.parametrize("bound", [np.inf, 0.2])
@pytest.mark.parametrize("name", TASKS)
def test_a_copy_answers_its_input_or_the_true_value_of_what_is_read_off(name, bound):
    make, probes, told = TASKS[name]
    asked = lt.Experiment("name", "", {}, make, probes=probes)
    task, shown = make(X), lt.claims.curves_of(asked, 10)
    axes = shown.shape[:2] if task.sequence else shown.shape[:1]
    copy = evidence.copy(lt.claims.labeled(asked, np.zeros((2, *axes, len(task.output_features))), 10), bound)
    for curves, slopes in (("lines", [0.2, 0.4]), ("training", [0.2])):
        part = evidence.select(copy, curves)
        right = part.input if told[0] == "input" else part.truth
        np.testing.assert_array_equal(part.answer[0], right.clip(-bound, bound))
        assert (evidence.model(part), evidence.right(part)) == told
        assert told[0] != "input" or not evidence.right(part.drop_vars(["truth", "counts"]))  # Nobody knows.
        if name == "inverted":
            np.testing.assert_allclose(part.truth, 1 - part.input, atol=1e-6)
        elif name == "read off":
            np.testing.assert_allclose(part.truth.sel(output_feature="slope"), slopes)


@pytest.mark.parametrize(("loss", "names"), [("binary_cross_entropy", ("p",)), ("cross_entropy", ("p", "q"))])
def test_classes_and_bits_have_no_copy(loss, names):
    """A value that is copied is not a logit."""
    made = lt.Examples(np.ones((3, 10, len(names))), np.ones((3, 1)))
    task = lt.Task(lambda *_: made, names, names, sequence=False, loss=loss)
    own = lt.Experiment("name", "", {}, lambda _: task, lt.Goal(accuracy=0.5), lambda _: [lt.Probe.of("mine", made)])
    labeled = lt.claims.labeled(own, np.tile(np.arange(float(len(names))), (2, 4, 1)), 10)
    assert lt.sequences.right(evidence.select(labeled, "training")).tolist() == [[len(names) == 2]] * 2
    copied = evidence.copy(labeled)
    assert evidence.select(copied, "mine") is None
    assert evidence.select(copied, "training") is None


def test_a_copy_of_scaled_curves_is_clipped_where_networks_end():
    """Units answer within (-1, 1), which here are -2 to 8."""
    scaling = lt.Scaling(((3.0, 5.0),), ((3.0, 5.0),))
    scaled = dataclasses.replace(
        lt.Experiment("name", "", {}, lambda x: lt.reproduce("line", LINES, x), lt.Goal(rmse=0.03), lines),
        scaling=scaling,
    )
    labeled = lt.claims.labeled(scaled, np.zeros((1, 3, 10, 1)), 10)
    shown = labeled["lines"]
    shown["input"] = shown.input * 9
    for bound, ends in ((1.0, (-2.0, 8.0)), (np.inf, (-np.inf, np.inf))):
        copied = evidence.select(evidence.copy(labeled, bound), "lines")
        np.testing.assert_allclose(copied.answer[0], shown.input.values.clip(*ends))
    assert shown.input.max() > 8


def test_made_up_results_have_the_records_that_trained_ones_have():
    work = command.only(command.plan(parity.EXPERIMENT, []))
    made = evidence.synthetic(parity.EXPERIMENT, work.settings)
    assert "train_rmse" not in made.training
    whole = dataclasses.replace(experiments.sine.EXPERIMENT, goal=lt.Goal(rmse=0.02, after=0))
    work = command.only(command.plan(whole, []))
    assert evidence.synthetic(whole, work.settings).training.train_rmse.attrs["after"] == 0
