"""An experiment on bits, of which each network draws fresh examples at every step, as a user writes one."""

import jax

import lstm_toys as lt


def task(x):
    def examples(key, _):
        return lt.sequences.parity(key, len(x), 16)

    return lt.Task(examples, ("bit",), ("odd",), sequence=True, loss="binary_cross_entropy", fresh=True)


def probes(x):
    return [lt.Probe.of("unseen", lt.sequences.parity(jax.random.key(7), len(x), 5))]


GOAL = lt.Goal(accuracy=0.9, features=("points",))
EXPERIMENT = lt.Experiment(
    name="parity",
    doc="Whether the number of ones so far is odd.",
    defaults={"steps": 60, "learning_rate": 0.02, "optimizer": "rmsprop", "hidden": "4", "readout": "dense"},
    fixed={"timesteps": 20},
    goal=GOAL,
    task=task,
    probes=probes,
    draw=lambda results, _: {"loss.png": lt.figures.loss(results, "Parity", goal=GOAL)},
)
