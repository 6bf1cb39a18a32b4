"""Networks whose answers anybody can compute: their inputs times a gain, which each network draws and nobody trains."""

import flax.linen as nn
import jax
import numpy as np

import lstm_toys as lt


class Gain(nn.Module):
    """Answers with the inputs times a gain from 0.2 to 0.8, once per sequence with those of its last point."""

    sequence: bool = True

    @nn.compact
    def __call__(self, inputs, seq_lengths=None):
        """Takes inputs [C, T, F]."""
        answers = inputs * self.param("gain", lambda key: 0.2 + 0.6 * jax.random.uniform(key))
        if self.sequence:
            return answers
        ends = np.full(len(inputs), inputs.shape[1]) if seq_lengths is None else seq_lengths
        return jax.vmap(lambda answer, end: answer[end - 1])(answers, ends)


def experiment(name, task, probes=lambda _: [], **declared):
    """An experiment of such networks, which take no step."""
    defaults = {"steps": 0, "learning_rate": 0.1, "timesteps": 20, **declared.pop("defaults", {})}
    return lt.Experiment(
        name=name,
        doc="Networks that nobody trains.",
        defaults=defaults,
        task=task,
        probes=probes,
        model=lambda task, _: Gain(task.sequence),
        **declared,
    )
