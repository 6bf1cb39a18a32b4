"""The recipes with which networks for the claims of papers could as well have been trained. Imports nothing heavy.

Papers name a cell and rarely a recipe, so the choices are those among which `tune` chose the published recipes: its two
optimizers, and rates from its smallest to its largest; half to twice the published units, and half to twice the steps.
All cells have the same recipes, so that they are compared with each other as they were trained alike. Gates belong to
populations, and are not drawn; nor are the units of populations that are named after theirs.

`RECIPES` recipes of two networks each were decided on before any of these networks was trained, and none are added. The
distributions are not blind: verdicts under single choices of these kinds had been seen. Pilots have base seed 900.
"""

from __future__ import annotations

import lstm_toys as lt

RECIPES = 32
"""Number of recipes of each set of claims."""

OPTIMIZERS = "adam", "rmsprop"
RATES = lt.claims.Range(0.003, 0.1, "log")


def recipes(name: str, steps: int, units: int | None = None) -> lt.claims.Recipes:
    """Makes a distribution of recipes around published steps and, unless a population is named after them, units."""
    sizes = {} if units is None else {"hidden": (units // 2, units, 2 * units)}
    choices = {"optimizer": OPTIMIZERS, "learning_rate": RATES, "steps": (steps // 2, steps, 2 * steps), **sizes}
    return lt.claims.Recipes(name, choices)
