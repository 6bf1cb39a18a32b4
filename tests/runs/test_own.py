"""Networks from outside the library: a cell of one's own, through the life of a run."""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import lstm_toys as lt
from conftest import carry_out, untrained
from experiments import line
from lstm_toys.networks import cells
from lstm_toys.results import saving


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


SMALL = ["--seeds=3", "--steps=4", "--timesteps=20", "--hidden=4"]
LINE = {"slope": 0.5, "intercept": 0.1}
CELL = f"{__name__}:Leaky"


@pytest.mark.long
def test_an_experiment_runs_with_a_cell_of_ones_own(tmp_path, capsys):
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
    assert cells.cell_class(CELL) is Leaky


def test_a_network_defined_within_a_function_cannot_be_saved(tmp_path):
    class Inner(nn.Dense):
        pass

    with pytest.raises(ValueError, match=r"Inner cannot be saved: its class is defined within a function"):
        saving.save(untrained(lt.reproduce("line", LINE, lt.time_points(12)), Inner(1)), tmp_path / "inner")
    assert not (tmp_path / "inner").exists()
