"""The execution of a run: training, evaluation, files and figures."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array, Float

from lstm_toys import devices, families, figures, footprint, generalization, population, programs, results
from lstm_toys.checkpoints import Checkpoints
from lstm_toys.experiment import Experiment
from lstm_toys.files import write_json
from lstm_toys.interruption import Interruption
from lstm_toys.model import Stack
from lstm_toys.population import Monitor, Population
from lstm_toys.runs import Run, Settings
from lstm_toys.tasks import Task


@dataclass(frozen=True)
class Conduct:
    """How a run is carried out; nothing of it changes its numbers.

    Attributes:
        interruption: asked whether to stop.
        monitor: told of the training's progress.
        tell: told in one line of anything unusual.
        checkpoint_every: seconds between checkpoints.
        on_divergence: whether a seed that diverges is excluded from the statistics, or ends the run.
    """

    interruption: Interruption
    monitor: Monitor
    tell: Callable[[str], None]
    checkpoint_every: float
    on_divergence: Literal["exclude", "stop"]


def check_size(experiment: Experiment, run: Run[Settings]) -> None:
    """Refuses a run that this machine cannot hold.

    Raises:
        TooLarge: it cannot.
    """
    settings = run.settings
    two = families.time_points(2)
    task = experiment.task(two)
    size = footprint.estimate(
        task,
        _model(task, settings),
        settings.optimizer,
        timesteps=settings.timesteps,
        seeds=settings.seeds,
        probed=sum(len(probe.inputs) for probe in experiment.probes(two)),
        block=settings.block,
    )
    footprint.check(size, run.folder)


def execute(experiment: Experiment, run: Run[Settings], conduct: Conduct, seconds: dict[str, float]) -> None:
    """Trains and evaluates, and writes results, parameters and metrics into the run's folder.

    Continues from the run's checkpoints, and leaves more.

    Args:
        experiment: what to do.
        run: where, and with which settings.
        conduct: how.
        seconds: spent so far; the stages of the run are added.

    Raises:
        Stopped, Diverged: see `population.train`.
        Damaged: a checkpoint is.
        OSError: a file cannot be written.
    """
    settings = run.settings
    x = families.time_points(settings.timesteps)
    task = experiment.task(x)
    model = _model(task, settings)
    block = settings.block or programs.suitable_block(task, model)
    checkpoints = Checkpoints(run.checkpoints, conduct.checkpoint_every, devices.fingerprint(block), conduct.tell)
    if checkpoints.newest:
        conduct.tell(f"continues from {checkpoints.newest}")
    with conduct.interruption.patient():
        trained = population.train(
            task,
            model,
            seeds=settings.seeds,
            steps=settings.steps,
            learning_rate=settings.learning_rate,
            optimizer=settings.optimizer,
            momentum=settings.momentum,
            decay=settings.decay,
            train_amplitude=settings.train_amplitude,
            noise=settings.noise,
            base_seed=settings.base_seed,
            block=block,
            frames=experiment.frames,
            monitor=conduct.monitor,
            checkpoints=checkpoints,
            stop=conduct.interruption,
            on_divergence=conduct.on_divergence,
        )
    seconds |= trained.seconds
    with stopwatch(seconds, "evaluate"):
        fingerprint, *earlier = checkpoints.fingerprints
        attributes = {"flags": settings.as_dict(), "fingerprint": fingerprint, "earlier_fingerprints": earlier}
        labeled = evaluate(experiment, settings, trained, x, attributes)
        results.save(labeled, run.results)
        results.save_parameters(trained.params, run.parameters)
        metrics = results.metrics(labeled, experiment.goal)
        fit = results.kept(labeled)
        metrics["post"] = experiment.compare(fit) if fit.sizes["seed"] else []
    metrics["seconds"] = _rounded(seconds)
    metrics["member_steps_per_second"] = round(trained.member_steps / seconds["train"])
    metrics["continued"] = trained.member_steps < settings.seeds * settings.steps
    write_json(run.metrics, metrics)
    checkpoints.clear()


def evaluate(
    experiment: Experiment, settings: Settings, trained: Population, x: Float[Array, " T"], attributes: dict[str, Any]
) -> xr.Dataset:
    """Answers of trained networks to their training curve and to the probes, labeled."""
    examples = trained.task.examples(jax.random.key(0), jnp.float32(settings.train_amplitude or 1))
    probes = experiment.probes(x)
    curves = np.concatenate([examples.inputs[:1], *(probe.inputs for probe in probes)])
    answers = generalization.answers(trained.model, trained.params, curves, block=trained.block)
    return results.dataset(trained, np.asarray(x), examples, answers[:, 0], probes, answers[:, 1:], attributes)


def draw(experiment: Experiment, run: Run[Settings], beside: dict[str, Run[Settings]]) -> None:
    """Draws the figures of a finished run from labeled results, and adds the time it took to the metrics."""
    seconds: dict[str, float] = {}
    metrics = run.read_metrics()
    with stopwatch(seconds, "figures"):
        others = {name: results.load(other.results) for name, other in beside.items()}
        for name, drawing in experiment.draw(results.load(run.results), others).items():
            figures.save(drawing, run.folder / name)
    write_json(run.metrics, metrics | {"seconds": metrics["seconds"] | _rounded(seconds)})


@contextmanager
def stopwatch(seconds: dict[str, float], stage: str) -> Iterator[None]:
    """Adds the wall time of a block to a stage."""
    began = time.perf_counter()
    yield
    seconds[stage] = seconds.get(stage, 0.0) + time.perf_counter() - began


def _model(task: Task, settings: Settings) -> Stack:
    return Stack(len(task.asked), settings.hidden, settings.readout, task.sequence)


def _rounded(seconds: dict[str, float]) -> dict[str, float]:
    return {stage: round(value, 3) for stage, value in seconds.items()}
