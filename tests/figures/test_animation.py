"""The film of a training: its axes, and how long its end stays."""

import numpy as np
import pytest
import xarray as xr
from PIL import Image, ImageSequence

from lstm_toys import figures


@pytest.fixture
def trained():
    """Frames of three networks, which begin far from the curve; the last network diverged."""
    time = np.linspace(0, 1, 9)
    random = np.random.default_rng(0)
    right = np.stack([time, 0.3 + time], axis=-1)
    scale = np.array([3.0, 1.0, 0.0])[:, None, None]
    frames = right + scale * random.normal(size=(3, 3, 9, 2))
    frames[2] = np.nan
    training = xr.Dataset(
        {
            "frame": (("seed", "frame_step", "time", "feature"), frames),
            "truth": (("curve", "time", "feature"), right[None]),
        },
        {"frame_step": [0, 10, 20], "time": time, "feature": ["x", "y"]},
    )
    networks = xr.Dataset({"diverged": ("seed", [False, False, True])}, {"seed": np.arange(3)})
    return xr.DataTree.from_dict({"/": networks, "training": training})


@pytest.mark.usefixtures("drawing")
def test_a_file_shows_each_frame_as_the_figure_draws_it_and_the_last_one_stays(trained, tmp_path):
    film = figures.film({"one layer": trained})
    figures.save(film, tmp_path / "film.gif")
    with Image.open(tmp_path / "film.gif") as saved:
        seen = [(each.info["duration"], np.asarray(each.convert("L"), float)) for each in ImageSequence.Iterator(saved)]
    assert [duration for duration, _ in seen] == [250, 250, 2000]
    for frame, (_, pixels) in enumerate(seen):
        film._func(frame)
        figures.save(film._fig, tmp_path / "frame.png")
        alone = np.asarray(Image.open(tmp_path / "frame.png").convert("L"), float)
        assert pixels.shape == alone.shape
        # A GIF has 256 colors.
        assert np.abs(pixels - alone).mean() < 1
    assert np.abs(seen[0][1] - seen[2][1]).mean() > 1


def test_all_frames_have_the_same_axes_which_hold_every_answer(trained):
    other = trained.copy(deep=True)
    other["training"].frame.values[:] *= 2
    film = figures.film({"two layers": trained, "one layer": other})
    film._draw_was_started = True  # It is not saved.
    seen = film._fig.axes
    ends = {(axes.get_xlim(), axes.get_ylim()) for axes in seen}
    assert [*film.new_frame_seq()] == [0, 1, 2]
    for frame in range(3):
        film._func(frame)
        assert {(axes.get_xlim(), axes.get_ylim()) for axes in seen} == ends
        for axes in seen:
            (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
            for line in axes.lines:
                assert left < min(line.get_xdata())
                assert max(line.get_xdata()) < right
                assert low < min(line.get_ydata())
                assert max(line.get_ydata()) < high
            band = axes.collections[0].get_paths()[0].vertices
            assert low < band[:, 1].min() < band[:, 1].max() < high
    assert [axes.get_title() for axes in seen] == ["two layers, step 20", "one layer, step 20"]


def test_padding_of_the_training_curve_does_not_count_for_the_axes(trained):
    trained["training"].truth.values[:, 6:] = np.nan
    assert np.isfinite(figures.film({"one layer": trained})._fig.axes[0].get_ylim()).all()


def test_populations_with_different_numbers_of_frames_are_refused(trained):
    with pytest.raises(ValueError, match="populations have different numbers of frames: 2, 3"):
        figures.film({"one": trained, "other": trained.isel(frame_step=[0, 2])})
