"""The evaluation of a trained population on grids or on curves of the user's own: files and figures."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Bool, Float, PyTree

from lstm_toys.figures import Drawing
from lstm_toys.networks import sizes
from lstm_toys.populations import answering, blocks, devices
from lstm_toys.populations.elsewhere import Elsewhere, Executed, Job
from lstm_toys.populations.footprint import Footprint
from lstm_toys.populations.interruption import Stopped
from lstm_toys.populations.progress import EvaluationProgress
from lstm_toys.populations.value import Value, compiled, digest, lowered, mesh, spread
from lstm_toys.results import storage
from lstm_toys.results.summary import as_json
from lstm_toys.runs import report as of_runs
from lstm_toys.runs import source
from lstm_toys.runs.execution import network, trial
from lstm_toys.runs.life import Conduct, Failed, Refused, Work, stopwatch
from lstm_toys.statistics import intervals, measures
from lstm_toys.studies.generalization import figures, own_curves, results, tiles
from lstm_toys.studies.generalization.settings import MEASURED_WHOLE, TRAINING, Evaluation
from lstm_toys.tasks import families
from lstm_toys.tasks.curves import Curves
from lstm_toys.tasks.families import time_points
from lstm_toys.tasks.scaling import Scaling
from lstm_toys.tasks.span import Span
from lstm_toys.tasks.supervision import Task


def answers_of(settings: Evaluation) -> int:
    """Answers that an evaluation measures."""
    curves = len(settings.curves.names) if settings.curves else 0
    return settings.trained.seeds * (sum(g.shape[0] * g.shape[1] for g in settings.grids) + curves)


def size(work: Work) -> Footprint:
    """What an evaluation will take."""
    task, settings = _task(work, 2), work.run.settings
    if settings.curves is None:
        return tiles.estimate(settings.grids, settings.trained.seeds, len(tiles.measure_names(task)))
    model = network(work.subject.experiment, task, settings.trained)
    (curves, points), seeds, devices = settings.curves.values.shape, settings.trained.seeds, jax.device_count()
    answers = 4 * seeds * curves * (points if task.sequence else 1) * len(task.asked)
    together = devices * min(seeds, settings.trained.block or blocks.default_block(0)) * answering.curve_block(points)
    states = 4 * together * points * sum(sizes.size(model, 1).widths)
    squares = 4 * devices * points**2 if points <= MEASURED_WHOLE else 0
    shown = 4 * curves * points
    return Footprint(HELD * answers + STATES * states + SQUARES * squares + 8 * shown, answers + shown)


HELD, STATES, SQUARES = 4, 3, 10
"""How many arrays of the size of answers, of the states of all layers, and of the square of the time points are held at
once, at most; measured, and rounded up."""


def _task(work: Work, timesteps: int) -> Task:
    """What the population was trained on."""
    _, task = work.subject.experiment.at(timesteps)
    made: Task = task
    return made


def check(work: Work) -> None:
    """Raises Refused if answers of the population's task cannot be measured, or not on all grids."""
    task = _task(work, 2)
    experiment, own = work.subject.experiment, work.run.settings.curves is not None
    refused = f"generalization of {experiment.name}: "
    if not {*task.shown} <= {"x", "y"} or "y" not in task.shown or (own and task.shown != ("y",)):
        told = "y" if own else "y, or x and y"
        raise Refused(f"{refused}its networks are shown {' and '.join(task.shown)}; this takes those that see {told}")
    if task.sequence and "y" not in task.asked:
        raise Refused(f"{refused}its networks answer {' and '.join(task.asked)}, of which none is y")
    declared = work.subject.declared
    if task.trained is not None and declared is not None and not task.trained.same(declared):
        raise Refused(
            f"{refused}it declares other training curves than its task has; let trained and task say the same"
        )
    for name, family in work.subject.families.items():
        with trial(f"{refused}the family {name} cannot be computed"):
            known = families.family_of(family)
            jax.eval_shape(partial(known.curves, time_points(2)), dict.fromkeys(known.names, 0.5))
    model = network(experiment, task, work.run.settings.trained)
    if work.run.settings.grids and not task.sequence and not hasattr(model, "sequence"):
        told = f"{type(model).__name__} needs an attribute sequence, as a Stack has"
        raise Refused(f"{refused}grids are of several lengths, so that {told}")
    for grid in work.run.settings.grids if not task.sequence else ():
        names = [each.name for each in families.family_of(work.subject.families[grid.family]).parameters]
        if missing := [name for name in task.asked if name not in names]:
            raise Refused(f"{refused}its networks read off {missing[0]}, which the family {grid.family} does not have")


