"""The figures of the sine: the post's curves, under the post's names."""

from drawn import dashed, dots, median
from matplotlib.colors import to_hex

import conftest
from experiments.sine import EXPERIMENT
from lstm_toys import figures


def panels(figure):
    return [axes for axes in figure.get_axes() if axes.get_visible()]


FAMILIES = {
    "not_identity.png": ("0.1 x + 0.1", "1.2 x + 1.2", 5, True),
    "not_identity_2.png": ("0.1 x", "1.2 x", 6, True),
    "sines.png": ("A = 0.1", "A = 1", 6, False),
    "sines_with_comp.png": ("A = 0.1", "A = 1", 6, True),
    "phase_displacement.png": ("A = 0.1, φ = 0.1", "A = 1, φ = 1.5", 6, True),
    "frequency.png": ("A = 0.1, ω = 10", "A = 1, ω = 60", 6, True),
}
"""By file of the post, the titles of the first and the last curve, how many there are, and if their input is shown."""


def test_the_sine_is_drawn_as_the_post_has_it(hand_made):
    drawn = EXPERIMENT.draw(hand_made(), {})
    assert drawn.keys() == conftest.SINE_FIGURES
    for name, figure in drawn.items():
        assert (figure.subfigs[0] if figure.subfigs else figure).get_suptitle() or figure.axes[0].get_title()
        overlay, *shown = panels(figure)
        lowest = panels(figure)[-1]
        axis_labels = ("step", "train MSE") if name == "loss.png" else ("x", "y")
        assert (lowest.get_xlabel(), overlay.get_ylabel()) == axis_labels
        if name in FAMILIES:
            first, last, curves, input_shown = FAMILIES[name]
            assert (len(dots(overlay)), dashed(overlay)) == (curves, [])
            assert [len(dots(axes)) for axes in shown] == [1] * curves
            assert [len(dashed(axes)) for axes in shown] == [input_shown] * curves
            assert (shown[0].get_title(), shown[-1].get_title()) == (first, last)
            assert to_hex(median(shown[0]).get_color()) == figures.COLORS["r"]
            assert to_hex(median(shown[-1]).get_color()) == figures.COLORS["k"]
