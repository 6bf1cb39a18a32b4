"""The files that figures become, and what they leave alone."""

import matplotlib as mpl
from matplotlib.image import imread

from experiments.sine import EXPERIMENT
from lstm_toys import figures
from lstm_toys.results import storage


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


def test_the_style_of_others_stays_as_it_is(hand_made):
    before = dict(mpl.rcParams)
    EXPERIMENT.draw(hand_made(), {})
    assert dict(mpl.rcParams) == before
