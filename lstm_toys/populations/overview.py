"""Summaries of a population: a one-line repr and an HTML table."""

import html

import flax.linen as nn
import numpy as np
from jaxtyping import Bool, Float

from lstm_toys import arguments
from lstm_toys.networks.stack import Stack


def population(
    model: nn.Module, steps: int, losses: Float[np.ndarray, " M"], diverged: Bool[np.ndarray, " M"]
) -> dict[str, str]:
    """Summarizes a population; the median loss excludes diverged members."""
    kept = losses[~diverged]
    return networks(model, len(losses)) | {
        "steps": f"{steps:,}",
        "median loss": f"{np.median(kept):.3g}" if len(kept) else "none",
        "diverged": f"{int(diverged.sum()):,}",
    }


def networks(model: nn.Module, count: int) -> dict[str, str]:
    """Summarizes networks of a model."""
    network = arguments.brief(model)
    if isinstance(model, Stack):
        layers = ", ".join([f"hidden {each}" for each in model.hidden] + [f"{model.readout} readout {model.features}"])
        network = f"{model.cell}, {layers}"
    return {"networks": f"{count:,}", "cell": network}


def line(what: object, told: dict[str, str]) -> str:
    """Formats a summary as a one-line repr."""
    return f"<{type(what).__name__}: {'; '.join(f'{name}: {value}' for name, value in told.items())}>"


def table(what: object, told: dict[str, str]) -> str:
    """Formats a summary as an HTML table."""
    rows = "".join(f"<tr><th>{name}</th><td>{html.escape(value)}</td></tr>" for name, value in told.items())
    return f"<table><caption>{type(what).__name__}</caption>{rows}</table>"
