"""An experiment on classes at every time point of sequences of different lengths, as a user writes one."""

import jax
import jax.numpy as jnp
import numpy as np

import lstm_toys as lt


def drawn(key, count, points):
    """Random bits, whether more ones than zeros have been shown so far, and lengths."""
    bits = jax.random.bernoulli(key, 0.5, (count, points)).astype(jnp.float32)
    more = (jnp.cumsum(2 * bits - 1, axis=1) > 0).astype(jnp.float32)
    return lt.Examples(bits[..., None], more[..., None], points - jnp.arange(count) % (points - 3))


def at_length(key, _, points):
    return drawn(key, 4, points)


def task(x):
    def examples(key, _):
        return drawn(key, 16, len(x))

    answers = ("fewer", "more")
    return lt.Task(examples, ("bit",), answers, sequence=True, loss="cross_entropy", at_length=at_length)


def probes(x):
    """Sequences of which one ends early, by its targets, and longer ones."""
    made = drawn(jax.random.key(7), 5, len(x))
    targets = np.asarray(made.targets).copy()
    targets[0, 3:] = np.nan
    same_length = lt.Probe("unseen", np.asarray(made.inputs), {"number": np.arange(5.0)}, targets=targets)
    return [same_length, lt.probe_at("long", task(x), 30)]


GOAL = lt.Goal(accuracy=0.9, features=("sequences",))
EXPERIMENT = lt.Experiment(
    name="majority",
    doc="Whether there have been more ones than zeros so far.",
    defaults={"steps": 60, "learning_rate": 0.02, "optimizer": "rmsprop", "hidden": "4", "readout": "dense"},
    fixed={"timesteps": 20},
    goal=GOAL,
    task=task,
    probes=probes,
    draw=lambda results, _: {"loss.png": lt.figures.loss(results, "Majority", goal=GOAL)},
)
