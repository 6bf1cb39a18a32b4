"""Accuracy of classes and bits: by point, by sequence, and up to which length."""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float

from lstm_toys import arguments
from lstm_toys.results.arrays import parts
from lstm_toys.tasks.goal import ACCURACIES
from lstm_toys.tasks.supervision import CROSS_ENTROPY


def family_accuracy(results: xr.Dataset) -> dict[str, dict[str, Float[np.ndarray, " S"]]]:
    """Returns each seed's accuracy over points and sequences by family; empty unless answers are classes or bits.

    Points whose truth is unknown do not count.
    """
    found = {}
    for part in parts(results):
        if "truth" not in part or "loss" not in part.answer.attrs:
            continue
        for family in dict.fromkeys(part.family.values):
            ours, known = _points(part.isel(curve=part.family.values == family))
            over = (ours & known).sum(list(known.dims)) / known.sum()
            values = over.values, _sequences(ours, known).mean("curve").values
            found[str(family)] = dict(zip(ACCURACIES, values, strict=True))
    return found


def right(curves: xr.Dataset) -> Bool[np.ndarray, "S C"]:
    """Returns whether each network answers each sequence correctly at every point whose truth is known.

    Args:
        curves: a curve set of networks that answer classes or bits, such as `lt.probed` selects.

    Raises:
        ValueError: the answers are values, or no targets are known.

    Example:
        >>> import lstm_toys as lt
        >>> answer = ("seed", "curve", "time", "output_feature"), [[[[2.0], [-1.0]]]], {"loss": "binary_cross_entropy"}
        >>> curves = lt.Results({"answer": answer, "truth": (answer[0][1:], [[[1.0], [0.0]]])})
        >>> lt.right(curves).tolist()
        [[True]]
    """
    arguments.instance("curves", curves, xr.Dataset, "labeled results of a probe, such as lt.probed selects")
    if not {"answer", "truth"} <= curves.variables.keys() or "loss" not in curves.answer.attrs:
        raise ValueError("only answers of classes or bits with known targets are right or wrong")
    whole = _sequences(*_points(curves))
    if whole.isnull().any():
        raise ValueError("there is a sequence of which no target is known, so that no answer is right or wrong")
    return np.asarray(whole.values == 1)


def accepted(curves: xr.Dataset | Sequence[xr.Dataset], by: str) -> Float[np.ndarray, " S"]:
    """Returns the largest value of a parameter up to which each network answers every sequence correctly.

    This is at most the largest value among the curves.

    Args:
        curves: curve sets of the same networks, see `right`.
        by: a parameter of the curves, such as the n of a^n b^n.

    Returns:
        The value for each network; 0 if the network is wrong about the smallest one.

    Raises:
        ValueError: see `right`; or a curve set does not have the parameter.

    Example:
        >>> import lstm_toys as lt
        >>> answer = ("seed", "curve", "output_feature"), [[[2.0], [1.0], [-1.0]]], {"loss": "binary_cross_entropy"}
        >>> curves = lt.Results({"answer": answer, "truth": (answer[0][1:], [[1.0]] * 3)}, {"n": ("curve", [1, 2, 3])})
        >>> lt.accepted(curves, by="n").tolist()
        [2.0]
    """
    arguments.instance("curves", curves, xr.Dataset | Sequence, "labeled results of probes, such as lt.probed selects")
    arguments.text("by", by)
    sets = [curves] if isinstance(curves, xr.Dataset) else [*curves]
    if not sets or not all(isinstance(each, xr.Dataset) for each in sets):
        raise arguments.refused("curves", "labeled results of probes, such as lt.probed selects", curves)
    if missing := [each for each in sets if by not in each.coords]:
        raise ValueError(f"these curves have no parameter {by!r}; they have {', '.join(map(str, missing[0].coords))}")
    values = np.concatenate([each[by].values for each in sets]).astype(float)
    wrong = ~np.concatenate([right(each) for each in sets], axis=1)
    first_wrong = np.where(wrong, values, np.inf).min(axis=1)
    below = np.where(values < first_wrong[:, None], values, -np.inf).max(axis=1)
    return np.where(np.isfinite(below), below, 0.0)


def _points(curves: xr.Dataset) -> tuple[xr.DataArray, xr.DataArray]:
    """Whether each point of each seed is correct, and whether its truth is known."""
    answer, truth = curves.answer, curves.truth
    features = answer.dims[-1]
    if answer.attrs["loss"] == CROSS_ENTROPY:
        return answer.argmax(features) == truth, truth.notnull()
    return ((answer > 0) == (truth > 0.5)).all(features), truth.notnull().all(features)


def _sequences(ours: xr.DataArray, known: xr.DataArray) -> xr.DataArray:
    """Whether whole sequences are correct; NaN where no truth is known."""
    points = [axis for axis in known.dims if axis != "curve"]
    return (ours | ~known).all(points).where(known.any(points))
