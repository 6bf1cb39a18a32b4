"""Cells of papers, declared as any user's would be: a linear recurrence, and the sLSTM."""

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

import lstm_toys as lt

State = tuple[Array, Array, Array, Array]


def squashed(summed: Float[Array, "..."], gates: str) -> Float[Array, "..."]:
    """Applies the gate function of a layer of the library, ``"sigmoid"`` or ``"hard"``."""
    return jnp.clip(0.2 * summed + 0.5, 0.0, 1.0) if gates == "hard" else 0.5 * jnp.tanh(0.5 * summed) + 0.5


class Linear(lt.RNN):
    """A layer h[t] = a h[t-1] + b with a = (1 - leak) (1 - (1 - least) s(slope (x[t] W + w))) and b = x[t] V + v.

    Without a leak, and with a sigmoid s, transitions lie between ``least`` and 1 and reach neither; with ``hard``,
    s(z) = clip(0.2 z + 0.5, 0, 1) reaches both.
    """

    hard: bool = False
    least: float = -1.0
    slope: float = 1.0
    leak: float = 0.0

    @nn.compact
    def __call__(self, inputs: Float[Array, "C T F"]) -> Float[Array, "C T H"]:
        """Returns the states after every time point."""
        drive = self.slope * nn.Dense(self.units, name="transition")(inputs)
        transition = (1 - self.leak) * (1 - (1 - self.least) * squashed(drive, "hard" if self.hard else "sigmoid"))
        driven = nn.Dense(self.units, name="input")(inputs)
        start = self.initial("hidden", inputs, jnp.zeros((inputs.shape[-1], 1)))

        def step(state: Array, at: tuple[Array, Array]) -> tuple[Array, Array]:
            state = at[0] * state + at[1]
            return state, state

        by_time = jnp.swapaxes(transition, 0, 1), jnp.swapaxes(driven, 0, 1)
        return jnp.swapaxes(jax.lax.scan(step, start, by_time)[1], 0, 1)


class SLSTM(lt.RNN):
    """The sLSTM (Beck et al., 2024, "xLSTM"): an LSTM with an exponential input gate, and a normalizer of its cell.

    With a = x[t] W + h[t-1] R + w split into i, f, z and o, and s the sigmoid: c[t] = s(f) c[t-1] + exp(i) tanh(z),
    n[t] = s(f) n[t-1] + exp(i), and h[t] = s(o) c[t] / n[t]. The forget gate is a sigmoid, as in the authors' code.
    Both sums are divided by exp(m[t]), with m[t] = max(log s(f) + m[t-1], i), so that nothing overflows. Parameters
    begin as those of an LSTM do.
    """

    @nn.compact
    def __call__(self, inputs: Float[Array, "C T F"]) -> Float[Array, "C T H"]:
        """Returns the hidden states after every time point."""
        units, width = self.units, 4 * self.units
        kernel = self.param("kernel", nn.initializers.glorot_uniform(), (inputs.shape[-1], width))
        recurrent_kernel = self.param("recurrent_kernel", lt.orthogonal, (units, width))
        bias = self.param("bias", lambda _: jnp.zeros(width).at[units : 2 * units].set(1.0))
        hidden = self.initial("hidden", inputs, kernel)

        def step(state: State, drive: Array) -> tuple[State, Array]:
            hidden, cell, normalizer, largest = state
            i, f, z, o = jnp.split(drive + hidden @ recurrent_kernel, 4, axis=-1)
            lasting = jax.nn.log_sigmoid(f) + largest
            largest = jnp.maximum(lasting, i)
            forget, add = jnp.exp(lasting - largest), jnp.exp(i - largest)
            cell, normalizer = forget * cell + add * jnp.tanh(z), forget * normalizer + add
            hidden = jax.nn.sigmoid(o) * cell / normalizer
            return (hidden, cell, normalizer, largest), hidden

        start = hidden, jnp.zeros_like(hidden), jnp.zeros_like(hidden), jnp.full_like(hidden, -jnp.inf)
        drives = jnp.swapaxes(inputs @ kernel + bias[None, None, :], 0, 1)
        return jnp.swapaxes(jax.lax.scan(step, start, drives)[1], 0, 1)
