"""The figures of the sine: the post's curves, under the post's names."""

import pytest
from drawn import axes_of, dots, labels, solid
from matplotlib.colors import to_hex

import conftest
from experiments.sine import EXPERIMENT
from lstm_toys import figures


def test_the_sine_is_drawn_under_the_post_s_names(hand_made):
    drawn = EXPERIMENT.draw(hand_made(), {})
    assert sorted(drawn) == sorted(conftest.SINE_FIGURES)
    for name, figure in drawn.items():
        axes = axes_of(figure)
        assert axes.get_title()
        assert axes.get_xlabel() == ("step" if name == "loss.png" else "x")
        assert axes.get_ylabel() == ("train MSE" if name == "loss.png" else "y")
        assert (axes.get_legend() is None) == (name == "sine_target.png")


@pytest.mark.parametrize(
    ("name", "first", "last", "curves", "inputs"),
    [
        ("not_identity.png", "0.1 x + 0.1", "1.2 x + 1.2", 5, 5),
        ("not_identity_2.png", "0.1 x", "1.2 x", 6, 6),
        ("sines.png", "A = 0.1", "A = 1", 6, 0),
        ("sines_with_comp.png", "A = 0.1", "A = 1", 6, 6),
        ("phase_displacement.png", "A = 0.1", "A = 1", 6, 6),
        ("frequency.png", "A = 0.1, ω = 10", "A = 1, ω = 60", 6, 6),
    ],
)
def test_each_of_the_post_s_families_has_its_curves_in_order(hand_made, name, first, last, curves, inputs):
    axes = axes_of(EXPERIMENT.draw(hand_made(), {})[name])
    assert (len(dots(axes)), len(solid(axes))) == (curves, inputs)
    assert (labels(axes)[0], labels(axes)[curves - 1]) == (first, last)
    assert to_hex(dots(axes)[0].get_color()) == figures.COLORS["r"]
    assert to_hex(dots(axes)[curves - 1].get_color()) == figures.COLORS["k"]


@pytest.mark.parametrize("seeds", [1, 3])
def test_figures_of_diverged_seeds_alone_say_so(hand_made, tmp_path, seeds):
    for name, figure in EXPERIMENT.draw(hand_made(seeds, diverged=range(seeds)), {}).items():
        figures.save(figure, tmp_path / name)
        if name not in ("sine_target.png", "loss.png"):
            assert "every seed diverged" in labels(axes_of(figure))
            assert dots(axes_of(figure)) == []
