"""The Python of the README runs as it stands there."""

import re
from pathlib import Path

import matplotlib
import numpy as np
import xarray as xr

import lstm_toys as lt
from experiments import sine
from experiments.commands import command
from lstm_toys.populations import answering
from lstm_toys.results import population

README = Path(__file__).parent.parent / "README.md"


def test_examples_run(hand_made, tmp_path, monkeypatch):
    matplotlib.use("agg")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(lt, "configure", lambda: None)
    first, second = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
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
