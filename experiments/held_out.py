"""Lines and hills that the networks of `experiments.line`, `experiments.hill` and `experiments.hill_y` never saw."""

from __future__ import annotations

import numpy as np

import lstm_toys as lt

SLOPES = np.array((-0.3, 0.1, 0.4, 0.6))
INTERCEPTS = np.array((0.6, 0.2, 0.1, 0.3))
HEIGHTS = np.array((-0.2, 0.1, 0.2, 0.5))
BASES = np.array((0.6, 0.1, 0.4, 0.2))


def probes(x: lt.TimePoints, features: tuple[str, ...] = ("x", "y")) -> list[lt.Probe]:
    """Four lines and four hills."""
    return [
        lt.probe("line", "line", {"slope": SLOPES, "intercept": INTERCEPTS}, x, features),
        lt.probe("hill", "hill", {"height": HEIGHTS, "base": BASES}, x, features),
    ]


def draw(results: lt.Results) -> lt.Drawing:
    """Draws the answers to these lines and hills."""
    lines = [summed(t, m, "x") for m, t in zip(SLOPES, INTERCEPTS, strict=True)]
    hills = [summed(base, height, "sin(π x)") for height, base in zip(HEIGHTS, BASES, strict=True)]
    curves = {"line": dict(zip("rbgk", lines, strict=True)), "hill": dict(zip("rbgk", hills, strict=True))}
    titles = "Answers to lines that were not trained on", "Answers to hills that were not trained on"
    return lt.figures.family_answers(results, curves, *titles)


def summed(first: float, factor: float, term: str) -> str:
    """Formats the sum of a number and a multiple of a term."""
    return f"{first:g} {'−' if factor < 0 else '+'} {abs(factor):g} {term}"
