"""Networks whose answers anybody can compute: their inputs times a gain, which each network draws and nobody trains."""

import flax.linen as nn
import jax
import jax.numpy as jnp

import lstm_toys as lt


class Gain(nn.Module):
    """Answers with the inputs times a gain from 0.2 to 0.8, once per sequence with those of its last point.

    The first inputs are repeated if there are more ``answers``; with ``lost``, gains above 0.6 are too large to train.
    """

    sequence: bool = True
    answers: int = 0
    lost: bool = False

    @nn.compact
    def __call__(self, inputs, seq_lengths=None):
        """Takes inputs [C, T, F]."""
        drawn = self.param("gain", self.drawn)
        answers = jnp.minimum(drawn, 5.0) * inputs
        if self.answers:
            answers = answers[..., jnp.arange(self.answers) % inputs.shape[2]]
        if self.sequence:
            return answers
        ends = jnp.full(len(inputs), inputs.shape[1]) if seq_lengths is None else seq_lengths
        return jnp.take_along_axis(answers, ends[:, None, None] - 1, axis=1)[:, 0]

    def drawn(self, key):
        """The gain of a network."""
        gain = 0.2 + 0.6 * jax.random.uniform(key)
        return jnp.where(self.lost & (gain > 0.6), 1e4, gain)


def experiment(name, task, probes=lambda _: [], lost=False, **declared):
    """An experiment of such networks, which take no step."""
    defaults = {"steps": 0, "learning_rate": 0.1, "timesteps": 20, **declared.pop("defaults", {})}
    return lt.Experiment(
        name=name,
        doc="Networks that nobody trains.",
        defaults=defaults,
        task=task,
        probes=probes,
        model=lambda task, _: Gain(task.sequence, len(task.output_features), lost),
        **declared,
    )
