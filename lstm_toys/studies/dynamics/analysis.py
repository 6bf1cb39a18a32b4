"""Analyzes the dynamics of some networks: at rest, near rest, along curves, and by models made from these."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import numpy as np
import xarray as xr
from jaxtyping import Float

from lstm_toys.dynamics import linear, models
from lstm_toys.dynamics.rest import rest, starts_of
from lstm_toys.dynamics.system import system_of
from lstm_toys.execution import lowering
from lstm_toys.populations import answering, states
from lstm_toys.populations.trained import Networks

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
        along = states.states(networks, self.curves[:1])
        with jax.enable_x64(True):
            visited = np.asarray(system.flat(along))[:, 0]
        begun = starts_of(visited, starts)
        found = rest(system, params, inputs, begun)
        return system, visited, begun, found, models.equilibria(system, params, inputs[:, 0], found)

    def _at_mean(self, networks: Networks) -> xr.Dataset:
        """Modes under the training curves' mean, found from few states."""
        known = self._settle(networks, self.inputs[self.mean : self.mean + 1], FEW)[-1]
        return self._modes(linear.Linear(*(each[:, 0] for each in known.linear)))

    def _modes(self, near: linear.Linear) -> xr.Dataset:
        leading = linear.modes(linear.eigenvalues(near.A)[..., :1], self.spacing)
        gain = np.abs(linear.response(near, self.frequencies, self.spacing)[..., 0, 0])
        highest = np.where(np.isfinite(gain), gain, -np.inf).argmax(axis=-1)
        known = np.isfinite(gain).all(axis=-1)
        values = {
            "mode_frequency": np.abs(leading.frequency[..., 0]),
            "time_constant": leading.time_constant[..., 0],
            "static_gain": np.abs(linear.response(near, np.zeros(1), self.spacing)[..., 0, 0, 0]),
            "peak_gain": np.take_along_axis(gain, highest[..., None], -1)[..., 0],
            "peak_frequency": np.where(known, self.frequencies[highest], np.nan),
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
            if np.isfinite(frequency):
                own, state = jax.tree.map(lambda leaf, seed=seed: leaf[[seed]], params), known.state[[seed], self.mean]
                measured = linear.measured_response(system, own, state, mean, frequency, self.spacing, large)
                peaks[seed] = np.abs(measured[0, 0])
        driving = self.curves[list(self.driving)]
        along = linear.distances(system, params, driving, begun[:, : 1 + FEW])
        answers = answering.answers(networks, self.curves)
        variables: dict[str, Any] = {
            "kind": (slots, found.kind.astype(np.int8)),
            "share": (slots, found.share),
            "rest_answer": ((*slots, "output"), found.answer),
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
