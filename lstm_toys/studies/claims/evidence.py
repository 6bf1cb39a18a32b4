"""What claims are judged by: labeled answers of networks, of models that know no LSTM, and published ones.

Evidence is a mapping from a population's name to its labeled results, as `lstm_toys.results.arrays.dataset` makes them.
"""

from collections.abc import Mapping

import numpy as np
import xarray as xr

Evidence = Mapping[str, xr.Dataset]


TRAINING = "training"
"""The curve set of the training curve alone."""

HISTORY = "history"
"""What the records of the training told, instead of curves."""


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
        if "train_answer" not in labeled:
            return None
        names = {"train_target": "input", "train_answer": "answer"}
        return labeled[[*names]].rename(names).expand_dims(curve=1).transpose("seed", "curve", ...)
    chosen = labeled.family.values == curves
    return labeled.isel(curve=chosen) if chosen.any() else None


def copy(labeled: xr.Dataset, bound: float = np.inf) -> xr.Dataset:
    """A model that answers what it is shown, or the true parameters: the results of one such "network".

    Args:
        labeled: results that tell what was shown.
        bound: answers are clipped to ``(-bound, bound)``; 1 is all that a last layer of LSTM units can answer.
    """
    truth = {"answer": "truth" if "truth" in labeled else "input", "train_answer": "train_target"}
    answers = {
        name: labeled[known].clip(-bound, bound).expand_dims(seed=1)
        for name, known in truth.items()
        if name in labeled and "example" not in labeled[known].dims
    }
    known = labeled.drop_vars(["seed", *(name for name, array in labeled.variables.items() if "seed" in array.dims)])
    return known.assign({**answers, "diverged": ("seed", np.zeros(1, bool))})
