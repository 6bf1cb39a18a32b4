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
from lstm_toys.dynamics.limits import Kind, Rest, evenly, limits, starts_of
from lstm_toys.dynamics.slow import descents, variance_shares
from lstm_toys.dynamics.system import system_of
from lstm_toys.execution import lowering
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

PERIOD_OF = ("seed", "period")


@dataclass(frozen=True)
class NetworkJob:
    """What the analyses of networks share; of all kept steps, the last one gets the full analysis.

    Attributes:
        curves: those that networks see.
        inputs: constant inputs, one per row.
        starts: number of initial states from which fixed points are sought.
        spacing: distance of time points, in units of x.
    """

    curves: Float[np.ndarray, "C T F"]
    inputs: Float[np.ndarray, "U F"]
    starts: int
    spacing: float

    def digests(self) -> lowering.Digests:
        """Code of dynamics is part of the library's."""
        return {"analyzed": lowering.digest(vars(self)), **lowering.compiled()}


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
        whole = self._whole(networks)
        course = [self._at_mean(networks.at(step)) for step in earlier]
        if course:
            now = whole[[*course[0].data_vars]]
            whole = whole.merge(xr.concat([*course, now], "kept_step").rename({n: f"{n}_course" for n in now}))
            whole = whole.assign_coords(kept_step=[*earlier, last])
        return whole.assign_coords(seed=networks.seeds)

    def _settle(self, networks: Networks, inputs: Float[np.ndarray, "U F"], starts: int) -> tuple[Any, ...]:
        """The system, its states along the training curve, initial states, and where they settle under inputs."""
        system, params = system_of(networks, self.curves.shape[2]), networks.params
        visited = system.flat(states.states(networks, self.curves[:1]))[:, 0]
        begun = starts_of(visited, starts)
        found = limits(system, params, inputs, begun)
        return system, visited, begun, found, models.equilibria(system, params, inputs[:, 0], found)

    def _at_mean(self, networks: Networks) -> xr.Dataset:
        """Modes under the training curves' mean, found from few states."""
        known = self._settle(networks, self.inputs[self.mean : self.mean + 1], FEW)[-1]
        return self._modes(linear.Linear(*(each[:, 0] for each in known.linear)))

    def _modes(self, near: linear.Linear) -> xr.Dataset:
        leading = linear.modes(linear.eigenvalues(near.A)[..., :1], self.spacing)
        frequencies = np.array([0.0, *self.frequencies])  # Also of the slowest input, a constant one.
        gain = np.abs(linear.response(near, frequencies, self.spacing)[..., 0, 0])
        highest = np.where(np.isfinite(gain), gain, -np.inf).argmax(axis=-1)
        known = np.isfinite(gain).all(axis=-1)
        values = {
            "mode_frequency": np.abs(leading.frequency[..., 0]),
            "time_constant": leading.time_constant[..., 0],
            "static_gain": gain[..., 0],
            "peak_gain": np.take_along_axis(gain, highest[..., None], -1)[..., 0],
            "peak_frequency": np.where(known, frequencies[highest], np.nan),
        }
        return xr.Dataset({name: ("seed", each) for name, each in values.items()})

    def _whole(self, networks: Networks) -> xr.Dataset:
        system, visited, begun, found, known = self._settle(networks, self.inputs, self.starts)
        params = networks.params
        slots, responses = ("seed", "input", "found"), ("seed", "input", "frequency")
        gain = linear.response(known.linear, self.frequencies, self.spacing)[..., 0, 0]
        modes = self._modes(linear.Linear(*(each[:, self.mean] for each in known.linear)))
        # The gain at the frequency of the largest one, for sines as large as the training curve.
        mean, large = float(self.inputs[self.mean, 0]), float(np.ptp(self.curves[0])) / 2 or 1e-3
        peaks = np.full(len(visited), np.nan)
        for seed, frequency in enumerate(modes.peak_frequency.values):  # In turn: networks must not depend on others.
            if frequency > 0:
                own, state = jax.tree.map(lambda leaf, seed=seed: leaf[[seed]], params), known.state[[seed], self.mean]
                measured = linear.measured_response(system, own, state, mean, frequency, self.spacing, large)
                peaks[seed] = np.abs(measured[0, 0])
        driving = self.curves[list(self.driving)]
        along = linear.distances(system, params, driving, begun[:, : 1 + FEW])
        answers = answering.answers(networks, self.curves)
        variables: dict[str, Any] = {
            **settled(found, slots),
            "eigenvalue_real": ((*slots, "state"), found.eigenvalues.real),
            "eigenvalue_imaginary": ((*slots, "state"), found.eigenvalues.imag),
            "found_count": (("seed", "input"), found.found),
            "trajectory": (("seed", "time", "state"), visited.astype(np.float32)),
            "gain": (responses, np.abs(gain).astype(np.float32)),
            "phase": (responses, np.angle(gain).astype(np.float32)),
            "static_answer": (("seed", "input", "output"), known.answer),
            "distance": (("seed", "driving", "time"), along.astype(np.float32)),
            "answer": (("seed", "curve", *(["time"] * self.sequence), "output"), answers),
            "peak_gain_trained": ("seed", peaks),
            "jacobian": (("seed", "state", "before"), known.linear.A[:, self.mean].astype(np.float32)),
        }
        coordinates = {"state": system.components}
        if self.sequence:
            curves = self.curves[..., 0]
            predicted = [
                model(known, curves, mean) if name == MEAN else model(known, curves) for name, model in MODELS.items()
            ]
            of_models = "model", "seed", "curve", "time", "output"
            variables["prediction"] = of_models, np.stack(predicted).astype(np.float32)
            coordinates["model"] = [*MODELS]
        return xr.Dataset(variables, coordinates).merge(modes)


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
        every = system.flat(states.states(networks, self.curves))
        visited = every[:, self.within]
        nearest = np.linalg.norm(self.curves[self.within][:, None] - self.inputs, axis=-1).argmin(axis=1)
        there = [nearest == place if place in nearest else nearest >= 0 for place in range(len(self.inputs))]
        begun = [evenly(visited[:, own], MORE * self.starts) for own in there]
        # The first descents end along lines of slow points, the second at the slowest points of the lines.
        slow = descents(system, params, self.inputs, np.stack(begun, axis=1), self.spacing, SLOW)
        slowest = descents(system, params, self.inputs, slow.state, self.spacing, LEVELS[-1], examined=1)
        found = limits(system, params, self.inputs, starts_of(visited, self.starts), LIMITS)
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
            **settled(found, (*PERIOD_OF, "found")),
        }
        coordinates = {"seed": networks.seeds, "examined": slow.examined, "state": system.components}
        return xr.Dataset(variables, coordinates)