def value(work: Work) -> Value:
    """Digests of what networks would be measured by, or asked, and of the run that trained them.

    Raises:
        Damaged: a file of the population is.
        OSError: a file cannot be read.
    """
    population, settings = work.needs["population"].run, work.run.settings
    metrics, timesteps = population.read_metrics(), settings.trained.timesteps
    experiment, task = work.subject.experiment, _task(work, timesteps)
    model, block = network(experiment, task, settings.trained), metrics["fingerprint"]["block"]
    member = blocks.member(storage.load_parameters(population.checked("parameters.npz")))
    if settings.curves is None:
        known = {name: families.family_of(family) for name, family in work.subject.families.items()}
        grids = tiles.Setting(task, timesteps, experiment.span, known)
        found = tiles.value_of(model, grids, settings.grids, member, block)
    else:
        setting = Setting(task, timesteps, experiment.span, experiment.scaling)
        found = value_of(model, setting, member, settings.curves, block)
    return {**found, "population": population.folder.name, "code of evaluation": source.digest(*CODE), **compiled()}


CODE = (
    *(f"studies/generalization/{name}.py" for name in ("execution", "tiles", "settings")),
    *(f"populations/{name}.py" for name in ("blocks", "answering")),
    *("results/storage.py", "tasks/scaling.py"),
)
"""What makes the files of an evaluation."""


def execute(work: Work, conduct: Conduct, seconds: dict[str, float]) -> dict[str, Any]:
    """Evaluates a finished population, and writes what it answered or the measures of it.

    Args:
        work: its subject is a `Subject`; what it needs is the run of the population.
        conduct: how.
        seconds: spent so far; the stages of the evaluation are added.

    Returns:
        The metrics.

    Raises:
        Failed: every seed of the population diverged.
        Damaged: a file of the population is.
        OSError: a file cannot be read or written.
    """
    population, settings, run = work.needs["population"].run, work.run.settings, work.run
    metrics = population.read_metrics()
    if lost := of_runs.lost(metrics):
        raise Failed(lost)
    params = storage.load_parameters(population.checked("parameters.npz"))
    diverged = np.isin(np.arange(metrics["seeds"]), metrics["diverged_seeds"])
    timesteps, block = settings.trained.timesteps, metrics["fingerprint"]["block"]
    span = work.subject.experiment.span
    task = _task(work, timesteps)
    model = network(work.subject.experiment, task, settings.trained)
    attributes = {"flags": settings.as_dict(), "fingerprint": metrics["fingerprint"], "run": run.folder.name}
    total, elsewhere = answers_of(settings), []
    with stopwatch(seconds, "evaluate"), EvaluationProgress(conduct.console, total) as progress:
        if settings.curves is None:
            known = {name: families.family_of(family) for name, family in work.subject.families.items()}
            grids = tiles.Setting(task, timesteps, span, known)
            swept = tiles.Sweep(
                model, grids, params, diverged, block, progress, cluster=conduct.cluster, stop=conduct.stop
            )
            swept.write(settings.grids, run.results, attributes)
            elsewhere = swept.elsewhere
        else:
            setting = Setting(task, timesteps, span, work.subject.experiment.scaling)
            if conduct.cluster is None:
                labeled = answered(model, setting, params, diverged, settings.curves, block, progress)
            else:
                asking = Asking(model, setting, blocks.member(params), settings.curves, block)
                labeled, elsewhere = asking.spread(conduct.cluster, params, diverged, progress, conduct.stop)
                attributes |= {"executed_elsewhere": elsewhere} if elsewhere else {}
            described = {key: json.dumps(value) for key, value in attributes.items()}
            storage.save_results(labeled.assign_attrs(described), run.results)
    with stopwatch(seconds, "summary"):
        summary = _measured(run.results, settings)
    return {
        "experiment": run.name,
        "population": population.folder.name,
        "seeds": len(diverged),
        "diverged_seeds": metrics["diverged_seeds"],
        "answers": total,
        "answers_per_second": round(total / seconds["evaluate"]),
        "interval": "95 % bootstrap of the median over seeds",
        **summary,
        "flags": settings.as_dict(),
        "fingerprint": metrics["fingerprint"],
        **({"executed_elsewhere": elsewhere} if elsewhere else {}),
        "files": [run.results.name],
    }


def measured(work: Work) -> dict[str, Any]:
    """What the metrics of a finished run say of its results."""
    return _measured(work.run.checked("results.nc"), work.run.settings)


def _measured(path: Path, settings: Evaluation) -> dict[str, Any]:
    with results.opened(path) as found:
        rows = results.summary(found) if settings.grids else curve_summary(found.root)
        return {"summary": {name: as_json(row) for name, row in rows.items()}}


