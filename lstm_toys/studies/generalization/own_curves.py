"""Evaluates a population on the user's curves: the answers and their measures."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Bool, Float, PyTree

from lstm_toys.execution import devices
from lstm_toys.execution.base import ExecutionLog, Executor, Job
from lstm_toys.execution.lowering import Digests, compiled, digest, lowered
from lstm_toys.execution.progress import EvaluationProgress
from lstm_toys.figures import Drawing
from lstm_toys.networks import sizes
from lstm_toys.populations import answering, blocks
from lstm_toys.populations.footprint import Footprint
from lstm_toys.results import storage
from lstm_toys.runs.context import RunContext
from lstm_toys.runs.preparation import network
from lstm_toys.runs.trained import Evaluated
from lstm_toys.statistics import intervals, measures
from lstm_toys.studies.generalization import curve_figure, results
from lstm_toys.studies.generalization.ask import MEASURED_WHOLE
from lstm_toys.studies.generalization.results import Maps
from lstm_toys.studies.generalization.study import Generalization
from lstm_toys.tasks.curves import Curves
from lstm_toys.tasks.scaling import Scaling
from lstm_toys.tasks.span import Span
from lstm_toys.tasks.supervision import Task

HELD, STATES, SQUARES = 4, 3, 10
"""Most arrays in memory at once with the size of all answers, of the states of all layers, and of the squared number of
time points; measured, and rounded up."""


class TrainedOn(NamedTuple):
    """The training task of the networks, and the time points, range of x and scaling of its curves."""

    task: Task
    timesteps: int
    span: Span
    scaling: Scaling | None


def answered(
    model: nn.Module,
    trained: TrainedOn,
    params: PyTree[Float[np.ndarray, "S ..."]],
    diverged: Bool[np.ndarray, " S"],
    curves: Curves,
    block: int,
    advanced: Callable[[int], None],
) -> xr.Dataset:
    """Computes labeled answers to the user's curves and, if answers are sequences, their measures, which take longest.

    Scaled curves are measured in scaled form, since single precision can neither hold nor square every value. If the
    task predicts ahead, ``input`` in the results is the true continuation, with which answers are compared, not the
    curve that networks were shown. A program computes ``block`` members; ``advanced`` gets the answers so far.
    """
    task, timesteps, span, scaling = trained
    own, points = curves.span or span, curves.values.shape[1] - task.ahead
    scaled = scaling.applied(curves.values[..., None], outputs=False)[..., 0] if scaling else curves.values
    shown, right = (part.astype(np.float32) for part in (scaled[:, :points], scaled[:, task.ahead :]))
    share = np.arange(points, dtype=np.float32) / np.float32(timesteps - 1)
    # A file without time points starts where the training span starts, which covers the answers, not the inputs.
    start = own.start + (task.ahead * span.length / (timesteps - 1) if curves.span else 0.0)
    time = ("time", start + share * span.length, {"long_name": own.name, "units": own.unit or span.unit})
    scaled_answers = answering.answers(model, params, shown[:, :, None], block=block)
    unscaled = scaling.undone(scaled_answers.astype(float)) if scaling else scaled_answers
    held = curves.values[:, task.ahead :] if scaling else right
    coordinates = {"seed": np.arange(len(diverged)), "curve": list(curves.names), "time": time}
    variables: dict[str, Any] = {"input": (("curve", "time"), held), "diverged": ("seed", diverged.astype(np.int8))}
    if not task.sequence:
        variables["answer"] = (("seed", "curve", "output_feature"), unscaled)
        return xr.Dataset(variables, coordinates | {"output_feature": list(task.output_features)})
    which = task.output_features.index("y")
    y = scaled_answers[..., which]
    variables["answer"] = (("seed", "curve", "time"), unscaled[..., which])
    mesh, seeds = blocks.mesh(), len(diverged)
    program = _measures(mesh, start, span, points)
    (members,) = blocks.groups(seeds, seeds, 1, mesh.size)
    measured = []
    for curve, row in enumerate(right):
        if points >= LEAST_MEASURED:
            answers = blocks.place(y[np.minimum(members, seeds - 1), curve], mesh)
            seen = blocks.flat(program(answers, jnp.asarray(row), jnp.asarray(share)))
            measured.append(_in_units(seen, *scaling.outputs[which]) if scaling else seen)
        advanced(seeds * (curve + 1))
    for name in measured[0] if measured else ():
        variables[name] = (("seed", "curve"), np.stack([each[name][:seeds] for each in measured], axis=1))
    return xr.Dataset(variables, coordinates)


def _measures(mesh: jax.sharding.Mesh, start: float, span: Span, points: int) -> jax.stages.Wrapped:
    """Makes the program that measures one answer at a time per device, since some measures need points² memory."""
    measure = partial(measures.every, start=start, length=span.length, square=points <= MEASURED_WHOLE)
    return blocks.spread(measure, mesh)


def _in_units(measured: dict[str, Any], center: float, unit: float) -> dict[str, Any]:
    """Converts measures of scaled curves to the file's units; 0 stands for ``center``, 1 for ``center + unit``."""
    every = {name: np.asarray(values, float) for name, values in measured.items()}
    return every | {
        "rmse": unit * every["rmse"],
        "peak_to_peak": unit * every["peak_to_peak"],
        "valley_depth": unit * every["valley_depth"] + center,
        "offset_added": unit * every["offset_added"] + center * (1 - every["gain"]),
    }


