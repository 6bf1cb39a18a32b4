"""Figures of answers: what they draw of labeled results, and in which colors."""

import numpy as np
import pytest
from drawn import assert_answers, assert_legible, axes_of, band, dashed, dots, labels, legend, median, panels
from matplotlib.colors import to_hex

from experiments.sine import EXPERIMENT
from lstm_toys import figures

SINES = {letter: letter for letter in "rbgcyk"}


def some(labeled, count):
    """The results with so many curves of the probe `phase`."""
    phase = labeled["phase"]
    phase.dataset = phase.to_dataset().isel(curve=np.arange(count) % phase.sizes["curve"])
    return labeled


def test_the_training_answer_is_the_median_with_a_band_and_one_network_beside_the_target(hand_made):
    labeled = hand_made(6, diverged=(0, 4))
    figure = figures.training_answer(labeled, "answers")
    axes, below = panels(figure)
    training = labeled["training"].isel(curve=0, feature=0)
    kept = np.delete(training.answer.values, (0, 4), axis=0)
    assert_answers(axes, kept, training.truth)
    np.testing.assert_allclose(band(axes.collections[0])[0], training.time)
    told = ["median of 4 networks", "middle 90 % of 4 networks", "one of them (network 1)", "training curve"]
    assert labels(axes) == told
    (target,) = axes_of(figures.target(labeled, "target")).lines
    for line in (dashed(axes)[0], target):
        np.testing.assert_allclose(line.get_xydata(), np.stack([training.time, training.truth], axis=1))
    wrong = kept - training.truth.values
    np.testing.assert_allclose(median(below).get_ydata(), np.median(wrong, axis=0))
    first, late = (np.median(abs(part).max(axis=1)) for part in (wrong[:, :2], wrong[:, 2:]))
    said = f"in half of the networks, y is off by at most {first:.2g} in the first tenth, by {late:.2g} after it"
    assert axes.get_title() == f"answers\n{said}"
    nobody, nothing = panels(figures.training_answer(hand_made(2, diverged=(0, 1)), "answers"))
    assert (nobody.get_title(), len(dots(nothing))) == ("answers", 0)


def test_more_than_three_curves_have_a_panel_each_in_the_colors_of_their_labels(hand_made):
    labeled = hand_made(6, diverged=(1, 4))
    figure = figures.probe_answers(labeled, {"phase": SINES}, "phase")
    kept = labeled["phase"].answer.values[[0, 2, 3, 5], ..., 0]
    for index, (axes, letter) in enumerate(zip(panels(figure), "rbgcyk", strict=True)):
        drawn = dots(axes)[0], dashed(axes)[0], median(axes)
        assert {to_hex(line.get_color()) for line in drawn} == {figures.COLORS[letter]}
        assert_answers(axes, kept[:, index], labeled["phase"].input.values[index, :, 0])
        assert axes.get_title() == letter
        assert len(axes.lines) == 3
    assert {axes.get_ylim() for axes in panels(figure)} == {panels(figure)[0].get_ylim()}
    told = {"median of 4 networks", "middle 90 % of 4 networks", "one of them (network 0)"}
    assert {*legend(figure)} == told | {"curve they were shown"}


def test_panels_below_an_overlay_share_a_y_axis(hand_made):
    labeled = hand_made(6)
    labeled["phase"].input[0] *= 0.01
    labeled["phase"].answer[:, 0] *= 0.01
    _, first, *others = panels(figures.probe_answers(labeled, {"phase": SINES}, "phase", overlay=True))
    assert all(axes.get_ylim() == first.get_ylim() for axes in others)


def test_up_to_three_curves_share_a_panel(hand_made):
    figure = figures.probe_answers(some(hand_made(), 3), {"phase": ["one", "two", "three"]}, "phase")
    (axes,) = panels(figure)
    assert len(axes.collections) == len(dots(axes)) == len(dashed(axes)) == 3
    assert labels(axes) == ["one", "two", "three"]
    assert axes.get_xlabel() == "x"


@pytest.mark.parametrize(("count", "shown"), [(7, 7), (40, 12)])
def test_many_curves_are_told_apart_by_a_scale_and_the_title_says_how_many_are_drawn(hand_made, count, shown):
    names = [f"curve {number}" for number in range(count)]
    figure = figures.probe_answers(some(hand_made(), count), {"phase": names}, "phase")
    titles = [axes.get_title() for axes in panels(figure)]
    assert len(titles) == shown
    assert (titles[0], titles[-1]) == ("curve 0", f"curve {count - 1}")
    assert len({median(axes).get_color() for axes in panels(figure)}) == shown
    assert figure.subfigs[0].get_suptitle() == ("phase" if shown == count else "phase; 12 of 40 drawn")


@pytest.mark.parametrize("count", [3, 6])
def test_an_overlay_has_the_answers_of_the_panels_on_a_y_axis_of_its_own(hand_made, count):
    labeled = some(hand_made(), count)
    labeled["phase"].input.values[:] += 100
    names = {letter: f"curve {letter}" for letter in "rbgcyk"[:count]}
    overlay, *below = panels(figures.probe_answers(labeled, {"phase": names}, "phase", overlay=True))
    drawn = [line for axes in below for line in axes.lines if line not in dashed(axes)]
    assert len(overlay.lines) == len(drawn) == 2 * count
    for line, other in zip(overlay.lines, drawn, strict=True):
        np.testing.assert_array_equal(line.get_xydata(), other.get_xydata())
        assert line.get_color() == other.get_color()
    ends = {text.get_text(): (text.get_color(), text.xy[1]) for text in overlay.texts}
    medians = zip(names.values(), overlay.lines[1::2], strict=True)
    assert ends == {name: (line.get_color(), line.get_ydata()[-1]) for name, line in medians}
    assert overlay.get_ylim()[1] < 100 < below[0].get_ylim()[1]
    without = figures.probe_answers(labeled, {"phase": names}, "phase", overlay=True, panels=False)
    (alone,) = panels(without)
    np.testing.assert_array_equal(alone.lines[-1].get_xydata(), overlay.lines[-1].get_xydata())
    assert legend(without) == ["median of 4 networks", "one of them (network 0)"]


def test_every_figure_of_the_sine_holds_what_it_draws_and_is_legible(hand_made):
    for name, figure in EXPERIMENT.draw(hand_made(), {}).items():
        if name in ("sines_with_comp.png", "loss.png"):
            assert_legible(figure)
        for axes in panels(figure):
            low, high = axes.get_ylim()
            drawn = np.concatenate([np.asarray(line.get_ydata(), float) for line in axes.lines])
            assert low <= np.nanmin(drawn) <= np.nanmax(drawn) <= high


@pytest.mark.parametrize(
    ("names", "told"),
    [
        ({"phase": ["one", "two"]}, "phase has 6 curves, but 2 labels"),
        ({"phase": SINES, "phrase": SINES}, "no answers to 'phrase'; the probes are line, line_origin, amplitude, "),
    ],
)
def test_names_that_do_not_fit_the_curves_are_refused(hand_made, names, told):
    with pytest.raises(ValueError, match=told):
        figures.probe_answers(hand_made(), names, *names)
    with pytest.raises(ValueError, match=f"each probe needs a title, but 0 were given for {len(names)}"):
        figures.probe_answers(hand_made(), names)
