"""Analyzes the dynamics of some networks: at rest, near rest, along curves, and by models made from these."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import numpy as np
import xarray as xr
from jaxtyping import Float, PyTree

from lstm_toys.dynamics import linear, models
from lstm_toys.dynamics.rest import rest, starts_of
from lstm_toys.dynamics.system import System, system_of
from lstm_toys.execution import lowering
from lstm_toys.execution.base import Job
from lstm_toys.populations import answering, states

FEW = 8
"""Number of initial states at kept steps, and for the distance of two states along a curve."""

EXPONENTS = 4
MEASURED = 12
"""Numbers of Lyapunov exponents along a curve, and of frequencies at which the response is also measured."""

AMPLITUDE = 1e-3
"""Amplitude of the measured sines, as a share of the range of constant inputs."""

MEAN = "linear at the mean"

MODELS: Mapping[str, Callable[..., Float[np.ndarray, "S C T A"]]] = {
    "clipped copy": models.clipped_copy,
    "static curve": models.static_curve,
    MEAN: models.fixed_linear,
    "LPV": models.varying_linear,
    **{f"LPV, {count} mode{'s' * (count > 1)}": partial(models.varying_linear, modes=count) for count in (1, 2, 3, 4)},
}
"""The models by name: from equilibria and curves to predictions; `MEAN` also takes the mean of the training curves."""


class AnalyzedNetworks(NamedTuple):
    """Some networks: their parameters by step, every leaf ``[S, ...]``; the last step gets the full analysis."""

    members: slice
    params: Mapping[int, PyTree]

    def __str__(self) -> str:
        return f"networks {self.members.start:,} to {self.members.stop - 1:,}"


@dataclass(frozen=True)
class Analysis(Job[AnalyzedNetworks, xr.Dataset]):
    """The analysis of every network.

    Attributes:
        curves: all curves that networks answer; the first one is the training curve.
        inputs: constant inputs, of which only the feature ``varied`` varies.
        mean: index of the training curves' mean among the constant inputs.
        frequencies: angular frequencies of the response, in radians per unit of x.
        driving: indices of the curves along which states are followed.
        sequence: whether networks answer at every time point.
    """

    model: nn.Module
    curves: Float[np.ndarray, "C T F"]
    inputs: Float[np.ndarray, "U F"]
    varied: int
    mean: int
    starts: int
    x: Float[np.ndarray, " T"]
    frequencies: Float[np.ndarray, " W"]
    driving: tuple[int, ...]
    sequence: bool
    block: int

    @property
    def spacing(self) -> float:
        return float(self.x[1] - self.x[0])

    @property
    def modeled(self) -> bool:
        """Whether models can be made: of networks of one feature that answer at every time point."""
        return self.sequence and self.curves.shape[2] == 1

    def digests(self) -> lowering.Digests:
        """Code of dynamics is digested as source."""
        own = [self.curves, self.inputs, self.x, self.frequencies]
        rest = [self.varied, self.mean, self.starts, self.spacing, list(self.driving), self.sequence]
        return {"analyzed": lowering.digest(own, rest), **lowering.compiled()}

    def function(self) -> Callable[[AnalyzedNetworks], xr.Dataset]:
        return self.analyzed

    def analyzed(self, part: AnalyzedNetworks) -> xr.Dataset:
        *earlier, last = sorted(part.params)
        params = part.params[last]
        whole = self._whole(params)
        course = [self._modes(self._at_mean(part.params[step])) for step in earlier]
        if course:
            now = whole[[*course[0].data_vars]]
            whole = whole.merge(xr.concat([*course, now], "kept_step").rename({n: f"{n}_course" for n in now}))
            whole = whole.assign_coords(kept_step=[*earlier, last])
        return whole.assign_coords(seed=np.arange(part.members.start, part.members.stop))

    def _visited(self, system: System, params: PyTree) -> Float[np.ndarray, "S N D"]:
        found = states.states(self.model, params, self.curves[:1], block=self.block)
        with jax.enable_x64(True):
            return np.asarray(system.flat(found))[:, 0]

    def _at_mean(self, params: PyTree) -> linear.Linear:
        """The linearization at the equilibrium under the training curves' mean, found from few states."""
        system, constant = system_of(self.model, params, self.curves.shape[2]), self.inputs[self.mean : self.mean + 1]
        begun = starts_of(self._visited(system, params), FEW)
        found = rest(system, params, constant, begun, self.spacing)
        known = models.equilibria(system, params, constant[:, self.varied], found)
        return linear.Linear(*(each[:, 0] for each in known.linear))

    def _modes(self, near: linear.Linear) -> xr.Dataset:
        leading = linear.modes(linear.eigenvalues(near.A)[..., :1], self.spacing)
        gain = np.abs(linear.response(near, self.frequencies, self.spacing)[..., 0, self.varied])
        highest = np.where(np.isfinite(gain), gain, -np.inf).argmax(axis=-1)[..., None]
        known = np.isfinite(gain).all(axis=-1)
        slow = np.abs(linear.response(near, np.zeros(1), self.spacing)[..., 0, 0, self.varied])
        return xr.Dataset(
            {
                "mode_frequency": ("seed", np.abs(leading.frequency[..., 0])),
                "time_constant": ("seed", leading.time_constant[..., 0]),
                "static_gain": ("seed", slow),
                "peak_gain": ("seed", np.take_along_axis(gain, highest, -1)[..., 0]),
                "peak_frequency": ("seed", np.where(known, self.frequencies[highest[..., 0]], np.nan)),
            }
        )

    def _whole(self, params: PyTree) -> xr.Dataset:
        system = system_of(self.model, params, self.curves.shape[2])
        visited = self._visited(system, params)
        begun = starts_of(visited, self.starts)
        found = rest(system, params, self.inputs, begun, self.spacing)
        slots = ("seed", "input", "found")
        variables: dict[str, Any] = {
            "kind": (slots, found.kind.astype(np.int8)),
            "share": (slots, found.share),
            "rest_answer": ((*slots, "output"), found.answer),
            "swing": ((*slots, "output"), found.swing),
            "eigenvalue_real": ((*slots, "state"), found.eigenvalues.real),
            "eigenvalue_imaginary": ((*slots, "state"), found.eigenvalues.imag),
            "residual": (slots, found.residual),
            "unit": (slots, found.unit),
            "rate": (slots, found.rate),
            "period": (slots, found.period),
            "found_count": (("seed", "input"), found.found),
            "trajectory": (("seed", "time", "state"), visited.astype(np.float32)),
        }
        known = models.equilibria(system, params, self.inputs[:, self.varied], found)
        near = known.linear
        complex_gain = linear.response(near, self.frequencies, self.spacing)[..., 0, self.varied]
        variables["gain"] = (("seed", "input", "frequency"), np.abs(complex_gain).astype(np.float32))
        variables["phase"] = (("seed", "input", "frequency"), np.angle(complex_gain).astype(np.float32))
        variables["static_answer"] = (("seed", "input", "output"), known.answer)
        chosen = self.frequencies[np.linspace(0, len(self.frequencies) - 1, MEASURED).round().astype(int)]
        own = slice(self.mean, self.mean + 1)
        amplitude = AMPLITUDE * float(np.ptp(self.inputs[:, self.varied]) or 1.0)
        measured = linear.measured_response(
            system, params, self.inputs[own], known.state[:, own], chosen, self.spacing, amplitude
        )[:, 0, :, 0, self.varied]
        variables["measured_gain"] = (("seed", "measured_frequency"), np.abs(measured))
        variables["measured_phase"] = (("seed", "measured_frequency"), np.angle(measured))
        curves, starts = self.curves[list(self.driving)], begun[:, : 1 + FEW]
        along = linear.driven(system, params, curves, starts, self.spacing, largest=EXPONENTS)
        variables["distance"] = (("seed", "driving", "time"), along.distance.astype(np.float32))
        variables["exponent"] = (("seed", "driving", "place"), along.exponents)
        answers = answering.answers(self.model, params, self.curves, block=self.block)
        points = ("time",) if self.sequence else ()
        variables["answer"] = (("seed", "curve", *points, "output"), answers)
        coordinates: dict[str, Any] = {
            "input": self.inputs[:, self.varied],
            "frequency": self.frequencies,
            "measured_frequency": chosen,
            "time": self.x,
        }
        if self.modeled:
            mean = float(self.inputs[self.mean, self.varied])
            more = {name: (mean,) if name == MEAN else () for name in MODELS}
            predicted = [model(known, self.curves[..., 0], *more[name]) for name, model in MODELS.items()]
            variables["prediction"] = (
                ("model", "seed", "curve", "time", "output"),
                np.stack(predicted).astype(np.float32),
            )
            coordinates["model"] = list(MODELS)
        at_mean = linear.Linear(*(each[:, self.mean] for each in near))
        modes = self._modes(at_mean)
        large = float(np.ptp(self.curves[0, :, self.varied])) / 2 or amplitude
        peaks = self._gains(system, params, known.state[:, own], modes.peak_frequency.values, large)
        variables["peak_gain_trained"] = ("seed", peaks)
        variables["jacobian"] = (("seed", "state", "before"), at_mean.A.astype(np.float32))
        coordinates["state"] = system.components
        return xr.Dataset(variables, coordinates).merge(modes)

    def _gains(
        self,
        system: System,
        params: PyTree,
        at_rest: Float[np.ndarray, "S 1 D"],
        frequencies: Float[np.ndarray, " S"],
        amplitude: float,
    ) -> Float[np.ndarray, " S"]:
        """The measured gain of sines about the training curves' mean, each network at a frequency of its own."""
        constant, gains = self.inputs[self.mean : self.mean + 1], np.full(len(frequencies), np.nan)
        for seed in np.flatnonzero(np.isfinite(frequencies)):  # In turn: no network must depend on the others.
            own = jax.tree.map(lambda leaf, seed=seed: leaf[[seed]], params)
            gain = linear.measured_response(
                system, own, constant, at_rest[[seed]], frequencies[[seed]], self.spacing, amplitude
            )
            gains[seed] = np.abs(gain[0, 0, 0, 0, self.varied])
        return gains