def settled(found: Rest, slots: tuple[str, ...]) -> dict[str, Any]:
    """The variables of limits; kinds are described as the CF conventions describe flags."""
    flags = {"flag_values": np.array([*Kind], np.int8), "flag_meanings": " ".join(kind.name.lower() for kind in Kind)}
    leading = found.eigenvalues[..., 0]
    return {
        "kind": (slots, found.kind.astype(np.int8), flags),
        "share": (slots, found.share),
        "rest_state": ((*slots, "state"), found.state.astype(np.float32)),
        "rest_answer": ((*slots, "output"), found.answer),
        "rest_real": (slots, leading.real, {"long_name": "real part of the leading eigenvalue"}),
        "rest_imaginary": (slots, leading.imag, {"long_name": "imaginary part of the leading eigenvalue"}),
        "rest_rate": (slots, found.rate, {"long_name": "change of the fastest component", "units": "per step"}),
        "watched": (slots, found.watched, {"long_name": "steps after which the kind was given"}),
    }


def limits_of(found: xr.Dataset) -> Rest:
    """The limits that a study has stored."""
    inputs = found.period.values if "period" in found.coords else found.input.values
    return Rest(
        kind=found.kind.values,
        share=found.share.values,
        state=found.rest_state.values,
        answer=found.rest_answer.values,
        eigenvalues=(found.rest_real.values + 1j * found.rest_imaginary.values)[..., None],
        rate=found.rest_rate.values,
        watched=found.watched.values,
        found=(found.kind.values != Kind.NOTHING).sum(axis=2),
        seeds=found.seed.values,
        inputs=inputs,
        spacing=found.attrs["spacing"],
        components=tuple(found.state.values.tolist()),
    )


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


def period_summary(found: xr.Dataset) -> dict[str, dict[str, float | None]]:
    """Medians over networks with 95 % bootstrap intervals; shares of networks with Wilson's 95 % intervals."""
    rows, stable = {}, (found.kind.values == Kind.STABLE).sum(axis=2)
    largest, lie = moduli(found), variance_shares(found.slow_state.values, slow(found))
    modes = np.where(np.isnan(largest).all(axis=-1), np.nan, (largest >= lasting(found)).sum(axis=-1))
    for place, name in enumerate(found.period.values):
        for count in np.unique(stable[:, place]):
            number = int((stable[:, place] == count).sum())
            words = f"{name}: share with {counted(int(count), 'stable point')}"
            rows[words] = intervals.wilson(number, len(stable)).as_json()
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
