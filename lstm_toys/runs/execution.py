"""The execution of an experiment's own runs: training, evaluation, files and figures."""

import dataclasses
import inspect
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import flax.linen as nn
import jax
import numpy as np
import xarray as xr
from jaxtyping import Array, Float
from matplotlib.figure import Figure

from lstm_toys.figures import Drawing
from lstm_toys.networks.stack import Stack
from lstm_toys.populations import devices, footprint, programs, train
from lstm_toys.populations.checkpoints import Checkpoints
from lstm_toys.populations.value import Value, digest
from lstm_toys.results import arrays, population, storage, summary
from lstm_toys.runs import foreign, life, source
from lstm_toys.runs.experiment import HISTORY, TRAINING, Experiment
from lstm_toys.runs.identity import TRACED, Settings
from lstm_toys.runs.life import Conduct, Failed, Refused, Work, stopwatch
from lstm_toys.tasks import families
from lstm_toys.tasks.goal import Goal
from lstm_toys.tasks.probes import Probe, check_probes
from lstm_toys.tasks.supervision import Task


def value(work: Work) -> Value:
    """Digests of what the training and evaluation of a population would compute."""
    settings, experiment = work.run.settings, work.subject
    x, task = experiment.at(settings.timesteps)
    examples, probes, curves = foreign.asked(experiment, task, x, dict(settings.numbers))
    model = network(experiment, task, settings)
    training = train.Training(
        task,
        model,
        optimizer=settings.optimizer,
        base_seed=settings.base_seed,
        block=settings.block or programs.suitable_block(task, model),
        after=experiment.goal.after,
        **_training(experiment, settings, curves),
    )
    return {
        **described_by(experiment, probes, x),
        **training.value(),
        "training curves": digest(examples),
        "code of training": source.digest(*source.TRAINING),
    }


def described_by(experiment: Experiment, probes: Sequence[Probe], x: Float[Array, " T"]) -> Value:
    """Digests of what an experiment declares and results hold."""
    parts = [[each.name, each.inputs, each.parameters, each.declared, each.targets, each.names] for each in probes]
    return {
        "probes": digest([[each if isinstance(each, str) else _plain(each) for each in part] for part in parts]),
        "time points": digest(x, repr(experiment.span)),
        "goal": digest(repr(experiment.goal)),
        "scaling": digest(repr(experiment.scaling)),
        "data": digest(dict(experiment.data)),
    }


def _plain(part: Any) -> Any:
    """A part of a probe as arrays and text."""
    if part is None:
        return "none"
    return repr(part) if isinstance(part, tuple) else part


def _training(experiment: Experiment, settings: Settings, curves: Float[np.ndarray, "C T F"]) -> dict[str, Any]:
    """Arguments of `train.Training` of a run."""
    options = {name: getattr(settings, name) for name in ("seeds", *TRACED)}
    steps = (*settings.keep_steps, settings.steps)
    shown = {settings.steps: curves}
    return {**options, "numbers": dict(settings.numbers), "steps": steps, "frames": experiment.frames, "shown": shown}


def size(work: Work) -> footprint.Footprint:
    """What the training and evaluation of a population will take."""
    return size_of(work.subject, work.run.settings, work.run.settings.seeds)


def check(work: Work) -> None:
    """Calls what an experiment declares, as its training will.

    Raises:
        Refused: something cannot be called, or contradicts another.
    """
    check_experiment(work.subject)


def check_experiment(experiment: Experiment) -> None:
    """The same for any study of an experiment.

    Raises:
        Refused: something cannot be called, or contradicts another.
    """
    two = families.time_points(2, experiment.span)
    refused = f"experiment {experiment.name}: "
    with trial(f"{refused}its task cannot be made"):
        task = experiment.task(two)
    with trial(f"{refused}its probes cannot be made"):
        probes = experiment.probes(two)
    if not isinstance(task, Task) or not isinstance(probes, list | tuple):
        raise Refused(f"{refused}task is a function of x to an lt.Task, probes one to a list of lt.Probe")
    if set(task.numbers) != set(experiment.numbers):
        told = f"its task leaves {sorted(task.numbers)} open, and its numbers are {sorted(experiment.numbers)}"
        raise Refused(f"{refused}{told}")
    if not isinstance(experiment.goal, Goal):
        raise Refused(f"{refused}its goal is an lt.Goal, such as lt.Goal(rmse=0.05), not {experiment.goal!r}")
    if unknown := [name for name in experiment.goal.features if name not in task.asked]:
        raise Refused(f"{refused}its goal is about {unknown[0]}; its networks answer {', '.join(task.asked)}")
    names = [probe.name for probe in probes]
    if twice := [name for name in names if names.count(name) > 1]:
        raise Refused(f"{refused}two probes are named {twice[0]}")
    if taken := [name for name in names if name in (TRAINING, HISTORY)]:
        raise Refused(f"{refused}no probe can be named {taken[0]}: claims have that name for something else")
    with trial(f"{refused}its training curves cannot be made"):
        numbers = {name: np.float32(value) for name, value in experiment.numbers.items()}
        jax.eval_shape(task.made, jax.random.key(0), numbers)
    with trial(f"{refused}its draw does not take two arguments, the results and those of the runs beside"):
        inspect.signature(experiment.draw).bind(None, {})


