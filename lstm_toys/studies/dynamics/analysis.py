"""Analyzes the dynamics of some networks: at rest, near rest, along curves, and by models made from these.

Also analyzes networks while their inputs are constant, as in named periods of a task: fixed points and slow points.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import numpy as np
import xarray as xr
from jaxtyping import Bool, Float

from lstm_toys.dynamics import linear, models
from lstm_toys.dynamics.exponents import lyapunov, signs
from lstm_toys.dynamics.limits import Kind, Rest, evenly, limits, starts_of
from lstm_toys.dynamics.slow import descents, variance_shares
from lstm_toys.dynamics.system import system_of
from lstm_toys.execution.digests import Digests, compiled, digest
from lstm_toys.output import counted
from lstm_toys.populations import answering, states
from lstm_toys.populations.trained import Networks
from lstm_toys.results.summary import median_of
from lstm_toys.statistics import intervals

FEW = 8
"""Number of initial states at kept steps, and for the distance of two states along a curve."""

MEAN = "linear at the mean"

MODELS: Mapping[str, Callable[..., Float[np.ndarray, "S C T A"]]] = {
    "clipped copy": models.clipped_copy,
    "static curve": models.static_curve,
    MEAN: models.fixed_linear,
    "LPV": models.varying_linear,
    **{f"LPV, {count} mode{'s' * (count > 1)}": partial(models.varying_linear, modes=count) for count in (1, 2, 3, 4)},
}
"""The models by name: from equilibria and curves to predictions; `MEAN` also takes the mean of the training curves."""

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

EXPONENT_POINTS = 1_000
"""Time points of constant input over which Lyapunov exponents are measured."""

SIGNS = {-1: "below 0", 1: "above 0", 0: "not told apart from 0"}
"""The signs of exponents in words; see `lstm_toys.dynamics.exponents.signs`."""

PERIOD_OF = ("seed", "period")


@dataclass(frozen=True)
class NetworkJob:
    """Inputs of an analysis of networks; of all kept steps, the last one gets the full analysis.

    Attributes:
        curves: input curves.
        inputs: constant inputs, one per row.
        starts: number of initial states from which fixed points are sought.
        spacing: distance of time points, in units of x.
    """

    curves: Float[np.ndarray, "C T F"]
    inputs: Float[np.ndarray, "U F"]
    starts: int
    spacing: float

    def digests(self) -> Digests:
        """Digests of these inputs and of the compiler; the code of dynamics is part of the library's digest."""
        return {"analyzed": digest(vars(self)), **compiled()}

    def exponents(self, networks: Networks, starts: Float[np.ndarray, "S D"], slots: tuple[str, str]) -> dict[str, Any]:
        """The largest Lyapunov exponent under each constant input, per unit of x, its standard error, and its sign."""
        held = np.repeat(self.inputs[:, None], EXPONENT_POINTS, axis=1)
        largest = lyapunov(networks, held, count=1, starts=starts).isel(order=0)
        exponents, errors = largest.exponent.values, largest.error.values
        return {
            "exponent": (slots, exponents / self.spacing),
            "exponent_error": (slots, errors / self.spacing),
            "exponent_sign": (slots, signs(exponents, errors)),
        }


