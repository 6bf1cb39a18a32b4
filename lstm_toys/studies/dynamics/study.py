"""Analyzes the dynamics of a trained population, part by part."""

import json
from collections.abc import Iterator
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Float, PyTree

from lstm_toys.dynamics import models
from lstm_toys.dynamics.similarity import similarities
from lstm_toys.execution import devices, lowering
from lstm_toys.execution.base import ExecutionLog
from lstm_toys.figures import Drawing
from lstm_toys.networks import sizes
from lstm_toys.output import counted
from lstm_toys.populations.footprint import Footprint
from lstm_toys.populations.states import check_initial, inside, last
from lstm_toys.results import population, storage
from lstm_toys.runs import checks, external
from lstm_toys.runs.ask import Ask, Metrics
from lstm_toys.runs.checks import trial
from lstm_toys.runs.context import Failed, RunContext
from lstm_toys.runs.experiment import TRAINING, Experiment
from lstm_toys.runs.preparation import Prepared
from lstm_toys.runs.study import Study
from lstm_toys.runs.trained import Evaluated, load
from lstm_toys.studies.dynamics import figures, results
from lstm_toys.studies.dynamics.analysis import MODELS, Analysis, AnalyzedNetworks
from lstm_toys.studies.dynamics.ask import INPUTS, WINDOWS, DynamicsSettings
from lstm_toys.studies.training import ask as training
from lstm_toys.tasks.probes import by_points

TOGETHER = 16
"""Most networks in a part; the results of each part are saved in case the run is interrupted."""

FREQUENCIES = 120
"""Angular frequencies of the response, up to `FASTEST` radians over the range of x."""

FASTEST = 60.0

BEYOND = 0.25
"""How far constant inputs extend the range of the curves by default, as a share of it, at each end."""


