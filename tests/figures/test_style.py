"""The files that figures become, their colors, and what they leave alone."""

import matplotlib as mpl
import numpy as np
import pytest
from drawn import contrast, labels
from matplotlib.image import imread

from conftest import rarely
from lstm_toys import figures
from lstm_toys.figures import elements, style
from lstm_toys.results import storage

pytestmark = pytest.mark.usefixtures("drawing")


def test_a_thin_line_of_every_color_can_be_seen_on_white():
    for color in (*figures.COLORS.values(), figures.GRAY, *figures.colors(range(30)).values()):
        assert contrast(color) >= 3


def test_more_than_six_values_are_told_by_a_scale():
    assert {*figures.colors(range(6)).values()} == {*figures.COLORS.values()}
    shades = [contrast(color) for color in figures.colors(range(9)).values()]
    assert shades == sorted(shades, reverse=True)
    assert len({*shades}) == 9


MINE = {
    "font.size": 20,
    "axes.facecolor": "pink",
    "axes.formatter.limits": (-1, 1),
    "savefig.dpi": 40,
    "svg.hashsalt": "mine",
    "pdf.compression": 0,
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
        assert (image[0, 0] == 1).all()


@pytest.mark.parametrize("name", ["sine.jpg", "sine.gif", "sine"])
def test_another_kind_of_file_is_refused(tmp_path, name):
    with figures.canvas("title") as (figure, _):
        pass
    with pytest.raises(ValueError, match=r"must end in \.png or \.svg or \.pdf"):
        figures.save(figure, tmp_path / name)
    assert not [*tmp_path.iterdir()]


def test_a_median_and_its_band_are_of_the_networks_with_a_number_and_are_named_in_the_legend():
    values = np.array([[1.0, np.nan, np.nan], [2.0, 5.0, np.nan], [4.0, 7.0, np.nan]])
    with figures.canvas("title") as (_, (axes,)):
        elements.band(axes, range(3), values, figures.GRAY, "median", "middle")
        style.legend(axes)
    np.testing.assert_array_equal(axes.lines[0].get_ydata(), [2.0, 6.0, np.nan])
    assert labels(axes) == ["median", "middle"]


def test_titles_and_labels_are_no_formulas(tmp_path):
    with figures.canvas("$a$", xlabel="$\\frac$", ylabel="a_b") as (figure, (axes,)):
        figures.save(figure, tmp_path / "named.svg")
    assert axes.get_title() == r"\$a\$"
    assert style.plain("_hidden") == " _hidden"
