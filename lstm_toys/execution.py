"""The execution of a run: training, evaluation, files and figures."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import jax
import numpy as np
import xarray as xr
from jaxtyping import Array, Float

from lstm_toys import blocks, devices, families, figures, generalization, population, results
from lstm_toys.experiment import Experiment
from lstm_toys.model import Stack
from lstm_toys.population import Monitor, Population
from lstm_toys.runs import Run, write_json


def execute(experiment: Experiment, run: Run, monitor: Monitor | None, seconds: dict[str, float]) -> dict[str, Any]:
    """Trains, evaluates, and writes everything into the run's folder.

    Args:
        experiment: what to do.
        run: where, and with which settings.
        monitor: told of the training's progress.
        seconds: spent so far; the stages of the run are added.

    Returns:
        The metrics that were written.
    """
    settings = run.settings
    x = families.time_points(settings.timesteps)
    task = experiment.task(x)
    shown = task.examples(jax.random.key(0))
    trained = population.train(
        task,
        Stack(shown.targets.shape[-1], settings.hidden, settings.readout),
        seeds=settings.seeds,
        steps=settings.steps,
        learning_rate=settings.learning_rate,
        optimizer=settings.optimizer,
        base_seed=settings.base_seed,
        block=settings.block or blocks.BLOCK,
        monitor=monitor,
    )
    seconds |= trained.seconds
    with stopwatch(seconds, "evaluate"):
        labeled = evaluate(experiment, trained, x, run)
        results.save(labeled, run.results)
        results.save_parameters(trained.params, run.parameters)
    with stopwatch(seconds, "figures"):
        redraw(experiment, run, labeled)
    metrics = results.metrics(labeled, seconds)
    write_json(run.metrics, metrics)
    return metrics


def evaluate(experiment: Experiment, trained: Population, x: Float[Array, " T"], run: Run) -> xr.Dataset:
    """Answers of trained networks to their training curve and to the probes, labeled."""
    probes = experiment.probes(x)
    target = np.asarray(trained.task.examples(jax.random.key(0)).targets)
    curves = np.concatenate([target, *(probe.inputs for probe in probes)])
    answers = generalization.answers(trained.model, trained.params, curves, block=trained.block)
    attributes = {"flags": run.settings.as_dict(), "fingerprint": devices.fingerprint(trained.block)}
    return results.dataset(trained, np.asarray(x), target[0], answers[:, 0], probes, answers[:, 1:], attributes)


def redraw(experiment: Experiment, run: Run, labeled: xr.Dataset) -> None:
    """Draws the figures of a run from its labeled results."""
    for name, figure in experiment.draw(labeled).items():
        figures.save(figure, run.folder / name)


@contextmanager
def stopwatch(seconds: dict[str, float], stage: str) -> Iterator[None]:
    """Adds the wall time of a block to a stage."""
    began = time.perf_counter()
    yield
    seconds[stage] = seconds.get(stage, 0.0) + time.perf_counter() - began
