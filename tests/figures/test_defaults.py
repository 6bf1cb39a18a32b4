"""The figures of an experiment that declares none."""

import dataclasses
import re

import jax
import majority
import numpy as np
import parity
import pytest
import whole_parity
from drawn import assert_answers, assert_legible, dashed, legend, median, panels
from scipy.special import expit, softmax

import lstm_toys as lt
from conftest import untrained
from experiments import line, slope_intercept
from lstm_toys.results import arrays
from lstm_toys.runs import preparation

SOUND = [0, 2]
"""Of three networks, those that did not diverge."""


def results_of(experiment):
    """Results with random answers of three networks, of which one diverged, that nobody trained."""
    x, task = experiment.at(experiment.timesteps)
    curves = preparation.curves(experiment, len(x), {})
    values, random = len(task.output_features), np.random.default_rng(0)
    answers = {
        name: random.normal(0, 2, (3, *inputs.shape[: 2 if task.sequence else 1], values)).astype(np.float32)
        for name, inputs in curves.answered().items()
    }
    networks = untrained(task, lt.Stack(values, (2,), sequence=task.sequence)).results
    return curves.labeled(experiment, networks, answers)


def curves_of(results, *names):
    """The curves of some probes, one after the other."""
    return [lt.probed(results, name).isel(curve=each) for name in names for each in range(results[name].sizes["curve"])]


def test_values_are_drawn_with_correct_answers_and_the_parameters_in_which_curves_differ():
    results = results_of(line.EXPERIMENT)
    names = arrays.names_of(results)
    drawn = lt.figures.usual(results, line.GOAL)
    assert [*drawn] == ["loss.png", "answers_1.png", "answers_2.png"]
    for number, feature in enumerate(("x", "y"), 1):
        first, *others = panels(drawn[f"answers_{number}.png"])
        assert first.get_ylabel() == ("answer − x" if feature == "x" else "answered y")
        assert [each.get_title() for each in others][::4] == ["slope −0.3, intercept 0.6", "height −0.2, base 0.6"]
        for own, axes in zip(curves_of(results, "training", *names), (first, *others), strict=True):
            answer, truth = own.answer.sel(feature=feature).values[SOUND], own.truth.sel(feature=feature).values
            off = truth if feature == "x" else 0 * truth  # All correct answers of x are the diagonal.
            assert_answers(axes, answer - off, truth - off)
        assert_legible(drawn[f"answers_{number}.png"])
        titles = [each.get_suptitle() for each in drawn[f"answers_{number}.png"].subfigs]
        assert titles == ["training curve", *(f"other curves: {name}" for name in names)]
        off = [
            np.median(np.sqrt(np.square(each.answer - each.truth).mean("time").sel(feature=feature).values[SOUND]))
            for each in curves_of(results, "training", *names)
        ]
        said = f"RMSE of {feature}: {off[0]:.2g} in training, up to {max(off[1:]):.2g} on another curve"
        assert drawn[f"answers_{number}.png"].get_suptitle() == f"{said} (medians of {len(SOUND)} networks)"
    assert "counts as learned: 0.02" in str([each.get_label() for each in drawn["loss.png"].legends[0].legend_handles])


def test_inputs_are_drawn_where_they_are_not_the_correct_answers():
    def task(x):
        shown = np.sin(np.outer([1.0, 2], x))[..., None].astype(np.float32)
        return lt.Task(lambda *_: lt.Examples(shown, np.cumsum(shown, 1) / 90), ("u",), ("v",), sequence=True)

    def probes(x):
        shown = np.stack([np.sin(x), np.cos(x)])[..., None]
        return [lt.Probe("copies", shown, {}, targets=shown), lt.Probe("large", 100 * shown, {}, targets=shown)]

    declared = dataclasses.replace(line.EXPERIMENT, task=task, probes=probes, trained=None)
    figure = lt.figures.usual(results_of(declared))["answers.png"]
    drawn = [[axes for axes in panel.lines if axes.get_linestyle() == ":"] for panel in panels(figure)]
    assert [*map(len, drawn)] == [1, 0, 0]
    assert "input" in legend(figure)


