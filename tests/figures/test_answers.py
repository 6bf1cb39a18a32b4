"""Figures of answers: what they draw of labeled results, and in which colors."""

import numpy as np
import pytest
from drawn import axes_of, band, dots, labels, solid
from matplotlib.colors import to_hex

from lstm_toys import figures

SINES = {letter: letter for letter in "rbgcyk"}


def test_the_target_is_the_training_curve(hand_made):
    labeled = hand_made()
    (line,) = axes_of(figures.target(labeled, "target")).lines
    np.testing.assert_allclose(line.get_xdata(), labeled.time)
    np.testing.assert_allclose(line.get_ydata(), labeled.train_target.values[:, 0])


def test_the_training_answer_is_that_of_the_first_seed_with_a_band_over_seeds(hand_made):
    labeled = hand_made(6, diverged=(0, 4))
    axes = axes_of(figures.training_answer(labeled, "answers"))
    np.testing.assert_allclose(dots(axes)[0].get_ydata(), labeled.train_answer.values[1, :, 0])
    np.testing.assert_allclose(solid(axes)[0].get_ydata(), labeled.train_target.values[:, 0])
    kept = np.delete(labeled.train_answer.values[:, :, 0], (0, 4), axis=0)
    x, low, high = band(axes.collections[0])
    np.testing.assert_allclose(x, labeled.time)
    np.testing.assert_allclose((low, high), np.quantile(kept, (0.05, 0.95), axis=0))
    assert labels(axes) == ["target", "answer of seed 1", "5–95 % of 4 seeds"]


def test_a_family_is_drawn_curve_by_curve_in_the_colors_of_its_labels(hand_made):
    labeled = hand_made(6, diverged=(1, 4))
    axes = axes_of(figures.family_answers(labeled, {"phase": SINES}, "phase"))
    part = np.flatnonzero(labeled.family == "phase")
    assert len(dots(axes)) == len(solid(axes)) == len(axes.collections) == 6
    for index, (curve, letter) in enumerate(zip(part, "rbgcyk", strict=True)):
        drawn = (dots(axes)[index], solid(axes)[index])
        assert {to_hex(line.get_color()) for line in drawn} == {figures.COLORS[letter]}
        np.testing.assert_allclose(drawn[0].get_ydata(), labeled.answer.values[0, curve, :, 0])
        np.testing.assert_allclose(drawn[1].get_ydata(), labeled.input.values[curve, :, 0])
        kept = np.delete(labeled.answer.values[:, curve, :, 0], (1, 4), axis=0)
        _, low, high = band(axes.collections[index])
        np.testing.assert_allclose((low, high), np.quantile(kept, (0.05, 0.95), axis=0))
    assert labels(axes)[:6] == list("rbgcyk")
    assert {"answer of seed 0", "5–95 % of 4 seeds", "input"} <= set(labels(axes))


def test_the_input_may_be_left_out(hand_made):
    axes = axes_of(figures.family_answers(hand_made(), {"phase": SINES}, "phase", show_input=False))
    assert len(dots(axes)) == 6
    assert solid(axes) == []
    assert "input" not in labels(axes)


@pytest.mark.parametrize(("view", "reaches"), [("answers", False), ("everything", True)])
def test_the_view_is_that_of_the_answers_or_holds_the_input_too(hand_made, view, reaches):
    labeled = hand_made()
    labeled["input"] = labeled.input + 100
    axes = axes_of(figures.family_answers(labeled, {"amplitude": SINES}, "amplitude", view=view))
    assert (axes.get_ylim()[1] > 100) == reaches


def test_a_family_that_is_not_there_is_told(hand_made):
    with pytest.raises(ValueError, match=r"no answers to 'phrase'; the probes are line, line_origin, amplitude, "):
        figures.family_answers(hand_made(), {"phase": SINES, "phrase": SINES}, "a", "b")
