"""Results of a finished run after each of the steps whose parameters it kept."""

from functools import partial

import jax
import numpy as np
import xarray as xr
from jaxtyping import Float, Int, PyTree

from lstm_toys.populations import answering
from lstm_toys.results import arrays, population, storage
from lstm_toys.runs.experiment import Experiment
from lstm_toys.runs.folder import Run
from lstm_toys.runs.identity import Settings
from lstm_toys.runs.preparation import Prepared


class Kept:
    """The networks of a finished run, after each of ``steps``."""

    def __init__(self, experiment: Experiment, settings: Settings, run: Run) -> None:
        self._run, self._prepared = run, Prepared(experiment, settings)
        self._results = storage.load_results(run.checked("results.nc"))
        self.steps = (*sorted(settings.keep_steps), settings.steps)

    def after(self, steps: int | Int[np.ndarray, " S"]) -> xr.Dataset:
        """Labels the answers of each network after a number of steps, as in the run's results, without histories.

        ``steps`` is one number for all networks, or one per network.
        """
        own = np.broadcast_to(steps, self._results.sizes["seed"])
        answers = {}
        for step in np.unique(own).tolist():
            (seeds,) = np.nonzero(own == step)
            name = "parameters.npz" if step == self.steps[-1] else population.parameters_name(step)
            params = jax.tree.map(lambda leaf, seeds=seeds: leaf[seeds], self._parameters(name))
            answer = partial(answering.answers, self._prepared.model, params, block=self._prepared.block)
            answers[step] = seeds, jax.tree.map(answer, self._prepared.curves.answered)
        _, like = next(iter(answers.values()))
        every = jax.tree.map(lambda leaf: np.empty((len(own), *leaf.shape[1:]), np.float32), like)
        for seeds, answer_sets in answers.values():
            for name, answer in answer_sets.items():
                every[name][seeds] = answer
        learned, probed = self._prepared.curves.split(every)
        named = {"train_answer": learned} | {f"answer_{name}".rstrip("_"): each for name, each in probed.items()}
        labeled = xr.Dataset({name: (self._results[name].dims, each) for name, each in named.items()})
        units = arrays.in_units(labeled, arrays.scaling_of(self._results))
        histories = [name for name, each in self._results.variables.items() if {"step", "frame_step"} & {*each.dims}]
        return self._results.drop_vars(histories).assign(
            {**units.data_vars, "diverged": ("seed", self._results.sound_step.values < own)}
        )

    def at_loss(self, loss: float) -> xr.Dataset:
        """Labels the answers of each network after the first kept step at which its training loss is at most ``loss``.

        The variable ``learned`` tells which networks reach it; the others answer as after the last step.
        """
        reached = self._results.train_loss.sel(step=list(self.steps)).values <= loss
        first = np.where(reached.any(axis=1), reached.argmax(axis=1), len(self.steps) - 1)
        return self.after(np.array(self.steps)[first]).assign(learned=("seed", reached.any(axis=1)))

    def _parameters(self, name: str) -> PyTree[Float[np.ndarray, "S ..."]]:
        return storage.load_parameters(self._run.checked(name))
