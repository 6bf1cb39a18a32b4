"""Evidence for testing claims: a mapping from populations to labeled results.

The results are from trained networks, models without a network, publications, or files of external answers, and have
the layout of `lstm_toys.results.arrays.dataset`.
"""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import jax
import numpy as np
import xarray as xr
from jaxtyping import Array, Float, PyTree, Shaped

from lstm_toys import arguments
from lstm_toys.files import Damaged
from lstm_toys.populations import answering
from lstm_toys.populations.trained import Given
from lstm_toys.results import arrays, storage
from lstm_toys.runs import external
from lstm_toys.runs.context import Refused
from lstm_toys.runs.experiment import HISTORY, TRAINING, Experiment
from lstm_toys.runs.identity import Settings
from lstm_toys.runs.preparation import Prepared
from lstm_toys.studies.claims.declaration import INPUT, TRUTH
from lstm_toys.studies.claims.settings import Question
from lstm_toys.tasks import supervision
from lstm_toys.tasks.sets import scaling_of

Evidence = Mapping[str, xr.Dataset]

Curve = Float[Array, " T"]

PerCurve = Callable[[Curve, Curve, Curve], PyTree[Shaped[Array, ""]]]
"""A measure of an answer, the curve that was the input, and the elapsed share of x."""

SEED_BLOCK = 8

TOLERANCE = 1e-6
"""Relative and absolute difference up to which curves count as equal; processors and precisions differ by less."""


def select(labeled: xr.Dataset, curves: str) -> xr.Dataset | None:
    """Selects results of a probe, `TRAINING` or `HISTORY`; None if ``labeled`` lacks them.

    A curve set has ``input`` ``[curve, time, feature]``, ``answer`` ``[seed, curve, ...]`` and, if the answers are
    vectors, ``truth`` ``[curve, output_feature]``. `HISTORY` selects everything.
    """
    if curves == HISTORY:
        return labeled if "train_rmse" in labeled else None
    if curves == TRAINING:
        if "train_answer" not in labeled:
            return None
        names = {"train_answer": "answer", "train_target": "input"}  # Tasks that reproduce their input store it once.
        if "train_input" in labeled:
            names |= {"train_input": "input", "train_target": "truth"}
        first = labeled[[*names]].rename(names).isel(example=0, missing_dims="ignore")
        return first.expand_dims(curve=1).transpose("seed", "curve", ...)
    if "answer" not in labeled or curves not in {*labeled.family.values, *arrays.own_points(labeled)}:
        return None
    probe = arrays.probed(labeled, curves)
    return probe[[name for name in ("input", "answer", "truth", "name") if name in probe]]


def alike(labeled: xr.Dataset, others: xr.Dataset) -> xr.Dataset:
    """Selects the curves of ``labeled`` that ``others`` also contain, with the same family and parameters."""
    same = labeled.family.values[:, None] == others.family.values
    for name, each in others.coords.items():
        if each.dims == ("curve",) and name in labeled and name != "family":
            same &= np.isclose(labeled[name].values[:, None], each.values, equal_nan=True)
    return labeled.isel(curve=same.any(axis=1))


def copy(labeled: xr.Dataset, bound: float = np.inf) -> xr.Dataset:
    """Makes the results of a model that copies its input or, if networks read off numbers, answers the true values.

    They are the results of one "network", clipped to ``(-bound, bound)``, of scaled values if curves are scaled; 1 is
    the range of a last layer of LSTM units. Missing are answers with features that the input lacks, and classes and
    bits: a copied value is not a logit.
    """
    every = [("train_answer", "train_input", "train_target")]
    for end in ("", *(f"_{probe}" for probe in arrays.own_points(labeled))):
        every.append((f"answer{end}", f"input{end}", f"truth{end}"))
    scaling = scaling_of(labeled)
    low, high = (
        end if scaling is None else scaling.undone(np.full(len(scaling.outputs), end)) for end in (-bound, bound)
    )
    answers = {
        name: answer.clip(low, high).expand_dims(seed=1).assign_attrs(labeled[name].attrs)
        for name, shown, truth in every
        if name in labeled and (answer := _copied(labeled, name, shown, truth)) is not None
    }
    return labeled.drop_dims("seed").assign({**answers, "diverged": ("seed", np.zeros(1, bool))})


