"""Does what networks learn from one damped oscillation carry over to other decay rates?"""

import jax.numpy as jnp
import numpy as np

import lstm_toys as lt


def damped(x, decay, frequency):
    """A cosine wave that decays."""
    return jnp.exp(-decay * x) * jnp.cos(frequency * x)


DECAY, FREQUENCY = lt.Parameter("decay", 0.0, 2.0, unit="1/s"), lt.Parameter("frequency", 1.0, 8.0, unit="rad/s")
DAMPED = lt.Family(damped, (DECAY, FREQUENCY))
TRAINED = lt.grids.Trained(DAMPED, {"decay": "decay", "frequency": 4.0})  # The flag --train_decay sets the decay.
OTHERS = {"decay": np.array((0.0, 0.25, 1.0, 2.0)), "frequency": 4.0}
EXPERIMENT = lt.Experiment(
    name="damped",
    doc=__doc__,
    defaults={"steps": 2_000, "learning_rate": 0.003, "optimizer": "rmsprop"},
    numbers={"decay": 0.5},
    span=lt.Span(0, 5, unit="s", name="time"),
    goal=lt.Goal(rmse=0.03),
    trained=TRAINED,
    task=lambda x: lt.reproduce(DAMPED, TRAINED.parameters, x),
    probes=lambda x: [lt.probe("others", DAMPED, OTHERS, x)],
)
CLAIM = lt.claims.Claim(
    id="other-decay",
    statement="Curves with other decay rates are reproduced",
    statistic="RMSE of the worst curve, without its first tenth",
    number=lambda others: lt.claims.per_curve(others, lt.measures.rmse).max(axis=1),
    sources=(lt.claims.Source("damped", "others"),),
    high=0.1,
)
RECIPES = lt.claims.Recipes("mine", {"hidden": [16, 32], "learning_rate": lt.claims.Range(0.001, 0.01, "log")})
POPULATIONS = {"damped": (EXPERIMENT, [])}
CLAIMS = lt.claims.Claims("what I expect", (CLAIM,), POPULATIONS, recipes={"damped": RECIPES})
