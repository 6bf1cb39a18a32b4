"""Every experiment as a command, small; and what `all` leaves."""

import json

import numpy as np
import pytest

import conftest
from conftest import process
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
        assert all(np.isfinite(node.answer).all() for node in labeled.children.values())
        assert labeled.sizes["seed"] == 2
    told = process(
        "-m", "experiments.all", "--seeds=2", "--steps=60", "--no_training", f"--results_dir={folder}"
    ).stdout
    assert told.count("already finished") == len(every.EXPERIMENTS)