def _copied(labeled: xr.Dataset, answer: str, shown: str, truth: str) -> xr.DataArray | None:
    if "loss" in labeled[answer].attrs:
        return None
    if not any(str(axis).startswith("time") for axis in labeled[answer].dims):
        return labeled[truth].isel(example=0, missing_dims="ignore")
    known = labeled[shown if shown in labeled else truth]
    return known if known.dims == tuple(axis for axis in labeled[answer].dims if axis != "seed") else None


def model(curves: xr.Dataset) -> str:
    """Names what a copy answers to a curve set: `INPUT` or `TRUTH`."""
    return INPUT if "time" in curves.answer.dims else TRUTH


def right(curves: xr.Dataset) -> bool:
    """Whether a copy's answers to a curve set are correct."""
    if model(curves) == TRUTH or "truth" not in curves:
        return True
    return curves.truth.dims == curves.input.dims and np.array_equal(curves.truth, curves.input, equal_nan=True)


def per_curve(curves: xr.Dataset, measure: PerCurve, feature: str = "y") -> Any:
    """Applies a measure to every answer of every network.

    The number of a network is bit-identical regardless of the other networks.

    Args:
        curves: results with ``input`` and ``answer`` along time, such as a source of a `Claim`, or what `lt.probed`
            selects.
        measure: a pure JAX function of one answer ``[T]``, its input curve ``[T]`` and the elapsed share of the range
            of x ``[T]``, from 0 to 1, such as those in `lt.measures`. It returns a scalar or a tree of scalars.
        feature: the feature of input and answer to measure; other features are ignored.

    Returns:
        An array ``[S, C]``, or a tree of such arrays.

    Raises:
        ValueError: the curves have no input or answer along time, or no such feature.

    Example:
        >>> import lstm_toys as lt
        >>> import numpy as np
        >>> shown = np.stack([np.zeros(20), np.ones(20)])[:, :, None]
        >>> answer = ("seed", "curve", "time", "feature"), np.stack([shown, shown + 0.5, 0 * shown])
        >>> curves = {"input": (("curve", "time", "feature"), shown), "answer": answer}
        >>> curves = lt.Results(curves, {"time": np.linspace(0, 1, 20), "feature": ["y"]})
        >>> lt.per_curve(curves, lt.measures.rmse).tolist()
        [[0.0, 0.0], [0.5, 0.5], [0.0, 1.0]]
    """
    arguments.instance("curves", curves, xr.Dataset, "labeled results of a probe, such as lt.probed selects")
    sequences = {"time", "feature"}
    if not all(name in curves and sequences <= {*curves[name].dims} for name in ("input", "answer")):
        raise ValueError("curves must have an input and an answer along time and feature")
    arguments.function("measure", measure, "a function of an answer, its input and x", 3)
    arguments.choice("feature", feature, *curves.feature.values.tolist())
    answers, shown, x = (
        np.asarray(values, np.float32)
        for values in (*(curves[name].sel(feature=feature) for name in ("answer", "input")), curves.time)
    )
    x = (x - x[0]) / (x[-1] - x[0])
    seeds = len(answers)
    padded = np.concatenate([answers, np.zeros((-seeds % SEED_BLOCK, *answers.shape[1:]), np.float32)])
    blocks = [_each(measure, block, shown, x) for block in padded.reshape(-1, SEED_BLOCK, *answers.shape[1:])]
    return jax.tree.map(lambda *parts: np.concatenate(parts)[:seeds], *blocks)


@partial(jax.jit, static_argnums=0)
def _each(
    measure: PerCurve, answers: Float[Array, "N C T"], shown: Float[Array, "C T"], x: Curve
) -> PyTree[Shaped[Array, "N C"]]:
    def measured(answer: Curve, shown: Curve, x: Curve) -> PyTree[Shaped[Array, ""]]:
        values = measure(answer, shown, x)
        for value in jax.tree.leaves(values) or [values]:
            arguments.array("what measure returns", value, "", finite=False)
        return values

    return jax.vmap(jax.vmap(measured, (0, 0, None)), (0, None, None))(answers, shown, x)