def check_lengths(work: Work) -> None:
    """Makes what an experiment declares as long as its training will.

    Raises:
        Refused: training curves or probes have other lengths.
    """
    check_points(work.subject, work.run.settings.timesteps)


def check_points(experiment: Experiment, timesteps: int) -> None:
    """The same for any study of an experiment, and a number of time points."""
    refused = f"experiment {experiment.name}: "
    with trial(f"{refused}its task cannot be made of {timesteps:,} time points"):
        x, task = experiment.at(timesteps)
        points = programs.shown(task)[1]
    if points != timesteps:
        told = f"give --timesteps={points}, or declare fixed={{'timesteps': {points}}}"
        raise Refused(f"{refused}its training curves have {points:,} time points, and --timesteps={timesteps}; {told}")
    with trial(f"{refused}its probes cannot be made of {timesteps:,} time points"):
        probes = experiment.probes(x)
    try:
        check_probes(task, probes, points)
    except ValueError as error:
        raise Refused(f"{refused}{error}") from None


@contextmanager
def trial(told: str) -> Iterator[None]:
    """Calls what an experiment declares, whatever it raises.

    Raises:
        Refused: it raises something; this tells what and where.
    """
    try:
        yield
    except jax.errors.JAXTypeError as error:  # Of many lines, with an address of more.
        traced = TypeError("jax traces what is computed here; use jax.numpy, and neither NumPy, float nor if")
        raise Refused(f"{told}: {life.told(traced.with_traceback(error.__traceback__))}") from None
    except Exception as error:
        raise Refused(f"{told}: {life.told(error)}") from None


def size_of(
    experiment: Experiment, settings: Settings, members: int, states: int = 1, *, streamed: bool = False
) -> footprint.Footprint:
    """The same for any number of members.

    Args:
        experiment: what they are trained on.
        settings: of each member, but for the traced ones.
        members: their number.
        states: steps after which the parameters are kept.
        streamed: see `footprint.estimate`.
    """
    two, task = experiment.at(2)
    return footprint.estimate(
        task,
        network(experiment, task, settings),
        settings.optimizer,
        timesteps=settings.timesteps,
        members=members,
        states=states,
        probed=sum(len(probe.inputs) for probe in experiment.probes(two)),
        block=settings.block,
        streamed=streamed,
    )


def efforts(work: Work) -> list[float]:
    """About what the training takes, in multiplications; for estimates of the time left."""
    settings = work.run.settings
    return [settings.seeds * settings.steps * step_effort(work.subject, settings)]


def step_effort(experiment: Experiment, settings: Settings) -> float:
    """About what one step of one network takes, in multiplications."""
    _, task = experiment.at(settings.timesteps)
    return programs.work(task, network(experiment, task, settings))


def network(experiment: Experiment, task: Task, settings: Settings) -> nn.Module:
    """The model of a run, of an experiment on its task.

    Raises:
        Unfit: there is none under these settings.
    """
    if experiment.model is not None:
        model: nn.Module = experiment.model(task, settings)
        return model
    return Stack(
        len(task.asked), settings.hidden, settings.readout, task.sequence, cell=settings.cell, gates=settings.gates
    )


def described(model: nn.Module) -> str:
    """A network of one's own, in words: its class and its attributes."""
    names = [each.name for each in dataclasses.fields(model) if each.name not in ("parent", "name")]
    return ", ".join([type(model).__name__, *(f"{name} {getattr(model, name)}" for name in names)])


def begin(
    work: Work,
    settings: Settings,
    conduct: Conduct,
    title: str,
    members: int,
    *,
    task: Task,
    steps: int | Sequence[int],
    part: str = "",
    **options: Any,
) -> train.Training:
    """Announces a training of the networks of a run, and gets it ready.

    Args:
        work: the run; its subject is the experiment.
        settings: of its members, but for the traced ones.
        conduct: how.
        title: what is trained, before the words of its network.
        members: their number.
        task: of the experiment.
        steps: see `train.train`.
        part: name of the folder of its checkpoints, of a run of several trainings.
        options: further ones of `train.train`: seeds and hyper-parameters.
    """
    model = network(work.subject, task, settings)
    block = settings.block or programs.suitable_block(task, model)
    every, said = conduct.options.checkpoint_every, conduct.progress.tell
    checkpoints = Checkpoints(work.run.checkpoints / part, every, devices.fingerprint(block), said)
    words = settings.network if work.subject.model is None else described(model)
    conduct.progress.begin(f"{title} ({words})", members, steps if isinstance(steps, int) else max(steps))
    if checkpoints.newest:
        conduct.progress.tell(f"continues from {checkpoints.newest}")
    return train.Training(
        task,
        model,
        steps=steps,
        optimizer=settings.optimizer,
        base_seed=settings.base_seed,
        block=block,
        monitor=conduct.progress,
        checkpoints=checkpoints,
        stop=conduct.stop,
        on_divergence=conduct.options.on_divergence,
        after=work.subject.goal.after,
        cluster=conduct.cluster,
        **options,
    )