@dataclass(frozen=True)
class InputAnalysis(NetworkJob):
    """The analysis of every network of one input feature; the first curve is the training curve.

    Attributes:
        mean: index of the training curves' mean among the constant inputs.
        frequencies: angular frequencies of the response, in radians per unit of x.
        driving: indices of the curves along which states are followed.
        sequence: whether networks answer at every time point.
    """

    mean: int
    frequencies: Float[np.ndarray, " W"]
    driving: tuple[int, ...]
    sequence: bool

    def analyzed(self, networks: Networks) -> xr.Dataset:
        *earlier, last = networks.steps
        results = self._whole(networks)
        # The modes under the training curves' mean, with few initial states.
        at_mean = (self._settle(networks.at(step), self.inputs[[self.mean]], FEW)[-1].linear for step in earlier)
        course = [self._modes(linear.Linear(*(matrix[:, 0] for matrix in near))) for near in at_mean]
        if course:
            final = results[[*course[0].data_vars]]
            renamed = {name: f"{name}_course" for name in final}
            results = results.merge(xr.concat([*course, final], "kept_step").rename(renamed))
            results = results.assign_coords(kept_step=[*earlier, last])
        return results.assign_coords(seed=networks.seeds)

    def _settle(self, networks: Networks, inputs: Float[np.ndarray, "U F"], starts: int) -> tuple[Any, ...]:
        """The system, its states along the training curve, initial states, limits under inputs, and equilibria."""
        system, params = system_of(networks, self.curves.shape[2]), networks.params
        visited = system.flat(states.states(networks, self.curves[:1]))[:, 0]
        initial = starts_of(visited, starts)
        rest = limits(system, params, inputs, initial)
        return system, visited, initial, rest, models.equilibria(system, params, inputs[:, 0], rest)

    def _modes(self, near: linear.Linear) -> xr.Dataset:
        leading = linear.modes(linear.eigenvalues(near.A)[..., :1], self.spacing)
        frequencies = np.array([0.0, *self.frequencies])  # Also of the slowest input, a constant one.
        gain = np.abs(linear.response(near, frequencies, self.spacing)[..., 0, 0])
        highest = np.where(np.isfinite(gain), gain, -np.inf).argmax(axis=-1)
        rests = np.isfinite(gain).all(axis=-1)
        values = {
            "mode_frequency": np.abs(leading.frequency[..., 0]),
            "time_constant": leading.time_constant[..., 0],
            "static_gain": gain[..., 0],
            "peak_gain": np.take_along_axis(gain, highest[..., None], -1)[..., 0],
            "peak_frequency": np.where(rests, frequencies[highest], np.nan),
        }
        return xr.Dataset({name: ("seed", numbers) for name, numbers in values.items()})

    def _whole(self, networks: Networks) -> xr.Dataset:
        system, visited, initial, rest, equilibria = self._settle(networks, self.inputs, self.starts)
        params = networks.params
        slots, responses = ("seed", "input", "found"), ("seed", "input", "frequency")
        gain = linear.response(equilibria.linear, self.frequencies, self.spacing)[..., 0, 0]
        modes = self._modes(linear.Linear(*(matrix[:, self.mean] for matrix in equilibria.linear)))
        # The gain at the frequency of the largest one, for sines as large as the training curve.
        mean, large = float(self.inputs[self.mean, 0]), float(np.ptp(self.curves[0])) / 2 or 1e-3
        peaks = np.full(len(visited), np.nan)
        for seed, frequency in enumerate(modes.peak_frequency.values):  # In turn: networks must not depend on others.
            if frequency > 0:
                network = jax.tree.map(lambda leaf, seed=seed: leaf[[seed]], params)
                state = equilibria.state[[seed], self.mean]
                response = linear.measured_response(system, network, state, mean, frequency, self.spacing, large)
                peaks[seed] = np.abs(response[0, 0])
        driving = self.curves[list(self.driving)]
        along = linear.distances(system, params, driving, initial[:, : 1 + FEW])
        answers = answering.answers(networks, self.curves)
        variables: dict[str, Any] = {
            **settled(rest, slots),
            **self.exponents(networks, visited[:, -1], ("seed", "input")),
            "eigenvalue_real": ((*slots, "state"), rest.eigenvalues.real),
            "eigenvalue_imaginary": ((*slots, "state"), rest.eigenvalues.imag),
            "found_count": (("seed", "input"), rest.found),
            "trajectory": (("seed", "time", "state"), visited.astype(np.float32)),
            "gain": (responses, np.abs(gain).astype(np.float32)),
            "phase": (responses, np.angle(gain).astype(np.float32)),
            "static_answer": (("seed", "input", "output"), equilibria.answer),
            "distance": (("seed", "driving", "time"), along.astype(np.float32)),
            "answer": (("seed", "curve", *(["time"] * self.sequence), "output"), answers),
            "peak_gain_trained": ("seed", peaks),
            "jacobian": (("seed", "state", "before"), equilibria.linear.A[:, self.mean].astype(np.float32)),
        }
        coordinates = {"state": system.components}
        if self.sequence:
            curves = self.curves[..., 0]
            predicted = [
                model(equilibria, curves, mean) if name == MEAN else model(equilibria, curves)
                for name, model in MODELS.items()
            ]
            of_models = "model", "seed", "curve", "time", "output"
            variables["prediction"] = of_models, np.stack(predicted).astype(np.float32)
            coordinates["model"] = [*MODELS]
        return xr.Dataset(variables, coordinates).merge(modes)


