"""Tables of points: a row for each fixed point, other limit or slow point of each network under each input."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Bool, Complex, Shaped


def table(
    points: Any,
    counted: Bool[np.ndarray, "S U Q"],
    columns: Mapping[str, Shaped[np.ndarray, "S U Q"]],
    eigenvalue: Complex[np.ndarray, "S U Q"],
    *,
    states: bool,
) -> Any:
    """Makes a pandas.DataFrame of the points of a `Rest` or of `SlowPoints` that are ``counted``.

    It has the seed; the input, a number, several, or the name of a period; further columns; the leading eigenvalue, its
    time constant in steps and, times the spacing, in x; the answer; and, on request, the ``states``.
    """
    seed, place, _ = at = np.nonzero(counted)
    leading = eigenvalue[at]
    with np.errstate(divide="ignore", invalid="ignore"):
        steps = 1 / (0.0 - np.log(np.abs(leading)))
    rows: dict[str, Any] = {
        "seed": points.seeds[seed],
        **split("input", points.inputs[place]),
        **{name: values[at] for name, values in columns.items()},
        "time_constant_steps": steps,
        "time_constant": (points.spacing or 1.0) * steps,
        "eigenvalue_real": leading.real,
        "eigenvalue_imaginary": leading.imag,
        **split("answer", points.answer[at]),
    }
    if states:
        rows |= dict(zip(points.components or (), points.state[at].T, strict=True))
    data = {name: ("point", values) for name, values in rows.items()}
    return xr.Dataset(data).to_dataframe().reset_index(drop=True)


def split(name: str, values: Shaped[np.ndarray, "N *F"]) -> dict[str, Shaped[np.ndarray, " N"]]:
    """Makes one column of one number per row, or a column for each of several numbers."""
    if values.ndim == 1 or values.shape[1] == 1:
        return {name: values.reshape(len(values))}
    return {f"{name}_{number}": column for number, column in enumerate(values.T)}