class CurvePart(NamedTuple):
    """Some members of the population; every leaf of ``params`` is ``[S, ...]``."""

    members: slice
    params: PyTree
    diverged: Bool[np.ndarray, " S"]

    def __str__(self) -> str:
        return f"members {self.members.start:,} to {self.members.stop - 1:,}"


@dataclass(frozen=True)
class CurveJob(Job[CurvePart, xr.Dataset]):
    """Evaluates networks on a user's curves.

    ``member`` holds the shapes of the parameters of ONE network, and a program works on ``block`` members.
    ``advanced`` gets the number of answers of a part computed so far, only in this process.
    """

    model: nn.Module
    trained: TrainedOn
    member: PyTree[jax.ShapeDtypeStruct]
    curves: Curves
    block: int
    advanced: Callable[[int], None] = lambda _: None

    def __reduce__(self) -> tuple[type["CurveJob"], tuple[Any, ...]]:
        return CurveJob, (self.model, self.trained, self.member, self.curves, self.block)

    def digests(self) -> Digests:
        """Digests of the programs and the curves."""
        trained, curves = self.trained, self.curves
        points, span = curves.values.shape[1] - trained.task.ahead, curves.span or trained.span
        shown = curves.values[:, :points, None].astype(np.float32)
        row = jax.ShapeDtypeStruct((points,), jnp.float32)
        mesh = blocks.mesh()
        program = _measures(mesh, span.start, trained.span, points)
        members = blocks.shapes(row, np.zeros((mesh.size, 1), int), mesh)
        return {
            **answering.digests_of(self.model, self.member, shown, self.block, self.block),
            **lowered("measures", program, members, row, row),
            "setting": digest(trained.timesteps, repr((trained.span, trained.scaling, trained.task.output_features))),
            **compiled(),
        }

    def function(self) -> Callable[[CurvePart], xr.Dataset]:
        """Makes the function that evaluates a part."""
        return lambda part: answered(
            self.model, self.trained, part.params, part.diverged, self.curves, self.block, self.advanced
        )


def parts(trained: Evaluated, executor: Executor) -> Iterator[CurvePart]:
    """Splits a population into parts for an executor."""
    size = blocks.group_size(len(trained.diverged), trained.block, executor.devices, executor.workers)
    for members, params in trained.split(size):
        yield CurvePart(members, params, trained.diverged[members])


LEAST_MEASURED = 3
"""Fewest time points of a measured curve."""