def test_bits_are_drawn_as_probabilities():
    results = results_of(parity.EXPERIMENT)
    drawn = lt.figures.usual(results)
    assert [*drawn] == ["loss.png", "answers.png"]
    first, *others = panels(drawn["answers.png"])
    assert first.get_ylabel() == "probability of odd"
    assert [each.get_title() for each in others[:5]] == [f"sequence {number}" for number in range(1, 6)]
    titles = ["validation sequence", "other sequences: unseen"]  # The examples are fresh.
    assert [each.get_suptitle() for each in drawn["answers.png"].subfigs] == titles
    for own, axes in zip(curves_of(results, "unseen"), others, strict=True):
        assert_answers(axes, expit(own.answer.values[SOUND, :, 0]), own.truth[:, 0])


def test_classes_are_drawn_as_probabilities_until_the_end_of_each_sequence_and_at_other_lengths():
    results = results_of(majority.EXPERIMENT)
    drawn = lt.figures.usual(results)
    assert [*drawn] == ["loss.png", "answers_1.png", "answers_2.png"]
    for index, feature in enumerate(("fewer", "more")):
        figure = drawn[f"answers_{index + 1}.png"]
        first, *others = panels(figure)
        assert first.get_ylabel() == f"probability of {feature}"
        for own, axes in zip(curves_of(results, "unseen", "long"), others, strict=True):
            chances = softmax(own.answer.values[SOUND].astype(float), axis=-1)[..., index]
            assert_answers(axes, chances, np.where(np.isnan(own.truth), np.nan, own.truth == index))
        assert np.isnan(dashed(others[0])[0].get_ydata()[3:]).all()
        assert len(median(others[-1]).get_xdata()) == 30
        titles = ["training sequence", "other sequences: unseen", "other sequences: long"]
        assert [each.get_suptitle() for each in figure.subfigs] == titles


def test_numbers_of_curves_are_drawn_against_the_true_ones():
    drawn = lt.figures.usual(results_of(slope_intercept.EXPERIMENT))
    assert [*drawn] == ["loss.png", "answers.png"]
    assert [each.get_title() for each in panels(drawn["answers.png"])] == ["slope", "intercept"]


def test_sums_of_sequences_are_not_called_numbers_of_curves():
    def task(x):
        return lt.Task(lambda key, _: examples(key, x), ("value", "marker"), ("sum",), sequence=False)

    def examples(key, x):
        return lt.sequences.adding(key, len(x), 5)

    def probes(x):
        return [lt.Probe.of("unseen", examples(jax.random.key(7), x))]

    adding = dataclasses.replace(slope_intercept.EXPERIMENT, task=task, probes=probes, trained=None)
    figure = lt.figures.usual(results_of(adding))["answers.png"]
    assert figure.get_suptitle() == "Answers to whole sequences"
    assert "unseen: 5 sequences" in legend(figure)


def whole(targets, others, classes=None):
    """Results of networks that answer once per sequence, for sequences with these targets, also longer ones."""
    names = classes or [*map(str, range(targets.shape[1]))]
    learned = np.zeros((3, 1 if classes else len(names)), np.float32)

    def task(x):
        examples = lt.Examples(np.ones((3, len(x), 1), np.float32), learned)
        loss = "cross_entropy" if classes else "binary_cross_entropy"
        return lt.Task(lambda *_: examples, ("bit",), tuple(names), sequence=False, loss=loss)

    def probes(x):
        shown, longer = (np.ones((len(each), points, 1)) for each, points in ((targets, len(x)), (others, 30)))
        return [lt.Probe("unseen", shown, {}, targets=targets), lt.Probe("long", longer, {}, targets=others)]

    return results_of(dataclasses.replace(whole_parity.EXPERIMENT, task=task, probes=probes))


def marks(axes):
    """The places and heights of medians, and of correct answers, in a panel."""
    drawn = [[line.get_xydata().T for line in axes.lines if line.get_marker() == marker] for marker in "o_"]
    return [np.concatenate(lines, axis=1) for lines in drawn]


UNKNOWN = np.array([[1, 0], [0, 1], [np.nan, 1], [1, np.nan], [0, 0]])


