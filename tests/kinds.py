"""Networks of every kind that the page computes."""

SEEDS = 20
"""More than the page has of every population but the first."""

DIVERGED = [3]
SOUND = [seed for seed in range(SEEDS) if seed not in DIVERGED]

KINDS = {
    "published": {"gates": "hard"},
    "other_gates": {},
    "dense": {"readout": "dense", "gates": "hard"},
    "gru": {"cell": "gru", "gates": "hard"},
    "rnn": {"cell": "rnn"},
    "larger": {"gates": "hard"},
    "gru_sigmoid": {"cell": "gru", "hidden": (5, 3)},
    "rnn_dense": {"cell": "rnn", "readout": "dense", "hidden": (5, 3)},
}
"""Every cell with all its gates and both readouts; the first six as the runs of the page's populations are called."""

METRICS = {
    "steps": 1_000,
    "seeds": SEEDS,
    "converged": len(SOUND),
    "diverged_seeds": DIVERGED,
    "goal": "RMSE of y: 0.02",
}
"""What the summary of a run has, about."""
