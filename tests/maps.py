"""Networks made by hand, whose dynamics are known in closed form."""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np

from conftest import initialized
from lstm_toys.dynamics.system import system_of
from lstm_toys.networks.layer import Layer

SPACING = 0.01


class Linear(Layer):
    """A cell ``h[t] = h[t-1] @ recurrent_kernel + inputs[t] @ kernel``."""

    @nn.compact
    def __call__(self, inputs):
        kernel = self.param("kernel", nn.initializers.ones, (inputs.shape[-1], self.units))
        recurrent_kernel = self.param("recurrent_kernel", nn.initializers.ones, (self.units, self.units))

        def step(hidden, drive):
            after = hidden @ recurrent_kernel + drive
            return after, after

        start = self.initial("hidden", inputs, kernel)
        return jnp.swapaxes(jax.lax.scan(step, start, jnp.swapaxes(inputs @ kernel, 0, 1))[1], 0, 1)


class Wide(nn.Module):
    """What is no cell: it returns twice as many units as it has."""

    units: int

    @nn.compact
    def __call__(self, inputs):
        return nn.Dense(2 * self.units)(inputs)


class Noisy(nn.Module):
    """A layer whose hidden states have private noise where random numbers are given."""

    @nn.compact
    def __call__(self, inputs):
        hidden = nn.Dense(2)(inputs)
        if self.has_rng("noise"):
            hidden = hidden + 0.3 * jax.random.normal(self.make_rng("noise"), hidden.shape)
        return nn.Dense(1)(jnp.tanh(hidden))


def linear(*recurrent, kernel=1.0):
    """Linear networks with these recurrent matrices; inputs enter into the first component."""
    matrices = np.array(recurrent, np.float32)
    kernels = np.zeros((len(matrices), 1, matrices.shape[1]), np.float32)
    kernels[:, 0, 0] = kernel
    return made(Linear(matrices.shape[1]), {"kernel": kernels, "recurrent_kernel": matrices})


def rotation(angle, radius=1.0):
    """A matrix that turns by an angle, and shrinks or grows."""
    cosine, sine = radius * np.cos(angle), radius * np.sin(angle)
    return [[cosine, sine], [-sine, cosine]]


def made(model, params):
    """The map of networks, and their parameters."""
    return system_of((model, params), 1), params


def drawn(model, seeds=3, scale=1.0):
    """Networks with random parameters."""
    random = np.random.default_rng(0)
    return jax.tree.map(
        lambda leaf: (leaf + random.normal(0, 0.2, leaf.shape)).astype(np.float32),
        initialized(model, seeds, scale=scale),
    )


def stacked(params, seed):
    """The parameters of one network in double precision."""
    return jax.tree.map(lambda leaf: np.asarray(leaf[seed], np.float64), params)
