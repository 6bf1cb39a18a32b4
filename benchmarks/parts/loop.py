"""Timing of a part of a member-step alone: in a loop, on all devices at once, as the engine runs it."""

import time
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PyTree

from lstm_toys.populations import blocks

Body = Callable[[PyTree], PyTree]
"""One member's work, from a carry to the next."""


Run = Callable[[int], float]
"""Runs a part so many times, and returns microseconds a member."""


def repeated(body: Body, carry: PyTree, block: int) -> Run:
    """Compiles a part for all devices.

    Args:
        body: what one member does. It has to return something of all that it computes, and depend on the carry, or XLA
            leaves out what it can.
        carry: of the first iteration.
        block: members side by side.
    """
    mesh = blocks.mesh()

    def repeat(carry: PyTree, times: Array) -> PyTree:
        return jax.lax.fori_loop(0, times, lambda _, carry: body(carry), carry)

    def copies(leaf: Array) -> Float[np.ndarray, "blocks N ..."]:
        return np.broadcast_to(np.asarray(leaf), (mesh.size, block, *leaf.shape))

    members = blocks.place(jax.tree.map(copies, carry), mesh)
    compiled = blocks.spread(repeat, mesh).lower(members, jnp.int32(0)).compile()

    def run(times: int) -> float:
        began = time.perf_counter()
        jax.block_until_ready(compiled(members, jnp.int32(times)))
        return 1e6 * (time.perf_counter() - began) / (times * block)

    run(1)
    return run


def microseconds(run: Run, seconds: float) -> float:
    """What one member takes, over about so many seconds of a run."""
    for times in (10, 100, 1000):
        us = run(times)
        if times * us > 2e4:
            break
    return run(max(1, round(seconds * 1e6 / us)))
