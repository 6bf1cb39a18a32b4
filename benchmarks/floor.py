"""The floor: what the unavoidable parts of a member-step cost when each runs alone, in the best form found.

Counted for one curve and 32 units are the recurrent dots of both passes, the matrix product that gives the gradient of
the weights, and the arithmetic of the gates. Left out, in favor of a floor that is not too high: the projections of
inputs and answers, the readout, the update, and every load and store that the passes need between them.

Every part runs on all devices at once, as the engine does, so that the cores disturb each other as much. Run as a
module it measures once, for about as many seconds a part as its argument says, and prints JSON.
"""

import itertools
import json
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PyTree

from benchmarks.job import Workload
from benchmarks.machine import cores
from lstm_toys.execution import devices
from lstm_toys.populations import blocks

BLOCKS = (1, 2, 4)
"""Members side by side in which every form is tried."""

Body = Callable[[PyTree], PyTree]
"""One member's work, from a carry to the next."""

Run = Callable[[int], float]
"""Runs a part so many times, and returns microseconds a member on one core."""


def measure(seconds: float) -> dict[str, dict[str, Any]]:
    """Finds the best form of each part, and times it.

    Returns:
        Of each part its ``form`` and ``us``, the microseconds a member-step takes on one core.
    """
    measured = {}
    for part, forms in parts(Workload()).items():
        runs = {
            f"{name}, blocks of {block}": repeated(body, carry, block)
            for (name, (body, carry)), block in itertools.product(forms.items(), BLOCKS)
        }
        times = {form: min(microseconds(run, 0.01) for _ in range(10)) for form, run in runs.items()}
        best = min(times, key=lambda form: times[form])
        measured[part] = {"form": best, "us": microseconds(runs[best], seconds)}
    return measured


def rates(rounds: list[dict[str, dict[str, Any]]], cores: int) -> list[float]:
    """Member-steps a second that the floor allows on so many cores, from what `measure` returned in each round."""
    return [1e6 * cores / sum(part["us"] for part in parts.values()) for parts in rounds]


def repeated(body: Body, carry: PyTree, block: int) -> Run:
    """Compiles a part, with its first carry, for all devices and so many members side by side.

    The body has to return something of all that it computes, and depend on the carry, or XLA leaves out what it can.
    """
    mesh = blocks.mesh()
    done = block * mesh.size / cores()

    def repeat(carry: PyTree, times: Array) -> PyTree:
        return jax.lax.fori_loop(0, times, lambda _, carry: body(carry), carry)

    def copies(leaf: Array) -> Float[np.ndarray, "blocks N ..."]:
        return np.broadcast_to(np.asarray(leaf), (mesh.size, block, *leaf.shape))

    members = blocks.place(jax.tree.map(copies, carry), mesh)
    compiled = blocks.spread(repeat, mesh).lower(members, jnp.int32(0)).compile()

    def run(times: int) -> float:
        began = time.perf_counter()
        jax.block_until_ready(compiled(members, jnp.int32(times)))
        return 1e6 * (time.perf_counter() - began) / (times * done)

    run(1)
    return run


def microseconds(run: Run, seconds: float) -> float:
    """What one member takes, over about so many seconds of a run."""
    for times in (10, 100, 1000):
        us = run(times)
        if times * us > 2e4:
            break
    return run(max(1, round(seconds * 1e6 / us)))