def execute(work: Work, conduct: Conduct, seconds: dict[str, float]) -> dict[str, Any]:
    """Trains and evaluates, and writes results and parameters into the run's folder.

    Continues from the run's checkpoints, and leaves more.

    Args:
        work: where, and under which settings; its subject is the experiment.
        conduct: how.
        seconds: spent so far; the stages of the run are added.

    Returns:
        The metrics.

    Raises:
        Stopped, Diverged: see `train.train`.
        Damaged: a checkpoint is.
        OSError: a file cannot be written.
    """
    settings, experiment = work.run.settings, work.subject
    x, task = experiment.at(settings.timesteps)
    examples, probes, curves = foreign.asked(experiment, task, x, dict(settings.numbers))
    options = {"task": task, **_training(experiment, settings, curves)}
    training = begin(work, settings, conduct, settings.experiment, settings.seeds, **options)
    with conduct.interruption.patient():
        trained = training.population()
    seconds |= trained.seconds
    with stopwatch(seconds, "evaluate"):
        fingerprint, *earlier = training.fingerprints
        attributes = {"flags": settings.as_dict(), "fingerprint": fingerprint, "earlier_fingerprints": earlier}
        attributes |= {"data": dict(experiment.data)} if experiment.data else {}
        elsewhere = executions(training)
        attributes |= elsewhere | {"run": work.run.folder.name}
        answers = trained.answers[settings.steps]
        labeled = arrays.dataset(
            trained, np.asarray(x), experiment.span, examples, answers[:, 0], probes, answers[:, 1:], attributes
        )
        labeled = arrays.in_units(labeled, experiment.scaling)
        conduct.ensure()
        files = population.save(trained, work.run.folder, labeled)
        metrics = _measured(experiment, labeled)
    return metrics | {
        "member_steps_per_second": round(trained.member_steps / seconds["train"]),
        "continued": trained.member_steps < settings.seeds * settings.steps,
        **elsewhere,
        "files": files,
    }


def measured(work: Work) -> dict[str, Any]:
    """What the metrics of a finished run say of its results."""
    return _measured(work.subject, _results(work))


def _measured(experiment: Experiment, labeled: xr.Dataset) -> dict[str, Any]:
    metrics, fit = summary.metrics(labeled, experiment.goal), arrays.kept(labeled)
    return metrics | {"published": experiment.compare(fit) if fit.sizes["seed"] else []}


def executions(training: train.Training) -> dict[str, Any]:
    """Which members were trained by which of several executions, where workers of more than one kind did: for each
    execution that is not the first of the training's fingerprints, its fingerprint and the numbers of its members.
    """
    others = [
        {"fingerprint": fingerprint, "members": np.flatnonzero(training.executed == number).tolist()}
        for number, fingerprint in enumerate(training.fingerprints)
        if number and (training.executed == number).any()
    ]
    return {"executed_elsewhere": others} if others else {}


def draw(work: Work) -> Iterator[tuple[str, Drawing]]:
    """The experiment's figures, from labeled results alone.

    Raises:
        Failed: what an experiment declares draws nothing that could be saved.
    """
    own, others = _results(work), {name: _results(other) for name, other in work.beside.items()}
    failed = f"experiment {work.subject.name}: its draw"
    kept = "the trained run is kept; --replot draws it again"
    try:
        drawings = work.subject.draw(own, others)
    except Exception as error:  # Whatever the code of an experiment raises.
        raise Failed(f"{failed} raised {life.told(error)}; {kept}") from None
    if not isinstance(drawings, Mapping):
        raise Failed(f"{failed} returned {type(drawings).__name__}, no dictionary of drawings by file name; {kept}")
    for name, drawing in drawings.items():
        ending = ".png" if isinstance(drawing, Figure) else ".gif"
        if not isinstance(drawing, Drawing) or Path(str(name)).name != name or not name.endswith(ending):
            told = f"returned {type(drawing).__name__} under {name!r}"
            raise Failed(f"{failed} {told}; a Figure goes under NAME.png, an animation under NAME.gif; {kept}")
    yield from drawings.items()


def _results(work: Work) -> xr.Dataset:
    return storage.load_results(work.run.checked("results.nc"))
