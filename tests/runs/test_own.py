"""Networks from outside the library: a cell and a whole Flax module of one's own, through the life of a run."""

import importlib
import sys

import jax
import numpy as np
import pytest

import lstm_toys as lt
from conftest import carry_out, untrained
from experiments import line
from lstm_toys.networks import cells
from lstm_toys.populations import train
from lstm_toys.results import saving

OWN = '''
import flax.linen as nn
import jax
import jax.numpy as jnp

import lstm_toys as lt

class Leaky(nn.Module):
    """A unit that keeps half of what it had."""

    units: int

    @nn.compact
    def __call__(self, inputs):
        def step(hidden, shown):
            hidden = 0.5 * hidden + 0.5 * shown
            return hidden, hidden

        shown = jnp.swapaxes(jnp.tanh(nn.Dense(self.units)(inputs)), 0, 1)
        return jnp.swapaxes(jax.lax.scan(step, jnp.zeros_like(shown[0]), shown)[1], 0, 1)


class Whole(nn.Module):
    """A network whose answers have a hidden layer between."""

    features: int
    widths: tuple[int, ...] = (3,)

    @nn.compact
    def __call__(self, inputs):
        for number, units in enumerate(self.widths):
            inputs = Leaky(units, name=f"layer_{number}")(inputs)
        return nn.Dense(self.features)(inputs)


def task(x):
    return lt.reproduce("line", {"slope": 0.5, "intercept": 0.1}, x)


def probes(x):
    return [lt.probe("line", "line", {"slope": 0.2, "intercept": 0.3}, x)]


def model(task, settings):
    return Whole(len(task.output_features), settings.hidden)


EXPERIMENT = lt.Experiment(
    name="own",
    doc="A line, by a network of one's own.",
    defaults={"steps": 6, "learning_rate": 0.1, "timesteps": 12, "hidden": "3"},
    goal=lt.Goal(rmse=0.03),
    task=task,
    probes=probes,
    draw=lambda results, _: {"loss.png": lt.figures.loss(results, "Training")},
    model=model,
)
'''
SMALL = ["--seeds=3", "--steps=4", "--timesteps=20", "--hidden=4"]
CELL = "networks_of_ones_own:Leaky"


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A module of one's own."""
    folder = tmp_path / "code"
    folder.mkdir()
    (folder / "networks_of_ones_own.py").write_text(OWN)
    monkeypatch.syspath_prepend(folder)
    yield importlib.import_module("networks_of_ones_own")
    sys.modules.pop("networks_of_ones_own")


@pytest.mark.long
def test_an_experiment_runs_with_a_cell_of_ones_own(own, tmp_path, capsys):
    arguments = [*SMALL, f"--cell={CELL}", f"--results_dir={tmp_path / 'results'}", "--quiet"]
    assert carry_out(line.EXPERIMENT, arguments) == 0
    (folder,) = (tmp_path / "results" / "runs").iterdir()
    saved = saving.load(folder)
    assert saved.model == lt.Stack(2, (4,), cell=CELL)
    assert saved.params.keys() == {"leaky_0", "readout"}
    assert np.isfinite(lt.answers(saved, saved.results.training.input.values)).all()
    inside = lt.states(saved, saved.results.training.input.values)
    assert inside["leaky_0"]["hidden"].shape[-1] == 4
    assert carry_out(line.EXPERIMENT, arguments) == 0
    assert capsys.readouterr() == (f"{folder}\n{folder}\n", "")
    assert own.Leaky is cells.cell_class(CELL)


@pytest.mark.long
def test_an_experiment_declares_a_whole_network_of_ones_own(own, tmp_path, capsys):
    experiment, task = own.EXPERIMENT, own.task(lt.time_points(12))
    assert carry_out(experiment, ["--seeds=2", f"--results_dir={tmp_path}"]) == 0
    assert "own (Whole): 2 networks, 6 steps" in " ".join(capsys.readouterr().out.split())
    (folder,) = (tmp_path / "runs").iterdir()
    saved = saving.load(folder)
    assert saved.model == own.Whole(1, (3,))
    assert saved.params.keys() == {"layer_0", "Dense_0"}
    trained = train.train(task, own.Whole(1), seeds=2, steps=6, learning_rate=0.1, base_seed=0)
    jax.tree.map(np.testing.assert_array_equal, saved.params, trained.params)


def test_a_network_defined_within_a_function_cannot_be_saved(own, tmp_path):
    class Inner(own.Whole):
        pass

    with pytest.raises(ValueError, match=r"Inner cannot be saved: its class is defined within a function"):
        saving.save(untrained(own.task(lt.time_points(12)), Inner(1)), tmp_path / "inner")
    assert not (tmp_path / "inner").exists()
