"""Every experiment as a command, small; and what `all` leaves."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

import conftest
from experiments import all as every
from experiments.commands import command, flags
from lstm_toys.populations.interruption import Interruption
from lstm_toys.populations.progress import TrainingProgress
from lstm_toys.results import storage
from lstm_toys.runs import execution
from lstm_toys.runs.folder import Run

POST_FIGURES = {
    "line.png",
    "lstm_hill.gif",
    "hill.png",
    "sines_with_different_amplitudes.png",
    "predicted_amplitude.png",
    "lines.png",
    "predicted_lines_1.png",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The results of `all`, small, run as a user would."""
    target = tmp_path_factory.mktemp("all")
    arguments = ["--seeds", "3", "--steps", "40", f"--results_dir={target}", "--publish"]
    done = subprocess.run(
        [sys.executable, "-m", "experiments.all", *arguments],
        env={**os.environ, "COLUMNS": "140"},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    for name in every.EXPERIMENTS:
        assert f"{name} " in done.stdout
    return target


def test_all_fifteen_figures_of_the_post_are_there(folder):
    found = {path.name for path in folder.glob("*/*") if path.parent.name != "runs"}
    assert found >= POST_FIGURES | conftest.SINE_FIGURES


@pytest.mark.parametrize("name", every.EXPERIMENTS)
def test_each_experiment_is_published_whole(folder, name):
    metrics = json.loads((folder / name / "metrics.json").read_text())
    assert metrics["experiment"] == name
    assert len(metrics["train_mse"]) == 3
    assert {"import", "compile", "train", "evaluate", "figures"} <= set(metrics["seconds"])
    labeled = storage.load_results(next((folder / "runs").glob(f"{name}-*/results.nc")))
    assert np.isfinite(labeled.answer).all()
    assert labeled.sizes["seed"] == 3


def test_the_film_has_its_frames(folder):
    labeled = storage.load_results(next(path for path in (folder / "runs").glob("hill-*/results.nc")))
    with Image.open(folder / "hill" / "lstm_hill.gif") as film:
        assert film.n_frames == labeled.sizes["frame_step"]
        assert 20 <= film.n_frames <= 40
    assert (folder / "hill" / "lstm_hill.gif").stat().st_size <= 2**20


def test_a_companion_is_a_run_of_its_own_whose_figures_come_later(folder, capsys):
    """`hill_y` needs the run of `hill`, which `hill` itself finds finished and drawn."""
    arguments = ["--seeds=3", "--steps=40", f"--results_dir={folder}"]
    assert command.command(every.EXPERIMENTS["hill"], arguments) == 0
    assert "this run is finished" in capsys.readouterr().out
    assert command.command(every.EXPERIMENTS["hill"], [*arguments, "--hidden=none"]) == 0
    assert "layers.png" in capsys.readouterr().out


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[] if name in ("hill_y", "amplitude") else pytest.mark.long)
        for name in every.EXPERIMENTS
    ],
)
def test_the_other_readout_works_too(name, tmp_path):
    """With plain SGD: optax's Adam promotes types, which these tests do not allow."""
    small = ["--seeds=2", "--steps=4", "--timesteps=12", "--hidden=4", "--optimizer=sgd", "--learning_rate=0.001"]
    settings, _ = flags.parse(every.EXPERIMENTS[name], [*small, "--readout=dense"])
    run = Run(settings, tmp_path)
    run.create()
    conduct = execution.Conduct(Interruption(), TrainingProgress(Console(quiet=True), [1.0]), 30.0, "exclude")
    execution.execute(every.EXPERIMENTS[name], run, conduct, {})
    labeled = storage.load_results(run.results)
    assert np.isfinite(labeled.answer).all()
    assert storage.load_parameters(run.parameters)["readout"].keys() == {"kernel", "bias"}


def test_all_refuses_what_one_experiment_refuses(tmp_path, capsys):
    assert every.run_all(["--readout=dense", f"--results_dir={tmp_path}"]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert not any(tmp_path.iterdir())
