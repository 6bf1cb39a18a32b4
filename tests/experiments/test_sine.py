"""The figures of the sine: the post's curves, under the post's names."""

import numpy as np
from drawn import dashed, dots, median
from matplotlib.colors import to_hex

import conftest
from experiments import sine
from experiments.published import answers
from experiments.sine import EXPERIMENT
from lstm_toys import figures
from lstm_toys.results import arrays

LINES = answers.numbers()["lines_with_intercept"]["curves"]


def panels(figure):
    return [axes for axes in figure.get_axes() if axes.get_visible()]


FAMILIES = {
    "not_identity.png": ("0.1 x + 0.1", "1.2 x + 1.2", 5, True),
    "not_identity_2.png": ("0.1 x", "1.2 x", 6, True),
    "sines_with_comp.png": ("A = 0.1", "A = 1", 6, False),
    "phase_displacement.png": ("A = 0.1, φ = 0.1", "A = 1, φ = 1.5", 6, True),
    "frequency.png": ("A = 0.1, ω = 10", "A = 1, ω = 60", 6, False),
}
"""By file of the post, the titles of the first and the last curve, their number, and if all also share a panel."""


def test_the_sine_is_drawn_as_the_post_has_it(hand_made):
    drawn = EXPERIMENT.draw(hand_made(), {})
    assert drawn.keys() == conftest.SINE_FIGURES
    for name, figure in drawn.items():
        assert (figure.subfigs[0] if figure.subfigs else figure).get_suptitle() or figure.axes[0].get_title()
        first, lowest = panels(figure)[0], panels(figure)[-1]
        axis_labels = ("step", "train MSE") if name == "loss.png" else ("x", "y")
        assert (lowest.get_xlabel(), first.get_ylabel()) == axis_labels
        if name in FAMILIES:
            one, last, curves, overlaid = FAMILIES[name]
            shown = panels(figure)[overlaid:]
            assert not overlaid or (len(dots(first)), dashed(first)) == (curves, [])
            assert [len(dots(axes)) for axes in shown] == [1] * curves
            assert [len(dashed(axes)) for axes in shown] == [1] * curves
            assert (shown[0].get_title(), shown[-1].get_title()) == (one, last)
            assert to_hex(median(shown[0]).get_color()) == figures.COLORS["r"]
            assert to_hex(median(shown[-1]).get_color()) == figures.COLORS["k"]
    (alone,) = panels(drawn["sines.png"])
    assert (len(dots(alone)), dashed(alone)) == (6, [])


def test_published_answers_are_drawn_over_those_to_the_same_curves(hand_made):
    labeled = hand_made()
    time = np.linspace(0, 1, 100)
    longer = labeled.map_over_datasets(lambda node: node.interp(time=time) if "time" in node.dims else node)
    other = arrays.of_networks(longer, {}, {"train_amplitude": 0.2})
    for known, results in ((False, labeled), (True, longer), (False, other)):
        for axes in panels(EXPERIMENT.draw(results, {})["not_identity.png"])[1:]:
            diamonds = [line.get_ydata() for line in axes.lines if line.get_marker() == "D"]
            assert len(diamonds) == known
            slope = float(axes.get_title().partition(" ")[0])
            for each in diamonds:
                (published,) = (row["output"] for row in LINES if row["slope"] == slope)
                np.testing.assert_array_equal(each, np.array(published, float))
    names = {row["curve"] for row in EXPERIMENT.compare(longer)}
    assert {"line: slope 0.1, intercept 0.1", "phase: amplitude 0.2, phase 0.5"} <= names


def test_titles_say_how_many_answers_have_a_smaller_range_and_what_the_largest_becomes(hand_made):
    labeled = hand_made(4, diverged=(0,))
    shown, answers = labeled["line"].input.values, labeled["line"].answer.values
    answers[1:] = 0.5 * shown
    answers[1:, 0] = 2 * shown[0]
    answers[0] = 99
    largest = np.ptp(shown[-1])
    ends = f"the largest range of y, {largest:.2f}, becomes {0.5 * largest:.2f}"
    assert sine.describe_ranges(labeled, "line") == f"4 of 5 answers have a smaller range than the curve; {ends}"
    assert not sine.describe_ranges(hand_made(2, diverged=(0, 1)), "line")