class Setting(NamedTuple):
    """What is known of the training of networks that answer curves of the user's own.

    Attributes:
        task: that they were trained on.
        timesteps: time points of its curves.
        span: what these covered.
        scaling: of them.
    """

    task: Task
    timesteps: int
    span: Span
    scaling: Scaling | None


def answered(
    model: nn.Module,
    setting: Setting,
    params: PyTree[Float[np.ndarray, "S ..."]],
    diverged: Bool[np.ndarray, " S"],
    curves: Curves,
    block: int,
    advanced: Callable[[int], None],
) -> xr.Dataset:
    """Answers to curves of the user's own, labeled, and of sequences their measures, which take the longest.

    Scaled curves are measured as networks see them, since single precision can neither hold nor square every value.

    Args:
        model: the network.
        setting: of its training.
        params: of the networks, every leaf with a leading axis S.
        diverged: which of them have.
        curves: of the user's own. Where answers are ahead, ``input`` of the results is what they are held against, and
            not what was shown before it.
        block: members that one compiled program works on.
        advanced: told how many answers are done.
    """
    task, timesteps, span, scaling = setting
    own, points = curves.span or span, curves.values.shape[1] - task.ahead
    scaled = scaling.applied(curves.values[..., None], asked=False)[..., 0] if scaling else curves.values
    shown, right = (part.astype(np.float32) for part in (scaled[:, :points], scaled[:, task.ahead :]))
    share = np.arange(points, dtype=np.float32) / np.float32(timesteps - 1)
    # A file without time points is taken to begin with those of the training, of which the span has what is answered.
    start = own.start + (task.ahead * span.length / (timesteps - 1) if curves.span else 0.0)
    time = ("time", start + share * span.length, {"long_name": own.name, "units": own.unit or span.unit})
    found = answering.answers(model, params, shown[:, :, None], block=block)
    told = scaling.undone(found.astype(float)) if scaling else found
    held = curves.values[:, task.ahead :] if scaling else right
    coordinates = {"seed": np.arange(len(diverged)), "curve": list(curves.names), "time": time}
    variables: dict[str, Any] = {"input": (("curve", "time"), held), "diverged": ("seed", diverged.astype(np.int8))}
    if not task.sequence:
        variables["answer"] = (("seed", "curve", "asked"), told)
        advanced(len(diverged) * len(shown))
        return xr.Dataset(variables, coordinates | {"asked": list(task.asked)})
    which = task.asked.index("y")
    y = found[..., which]
    variables["answer"] = (("seed", "curve", "time"), told[..., which])
    mesh, seeds = blocks.mesh(), len(diverged)
    program = _measures(mesh, start, span, points)
    (members,) = blocks.groups(seeds, seeds, 1, mesh.size)
    measured = []
    for curve, row in enumerate(right):
        if points >= LEAST_MEASURED:
            answers = blocks.place(y[np.minimum(members, seeds - 1), curve], mesh)
            seen = blocks.flat(program(answers, jnp.asarray(row), jnp.asarray(share)))
            measured.append(_in_units(seen, *scaling.asked[which]) if scaling else seen)
        advanced(seeds)
    for name in measured[0] if measured else ():
        variables[name] = (("seed", "curve"), np.stack([each[name][:seeds] for each in measured], axis=1))
    return xr.Dataset(variables, coordinates)


def _measures(mesh: blocks.Devices, start: float, span: Span, points: int) -> jax.stages.Wrapped:
    """Measures of one answer at a time on each device: some take the square of the time points."""
    measure = partial(measures.every, start=start, length=span.length, square=points <= MEASURED_WHOLE)
    return blocks.spread(measure, mesh)


def value_of(
    model: nn.Module, setting: Setting, member: PyTree[jax.ShapeDtypeStruct], curves: Curves, block: int
) -> Value:
    """Digests of what `answered` does.

    Args:
        model: the network.
        setting: of its training.
        member: the shapes of the parameters of ONE network.
        curves: of the user's own.
        block: members that one compiled program works on.
    """
    points, span = curves.values.shape[1] - setting.task.ahead, curves.span or setting.span
    shown = curves.values[:, :points, None].astype(np.float32)
    row = jax.ShapeDtypeStruct((points,), jnp.float32)
    program = _measures(mesh(), span.start, setting.span, points)
    return {
        **answering.value_of(model, member, shown, block),
        **lowered("measures", program, spread(row, 1), row, row),
        "setting": digest(setting.timesteps, repr((setting.span, setting.scaling, setting.task.asked))),
    }


