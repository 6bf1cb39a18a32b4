"""What is published about papers whose claims are judged. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jaxtyping import Float, Shaped
    from matplotlib.figure import Figure
    from numpy import ndarray

    import lstm_toys as lt


Measure = Callable[["lt.Saved"], "Mapping[str, Shaped[ndarray, ' S']]"]
"""Measures something of each network of a population: numbers, or booleans."""


@dataclass(frozen=True)
class Paper:
    """Claims of papers, and what is measured of the networks that judge them.

    Attributes:
        name: of the published set, and of the module in this folder that declares the claims.
        sources: the papers, their settings, and what is different here; plain paragraphs and lists.
        open: what stayed open, in the same form.
        number: the number of each network that the figure shows, from its results.
        shown: the populations in the figure, and their names in words.
        inside: what is measured of the parameters of networks, and in which of these populations.
        draw: draws the figure that carries the finding, from the metrics.
    """

    name: str
    sources: str
    open: str
    number: Callable[[lt.Results], Float[ndarray, " S"]]
    shown: Mapping[str, str]
    inside: tuple[Measure, Sequence[str]]
    draw: Callable[[Mapping[str, Any]], Figure]