class Dynamics(Study[DynamicsSettings]):
    """Analyzes the dynamics of a trained population."""

    def __init__(self, ask: Ask[DynamicsSettings]) -> None:
        super().__init__(ask)
        self.experiment: Experiment = ask.subject
        self.prepared = Prepared(self.experiment, self.settings.trained)

    def check(self) -> None:
        checks.check_single_input(self.experiment, "dynamics")
        checks.check_experiment(self.experiment)
        prepared = self.prepared
        with trial(f"dynamics of {self.experiment.name}: its networks cannot be followed from given states"):
            features = len(prepared.task.input_features)
            params = prepared.model.init(jax.random.key(0), jnp.zeros((1, 4, features)))["params"]
            check_initial(prepared.model, jax.tree.map(lambda leaf: np.asarray(leaf)[None], params), features)

    def footprint(self) -> Footprint:
        """Estimates memory and disk: one part is analyzed at a time, and its arrays of states are the largest."""
        prepared, settings = self.prepared, self.settings
        dimension = 2 * sum(sizes.size(prepared.model, len(prepared.task.input_features)).widths)
        count = INPUTS if settings.inputs is None else settings.inputs.count + 1
        curves, points = prepared.curves.answered[""].shape[:2]
        part = 8 * TOGETHER * count * (4 * settings.starts * dimension + 16 * dimension + dimension**2)
        answers, at_rest = (len(MODELS) + 1) * curves * points, count * (16 * dimension + 2 * FREQUENCIES)
        kept = 4 * settings.trained.seeds * (answers + at_rest)
        return Footprint(part + kept, 2 * kept)

    @cached_property
    def job(self) -> Analysis:
        """Makes the job that analyzes every network."""
        prepared, settings = self.prepared, self.settings
        task, curves = prepared.task, prepared.curves.answered[""]
        varied = task.input_features.index("y") if "y" in task.input_features else 0
        base = np.asarray(prepared.curves.training.inputs, float).mean(axis=(0, 1))
        asked = settings.inputs.values if settings.inputs else around(curves[..., varied])
        grid = np.union1d(asked, base[varied])
        inputs = np.repeat(base[None], len(grid), axis=0)
        inputs[:, varied] = grid
        x, every = np.asarray(prepared.x, float), self.families
        return Analysis(
            model=prepared.model,
            curves=curves,
            inputs=inputs,
            varied=varied,
            mean=int(np.searchsorted(grid, base[varied])),
            starts=settings.starts,
            spacing=float(x[1] - x[0]),
            x=x,
            frequencies=np.linspace(FASTEST / FREQUENCIES, FASTEST, FREQUENCIES) / self.experiment.span.length,
            driving=tuple(map(every.index, dict.fromkeys(every))),
            sequence=task.sequence,
            block=prepared.block,
        )

    @cached_property
    def families(self) -> list[str]:
        """The family of each curve that is answered, the training curve first."""
        sets = by_points(self.prepared.probes, self.prepared.x)[""]
        return [TRAINING, *(probe.name for probe in sets for _ in probe.inputs)]

    def digests(self) -> lowering.Digests:
        model, features = self.prepared.model, len(self.prepared.task.input_features)
        params = jax.eval_shape(model.init, jax.random.key(0), jnp.zeros((1, 2, features)))["params"]
        initial = jax.eval_shape(lambda own: last(inside(model, own, jnp.zeros((1, 1, features)))[1]), params)
        step = jax.jit(partial(inside, model))
        return {
            **self.job.digests(),
            **lowering.lowered("step", step, params, jax.ShapeDtypeStruct((1, 1, features), jnp.float32), initial),
            "families": lowering.digest(self.families),
            "population": self.needs["population"].folder.name,
            "code": self.code,
        }

    def compute(self, context: RunContext) -> Metrics:
        """Analyzes the networks of a finished population, and writes results and the answers of models.

        Every part is saved as soon as it is analyzed, and is not analyzed again when the run continues.

        Raises:
            Failed: every seed of the population diverged.
        """
        population = self.needs["population"]
        if lost := training.lost(population.read_metrics()):
            raise Failed(lost)
        run, trained = self.run, load(population)
        sound = np.flatnonzero(~trained.diverged)
        by_step = {
            step: jax.tree.map(lambda leaf: self.settings.weight_scale * leaf[sound], params)
            for step, params in self._parameters(trained).items()
        }
        job, log = self.job, ExecutionLog(devices.fingerprint(trained.block))
        slices = [slice(first, min(first + TOGETHER, len(sound))) for first in range(0, len(sound), TOGETHER)]
        missing = [each for each in slices if not self._kept(each).is_file()]
        run.checkpoints.mkdir(parents=True, exist_ok=True)
        if len(missing) < len(slices):
            context.progress.tell(f"continues after {len(slices) - len(missing)} of {counted(len(slices), 'part')}")
        with context.timed("analyze"):
            parts = (AnalyzedNetworks(own, jax.tree.map(lambda leaf, own=own: leaf[own], by_step)) for own in missing)
            for part, (found, fingerprint) in context.executor.map(job, parts, context.stop):
                log.add(str(part), fingerprint)
                storage.save_results(found.assign_attrs(flags="{}"), self._kept(part.members))
                context.progress.tell(f"dynamics of {part.members.stop:,} of {counted(len(sound), 'network')}")
        with context.timed("summary"):
            whole = xr.concat(
                [storage.load_results(self._kept(each), set()) for each in slices],
                "seed",
                data_vars="minimal",
                coords="minimal",
            )
            whole = self._labeled(whole.assign_coords(seed=sound))
            losses = storage.load_results(population.checked("results.nc")).train_loss
            whole = whole.assign(train_loss=losses.isel(seed=sound))
            attributes = {
                "flags": self.settings.as_dict(),
                "run": run.folder.name,
                "population": population.folder.name,
            }
            context.ensure()
            described = {name: json.dumps(value) for name, value in attributes.items()}
            storage.save_results(whole.assign_attrs(whole.attrs | described), run.results)
            files = [run.results.name, *self._write_models(whole)]
        return {
            "experiment": run.name,
            "population": population.folder.name,
            "seeds": self.settings.trained.seeds,
            "diverged_seeds": trained.metrics["diverged_seeds"],
            "interval": "95 % bootstrap of the median over seeds",
            "flags": self.settings.as_dict(),
            "fingerprint": trained.metrics["fingerprint"],
            **({"executed_elsewhere": log.others} if log.others else {}),
            "files": files,
        }

    def _kept(self, members: slice) -> Path:
        """The file of an analyzed part."""
        return self.run.checkpoints / f"{members.start}-{members.stop}.nc"

    def _parameters(self, trained: Evaluated) -> dict[int, PyTree]:
        """The parameters of the networks by step."""
        run, settings = self.needs["population"], self.settings.trained
        kept = {step: run.checked(population.parameters_name(step)) for step in settings.keep_steps}
        return {step: storage.load_parameters(path) for step, path in kept.items()} | {settings.steps: trained.params}

    def _labeled(self, found: xr.Dataset) -> xr.Dataset:
        """Adds the names of curves and units, and comparisons of networks with each other and with models."""
        span, task = self.experiment.span, self.prepared.task
        every, job = self.families, self.job
        names = list(dict.fromkeys(every))
        per_x = f"rad/{span.unit}" if span.unit else "rad per x"
        found = found.assign_coords(
            family=("curve", every),
            driving=names,
            curve_shown=(("curve", "time"), job.curves[..., job.varied]),
            output=list(task.output_features),
            input=("input", found.input.values, {"long_name": f"constant input {task.input_features[job.varied]}"}),
            time=("time", found.time.values, {"long_name": span.name, "units": span.unit}),
            frequency=("frequency", found.frequency.values, {"long_name": "angular frequency", "units": per_x}),
        )
        similar = similarities(found.trajectory.values, found.trajectory.values)
        own: dict[str, Any] = {"similarity": (("seed", "other"), similar.astype(np.float32))}
        if "prediction" in found:
            found = found.assign_coords(curves=names)
            own |= _explained(found)
        return found.assign(own).assign_attrs(mean=job.mean)

    def _write_models(self, found: xr.Dataset) -> list[str]:
        """Writes the answers of each model like `lt.labeled`, for claims to be tested on them; returns file names."""
        names = []
        settings = self.settings.trained
        for model in found.model.values if "prediction" in found else ():
            prediction = found.prediction.sel(model=model).values
            zeros = np.nan_to_num(prediction)
            labeled = external.labeled(self.experiment, zeros, settings.timesteps, dict(settings.numbers))
            covered = np.isfinite(prediction)
            own = {
                name: labeled[name].where(each)
                for name, each in (("train_answer", covered[:, 0]), ("answer", covered[:, 1:]))
            }
            name = results.answers_file(model)
            storage.save_results(labeled.assign(own).assign_coords(seed=found.seed.values), self.run.folder / name)
            names.append(name)
        return names

    def metrics(self) -> Metrics:
        return results.measured(storage.load_results(self.run.results, results.VARIABLES))

    def draw(self) -> Iterator[tuple[str, Drawing]]:
        """Draws the figures from the run's results alone."""
        yield from figures.draw(storage.load_results(self.run.checked("results.nc"), results.VARIABLES)).items()


