"""The Python of the README runs as it stands there."""

import json
import re
import sys
from pathlib import Path

import matplotlib
import numpy as np
import xarray as xr

import lstm_toys as lt
from conftest import carry_out
from experiments import claims, sine
from experiments.commands import command
from lstm_toys.populations import answering
from lstm_toys.results import population

README = Path(__file__).parent.parent / "README.md"


def blocks():
    return re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)


def test_claims_of_ones_own_are_judged_by_answers_of_any_model(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    (declared,) = (block for block in blocks() if "CLAIMS" in block)
    (tmp_path / "mine_of_the_readme.py").write_text(declared)
    shown = lt.curves_of(sine.EXPERIMENT)
    lt.save_results(lt.labeled(sine.EXPERIMENT, np.stack([shown + 0.2 * seed for seed in range(9)])), Path("other.nc"))
    arguments = ["--claims=mine_of_the_readme", "--answers=sine=other.nc", "--results_dir=results", "--quiet"]
    assert carry_out(claims, arguments) == 0
    (path,) = tmp_path.glob("results/runs/*/claims.json")
    (entry,) = json.loads(path.read_text())
    np.testing.assert_allclose(entry["per_seed"], 0.2 * np.arange(9), atol=1e-6)
    assert entry["verdict"] == "refuted"


def test_examples_run(hand_made, tmp_path, monkeypatch):
    matplotlib.use("agg")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(lt, "configure", lambda: None)
    first, second = (block for block in blocks() if "CLAIMS" not in block)
    names: dict = {}
    exec(first, names)
    assert (tmp_path / "answers.png").stat().st_size > 10_000
    assert names["answers"].shape == (8, 1, 100, 1)
    trained = names["trained"]
    assert not trained.diverged.any()
    assert np.median(trained.train_loss[:, -1]) < 0.1 * np.median(trained.train_loss[:, 0])
    np.testing.assert_array_equal(population.load("mine").results.train_loss, trained.train_loss)
    (work,) = command.plan(sine.EXPERIMENT, ["--seeds=16"]).works
    population.save(trained, work.run.folder, hand_made())
    names = {}
    exec(second, names)
    x = np.linspace(0, 1, 100, dtype=np.float32)
    lines = np.stack([0.1 + 0.3 * x, 0.9 - 0.3 * x])[:, :, None]
    expected = answering.answers(trained.model, trained.params, lines)
    np.testing.assert_allclose(names["answers"], expected, atol=1e-5)
    xr.testing.assert_identical(names["losses"], hand_made().train_loss)
