"""What claims are judged by: labeled answers of networks, of models that are none, and published ones.

Evidence is a mapping from a population's name to its labeled results, as `lstm_toys.results.arrays.dataset` makes them.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from jaxtyping import Array, Float, PyTree, Shaped

from lstm_toys.runs.experiment import HISTORY, TRAINING
from lstm_toys.studies.claims.claim import INPUT, TRUTH

Evidence = Mapping[str, xr.Dataset]

Curve = Float[Array, " T"]

PerCurve = Callable[[Curve, Curve, Curve], PyTree[Shaped[Array, ""]]]
"""A measure of one answer to one curve at time points."""

SEED_BLOCK = 8
"""Networks that one compiled program measures at a time."""


def select(labeled: xr.Dataset, curves: str) -> xr.Dataset | None:
    """One curve set of a population's results; None if they do not hold it.

    Args:
        labeled: results of a population.
        curves: the name of a probe, `TRAINING` or `HISTORY`.

    Returns:
        Of a curve set, the input ``curve, time, feature`` and the answers ``seed, curve, ...``, with the true
        parameters ``curve, asked`` if vectors are asked for.
    """
    if curves == HISTORY:
        return labeled if "train_rmse" in labeled else None
    if curves == TRAINING:
        return _training(labeled) if "train_answer" in labeled else None
    chosen = labeled.family.values == curves
    if "answer" not in labeled or not chosen.any():
        return None
    names = [name for name in ("input", "answer", "truth", "name") if name in labeled]
    return labeled[names].isel(curve=chosen)


def _training(labeled: xr.Dataset) -> xr.Dataset:
    """The first training curve as a curve set."""
    names = {"train_answer": "answer", "train_target": "input"}  # Where it is to be returned as it is.
    if "train_input" in labeled:
        names |= {"train_input": "input", "train_target": "truth"}
    found = labeled[[*names]].rename(names)
    found = found.isel(example=0) if "example" in found.dims else found
    return found.expand_dims(curve=1).transpose("seed", "curve", ...)


def copy(labeled: xr.Dataset, bound: float = np.inf) -> xr.Dataset:
    """A model that answers by the input, or where numbers are read off by the true values: results of one "network".

    Answers of other features than the input has are missing.

    Args:
        labeled: results that tell what was shown.
        bound: answers are clipped to ``(-bound, bound)``; 1 is all that a last layer of LSTM units can answer.
    """
    copied = {
        name: _copied(labeled, name, shown, truth)
        for name, shown, truth in (("answer", "input", "truth"), ("train_answer", "train_input", "train_target"))
        if name in labeled
    }
    answers = {
        name: found.clip(-bound, bound).expand_dims(seed=1) for name, found in copied.items() if found is not None
    }
    known = labeled.drop_vars(["seed", *(name for name, array in labeled.variables.items() if "seed" in array.dims)])
    return known.assign({**answers, "diverged": ("seed", np.zeros(1, bool))})


def _copied(labeled: xr.Dataset, answer: str, shown: str, truth: str) -> xr.DataArray | None:
    """What a copy answers; None where it cannot."""
    if "time" not in labeled[answer].dims:
        known = labeled[truth]
        return known.isel(example=0) if "example" in known.dims else known
    found = labeled[shown if shown in labeled else truth]
    return found if found.dims == tuple(axis for axis in labeled[answer].dims if axis != "seed") else None


def model(curves: xr.Dataset) -> str:
    """What a copy answers to a curve set, in words."""
    return INPUT if "time" in curves.answer.dims else TRUTH


def right(curves: xr.Dataset) -> bool:
    """Whether what a copy answers to a curve set is what would be right."""
    if model(curves) == TRUTH or "truth" not in curves:
        return True
    return curves.truth.dims == curves.input.dims and np.array_equal(curves.truth, curves.input, equal_nan=True)


def read_only(curves: xr.Dataset) -> xr.Dataset:
    """The same results as a dataset of its own, whose arrays cannot be written."""
    made = curves.copy()
    for name, variable in made.variables.items():
        if name not in made.indexes:  # Which nobody can write.
            values = variable.values.view()
            values.flags.writeable = False
            variable.data = values
    return made


def per_curve(curves: xr.Dataset, measure: PerCurve, feature: str = "y") -> Any:
    """A measure of every answer of every network ``[S, C]``, bitwise the same whatever other networks there are.

    Args:
        curves: a curve set, of which sequences are the answers.
        measure: pure function of one answer ``[T]``, the curve that was shown ``[T]`` and the share of the range of x
            that has passed ``[T]``, from 0 to 1, such as those of `lstm_toys.statistics.measures`; what it returns may
            be a tree of scalars.
        feature: of input and answer.

    Example:
        >>> import lstm_toys as lt
        >>> import numpy as np
        >>> shown = np.stack([np.zeros(20), np.ones(20)])[:, :, None]
        >>> curves = lt.Results(
        ...     {
        ...         "input": (("curve", "time", "feature"), shown),
        ...         "answer": (("seed", "curve", "time", "feature"), np.stack([shown, shown + 0.5, 0 * shown])),
        ...     },
        ...     {"time": np.linspace(0, 1, 20), "feature": ["y"]},
        ... )
        >>> lt.per_curve(curves, lt.measures.rmse).tolist()
        [[0.0, 0.0], [0.5, 0.5], [0.0, 1.0]]
    """
    answers, shown, x = (
        np.asarray(values, np.float32)
        for values in (*(curves[name].sel(feature=feature) for name in ("answer", "input")), curves.time)
    )
    x = (x - x[0]) / (x[-1] - x[0])
    seeds = len(answers)
    padded = np.concatenate([answers, np.zeros((-seeds % SEED_BLOCK, *answers.shape[1:]), np.float32)])
    blocks = [
        _each(measure, jnp.asarray(block), jnp.asarray(shown), jnp.asarray(x))
        for block in padded.reshape(-1, SEED_BLOCK, *answers.shape[1:])
    ]
    return jax.tree.map(lambda *parts: np.concatenate(parts)[:seeds], *blocks)


@partial(jax.jit, static_argnums=0)
def _each(
    measure: PerCurve, answers: Float[Array, "N C T"], shown: Float[Array, "C T"], x: Curve
) -> PyTree[Shaped[Array, "N C"]]:
    return jax.vmap(jax.vmap(measure, (0, 0, None)), (0, None, None))(answers, shown, x)
