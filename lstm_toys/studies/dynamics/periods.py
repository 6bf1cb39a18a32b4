"""Analyzes networks while their inputs are constant, as in named periods of a task: fixed points and slow points."""

from dataclasses import dataclass

import jax
import numpy as np
import xarray as xr
from jaxtyping import Bool, Float

from lstm_toys.dynamics.rest import Kind, evenly, rest, starts_of
from lstm_toys.dynamics.slow import descents, variance_shares
from lstm_toys.dynamics.system import system_of
from lstm_toys.output import counted
from lstm_toys.populations import states
from lstm_toys.populations.trained import Networks
from lstm_toys.results.summary import as_json, median_of
from lstm_toys.statistics import intervals
from lstm_toys.studies.dynamics.analysis import NetworkJob

SLOW = 1e-5
"""Largest q of a slow point: a state that moves by at most 0.0045 in a step."""

NEAR = 2.0
"""A slow point counts if it is no farther from the starts' mean than the farthest start, times this number. Units with
saturated gates are slow anywhere, such as far from all states that a network visits."""

LEVELS = (1e-4, 1e-6, 1e-8, 1e-10)
"""Values of q for which the share of descents that end below is reported."""

MORE, LIMITS = 8, 16
"""How many times as many starts slow points have as fixed points, and the most limits of a network that are kept."""

TRIALS, MOST_POINTS, DRAWN = 64, 20_000, 8
"""Most training sequences whose states are visited, most of their time points, and most sequences that are drawn."""

VARIABLES = {"kind", "q", "smallest_q", "speed", "slow_state", "start", "eigenvalue_real", "eigenvalue_imaginary"}
"""Variables that every file has."""

PERIOD_OF = ("seed", "period")


@dataclass(frozen=True)
class PeriodAnalysis(NetworkJob):
    """The analysis of every network under the constant input of each period.

    Slow points are sought from visited states, for each period where the inputs are nearer to its own than to those of
    other periods; anywhere if there is no such time point.

    Attributes:
        within: which time points of the curves are not padding.
    """

    within: Bool[np.ndarray, "C T"]

    def analyzed(self, networks: Networks) -> xr.Dataset:
        system, params = system_of(networks, self.curves.shape[2]), networks.params
        with jax.enable_x64(True):
            every = np.asarray(system.flat(states.states(networks, self.curves)))
        visited = every[:, self.within]
        nearest = np.linalg.norm(self.curves[self.within][:, None] - self.inputs, axis=-1).argmin(axis=1)
        there = [nearest == place if place in nearest else nearest >= 0 for place in range(len(self.inputs))]
        begun = [evenly(visited[:, own], MORE * self.starts) for own in there]
        # The first descents end along lines of slow points, the second at the slowest points of the lines.
        slow = descents(system, params, self.inputs, np.stack(begun, axis=1), self.spacing, SLOW)
        slowest = descents(system, params, self.inputs, slow.state, self.spacing, LEVELS[-1], examined=1)
        limits = rest(system, params, self.inputs, starts_of(visited, self.starts), LIMITS)
        drawn = np.where(self.within[:DRAWN, :, None], every[:, :DRAWN], np.nan)
        variables = {
            "start": ((*PERIOD_OF, "point", "state"), slow.start),
            "trajectory": (("seed", "trial", "time", "state"), drawn.astype(np.float32)),
            "slow_state": ((*PERIOD_OF, "point", "state"), slow.state),
            "q": ((*PERIOD_OF, "point"), slow.q),
            "speed": ((*PERIOD_OF, "point"), slow.speed),
            "smallest_q": ((*PERIOD_OF, "point"), slowest.q),
            "slow_answer": ((*PERIOD_OF, "point", "output"), slow.answer),
            "eigenvalue_real": ((*PERIOD_OF, "examined", "state"), slow.eigenvalues.real),
            "eigenvalue_imaginary": ((*PERIOD_OF, "examined", "state"), slow.eigenvalues.imag),
            "kind": ((*PERIOD_OF, "found"), limits.kind.astype(np.int8)),
            "share": ((*PERIOD_OF, "found"), limits.share),
            "rest_state": ((*PERIOD_OF, "found", "state"), limits.state),
            "rest_answer": ((*PERIOD_OF, "found", "output"), limits.answer),
        }
        coordinates = {
            "seed": networks.seeds,
            "examined": slow.examined,
            "state": system.components,
        }
        return xr.Dataset(variables, coordinates)


def slow(found: xr.Dataset) -> Bool[np.ndarray, "S U P"]:
    """Whether each point is slow, and near the visited states."""
    starts, points = found.start.values, found.slow_state.values
    center = starts.mean(axis=2, keepdims=True)
    distance, reach = (np.linalg.norm(each - center, axis=-1) for each in (points, starts))
    return np.asarray((found.q.values <= SLOW) & (distance <= NEAR * reach.max(axis=2, keepdims=True)))


def moduli(found: xr.Dataset) -> Float[np.ndarray, "S U E D"]:
    """The moduli of eigenvalues, in descending order; NaN at points that are not slow."""
    values = np.hypot(found.eigenvalue_real.values, found.eigenvalue_imaginary.values)
    return np.where(slow(found)[:, :, found.examined.values][..., None], values, np.nan)


def lasting(found: xr.Dataset) -> float:
    """The modulus of the eigenvalue of a mode whose time constant is as long as a training sequence."""
    return float(np.exp(-1 / found.sizes["time"]))


def summary(found: xr.Dataset) -> dict[str, dict[str, float | None]]:
    """Medians over networks with 95 % bootstrap intervals; shares of networks with Wilson's 95 % intervals."""
    rows, stable = {}, (found.kind.values == Kind.STABLE).sum(axis=2)
    largest, lie = moduli(found), variance_shares(found.slow_state.values, slow(found))
    modes = np.where(np.isnan(largest).all(axis=-1), np.nan, (largest >= lasting(found)).sum(axis=-1))
    for place, name in enumerate(found.period.values):
        for count in np.unique(stable[:, place]):
            number = int((stable[:, place] == count).sum())
            words = f"{name}: share with {counted(int(count), 'stable point')}"
            rows[words] = as_json(intervals.wilson(number, len(stable)))
        q = found.smallest_q.values[:, place]
        numbers = {f"share of descents to q of at most {level:.0e}": (q <= level).mean(axis=1) for level in LEVELS}
        numbers |= {
            "median speed of slow points": _middle(np.where(slow(found), found.speed.values, np.nan)[:, place]),
            "largest modulus of an eigenvalue at a slow point": _middle(largest[:, place, :, 0]),
            "second largest modulus": _middle(largest[:, place, :, 1:2].max(axis=-1, initial=0)),
            "modes of a slow point that outlast a sequence": _middle(modes[:, place]),
            "variance of slow points along one direction": lie[:, place, 0],
            "variance of slow points along two directions": lie[:, place].sum(axis=-1),
        }
        for words, values in numbers.items():
            rows[f"{name}: {words}"] = median_of(values)
    return rows


def _middle(values: Float[np.ndarray, "S E"]) -> Float[np.ndarray, " S"]:
    """The median over the slow points of each network; NaN if it has none."""
    return xr.DataArray(values).median("dim_1").values
