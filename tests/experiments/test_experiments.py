"""Every experiment as a command, small; and what `all` leaves."""

import json
import re
import shutil

import numpy as np
import pytest
from PIL import Image

import conftest
from conftest import carry_out, finished_without_jax
from experiments import all as every
from lstm_toys.results import storage

POST_FIGURES = {
    *("line.png", "lstm_hill.gif", "hill.png", "sines_with_different_amplitudes.png", "predicted_amplitude.png"),
    *("lines.png", "predicted_lines_1.png"),
}


@pytest.mark.long
def test_all_leaves_every_figure_of_the_post_and_publishes_each_experiment_whole(everything):
    printed, folder = everything
    found = {path.name for path in folder.glob("*/*") if path.parent.name != "runs"}
    assert found >= POST_FIGURES | conftest.SINE_FIGURES
    for name in every.EXPERIMENTS:
        assert f"{name} " in printed
        metrics = json.loads((folder / name / "metrics.json").read_text())
        assert metrics["experiment"] == name
        assert len(metrics["train_mse"]) == 2
        assert {"import", "compile", "train", "evaluate", "figures"} <= set(metrics["seconds"])
        labeled = storage.load_results(next((folder / "runs").glob(f"{name}-*/results.nc")))
        assert np.isfinite(labeled.answer).all()
        assert labeled.sizes["seed"] == 2
    frames = storage.load_results(next((folder / "runs").glob("hill-*/results.nc"))).sizes["frame_step"]
    film = folder / "hill" / "lstm_hill.gif"
    with Image.open(film) as opened:
        assert opened.n_frames == frames
    assert 20 <= frames <= 40
    assert film.stat().st_size <= 2**20
    told = finished_without_jax("all", "--seeds=2", "--steps=60", f"--results_dir={folder}")
    assert told.count("already finished") == len(every.EXPERIMENTS)


@pytest.mark.long
@pytest.mark.usefixtures("digests")
def test_a_companion_is_a_run_of_its_own_whose_figures_come_later(everything, tmp_path, capsys):
    """`hill_y` needs the run of `hill`, which `hill` itself finds finished and drawn."""
    mine = shutil.copytree(everything[1], tmp_path / "mine")
    arguments = ["--seeds=2", "--steps=60", f"--results_dir={mine}"]
    assert carry_out(every.EXPERIMENTS["hill"], arguments) == 0
    # Modules that other tests imported are new to its manifest.
    assert re.search("hill: (already finished|computation unchanged)", capsys.readouterr().out)
    assert carry_out(every.EXPERIMENTS["hill"], [*arguments, "--hidden=none"]) == 0
    assert "layers.png" in capsys.readouterr().out
