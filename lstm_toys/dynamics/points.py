"""Tables of points: a row for each fixed point, other limit or slow point of each network under each input."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Bool, Complex, Float, Int, Shaped


def table(
    counted: Bool[np.ndarray, "S U Q"],
    seeds: Int[np.ndarray, " S"],
    inputs: Float[np.ndarray, "U F"] | Shaped[np.ndarray, " U"],
    columns: Mapping[str, Shaped[np.ndarray, "S U Q"]],
    answer: Float[np.ndarray, "S U Q A"],
    eigenvalue: Complex[np.ndarray, "S U Q"],
    spacing: float,
    states: Float[np.ndarray, "S U Q D"] | None,
    components: tuple[str, ...],
) -> Any:
    """Makes the pandas.DataFrame of the points that are counted.

    It has the seed; the input, a number, several, or the name of a period; further columns; the leading eigenvalue, its
    time constant in steps and, times the ``spacing``, in x; the answer; and the ``states`` if they are given.
    """
    seed, place, _ = at = np.nonzero(counted)
    leading = eigenvalue[at]
    with np.errstate(divide="ignore", invalid="ignore"):
        steps = 1 / (0.0 - np.log(np.abs(leading)))
    rows: dict[str, Any] = {
        "seed": seeds[seed],
        **split("input", inputs[place]),
        **{name: values[at] for name, values in columns.items()},
        "time_constant_steps": steps,
        "time_constant": spacing * steps,
        "eigenvalue_real": leading.real,
        "eigenvalue_imaginary": leading.imag,
        **split("answer", answer[at]),
    }
    if states is not None:
        rows |= dict(zip(components, states[at].T, strict=True))
    data = {name: ("point", values) for name, values in rows.items()}
    return xr.Dataset(data).to_dataframe().reset_index(drop=True)


def split(name: str, values: Shaped[np.ndarray, "N *F"]) -> dict[str, Shaped[np.ndarray, " N"]]:
    """A column for one number per row, or one for each of several numbers."""
    if values.ndim == 1 or values.shape[1] == 1:
        return {name: values.reshape(len(values))}
    return {f"{name}_{number}": own for number, own in enumerate(values.T)}