@dataclass(frozen=True)
class PeriodAnalysis(NetworkJob):
    """The analysis of every network under the constant input of each period.

    The search for slow points of a period starts from the states that were visited while inputs were nearer to the
    period's than to those of other periods, or from all visited states if there is no such time point.

    Attributes:
        within: which time points of the curves are not padding.
    """

    within: Bool[np.ndarray, "C T"]

    def analyzed(self, networks: Networks) -> xr.Dataset:
        system, params = system_of(networks, self.curves.shape[2]), networks.params
        trajectories = system.flat(states.states(networks, self.curves))
        visited = trajectories[:, self.within]
        nearest = np.linalg.norm(self.curves[self.within][:, None] - self.inputs, axis=-1).argmin(axis=1)
        near = [nearest == place if place in nearest else nearest >= 0 for place in range(len(self.inputs))]
        initial = np.stack([evenly(visited[:, points], MORE * self.starts) for points in near], axis=1)
        # The first descents end along lines of slow points, the second at the slowest points of the lines.
        slow = descents(system, params, self.inputs, initial, self.spacing, SLOW)
        slowest = descents(system, params, self.inputs, slow.state, self.spacing, LEVELS[-1], examined=1)
        rest = limits(system, params, self.inputs, starts_of(visited, self.starts), LIMITS)
        drawn = np.where(self.within[:DRAWN, :, None], trajectories[:, :DRAWN], np.nan)
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
            **settled(rest, (*PERIOD_OF, "found")),
            **self.exponents(networks, trajectories[:, 0, self.within[0].sum() - 1], PERIOD_OF),
        }
        coordinates = {"seed": networks.seeds, "examined": slow.examined, "state": system.components}
        return xr.Dataset(variables, coordinates)


def settled(rest: Rest, slots: tuple[str, ...]) -> dict[str, Any]:
    """The variables of limits; kinds are described as the CF conventions describe flags."""
    flags = {"flag_values": np.array([*Kind], np.int8), "flag_meanings": " ".join(kind.name.lower() for kind in Kind)}
    leading = rest.eigenvalues[..., 0]
    return {
        "kind": (slots, rest.kind.astype(np.int8), flags),
        "share": (slots, rest.share),
        "rest_state": ((*slots, "state"), rest.state.astype(np.float32)),
        "rest_answer": ((*slots, "output"), rest.answer),
        "rest_real": (slots, leading.real, {"long_name": "real part of the leading eigenvalue"}),
        "rest_imaginary": (slots, leading.imag, {"long_name": "imaginary part of the leading eigenvalue"}),
        "rest_rate": (slots, rest.rate, {"long_name": "change of the fastest component", "units": "per step"}),
        "watched": (slots, rest.watched, {"long_name": "steps after which the kind was given"}),
    }