def parts(job: Workload) -> dict[str, dict[str, tuple[Body, PyTree]]]:
    """For each part its forms: one member-step's work as a function of a carry, and the carry to begin with.

    What a body returns depends on what it was given, through one element if nothing else, so that XLA can neither
    leave out an iteration nor move the work out of the loop.
    """
    (units,), points = job.hidden, job.points
    random = np.random.default_rng(0)

    def draw(*shape: int) -> Float[Array, "..."]:
        return jnp.asarray(random.uniform(-0.1, 0.1, shape), jnp.float32)

    def several(count: int, *shape: int) -> tuple[Float[Array, "..."], ...]:
        return tuple(draw(*shape) for _ in range(count))

    def flat(count: int) -> Float[Array, "..."]:
        return draw(count * points * units)

    wide, gates = draw(units, 4 * units), several(4, units, units)
    hidden, derivative, four = draw(1, units), draw(1, 4 * units), several(4, 1, units)
    sources, derivatives, total = draw(points, units + 2), draw(points, 4 * units), draw(units + 2, 4 * units)

    def chain(step: Callable[..., Array], state: Array, *constants: PyTree) -> tuple[Body, PyTree]:
        return _chain(step, points), (state, (*constants, state))

    return {
        "forward dots": {
            "one dot": chain(_forward_one, hidden, wide),
            "four dots": chain(_forward_four, hidden, gates),
        },
        "backward dots": {
            "one dot": chain(_backward_one(jnp.matmul), derivative, draw(4 * units, units)),
            "one dot, transposed": chain(_backward_one(partial(jnp.einsum, "cg,hg->ch")), derivative, wide),
            "four dots": chain(_backward_four, hidden, gates, four),
        },
        "weight gradient": {
            "one product": (_gradient(_transposed), (sources, derivatives, total)),
            "one product, transposed": (_gradient(jnp.matmul), (sources.T, derivatives, total)),
            "four products": (
                _gradient(_transposed),
                (sources, several(4, points, units), several(4, units + 2, units)),
            ),
        },
        "activations, forward": {
            "logistic": (_activations(jax.nn.sigmoid), (flat(3), flat(2))),
            "through tanh": (_activations(lambda a: 0.5 * jnp.tanh(0.5 * a) + 0.5), (flat(3), flat(2))),
        },
        "activations, backward": {
            "products": (_derivatives, (jnp.float32(1), several(8, points * units), several(4, points * units)))
        },
    }


def _chain(step: Callable[..., Array], points: int) -> Body:
    """A scan over time of a step from state and constants to state."""

    def body(carry: PyTree) -> PyTree:
        state, constants = carry
        state, _ = jax.lax.scan(lambda s, _: (step(s, *constants), None), state, None, length=points)
        return state, constants

    return body


def _forward_one(hidden: Array, kernel: Array, shift: Array) -> Array:
    i, f, g, o = jnp.split(hidden @ kernel, 4, axis=-1)
    return shift + (i + f) + (g + o)


def _forward_four(hidden: Array, kernels: tuple[Array, ...], shift: Array) -> Array:
    i, f, g, o = (hidden @ kernel for kernel in kernels)
    return shift + (i + f) + (g + o)


def _backward_one(product: Callable[[Array, Array], Array]) -> Callable[..., Array]:
    return lambda derivative, kernel, shift: shift + jnp.tile(product(derivative, kernel), (1, 4))


def _backward_four(derivative: Array, kernels: tuple[Array, ...], gates: tuple[Array, ...], shift: Array) -> Array:
    i, f, g, o = ((derivative * gate) @ kernel for gate, kernel in zip(gates, kernels, strict=True))
    return shift + (i + f) + (g + o)


_transposed = partial(jnp.einsum, "ts,tg->sg")


def _gradient(product: Callable[[Array, Array], Array]) -> Body:
    """One product of what the gates saw and their derivatives, or one for each gate."""

    def body(carry: PyTree) -> PyTree:
        sources, derivatives, totals = carry
        totals = jax.tree.map(lambda total, d: 0.5 * total + product(sources, d), totals, derivatives)
        # One element makes the next iteration depend on this one; the loop replaces it in place.
        touched = jax.tree.map(lambda d, total: d.at[0, 0].set(total[0, 0]), derivatives, totals)
        return sources, touched, totals

    return body


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
        scale * d_hidden * squashed * o * (1 - o),
    )
    return 1 + 1e-3 * after[0][0], arrays, after


if __name__ == "__main__":
    devices.configure()
    print(json.dumps(measure(float(sys.argv[1]))))
