"""A linear recurrence whose transitions depend on the input, declared as any user's cell would be."""

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

import lstm_toys as lt
from lstm_toys.networks.layer import squashed


class Linear(lt.RNN):
    """A layer h[t] = a h[t-1] + b with a = 1 - 2 s(x[t] W + w) and b = x[t] V + v.

    With a sigmoid s, transitions lie between -1 and 1 and reach neither; with ``hard``, s(z) = clip(0.2 z + 0.5, 0, 1)
    reaches both.
    """

    hard: bool = False

    @nn.compact
    def __call__(self, inputs: Float[Array, "C T F"]) -> Float[Array, "C T H"]:
        """Returns the states after every time point."""
        drive = nn.Dense(self.units, name="transition")(inputs)
        transition = 1 - 2 * squashed(drive, "hard" if self.hard else "sigmoid")
        driven = nn.Dense(self.units, name="input")(inputs)
        start = self.initial("hidden", inputs, jnp.zeros((1, 1)))

        def step(state: Array, at: tuple[Array, Array]) -> tuple[Array, Array]:
            state = at[0] * state + at[1]
            return state, state

        by_time = jnp.swapaxes(transition, 0, 1), jnp.swapaxes(driven, 0, 1)
        return jnp.swapaxes(jax.lax.scan(step, start, by_time)[1], 0, 1)
