"""The floor: what the unavoidable parts of a member-step cost when each runs alone, in the best form found.

Counted for the job of the table are the recurrent dots of both passes, the matrix product that gives the gradient of
the weights, and the arithmetic of the gates. Left out, in favor of a floor that is not too high: the projections of
inputs and answers, the readout, the update, and every load and store that the passes need between them.

Every part runs on all devices at once, as the engine does, so that the cores disturb each other as much.
"""

import itertools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PyTree

from benchmarks.job import Job
from benchmarks.parts.loop import Body, microseconds, repeated
from lstm_toys.populations import devices

BLOCKS = (1, 2, 4)
"""Members side by side in which every form is tried."""


class Floor:
    """Finds the best form of each part, and measures them."""

    def __init__(self) -> None:
        devices.configure()
        self._best: dict[str, tuple[str, Callable[[int], float]]] = {}

    def measure(self, seconds: float) -> dict[str, Any]:
        """Measures the best forms, and finds them first if this is the first time.

        Args:
            seconds: to spend on every part.

        Returns:
            For each part the microseconds of a member-step on one core, and the form.
        """
        if not self._best:
            self._best = {part: self._choose(forms) for part, forms in parts(Job()).items()}
        return {part: {"us": microseconds(run, seconds), "form": form} for part, (form, run) in self._best.items()}

    def _choose(self, forms: dict[str, tuple[Body, PyTree]]) -> tuple[str, Callable[[int], float]]:
        runs = {
            f"{name}, blocks of {block}": repeated(body, carry, block)
            for (name, (body, carry)), block in itertools.product(forms.items(), BLOCKS)
        }
        times = {name: min(microseconds(run, 0.01) for _ in range(10)) for name, run in runs.items()}
        best = min(times, key=lambda name: times[name])
        return best, runs[best]


def parts(job: Job) -> dict[str, dict[str, tuple[Body, PyTree]]]:
    """For each part its forms: one member-step's work as a function of a carry, and the carry to begin with.

    What a body returns depends on what it was given, through one element if nothing else, so that XLA can neither
    leave out an iteration nor move the work out of the loop.
    """
    (units,), points = job.hidden, job.points
    random = np.random.default_rng(0)

    def draw(*shape: int) -> Float[Array, "..."]:
        return jnp.asarray(random.uniform(-0.1, 0.1, shape), jnp.float32)

    def rows(count: int) -> tuple[Float[Array, "T H"], ...]:
        return tuple(draw(points, units) for _ in range(count))

    def flat(count: int) -> Float[Array, "..."]:
        return draw(count * points * units)

    wide, gates = draw(units, 4 * units), tuple(draw(units, units) for _ in range(4))
    hidden, derivative = draw(1, units), draw(1, 4 * units)
    four = tuple(draw(1, units) for _ in range(4))
    sources = draw(points, units + 2)
    return {
        "forward dots": {
            "one dot": (_chain(_forward_one, points), (hidden, (wide, hidden))),
            "four dots": (_chain(_forward_four, points), (hidden, (gates, hidden))),
        },
        "backward dots": {
            "one dot": (_chain(_backward_one, points), (derivative, (draw(4 * units, units), derivative))),
            "one dot, transposed": (_chain(_backward_transposed, points), (derivative, (wide, derivative))),
            "four dots": (_chain(_backward_four, points), (hidden, (gates, four, hidden))),
        },
        "weight gradient": {
            "one product": (_gradient_one, (sources, draw(points, 4 * units), draw(units + 2, 4 * units))),
            "one product, transposed": (
                _gradient_transposed,
                (sources.T, draw(points, 4 * units), draw(units + 2, 4 * units)),
            ),
            "four products": (_gradient_four, (sources, rows(4), tuple(draw(units + 2, units) for _ in range(4)))),
        },
        "activations, forward": {
            "logistic": (_activations(jax.nn.sigmoid), (flat(3), flat(2))),
            "through tanh": (_activations(lambda a: 0.5 * jnp.tanh(0.5 * a) + 0.5), (flat(3), flat(2))),
        },
        "activations, backward": {
            "products": (_derivatives, (jnp.float32(1), tuple(flat(1) for _ in range(8)), (flat(1),) * 4))
        },
    }


def _chain(step: Callable[[PyTree, PyTree], PyTree], points: int) -> Body:
    """A scan over time of a step from state and constants to state."""

    def body(carry: PyTree) -> PyTree:
        state, constants = carry
        state, _ = jax.lax.scan(lambda s, _: (step(s, constants), None), state, None, length=points)
        return state, constants

    return body


def _forward_one(hidden: Array, constants: PyTree) -> Array:
    kernel, shift = constants
    i, f, g, o = jnp.split(hidden @ kernel, 4, axis=-1)
    return shift + (i + f) + (g + o)


def _forward_four(hidden: Array, constants: PyTree) -> Array:
    kernels, shift = constants
    i, f, g, o = (hidden @ kernel for kernel in kernels)
    return shift + (i + f) + (g + o)


def _backward_one(derivative: Array, constants: PyTree) -> Array:
    kernel, shift = constants
    return shift + jnp.tile(derivative @ kernel, (1, 4))


def _backward_transposed(derivative: Array, constants: PyTree) -> Array:
    kernel, shift = constants
    return shift + jnp.tile(jnp.einsum("cg,hg->ch", derivative, kernel), (1, 4))


def _backward_four(derivative: Array, constants: PyTree) -> Array:
    kernels, gates, shift = constants
    i, f, g, o = ((derivative * gate) @ kernel for gate, kernel in zip(gates, kernels, strict=True))
    return shift + (i + f) + (g + o)


def _touch(array: Array, by: Array) -> Array:
    """Makes an array depend on another through its first element, which the loop replaces in place."""
    return array.at[0, 0].set(by[0, 0])


def _gradient_one(carry: PyTree) -> PyTree:
    sources, derivatives, total = carry
    total = 0.5 * total + jnp.einsum("ts,tg->sg", sources, derivatives)
    return sources, _touch(derivatives, total), total


def _gradient_transposed(carry: PyTree) -> PyTree:
    sources, derivatives, total = carry
    total = 0.5 * total + sources @ derivatives
    return sources, _touch(derivatives, total), total


def _gradient_four(carry: PyTree) -> PyTree:
    sources, derivatives, totals = carry
    totals = tuple(
        0.5 * total + jnp.einsum("ts,tg->sg", sources, derivative)
        for derivative, total in zip(derivatives, totals, strict=True)
    )
    return sources, tuple(map(_touch, derivatives, totals)), totals


def _activations(sigmoid: Callable[[Array], Array]) -> Body:
    def body(carry: PyTree) -> PyTree:
        """Three gates through the sigmoid, the candidate and the cell through tanh."""
        gates, rest = carry
        return sigmoid(gates), jnp.tanh(rest)

    return body


def _derivatives(carry: PyTree) -> PyTree:
    scale, arrays, _ = carry
    i, f, g, o, previous, squashed, d_hidden, d_cell = arrays
    d_cell = scale * d_cell + d_hidden * o * (1 - squashed * squashed)
    after = (
        d_cell * g * i * (1 - i),
        d_cell * previous * f * (1 - f),
        d_cell * i * (1 - g * g),
        d_hidden * squashed * o * (1 - o),
    )
    return 1 + 1e-3 * after[0][0], arrays, after
