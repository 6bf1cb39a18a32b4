"""The recipes with which a reader of the post, in 2018, could as well have trained its networks. Imports nothing heavy.

What was common then, and no more:

- Keras of 2018 has hard gates with every optimizer. RMSprop at 0.001 was its default for recurrent networks, Adam at
  0.001 its other one, and the post names "SGD with fixed learning rate". TensorFlow and PyTorch have sigmoid gates, and
  most of their users took Adam.
- Rates of RMSprop reach from 0.0003 to 0.003, those of Adam from 0.001 to 0.01; those of SGD, which are larger, from
  0.1 to the 1.0 with which the line and the hill are published.
- 16, 32 and 64 units were usual. Where the post says that there is one layer, none are added.
- Steps are those that we published, or half or twice as many; SGD, which is slower, takes more of them.

`RECIPES` recipes of two networks each were decided on before any of these networks was trained, and none are added. The
distributions are not blind: verdicts under 19 single choices and 40 combinations of them had been seen, among them
these optimizers, gates and sizes. Pilots have base seed 900.
"""

from __future__ import annotations

from collections.abc import Sequence

import lstm_toys as lt

RECIPES = 32
"""Number of recipes of each set of claims."""

TRAINED_BY = {
    ("rmsprop_keras", "hard"): lt.claims.Range(0.0003, 0.003, "log"),
    ("adam", "hard"): lt.claims.Range(0.001, 0.01, "log"),
    ("adam", "sigmoid"): lt.claims.Range(0.001, 0.01, "log"),
    ("sgd", "hard"): lt.claims.Range(0.1, 1.0, "log"),
}
"""The range of learning rates by optimizer and gates."""

UNITS = (16, 32, 64)


def recipes(name: str, steps: Sequence[int], steps_of_sgd: Sequence[int], *, units: bool = True) -> lt.claims.Recipes:
    """Makes a distribution of recipes for networks that are trained for so many steps; ``units``: also of sizes."""
    rows = [
        (optimizer, gates, rate, count)
        for (optimizer, gates), rate in TRAINED_BY.items()
        for count in (steps_of_sgd if optimizer == "sgd" else steps)
    ]
    sizes = {"hidden": UNITS} if units else {}
    return lt.claims.Recipes(name, {("optimizer", "gates", "learning_rate", "steps"): rows, **sizes})


HILL = "the hill, 2018", (5_000, 10_000), (10_000, 20_000)
"""The networks of the line and the hill share recipes: claims are about several of them, trained alike."""

DISTRIBUTIONS = {
    "line": recipes(*HILL, units=False),
    "hill": recipes(*HILL),
    "hill_one_layer": recipes(*HILL, units=False),
    "hill_y": recipes(*HILL),
    "sine": recipes("the sine, 2018", (1_500, 3_000), (4_000, 8_000)),
    "amplitude": recipes("the amplitude, 2018", (1_500, 3_000), (4_000, 8_000)),
    "slope_intercept": recipes("slope and intercept, 2018", (5_000, 10_000), (10_000, 20_000)),
}
"""By population of the claims."""
