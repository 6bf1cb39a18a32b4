"""The files that figures become, their colors, and what they leave alone."""

from itertools import combinations

import matplotlib as mpl
import numpy as np
import pytest
from drawn import contrast
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.image import imread

from conftest import rarely
from lstm_toys import figures
from lstm_toys.figures import style
from lstm_toys.results import storage

pytestmark = pytest.mark.usefixtures("drawing")

PROTANOPIA = [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
DEUTERANOPIA = [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
"""What is left of linear red, green and blue (Machado, Oliveira and Fernandes, 2009, severity 1)."""


def lab(color, seen):
    """CIE L*a*b* of a color as some eyes see it."""
    linear = np.array([c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(color)])
    to_xyz = [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
    xyz = np.array(to_xyz) @ np.clip(np.array(seen) @ linear, 0, 1) / [0.95047, 1.0, 1.08883]
    x, y, z = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("seen", [np.eye(3), PROTANOPIA, DEUTERANOPIA])
def test_the_six_colors_can_be_told_apart(seen):
    for one, other in combinations(figures.COLORS.values(), 2):
        assert np.linalg.norm(lab(one, seen) - lab(other, seen)) > 30


def test_a_thin_line_of_every_color_can_be_seen_on_white():
    for color in (*figures.COLORS.values(), figures.GRAY, *figures.colors(range(30)).values()):
        assert contrast(color) >= 3


def test_more_than_six_values_are_told_by_a_scale():
    assert [*figures.colors("ab").values()] == [figures.COLORS["b"], figures.COLORS["r"]]
    assert {*figures.colors(range(6)).values()} == {*figures.COLORS.values()}
    shades = [lab(color, np.eye(3))[0] for color in figures.colors(range(9)).values()]
    assert shades == sorted(shades)
    assert len({*shades}) == 9


MINE = {
    "font.size": 20,
    "axes.facecolor": "pink",
    "axes.formatter.limits": (-1, 1),
    "savefig.dpi": 40,
    "savefig.facecolor": "green",
    "svg.hashsalt": "mine",
    "svg.fonttype": "none",
    "pdf.compression": 0,
    "lines.dashed_pattern": (1, 9),
    "text.antialiased": False,
}


@pytest.mark.parametrize("form", ["png", *rarely("svg", "pdf")])
def test_neither_a_user_s_own_settings_nor_a_file_between_change_a_byte(hand_made, tmp_path, form):
    labeled = hand_made()
    storage.save_results(labeled, tmp_path / "results.nc")
    for name, results, own in (("plain", labeled, {}), ("mine", storage.load_results(tmp_path / "results.nc"), MINE)):
        with mpl.rc_context(own):
            before = dict(mpl.rcParams)
            figures.save(figures.training_answer(results, "answers"), tmp_path / f"{name}.{form}")
            assert dict(mpl.rcParams) == before
    assert (tmp_path / f"plain.{form}").read_bytes() == (tmp_path / f"mine.{form}").read_bytes()
    assert len([*tmp_path.iterdir()]) == 3
    if form == "png":
        image = imread(tmp_path / "plain.png")
        assert image.shape[1] == 1020
        pixels = image.reshape(-1, 4)
        assert len(np.unique(pixels, axis=0)) <= 256
        assert (pixels[0] == 1).all()


def test_a_file_of_256_colors_looks_like_the_figure(hand_made, tmp_path):
    figure = figures.loss(hand_made(6), "loss")
    figures.save(figure, tmp_path / "loss.png")
    saved = 255 * imread(tmp_path / "loss.png")[..., :3]
    canvas = FigureCanvasAgg(figure)
    with style.house():
        canvas.draw()
    drawn = np.array(canvas.buffer_rgba(), int)[..., :3]
    assert np.abs(saved - drawn).mean() < 0.5
    np.testing.assert_array_equal(saved[(drawn == 255).all(axis=-1)], 255)


@pytest.mark.parametrize("name", ["sine.jpg", "sine.gif", "sine"])
def test_another_kind_of_file_is_refused(tmp_path, name):
    with figures.canvas("title") as (figure, _):
        pass
    with pytest.raises(ValueError, match=r"must end in \.png or \.svg or \.pdf"):
        figures.save(figure, tmp_path / name)
    assert not [*tmp_path.iterdir()]


def test_titles_and_labels_are_no_formulas(tmp_path):
    with figures.canvas("$a$", xlabel="$\\frac$", ylabel="a_b") as (figure, (axes,)):
        figures.save(figure, tmp_path / "named.svg")
    assert axes.get_title() == r"\$a\$"
    assert style.plain("_hidden") == " _hidden"
