"""Lines and hills that the networks of `experiments.line`, `experiments.hill` and `experiments.hill_y` never saw."""

from typing import TYPE_CHECKING

import numpy as np

from lstm_toys import figures

if TYPE_CHECKING:
    import xarray as xr
    from jaxtyping import Array, Float

    from lstm_toys.figures import Drawing
    from lstm_toys.tasks.probes import Probe

SLOPES = np.array((-0.3, 0.1, 0.4, 0.6))
INTERCEPTS = np.array((0.6, 0.2, 0.1, 0.3))
HEIGHTS = np.array((-0.2, 0.1, 0.2, 0.5))
BASES = np.array((0.6, 0.1, 0.4, 0.2))


def probes(x: "Float[Array, ' T']", features: tuple[str, ...]) -> "list[Probe]":
    """Four lines and four hills."""
    from lstm_toys.tasks.probes import probe

    return [
        probe("line", "line", {"slope": SLOPES, "intercept": INTERCEPTS}, x, features),
        probe("hill", "hill", {"height": HEIGHTS, "base": BASES}, x, features),
    ]


def draw(results: "xr.Dataset") -> "Drawing":
    """The answers to them."""

    lines = [f"{t:g} {m:+g} x" for m, t in zip(SLOPES, INTERCEPTS, strict=True)]
    hills = [f"{base:g} {height:+g} sin(π x)" for height, base in zip(HEIGHTS, BASES, strict=True)]
    curves = {"line": dict(zip("rbgk", lines, strict=True)), "hill": dict(zip("rbgk", hills, strict=True))}
    titles = "Answers to lines that were not trained on", "Answers to hills that were not trained on"
    return figures.family_answers(results, curves, *titles, view="everything")
