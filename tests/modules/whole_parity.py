"""An experiment with one answer per sequence of eight points, and claims about it, as a user writes them."""

import lstm_toys as lt

GOAL = lt.Goal(accuracy=0.9)


def at_length(key, _, points):
    drawn = lt.sequences.parity(key, points, 8)
    return lt.Examples(drawn.inputs, drawn.targets[:, -1])


def task(x):
    def examples(key, numbers):
        return at_length(key, numbers, len(x))

    loss = "binary_cross_entropy"
    return lt.Task(examples, ("bit",), ("odd",), sequence=False, loss=loss, at_length=at_length)


def right(curves):
    return lt.sequences.right(curves).mean(axis=1)


EXPERIMENT = lt.Experiment(
    name="whole_parity",
    doc="Whether the number of ones is odd.",
    defaults={"steps": 20, "learning_rate": 0.02, "optimizer": "adam", "hidden": "4", "readout": "dense"},
    fixed={"timesteps": 8},
    goal=GOAL,
    task=task,
    probes=lambda x: [lt.probe_at("two", task(x), 2), lt.probe_at("unseen", task(x), len(x))],
    draw=lambda results, _: {"loss.png": lt.figures.loss(results, "Parity", goal=GOAL)},
)
CLAIMS = lt.claims.Claims(
    "mine",
    (
        lt.claims.Claim(
            "learned", "It is learned", "share", right, (lt.claims.Source("a", "training"),), low=0.9, learned=True
        ),
        lt.claims.Claim("two", "Two bits are enough", "share", right, (lt.claims.Source("a", "two"),), low=0.9),
    ),
    {"a": (EXPERIMENT, [])},
)
