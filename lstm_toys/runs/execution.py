"""The execution of a run: training, evaluation, files and figures."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array, Float

from lstm_toys import figures
from lstm_toys.files import write_json
from lstm_toys.networks.stack import Stack
from lstm_toys.populations import answering, devices, footprint, programs, train
from lstm_toys.populations.checkpoints import Checkpoints
from lstm_toys.populations.interruption import Interruption
from lstm_toys.populations.progress import TrainingProgress
from lstm_toys.populations.train import Population
from lstm_toys.results import arrays, storage, summary
from lstm_toys.runs.experiment import Experiment
from lstm_toys.runs.folder import Run
from lstm_toys.runs.identity import Identity, Settings
from lstm_toys.tasks import families
from lstm_toys.tasks.supervision import Task


@dataclass(frozen=True)
class Conduct:
    """How a run is carried out; nothing of it changes its numbers.

    Attributes:
        interruption: asked whether to stop.
        progress: told of it, and of anything unusual.
        checkpoint_every: seconds between checkpoints.
        on_divergence: whether a seed that diverges is excluded from the statistics, or ends the run.
    """

    interruption: Interruption
    progress: TrainingProgress
    checkpoint_every: float
    on_divergence: Literal["exclude", "stop"]


def check_size(experiment: Experiment, run: Run[Settings]) -> None:
    """Refuses a run that this machine cannot hold.

    Raises:
        TooLarge: it cannot.
    """
    footprint.check(size(experiment, run.settings, run.settings.seeds), run.folder)


def size(experiment: Experiment, settings: Settings, members: int, states: int = 1) -> footprint.Footprint:
    """What the training and evaluation of a population will take.

    Args:
        experiment: what it is trained on.
        settings: of each member, but for the traced ones.
        members: their number.
        states: steps after which the parameters are kept.
    """
    two = families.time_points(2)
    task = experiment.task(two)
    return footprint.estimate(
        task,
        network(task, settings),
        settings.optimizer,
        timesteps=settings.timesteps,
        members=members,
        states=states,
        probed=sum(len(probe.inputs) for probe in experiment.probes(two)),
        block=settings.block,
    )


def works(experiment: Experiment, settings: Settings) -> list[float]:
    """About what the training of a run takes, in multiplications; for estimates of the time left."""
    return [settings.seeds * settings.steps * step_work(experiment, settings)]


def step_work(experiment: Experiment, settings: Settings) -> float:
    """About what one step of one network takes, in multiplications; for estimates of the time left."""
    task = experiment.task(families.time_points(settings.timesteps))
    return programs.work(task, network(task, settings))


def network(task: Task, settings: Settings) -> Stack:
    """The model of a run."""
    return Stack(len(task.asked), settings.hidden, settings.readout, task.sequence)


def execute(experiment: Experiment, run: Run[Settings], conduct: Conduct, seconds: dict[str, float]) -> None:
    """Trains and evaluates, and writes results, parameters and metrics into the run's folder.

    Continues from the run's checkpoints, and leaves more.

    Args:
        experiment: what to do.
        run: where, and with which settings.
        conduct: how.
        seconds: spent so far; the stages of the run are added.

    Raises:
        Stopped, Diverged: see `train.train`.
        Damaged: a checkpoint is.
        OSError: a file cannot be written.
    """
    settings = run.settings
    x = families.time_points(settings.timesteps)
    task = experiment.task(x)
    model = network(task, settings)
    block = settings.block or programs.suitable_block(task, model)
    checkpoints = Checkpoints(
        run.checkpoints, conduct.checkpoint_every, devices.fingerprint(block), conduct.progress.tell
    )
    conduct.progress.begin(f"{settings.experiment} ({settings.network})", settings.seeds, settings.steps)
    if checkpoints.newest:
        conduct.progress.tell(f"continues from {checkpoints.newest}")
    with conduct.interruption.patient():
        trained = train.train(
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
            monitor=conduct.progress,
            checkpoints=checkpoints,
            stop=conduct.interruption,
            on_divergence=conduct.on_divergence,
        )
    seconds |= trained.seconds
    with stopwatch(seconds, "evaluate"):
        fingerprint, *earlier = checkpoints.fingerprints
        attributes = {"flags": settings.as_dict(), "fingerprint": fingerprint, "earlier_fingerprints": earlier}
        labeled = evaluate(experiment, settings, trained, x, attributes)
        storage.save(labeled, run.results)
        storage.save_parameters(trained.params, run.parameters)
        metrics = summary.metrics(labeled, experiment.goal)
        fit = arrays.kept(labeled)
        metrics["post"] = experiment.compare(fit) if fit.sizes["seed"] else []
    metrics["seconds"] = rounded(seconds)
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
    answers = answering.answers(trained.model, trained.params, curves, block=trained.block)
    return arrays.dataset(trained, np.asarray(x), examples, answers[:, 0], probes, answers[:, 1:], attributes)


def draw(experiment: Experiment, run: Run[Settings], beside: dict[str, Run[Settings]]) -> None:
    """Draws the figures of a finished run from labeled results, and adds the time it took to the metrics."""
    with drawing(run) as save:
        others = {name: storage.load(other.results) for name, other in beside.items()}
        save(experiment.draw(storage.load(run.results), others))


@contextmanager
def drawing(run: Run[Identity]) -> Iterator[Callable[[Mapping[str, figures.Drawing]], None]]:
    """Yields what saves drawings of a finished run by file name; adds the time of the block to the metrics."""
    seconds: dict[str, float] = {}
    metrics = run.read_metrics()

    def save(drawings: Mapping[str, figures.Drawing]) -> None:
        for name, each in drawings.items():
            figures.save(each, run.folder / name)

    with stopwatch(seconds, "figures"):
        yield save
    write_json(run.metrics, metrics | {"seconds": metrics["seconds"] | rounded(seconds)})


@contextmanager
def stopwatch(seconds: dict[str, float], stage: str) -> Iterator[None]:
    """Adds the wall time of a block to a stage."""
    began = time.perf_counter()
    yield
    seconds[stage] = seconds.get(stage, 0.0) + time.perf_counter() - began


def rounded(seconds: dict[str, float]) -> dict[str, float]:
    """Seconds of each stage, to the millisecond."""
    return {stage: round(value, 3) for stage, value in seconds.items()}
