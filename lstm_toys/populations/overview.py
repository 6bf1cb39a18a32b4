"""A population in one line, and as a small table."""

import html

import flax.linen as nn
import numpy as np
from jaxtyping import Bool, Float

from lstm_toys import arguments
from lstm_toys.networks.stack import Stack


def population(
    model: nn.Module, steps: int, losses: Float[np.ndarray, " M"], diverged: Bool[np.ndarray, " M"]
) -> dict[str, str]:
    """What there is to say of a population, by what it is.

    Args:
        model: the network.
        steps: taken.
        losses: after the last of them.
        diverged: members that are left out of the median.
    """
    network = arguments.brief(model)
    if isinstance(model, Stack):
        layers = ", ".join([f"hidden {each}" for each in model.hidden] + [f"{model.readout} readout {model.features}"])
        network = f"{model.cell}, {layers}"
    kept = losses[~diverged]
    return {
        "networks": f"{len(losses):,}",
        "cell": network,
        "steps": f"{steps:,}",
        "median loss": f"{np.median(kept):.3g}" if len(kept) else "none",
        "diverged": f"{int(diverged.sum()):,}",
    }


def line(what: object, told: dict[str, str]) -> str:
    """A repr of one line."""
    return f"<{type(what).__name__}: {'; '.join(f'{name}: {value}' for name, value in told.items())}>"


def table(what: object, told: dict[str, str]) -> str:
    """A table of one row for each, in HTML."""
    rows = "".join(f"<tr><th>{name}</th><td>{html.escape(value)}</td></tr>" for name, value in told.items())
    return f"<table><caption>{type(what).__name__}</caption>{rows}</table>"