def curve_summary(labeled: xr.Dataset) -> dict[str, intervals.Estimate]:
    """Returns medians over seeds of each curve's measures, or of the numbers that networks read off."""
    fit, unit = labeled.isel(seed=labeled.diverged.values == 0), labeled.time.attrs["units"]
    units = {"delay": unit, "frequency_answered": f"rad/{unit}", "valley_place": unit} if unit else {}
    labels = {name: f"{label} ({units[name]})" if name in units else label for name, label in measures.MEASURES.items()}
    rows = {}
    for curve in fit.curve.values:
        chosen = fit.sel(curve=curve)
        if "answer" in fit and "time" not in fit.answer.dims:
            values = {
                f"read-off {name}": chosen.answer.sel(output_feature=name).values for name in fit.output_feature.values
            }
        else:
            values = {label: chosen[name].values for name, label in labels.items() if name in chosen}
        for label, each in values.items():
            rows[f"{curve}: {label}"] = intervals.median_bootstrap(each[np.isfinite(each)])
    return rows


class OwnCurves(Generalization):
    """Evaluates a trained population on the user's curves."""

    @property
    def curves(self) -> Curves:
        """The curves."""
        assert self.settings.curves is not None
        return self.settings.curves

    @property
    def answers(self) -> int:
        return self.settings.trained.seeds * len(self.curves.names)

    def check(self) -> None:
        self.check_features({"y"})

    def footprint(self) -> Footprint:
        """Estimates memory and disk for the answers."""
        task, settings = self.experiment.small[1], self.settings
        model = network(self.experiment, task, settings.trained)
        (curves, points), seeds, devices = self.curves.values.shape, settings.trained.seeds, jax.device_count()
        answers = 4 * seeds * curves * (points if task.sequence else 1) * len(task.output_features)
        together = (
            devices * min(seeds, settings.trained.block or blocks.default_block(0)) * answering.curve_block(points)
        )
        states = 4 * together * points * sum(sizes.size(model, 1).widths)
        squares = 4 * devices * points**2 if points <= MEASURED_WHOLE else 0
        shown = 4 * curves * points
        return Footprint(HELD * answers + STATES * states + SQUARES * squares + 8 * shown, answers + shown)

    def job(self, trained: Evaluated, advanced: Callable[[int], None] = lambda _: None) -> CurveJob:
        """Makes the job that evaluates a population on the curves of a self."""
        timesteps, experiment = self.settings.trained.timesteps, self.experiment
        known = TrainedOn(self.task(timesteps), timesteps, experiment.span, experiment.scaling)
        return CurveJob(self.model, known, trained.member, self.curves, trained.block, advanced)

    def evaluate(
        self, trained: Evaluated, context: RunContext, progress: EvaluationProgress, attributes: dict[str, Any]
    ) -> list[dict[str, Any]]:
        before = 0

        def advanced(answered: int) -> None:
            progress(before + answered)

        log, datasets = ExecutionLog(devices.fingerprint(trained.block)), {}
        for part, (answers, fingerprint) in context.executor.map(
            self.job(trained, advanced), parts(trained, context.executor), context.stop
        ):
            log.add(str(part), fingerprint)
            datasets[part.members.start] = answers
            before += len(part.diverged) * len(self.curves.names)
            progress(before)
        whole = xr.concat(
            [datasets[first] for first in sorted(datasets)], "seed", data_vars="minimal", coords="minimal"
        )
        attributes |= {"executed_elsewhere": log.others} if log.others else {}
        described = {key: json.dumps(value) for key, value in attributes.items()}
        labeled = whole.assign_coords(seed=np.arange(len(trained.diverged))).assign_attrs(described)
        storage.save_results(labeled, self.run.results)
        return log.others

    def rows(self, maps: Maps) -> dict[str, intervals.Estimate]:
        return curve_summary(maps.root)

    def draw(self) -> Iterator[tuple[str, Drawing]]:
        with results.opened(self.run.checked("results.nc")) as maps:
            yield "curves.png", curve_figure.draw(maps.root)