def around(values: Float[np.ndarray, "C T"]) -> Float[np.ndarray, " U"]:
    """Constant inputs in and around the range of the curves."""
    low, high = float(values.min()), float(values.max())
    more = BEYOND * (high - low or 1.0)
    return np.linspace(low - more, high + more, INPUTS - 1)


def _explained(found: xr.Dataset) -> dict[str, Any]:
    """The variance that each model explains and the share of time points that it predicts.

    By family for both `WINDOWS`, and by curve for the early one.
    """
    answers, x = found.answer.values, found.time.values
    families = [found.family.values == name for name in found.curves.values]
    each_curve = [*np.eye(found.sizes["curve"], dtype=bool)]
    own: dict[str, Any] = {}
    for ending, axis, chosen in (
        *((ending, "curves", families) for ending in WINDOWS),
        ("_early_curve", "curve", each_curve),
    ):
        shares = np.array(
            [
                [models.explained(answers[:, each], predicted[:, each], x, early=ending != "") for each in chosen]
                for predicted in found.prediction.values
            ]
        )
        share, coverage = shares.transpose(2, 0, 3, 1)  # From [model, curves, 2, seed].
        axes = ("model", "seed", axis)
        own |= {f"explained{ending}": (axes, share), f"coverage{ending}": (axes, coverage)}
    return own