def answered(prepared: Prepared, networks: Given) -> xr.Dataset:
    """Labels what networks answer to all curves of an experiment, as a run does, without histories."""
    ends = prepared.curves.lengths
    return labeled(
        prepared,
        {
            name: answering.answers(networks, each, lengths=ends.get(name), block=prepared.block)
            for name, each in prepared.curves.answered.items()
        },
    )


def labeled(prepared: Prepared, answers: Mapping[str, Float[np.ndarray, "S _ ..."]]) -> xr.Dataset:
    """Labels the answers of any networks to all curves of an experiment as a run does, without histories."""
    learned, probed = prepared.curves.split(answers)
    task, training = prepared.task, prepared.curves.training
    return external.assembled(prepared.experiment, prepared.x, task, training, learned, prepared.probes, probed)


def synthetic(experiment: Experiment, settings: Settings) -> xr.Dataset:
    """Makes results like those of a run, for one network that copies its input, if it can, and whose loss falls."""
    prepared = Prepared(experiment, settings)
    task, features = prepared.task, len(prepared.task.output_features)
    answers = {
        name: np.zeros((1, *each.shape[: 2 if task.sequence else 1], features), np.float32)
        for name, each in prepared.curves.answered.items()
    }
    made, errors = labeled(prepared, answers), np.geomspace(1.0, 1e-6, 9)
    copied, axes = copy(made), ("seed", "step", task.axes[-1])
    histories: dict[str, Any] = {
        "step": np.linspace(0, settings.steps, len(errors)).astype(int),
        "train_loss": (axes[:2], errors[None] ** 2),
    }
    if supervision.measured(task.loss) is None:
        told = {"after": experiment.after} if task.sequence else {}
        histories["train_rmse"] = axes, np.tile(errors[:, None], (1, 1, features)), told
    return made.assign({name: copied[name] for name in copied.data_vars if "answer" in str(name)} | histories)


def published(question: Question) -> Evidence:
    """Published answers by population; raises Refused unless each population has one network."""
    declared = question.declared
    answers = {} if declared.published is None else declared.published()
    for name, labeled in answers.items():
        if labeled.sizes["seed"] != 1:
            raise Refused(f"the published answers of {name} must be from one network, not {labeled.sizes['seed']}")
    return {name: labeled for name, labeled in answers.items() if name in declared.populations}


def external_answers(question: Question, name: str, path: Path) -> xr.Dataset:
    """Reads a file of answers of a population; raises Refused if they are for other curves."""
    file = f"answers of {name}: {path}"
    try:
        answers = storage.load_results(path, {"answer", "input", "train_answer", "train_target"})
    except Damaged as error:
        raise Refused(f"{file} {str(error.strerror).replace('is damaged', 'is not a file of answers')}") from None
    experiment, settings = question.experiment(name), question.settings[name]
    points, numbers = settings.timesteps, dict(settings.numbers)
    shown, (_, task) = external.curves_of(experiment, points, numbers), experiment.at(points)
    shape = (1, *shown.shape[: 2 if task.sequence else 1], len(task.output_features))
    expected = external.labeled(experiment, np.zeros(shape), points, numbers)
    curves = expected.drop_dims("seed")
    try:
        given = answers.drop_dims("seed", errors="ignore")[[*curves.variables]]
        given = given.drop_vars([*given.coords.keys() - curves.coords.keys()])  # The settings of a training.
        xr.testing.assert_allclose(given, curves, TOLERANCE, TOLERANCE)
        same = all(answers[name].dims == expected[name].dims for name in ("answer", "train_answer"))
    except (AssertionError, KeyError):
        same = False
    if not same:
        raise Refused(f"{file} has other curves than {experiment.name} with {points:,} time points")
    if "diverged" in answers:
        return answers
    sound = np.isfinite(answers.answer).all([axis for axis in answers.answer.dims if axis != "seed"])
    return answers.assign(diverged=("seed", ~sound.values))