def _in_units(measured: dict[str, Any], center: float, unit: float) -> dict[str, Any]:
    """Measures of scaled curves in the units of the file.

    Args:
        measured: see `measures.every`.
        center: the value that became 0.
        unit: by how much another one differs from it that became 1.
    """
    every = {name: np.asarray(values, float) for name, values in measured.items()}
    return every | {
        "rmse": unit * every["rmse"],
        "peak_to_peak": unit * every["peak_to_peak"],
        "valley_depth": unit * every["valley_depth"] + center,
        "offset_added": unit * every["offset_added"] + center * (1 - every["gain"]),
    }


class Part(NamedTuple):
    """Some networks, for a worker.

    Attributes:
        members: their numbers.
        params: of them, every leaf ``[S, ...]``.
        diverged: which of them have.
    """

    members: slice
    params: PyTree
    diverged: Bool[np.ndarray, " S"]

    def __str__(self) -> str:
        return f"members {self.members.start:,} to {self.members.stop - 1:,}"


@dataclass(frozen=True)
class Asking(Job):
    """What all networks that answer curves of the user's own share, for a worker.

    The attributes are arguments of `answered` and `value_of`.
    """

    model: nn.Module
    setting: Setting
    member: PyTree[jax.ShapeDtypeStruct]
    curves: Curves
    block: int

    def value(self) -> Value:
        """Digests of what is asked."""
        return {**value_of(self.model, self.setting, self.member, self.curves, self.block), **compiled()}

    def __call__(self) -> Callable[[Part], xr.Dataset]:
        """What asks some networks."""

        def asked(part: Part) -> xr.Dataset:
            return answered(
                self.model, self.setting, part.params, part.diverged, self.curves, self.block, lambda _: None
            )

        return asked

    def spread(
        self,
        cluster: Elsewhere,
        params: PyTree[Float[np.ndarray, "S ..."]],
        diverged: Bool[np.ndarray, " S"],
        advanced: Callable[[int], None],
        stop: Callable[[], bool],
    ) -> tuple[xr.Dataset, list[dict[str, Any]]]:
        """What `answered` gives, of networks that workers ask, and what workers of another kind did of it.

        Raises:
            Stopped: it was asked to.
        """
        size = blocks.share(len(diverged), self.block, cluster.workers)
        every = (slice(first, min(first + size, len(diverged))) for first in range(0, len(diverged), size))
        parts = (Part(own, jax.tree.map(lambda leaf, own=own: leaf[own], params), diverged[own]) for own in every)
        found, others = {}, Executed(devices.fingerprint(self.block))
        for part, outcome in cluster.outcomes(self, parts, stop):
            found[part.members.start] = outcome.value
            others.note(str(part), outcome.fingerprint)
            advanced(len(part.diverged) * len(self.curves.names))
        if stop():
            raise Stopped(0)
        whole = xr.concat([found[first] for first in sorted(found)], "seed", data_vars="minimal", coords="minimal")
        return whole.assign_coords(seed=np.arange(len(diverged))), others.told


LEAST_MEASURED = 3
"""Time points of a curve that can be measured."""


def curve_summary(labeled: xr.Dataset) -> dict[str, intervals.Estimate]:
    """By curve, the medians over seeds of its measures, with the unit of x if any, or of what was read off it."""
    fit, unit = labeled.isel(seed=labeled.diverged.values == 0), labeled.time.attrs["units"]
    units = {"delay": unit, "frequency_answered": f"rad/{unit}", "valley_place": unit} if unit else {}
    labels = {name: f"{label} ({units[name]})" if name in units else label for name, label in measures.MEASURES.items()}
    rows = {}
    for curve in fit.curve.values:
        chosen = fit.sel(curve=curve)
        if "asked" in fit.dims:
            values = {f"read-off {name}": chosen.answer.sel(asked=name).values for name in fit.asked.values}
        else:
            values = {label: chosen[name].values for name, label in labels.items() if name in chosen}
        for label, each in values.items():
            rows[f"{curve}: {label}"] = intervals.median_bootstrap(each[np.isfinite(each)])
    return rows


def draw(work: Work) -> Iterator[tuple[str, Drawing]]:
    """The figures of a finished evaluation, from its labeled results alone."""
    settings, subject = work.run.settings, work.subject
    with results.opened(work.run.checked("results.nc")) as found:
        if settings.curves is not None:
            yield "curves.png", own_curves.draw(found.root)
        elif len(found.seeds):
            planes = [grid for grid in settings.grids if grid.name != TRAINING and min(grid.shape) > 1]
            for grid in planes:
                yield f"{grid.name}.png", figures.heat_maps(found, grid, subject)
            for grid in planes[:1]:
                yield "seeds.png", figures.seeds_apart(found, grid, subject)
            yield "axes.png", figures.along_axes(found, settings.grids, subject)