def test_bits_of_whole_sequences_are_drawn_as_probabilities_next_to_correct_ones():
    results = whole(UNKNOWN, np.array([[1.0, 0.0], [0.0, 0.0]]))
    drawn = lt.figures.usual(results)
    assert [*drawn] == ["loss.png", "answers.png"]
    figure = drawn["answers.png"]
    assert [axes.get_ylabel() for axes in panels(figure)] == ["probability of 0", "probability of 1"]
    for bit, axes in enumerate(panels(figure)):
        (places, medians), (same, correct) = marks(axes)
        np.testing.assert_array_equal(places, same)
        assert len(places) == 7
        names = dict(zip(places.tolist(), (each.get_text() for each in axes.get_xticklabels()), strict=True))
        for family, first in (("unseen", 0), ("long", 6)):
            own = lt.probed(results, family)
            for place in range(first, first + own.sizes["curve"]):
                one = own.isel(curve=int(names[place].removeprefix("sequence ")) - 1, output_feature=bit)
                shown = np.flatnonzero(places == place)
                np.testing.assert_allclose(medians[shown], np.median(expit(one.answer.values[SOUND])), rtol=1e-5)
                np.testing.assert_array_equal(correct[shown], [one.truth])
        np.testing.assert_array_equal(correct[:5], np.sort(UNKNOWN[:, bit]))
    assert legend(figure)[1:] == ["long: 2 sequences", "correct answer", "median and middle 90 % of 2 networks"]
    assert_legible(figure)


def test_classes_of_whole_sequences_are_drawn_as_probabilities():
    results = whole(np.arange(60.0)[:, None] % 4, np.full((2, 1), np.nan), ["a", "b", "c", "d"])
    figure = lt.figures.usual(results)["answers.png"]
    assert len(panels(figure)) == 4
    for index, axes in enumerate(panels(figure)):
        (_, medians), (_, correct) = marks(axes)
        own = lt.probed(results, "unseen")
        chances = np.median(softmax(own.answer.values[SOUND].astype(float), axis=-1)[..., index], axis=0)
        right = own.truth.values == index
        np.testing.assert_array_equal(correct, [0] * 45 + [1] * 15 + [np.nan] * 2)
        np.testing.assert_allclose(medians[:60], [*np.sort(chances[~right]), *np.sort(chances[right])], rtol=1e-4)
        assert not axes.get_xticks().size
    assert_legible(figure)


def test_without_any_sound_network_a_figure_of_whole_sequences_says_so():
    results = whole(np.ones((4, 1)), np.ones((2, 1)))
    figure = lt.figures.usual(arrays.of_networks(results, {"diverged": ("seed", [True] * 3)}))["answers.png"]
    assert legend(figure) == ["every network diverged"]
    assert not panels(figure)[0].lines


def test_more_bits_than_fit_are_left_out_and_said_to_be():
    figure = lt.figures.usual(whole(np.ones((1, 9)), np.full((2, 9), np.nan)))["answers.png"]
    assert figure.get_suptitle() == "Answers to whole sequences, the first 6 of 9 features"
    assert len(panels(figure)) == 6


@pytest.mark.parametrize("module", [line, parity, majority, slope_intercept])
def test_without_probes_the_training_is_drawn(module):
    alone = dataclasses.replace(module.EXPERIMENT, probes=lambda _: [])
    drawn = lt.figures.usual(results_of(alone))
    assert all(re.fullmatch(r"loss|answers(_\d)?", name.removesuffix(".png")) for name in drawn)
    assert len(drawn) == {line: 3, parity: 2, majority: 3, slope_intercept: 1}[module]


def test_more_sets_than_fit_are_left_out_and_said_to_be():
    def probes(x):
        return [
            lt.probe(f"set {number}", "line", {"slope": 0.1, "intercept": 0.1}, x, ("x", "y")) for number in range(7)
        ]

    figure = lt.figures.usual(results_of(dataclasses.replace(line.EXPERIMENT, probes=probes)))["answers_1.png"]
    _, some = figure.get_suptitle().split("\n")
    assert some == "6 of 8 sets of curves"
    assert len(figure.subfigs) == 6