def limits_of(results: xr.Dataset) -> Rest:
    """The limits that a study has stored."""
    stored = {name: results[name].values for name in ("kind", "share", "watched")}
    stored |= {name: results[f"rest_{name}"].values for name in ("state", "answer", "rate")}
    return Rest(
        **stored,
        eigenvalues=(results.rest_real.values + 1j * results.rest_imaginary.values)[..., None],
        found=(stored["kind"] != Kind.NOTHING).sum(axis=2),
        seeds=results.seed.values,
        inputs=results["period" if "period" in results.coords else "input"].values,
        spacing=results.attrs["spacing"],
        components=tuple(results.state.values.tolist()),
    )


def slow(results: xr.Dataset) -> Bool[np.ndarray, "S U P"]:
    """Whether each point is slow, and near the visited states."""
    starts, points = results.start.values, results.slow_state.values
    center = starts.mean(axis=2, keepdims=True)
    distance, reach = (np.linalg.norm(places - center, axis=-1) for places in (points, starts))
    return np.asarray((results.q.values <= SLOW) & (distance <= NEAR * reach.max(axis=2, keepdims=True)))


def moduli(results: xr.Dataset) -> Float[np.ndarray, "S U E D"]:
    """The moduli of eigenvalues, in descending order; NaN at points that are not slow."""
    values = np.hypot(results.eigenvalue_real.values, results.eigenvalue_imaginary.values)
    return np.where(slow(results)[:, :, results.examined.values][..., None], values, np.nan)


def lasting(results: xr.Dataset) -> float:
    """The modulus of the eigenvalue of a mode whose time constant is as long as a training sequence."""
    return float(np.exp(-1 / results.sizes["time"]))


def exponent_rows(results: xr.Dataset, prefix: str = "") -> dict[str, dict[str, float | None]]:
    """The median of the largest exponents under ONE input, and the shares of networks by their sign."""
    sign, rows = results.exponent_sign.values, {"largest Lyapunov exponent": median_of(results.exponent.values)}
    for of, words in SIGNS.items():
        share = intervals.wilson(int((sign == of).sum()), int(np.isfinite(sign).sum()))
        rows[f"share whose largest exponent is {words}"] = share.as_json()
    return {f"{prefix}{words}": row for words, row in rows.items()}


def period_summary(results: xr.Dataset) -> dict[str, dict[str, float | None]]:
    """Medians over networks with 95 % bootstrap intervals; shares of networks with Wilson's 95 % intervals."""
    rows, stable = {}, (results.kind.values == Kind.STABLE).sum(axis=2)
    largest, lie = moduli(results), variance_shares(results.slow_state.values, slow(results))
    modes = np.where(np.isnan(largest).all(axis=-1), np.nan, (largest >= lasting(results)).sum(axis=-1))
    for place, name in enumerate(results.period.values):
        for count in np.unique(stable[:, place]):
            number = int((stable[:, place] == count).sum())
            words = f"{name}: share with {counted(int(count), 'stable point')}"
            rows[words] = intervals.wilson(number, len(stable)).as_json()
        q = results.smallest_q.values[:, place]
        numbers = {f"share of descents to q of at most {level:.0e}": (q <= level).mean(axis=1) for level in LEVELS}
        numbers |= {
            "median speed of slow points": _middle(np.where(slow(results), results.speed.values, np.nan)[:, place]),
            "largest modulus of an eigenvalue at a slow point": _middle(largest[:, place, :, 0]),
            "second largest modulus": _middle(largest[:, place, :, 1:2].max(axis=-1, initial=0)),
            "modes of a slow point that outlast a sequence": _middle(modes[:, place]),
            "variance of slow points along one direction": lie[:, place, 0],
            "variance of slow points along two directions": lie[:, place].sum(axis=-1),
        }
        for words, values in numbers.items():
            rows[f"{name}: {words}"] = median_of(values)
        rows |= exponent_rows(results.isel(period=place), f"{name}: ")
    return rows


def _middle(values: Float[np.ndarray, "S E"]) -> Float[np.ndarray, " S"]:
    """The median over the slow points of each network; NaN if it has none."""
    return xr.DataArray(values).median("dim_1").values
