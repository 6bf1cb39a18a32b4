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
