"""The execution of a run: training, evaluation, files and figures."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import jax
import numpy as np
import xarray as xr
from jaxtyping import Array, Float

from lstm_toys import devices, families, figures, generalization, population, results
from lstm_toys.experiment import Experiment
from lstm_toys.model import Stack
from lstm_toys.population import Monitor, Population
from lstm_toys.runs import Run, write_json


def execute(experiment: Experiment, run: Run, monitor: Monitor | None, seconds: dict[str, float]) -> None:
    """Trains and evaluates, and writes results, parameters and metrics into the run's folder.

    Args:
        experiment: what to do.
        run: where, and with which settings.
        monitor: told of the training's progress.
        seconds: spent so far; the stages of the run are added.
    """
    settings = run.settings
    x = families.time_points(settings.timesteps)
    task = experiment.task(x)
    trained = population.train(
        task,
        Stack(len(task.asked), settings.hidden, settings.readout, task.sequence),
        seeds=settings.seeds,
        steps=settings.steps,
        learning_rate=settings.learning_rate,
        optimizer=settings.optimizer,
        base_seed=settings.base_seed,
        block=settings.block,
        frames=experiment.frames,
        monitor=monitor,
    )
    seconds |= trained.seconds
    with stopwatch(seconds, "evaluate"):
        labeled = evaluate(experiment, trained, x, run)
        results.save(labeled, run.results)
        results.save_parameters(trained.params, run.parameters)
        metrics = results.metrics(labeled, experiment.goal)
        fit = results.kept(labeled)
        metrics["post"] = experiment.compare(fit) if fit.sizes["seed"] else []
    metrics["seconds"] = _rounded(seconds)
    metrics["member_steps_per_second"] = round(settings.seeds * settings.steps / seconds["train"])
    write_json(run.metrics, metrics)


def evaluate(experiment: Experiment, trained: Population, x: Float[Array, " T"], run: Run) -> xr.Dataset:
    """Answers of trained networks to their training curve and to the probes, labeled."""
    examples = trained.task.examples(jax.random.key(0))
    probes = experiment.probes(x)
    curves = np.concatenate([examples.inputs[:1], *(probe.inputs for probe in probes)])
    answers = generalization.answers(trained.model, trained.params, curves, block=trained.block)
    attributes = {"flags": run.settings.as_dict(), "fingerprint": devices.fingerprint(trained.block)}
    return results.dataset(trained, np.asarray(x), examples, answers[:, 0], probes, answers[:, 1:], attributes)


def draw(experiment: Experiment, run: Run, beside: dict[str, Run]) -> None:
    """Draws the figures of a finished run from labeled results, and adds the time it took to the metrics."""
    seconds: dict[str, float] = {}
    with stopwatch(seconds, "figures"):
        others = {name: results.load(other.results) for name, other in beside.items()}
        for name, drawing in experiment.draw(results.load(run.results), others).items():
            figures.save(drawing, run.folder / name)
    metrics = run.read_metrics()
    write_json(run.metrics, metrics | {"seconds": metrics["seconds"] | _rounded(seconds)})


@contextmanager
def stopwatch(seconds: dict[str, float], stage: str) -> Iterator[None]:
    """Adds the wall time of a block to a stage."""
    began = time.perf_counter()
    yield
    seconds[stage] = seconds.get(stage, 0.0) + time.perf_counter() - began


def _rounded(seconds: dict[str, float]) -> dict[str, float]:
    return {stage: round(value, 3) for stage, value in seconds.items()}
