"""The floor: what the unavoidable parts of a member-step cost when each runs alone, in the best form found.

Counted for one curve and 32 units are the recurrent dots of both passes, the matrix product that gives the gradient of
the weights, and the arithmetic of the gates. Left out, in favor of a floor that is not too high: the projections of
inputs and answers, the readout, the update, and every load and store that the passes need between them.

Every part runs on all devices at once, as the engine does, so that the cores disturb each other as much.
"""

import itertools
import time
from collections.abc import Callable, Sequence
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
    """Finds the best form of each part, and times it for about so many seconds, in a process without other work.

    Returns:
        Of each part its ``form`` and ``us``, the microseconds a member-step takes on one core.
    """
    devices.configure()
    measured = {}
    for part, forms in parts(Workload()).items():
        every = itertools.product(forms.items(), BLOCKS)
        runs = {f"{name}, blocks of {block}": repeated(body, carry, block) for (name, (body, carry)), block in every}
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

    shape = mesh.size, block
    members = blocks.place(jax.tree.map(lambda leaf: np.broadcast_to(leaf, (*shape, *leaf.shape)), carry))
    compiled = blocks.spread(repeat).lower(members, jnp.int32(0)).compile()

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

    wide, gates = draw(units, 4 * units), several(4, units, units)
    hidden, derivative, four = draw(1, units), draw(1, 4 * units), several(4, 1, units)
    three, two = draw(3 * points * units), draw(2 * points * units)
    sources, derivatives, total = draw(points, units + 2), draw(points, 4 * units), draw(units + 2, 4 * units)

    def chain(step: Callable[..., Array], state: Array, *constants: PyTree) -> tuple[Body, PyTree]:
        """A scan over time of a step from state and constants to state."""

        def body(carry: PyTree) -> PyTree:
            state, constants = carry
            state, _ = jax.lax.scan(lambda s, _: (step(s, *constants), None), state, None, length=points)
            return state, constants

        return body, (state, (*constants, state))

    return {
        "forward dots": {
            "one dot": chain(lambda h, kernel, more: more + _sum(jnp.split(h @ kernel, 4, axis=-1)), hidden, wide),
            "four dots": chain(lambda h, kernels, more: more + _sum([h @ kernel for kernel in kernels]), hidden, gates),
        },
        "backward dots": {
            "one dot": chain(lambda d, kernel, more: more + jnp.tile(d @ kernel, (1, 4)), derivative, wide.T),
            "one dot, transposed": chain(
                lambda d, kernel, more: more + jnp.tile(jnp.einsum("cg,hg->ch", d, kernel), (1, 4)), derivative, wide
            ),
            "four dots": chain(
                lambda d, kernels, gates, more: more + _sum([(d * g) @ k for g, k in zip(gates, kernels, strict=True)]),
                *(hidden, gates, four),
            ),
        },
        "weight gradient": {
            "one product": (_gradient("ts,tg->sg"), (sources, derivatives, total)),
            "one product, transposed": (_gradient("st,tg->sg"), (sources.T, derivatives, total)),
            "four products": (
                _gradient("ts,tg->sg"),
                (sources, several(4, points, units), several(4, units + 2, units)),
            ),
        },
        # Three gates through the sigmoid, the candidate and the cell through tanh.
        "activations, forward": {
            "logistic": (lambda c: (jax.nn.sigmoid(c[0]), jnp.tanh(c[1])), (three, two)),
            "through tanh": (lambda c: (0.5 * jnp.tanh(0.5 * c[0]) + 0.5, jnp.tanh(c[1])), (three, two)),
        },
        "activations, backward": {
            "products": (_derivatives, (jnp.float32(1), several(8, points * units), several(4, points * units)))
        },
    }


def _sum(gates: Sequence[Array]) -> Array:
    return (gates[0] + gates[1]) + (gates[2] + gates[3])


def _gradient(product: str) -> Body:
    """One product of what the gates saw and their derivatives, or one for each gate."""

    def body(carry: PyTree) -> PyTree:
        sources, derivatives, totals = carry
        totals = jax.tree.map(lambda total, d: 0.5 * total + jnp.einsum(product, sources, d), totals, derivatives)
        # One element makes the next iteration depend on this one; the loop replaces it in place.
        touched = jax.tree.map(lambda d, total: d.at[0, 0].set(total[0, 0]), derivatives, totals)
        return sources, touched, totals

    return body


def _derivatives(carry: PyTree) -> PyTree:
    scale, arrays, _ = carry
    i, f, g, o, previous, squashed, d_hidden, d_cell = arrays
    d_cell = scale * d_cell + d_hidden * o * (1 - squashed * squashed)
    d_output = scale * d_hidden * squashed * o * (1 - o)
    after = (d_cell * g * i * (1 - i), d_cell * previous * f * (1 - f), d_cell * i * (1 - g * g), d_output)
    return 1 + 1e-3 * after[0][0], arrays, after
