"""The Python of the README and of the guides it leads to runs as it stands there."""

import importlib
import json
import re
import sys
from pathlib import Path

import matplotlib
import numpy as np
import pytest
import xarray as xr

import lstm_toys as lt
from conftest import carry_out
from experiments import claims, generalization, sweep
from lstm_toys.results import population

ROOT = Path(__file__).parent.parent


def blocks(page="README.md"):
    return re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(), re.DOTALL)


@pytest.fixture(scope="module")
def question(tmp_path_factory):
    """The folder of a question of one's own, and its module."""
    folder = tmp_path_factory.mktemp("question")
    (written,) = (block for block in blocks("docs/own-question.md") if "CLAIMS" in block)
    assert written.count("\n") <= 60
    (folder / "damped.py").write_text(written)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.syspath_prepend(folder)
        yield folder, importlib.import_module("damped")
    del sys.modules["damped"]


SMALL = ["--seeds=3", "--timesteps=20", "--hidden=4", "--steps=40", "--quiet"]


def test_a_question_of_ones_own_is_run_saved_and_loaded(question):
    folder, damped = question
    assert carry_out(damped.EXPERIMENT, [*SMALL, "--train_decay=0.7"]) == 0
    (run,) = folder.glob("results/runs/damped-*")
    saved = lt.load(run)
    x = np.linspace(0, 5, 20)
    np.testing.assert_allclose(saved.results.train_target[:, 0], np.exp(-0.7 * x) * np.cos(4 * x), atol=1e-5)
    assert saved.results.decay.values.tolist() == [0, 0.25, 1, 2]
    assert saved.results.decay.attrs == {"long_name": "decay", "units": "1/s", "symbol": "d"}
    answers = lt.answers(saved.model, saved.params, saved.results.input.values)
    np.testing.assert_allclose(answers, saved.results.answer, atol=1e-6)
    assert {path.name for path in run.glob("*.png")} == {"training.png", "others.png"}


@pytest.mark.long
def test_it_is_swept_over_its_number_in_one_program(question):
    folder, _ = question
    assert carry_out(sweep, [*SMALL, "--task=damped", "--grid=train_decay=0.2 0.5 1"]) == 0
    (run,) = folder.glob("results/runs/sweep-*")
    assert json.loads((run / "metrics.json").read_text())["shapes"] == 1
    with xr.open_dataset(run / "results.nc", engine="h5netcdf") as found:
        assert found.train_decay.values.tolist() == [0.2, 0.5, 1]
        assert found.curve_decay.values.tolist() == [0, 0.25, 1, 2]
        assert len(np.unique(found.train_mse.values)) == 9


@pytest.mark.long
def test_it_is_evaluated_on_its_planes(question):
    folder, _ = question
    grid = ["--axis_decay=0:2:3", "--frequency=2:6:4"]
    assert carry_out(generalization, [*SMALL, "--task=damped", *grid]) == 0
    (run,) = folder.glob("results/runs/generalization_damped-*")
    assert (run / "decay_frequency.png").is_file()
    with xr.open_dataset(run / "results.nc", group="decay_frequency", engine="h5netcdf") as found:
        assert found.rmse.dims == ("seed", "decay", "frequency")
        assert found.frequency.attrs["units"] == "rad/s"


@pytest.mark.long
def test_its_claim_is_judged_of_networks_and_of_any_model(question):
    folder, damped = question
    assert carry_out(claims, ["--claims=damped", "--seeds=3", "--quiet"]) == 0
    shown = lt.curves_of(damped.EXPERIMENT)
    lt.save_results(
        lt.labeled(damped.EXPERIMENT, np.stack([shown + 0.2 * seed for seed in range(9)])), Path("other.nc")
    )
    assert carry_out(claims, ["--claims=damped", "--answers=damped=other.nc", "--quiet"]) == 0
    found = [json.loads(path.read_text())[0] for path in folder.glob("results/runs/claims_damped-*/claims.json")]
    assert sorted(len(entry["per_seed"]) for entry in found) == [3, 9]
    (other,) = (entry for entry in found if len(entry["per_seed"]) == 9)
    np.testing.assert_allclose(other["per_seed"], 0.2 * np.arange(9), atol=1e-6)
    assert other["verdict"] == "refuted"


def test_examples_run(tmp_path, monkeypatch):
    matplotlib.use("agg")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(lt, "configure", lambda: None)
    question, flips, first = blocks()
    names: dict = {}
    exec(first, names)
    assert (tmp_path / "answers.png").stat().st_size > 10_000
    assert names["answers"].shape == (8, 1, 100, 1)
    trained = names["trained"]
    assert not trained.diverged.any()
    assert np.median(trained.train_loss[:, -1]) < 0.1 * np.median(trained.train_loss[:, 0])
    np.testing.assert_array_equal(population.load("mine").results.train_loss, trained.train_loss)
    names = {}
    exec(flips, names)
    held = names["quiet"].answers
    assert held.shape == (4, 8, 10, 3)
    assert np.mean(np.sign(held) == np.sign(held[:, :, :1])) > 0.9
    (tmp_path / "short_question.py").write_text(question)
    monkeypatch.syspath_prepend(tmp_path)
    assert carry_out(importlib.import_module("short_question").EXPERIMENT, SMALL) == 0
    assert len([*tmp_path.glob("results/runs/damped-*/others.png")]) == 1


@pytest.mark.long
def test_curves_of_ones_own_are_learned_from_what_a_package_ships(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(lt, "configure", lambda: None)
    made, learned = (block for block in blocks("docs/own-data.md") if "elnino" in block)
    exec(made, {})
    curves = lt.read_curves("elnino.csv")
    assert curves.values.shape == (61, 12)
    assert (curves.names[0], curves.span.label) == ("year 1950", "t (months)")
    names: dict = {}
    exec(learned, names)
    found, right = names["answers"][:, :, :-1, 0], curves.values[:, 1:]
    again = np.sqrt(np.mean((curves.values[:, :-1] - right) ** 2))
    assert np.median(np.sqrt(np.mean((found - right) ** 2, axis=(1, 2)))) < again
    assert lt.load("elnino").params is not None
