"""Changes of the claims' numbers when the units of the leading mode are held, compared with random units."""

from typing import Any

import jax
import numpy as np
import xarray as xr
from jaxtyping import Float, Int

import lstm_toys as lt
from lstm_toys.dynamics.linear import by_modulus
from lstm_toys.results.summary import as_json
from lstm_toys.runs.folder import Run
from lstm_toys.runs.preparation import Prepared
from lstm_toys.runs.trained import load
from lstm_toys.statistics import intervals

from .claim_numbers import numbers_of

LAYER, UNITS = "lstm_0", 4
"""The layer, and the number of its 32 units that are held at a time."""

KINDS = {"units held at their means": None, "forget gates clamped at their means": "forget"}
"""Kinds of interventions, and the gate that is clamped."""


def interventions(prepared: Prepared, networks: Run, found: xr.Dataset) -> dict[str, Any]:
    """Compares interventions on the units of the leading mode with those on random units.

    Args:
        prepared: the sine's experiment, with the settings of its networks.
        networks: their finished run.
        found: the dynamics of the sine's networks.

    Returns:
        By kind of intervention and claim: the median absolute change of the number for units of the ``mode`` and for
        ``random`` ones, and the median of their ``difference`` over networks with a 95 % bootstrap interval, all in
        standard deviations of the networks' numbers. Claims without a number for enough networks are left out.
    """
    params = jax.tree.map(lambda leaf: leaf[found.seed.values], load(networks).params)
    curves = prepared.curves.answered[""]
    chosen, random = leading_units(found), random_units(len(found.seed))
    answers = lt.answers(prepared.model, params, curves, block=prepared.block)
    before = numbers_of(lt.labeled(prepared.experiment, answers))
    rows: dict[str, Any] = {}
    for kind, gate in KINDS.items():
        after = {}
        for name, units in (("mode", chosen), ("random", random)):
            held = lt.intervene(prepared.model, params, curves, LAYER, units, gate=gate, block=prepared.block)
            after[name] = numbers_of(lt.labeled(prepared.experiment, held))
        rows[kind] = {}
        for claim, numbers in before.items():
            with np.errstate(divide="ignore", invalid="ignore"):  # Networks may all have the same number.
                spread = np.nanstd(numbers, ddof=1)
                changes = {name: np.abs(each[claim] - numbers) / spread for name, each in after.items()}
            known = np.isfinite(changes["mode"]) & np.isfinite(changes["random"])
            if known.sum() >= 6:
                values = {name: each[known] for name, each in changes.items()}
                values["difference"] = values["mode"] - values["random"]
                rows[kind][claim] = {name: as_json(intervals.median_bootstrap(each)) for name, each in values.items()}
    return rows


def leading_units(found: xr.Dataset) -> Int[np.ndarray, "S K"]:
    """The units of the layer with the largest participation in the leading mode of each network at rest.

    The participation of a component is the product of its entries in the left and the right eigenvector; the
    participation of a unit is the sum over its states (Perez-Arriaga, Verghese and Schweppe, 1982).
    """
    names = [str(each).rsplit("/", 1) for each in found.state.values]
    own = np.array([place.startswith(f"{LAYER}/") for place, _ in names])
    units = np.array([int(unit) for _, unit in names])
    chosen = []
    for matrix in found.jacobian.values.astype(float):
        taken = participation(matrix)
        summed = np.bincount(units[own], taken[own])
        chosen.append(np.sort(np.argsort(-summed)[:UNITS]))
    return np.stack(chosen)


def participation(matrix: Float[np.ndarray, "D D"]) -> Float[np.ndarray, " D"]:
    """The participation of each component in the leading mode of a linear map."""
    if not np.isfinite(matrix).all():
        return np.zeros(len(matrix))
    values, right = np.linalg.eig(matrix)
    place = by_modulus(values.astype(complex))[0]
    others, left = np.linalg.eig(matrix.T)
    own = left[:, np.abs(others - values[place]).argmin()]
    taken = np.abs(own * right[:, place])
    return np.asarray(taken / taken.sum())


def random_units(networks: int) -> Int[np.ndarray, "S K"]:
    """Random units of each network, which do not depend on the number of networks."""
    rows = [np.random.default_rng(seed).permutation(32)[:UNITS] for seed in range(networks)]
    return np.sort(np.stack(rows), axis=1)
