"""Figures: what they draw of labeled results, in which colors, and the files they become."""

import conftest
import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.image import imread

from experiments.sine import EXPERIMENT
from lstm_toys import figures
from lstm_toys.results import storage

SINES = {letter: letter for letter in "rbgcyk"}


def axes_of(figure):
    (axes,) = figure.axes
    return axes


def dots(axes):
    return [line for line in axes.lines if line.get_marker() == "o"]


def solid(axes):
    return [line for line in axes.lines if line.get_marker() != "o"]


def band(collection):
    """x, and the lower and upper edge of a filled band."""
    x, y = collection.get_paths()[0].vertices.T
    places = np.unique(x)
    return places, [y[x == place].min() for place in places], [y[x == place].max() for place in places]


def labels(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


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


def test_the_loss_is_drawn_for_every_seed_with_the_median_of_those_kept(hand_made):
    labeled = hand_made(6, diverged=(1, 4))
    axes = axes_of(figures.loss(labeled, "loss", {"the post's network": 6.8e-4}))
    assert axes.get_yscale() == "log"
    curves = [np.asarray(line.get_ydata()) for line in axes.lines]
    for seed in range(6):
        assert any(np.array_equal(curve, labeled.train_loss.values[seed], equal_nan=True) for curve in curves)
    median = np.median(np.delete(labeled.train_loss.values, (1, 4), axis=0), axis=0)
    assert any(len(curve) == 11 and np.allclose(curve, median) for curve in curves)
    assert list(curves[-1]) == [6.8e-4, 6.8e-4]
    assert labels(axes) == ["one seed", "median of 4 seeds", "2 diverged", "the post's network: 0.00068"]


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


def test_a_file_is_all_that_a_figure_needs(hand_made, tmp_path):
    labeled = hand_made()
    storage.save_results(labeled, tmp_path / "results.nc")
    figures.save(
        EXPERIMENT.draw(storage.load_results(tmp_path / "results.nc"), {})["sine.png"], tmp_path / "loaded.png"
    )
    figures.save(EXPERIMENT.draw(labeled, {})["sine.png"], tmp_path / "kept.png")
    assert (tmp_path / "loaded.png").read_bytes() == (tmp_path / "kept.png").read_bytes()
    assert imread(tmp_path / "kept.png").shape[:2] == (630, 1020)
    assert len(list(tmp_path.iterdir())) == 3


@pytest.mark.parametrize("seeds", [1, 3])
def test_figures_of_diverged_seeds_alone_say_so(hand_made, tmp_path, seeds):
    for name, figure in EXPERIMENT.draw(hand_made(seeds, diverged=range(seeds)), {}).items():
        figures.save(figure, tmp_path / name)
        if name not in ("sine_target.png", "loss.png"):
            assert "every seed diverged" in labels(axes_of(figure))
            assert dots(axes_of(figure)) == []


def test_the_style_of_others_stays_as_it_is(hand_made):
    before = dict(mpl.rcParams)
    EXPERIMENT.draw(hand_made(), {})
    assert dict(mpl.rcParams) == before
