"""The evaluation of a trained population on grids or on curves of the user's own: files and figures."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Bool, Float, PyTree

from lstm_toys.figures.style import save
from lstm_toys.files import write_json
from lstm_toys.networks.stack import Stack
from lstm_toys.populations import answering, footprint
from lstm_toys.results import storage
from lstm_toys.runs.execution import stopwatch
from lstm_toys.runs.experiment import Experiment
from lstm_toys.runs.folder import Run
from lstm_toys.runs.identity import Settings
from lstm_toys.statistics import intervals, measures
from lstm_toys.studies.generalization import figures, results, tiles
from lstm_toys.studies.generalization.figures import Trained
from lstm_toys.studies.generalization.settings import Curve, Evaluation
from lstm_toys.tasks.families import time_points
from lstm_toys.tasks.supervision import Task


def answers_of(settings: Evaluation) -> int:
    """Answers that an evaluation measures."""
    return settings.trained.seeds * (sum(g.shape[0] * g.shape[1] for g in settings.grids) + len(settings.curves))


def check_size(experiment: Experiment, run: Run[Evaluation]) -> None:
    """Refuses an evaluation that this machine cannot hold.

    Raises:
        TooLarge: it cannot.
    """
    task = experiment.task(time_points(2))
    names = len(tiles.measure_names(task.asked, task.sequence))
    if run.settings.grids:
        footprint.check(tiles.estimate(run.settings.grids, run.settings.trained.seeds, names), run.folder)


def execute(
    experiment: Experiment,
    population: Run[Settings],
    run: Run[Evaluation],
    advanced: Callable[[int], None],
    seconds: dict[str, float],
) -> None:
    """Evaluates a finished population, and writes results and metrics into the folder of the evaluation.

    Args:
        experiment: that the population was trained by.
        population: its run.
        run: the evaluation.
        advanced: told how many more answers have been measured; may raise to end the evaluation.
        seconds: spent so far.

    Raises:
        Damaged: a file of the population is.
        OSError: a file cannot be read or written.
    """
    metrics, settings = population.read_metrics(), run.settings
    params = storage.load_parameters(population.parameters)
    diverged = np.isin(np.arange(metrics["seeds"]), metrics["diverged_seeds"])
    timesteps, block = settings.trained.timesteps, metrics["fingerprint"]["block"]
    task = experiment.task(time_points(timesteps))
    model = Stack(len(task.asked), settings.trained.hidden, settings.trained.readout, task.sequence)
    attributes = {"flags": settings.as_dict(), "fingerprint": metrics["fingerprint"]}
    with stopwatch(seconds, "evaluate"):
        if settings.grids:
            swept = tiles.Sweep(model, task.asked, params, diverged, timesteps, block, advanced)
            swept.write(settings.grids, run.results, attributes)
        else:
            labeled = answered(model, task, params, diverged, settings.curves, timesteps, block)
            storage.save(
                labeled.assign_attrs({key: json.dumps(value) for key, value in attributes.items()}), run.results
            )
            advanced(answers_of(settings))
    with stopwatch(seconds, "summary"), results.opened(run.results) as found:
        rows = results.summary(found) if settings.grids else curve_summary(found.root)
    write_json(
        run.metrics,
        {
            "experiment": settings.experiment,
            "population": population.folder.name,
            "seeds": len(diverged),
            "diverged_seeds": metrics["diverged_seeds"],
            "answers": answers_of(settings),
            "answers_per_second": round(answers_of(settings) / seconds["evaluate"]),
            "interval": "95 % bootstrap of the median over seeds",
            "summary": {
                name: {
                    key: value if np.isfinite(value) else None
                    for key, value in zip(("median", "low", "high"), row, strict=True)
                }
                for name, row in rows.items()
            },
            "flags": settings.as_dict(),
            "fingerprint": metrics["fingerprint"],
            "seconds": {stage: round(value, 3) for stage, value in seconds.items()},
        },
    )


def answered(
    model: Stack,
    task: Task,
    params: PyTree[Float[np.ndarray, "S ..."]],
    diverged: Bool[np.ndarray, " S"],
    curves: tuple[Curve, ...],
    timesteps: int,
    block: int,
) -> xr.Dataset:
    """Answers to curves of the user's own, labeled, and of sequences their measures."""
    shown = np.array([curve.values for curve in curves], np.float32)
    x = np.arange(shown.shape[1], dtype=np.float32) / np.float32(timesteps - 1)
    found = answering.answers(model, params, shown[:, :, None], block=block)
    coordinates = {"seed": np.arange(len(diverged)), "curve": [curve.name for curve in curves], "time": x}
    variables: dict[str, Any] = {"input": (("curve", "time"), shown), "diverged": ("seed", diverged.astype(np.int8))}
    if not task.sequence:
        variables["answer"] = (("seed", "curve", "asked"), found)
        return xr.Dataset(variables, coordinates | {"asked": list(task.asked)})
    variables["answer"] = (("seed", "curve", "time"), found[..., 0])
    if shown.shape[1] >= 3:
        every = jax.jit(jax.vmap(jax.vmap(measures.every, (0, 0, None)), (0, None, None)))
        for name, values in every(jnp.asarray(found[..., 0]), jnp.asarray(shown), jnp.asarray(x)).items():
            variables[name] = (("seed", "curve"), np.asarray(values))
    return xr.Dataset(variables, coordinates)


def curve_summary(labeled: xr.Dataset) -> dict[str, intervals.Estimate]:
    """By curve, the medians over seeds of its measures, or of what was read off it."""
    fit = labeled.isel(seed=labeled.diverged.values == 0)
    rows = {}
    for curve in fit.curve.values:
        chosen = fit.sel(curve=curve)
        if "asked" in fit.dims:
            values = {f"read-off {name}": chosen.answer.sel(asked=name).values for name in fit.asked.values}
        else:
            values = {label: chosen[name].values for name, label in measures.MEASURES.items() if name in chosen}
        for label, each in values.items():
            rows[f"{curve}: {label}"] = intervals.median_bootstrap(each[np.isfinite(each)])
    return rows


def draw(run: Run[Evaluation], trained: Trained, through: Mapping[str, float]) -> None:
    """Draws the figures of a finished evaluation from its labeled results, and adds the time it took to the metrics.

    Args:
        run: the evaluation.
        trained: the range of each parameter in the training curves.
        through: where lines along one axis go through the others.
    """
    seconds: dict[str, float] = {}
    metrics = run.read_metrics()
    with stopwatch(seconds, "figures"), results.opened(run.results) as found:
        drawings = {}
        if run.settings.curves:
            drawings["curves.png"] = figures.own_curves(found.root)
        elif len(found.seeds):
            planes = [grid for grid in run.settings.grids if grid.name != results.TRAINING and min(grid.shape) > 1]
            for grid in planes:
                drawings[f"{grid.name}.png"] = figures.heat_maps(found, grid.name, trained, dict(grid.parameters))
            for grid in planes[:1]:
                drawings["seeds.png"] = figures.seeds_apart(found, grid.name, trained)
            drawings["axes.png"] = figures.along_axes(found, trained, through)
        for name, drawing in drawings.items():
            save(drawing, run.folder / name)
    write_json(run.metrics, metrics | {"seconds": metrics["seconds"] | {"figures": round(seconds["figures"], 3)}})
