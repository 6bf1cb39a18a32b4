"""Does the resonance end the plateau of the loss?

At first networks answer the mean of the sine, and the loss stays near the sine's variance. The rules below were chosen
on the networks with base seed 0, and are applied to those with base seed 1.
"""

from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float

from lstm_toys.results.summary import as_json
from lstm_toys.statistics import intervals

from .agreement import agreement

ENDED = 0.25
"""The plateau has ended at the first recorded loss below this share of the variance of the sine."""

RESONANT = 1.5
"""A network resonates from the first kept step at which its largest gain is this multiple of that of slow inputs."""


def plateau(found: xr.Dataset) -> dict[str, Any]:
    """Compares when the plateau ends and when the resonance appears, over networks.

    Args:
        found: the dynamics of the networks, with kept steps.

    Returns:
        ``ended`` and ``resonant``: the medians of these numbers of steps with 95 % bootstrap intervals; ``together``:
        how many of the ``networks`` resonate by the first kept step after the end; ``agreement``: what `agreement`
        returns for both numbers. Networks that never reach one of the two are left out.
    """
    ended, resonant = steps_of(found)
    both = np.isfinite(ended) & np.isfinite(resonant)
    kept = found.kept_step.values
    following = kept[np.minimum(np.searchsorted(kept, ended[both]), len(kept) - 1)]
    return {
        "networks": int(both.sum()),
        "ended": as_json(intervals.median_bootstrap(ended[both])),
        "resonant": as_json(intervals.median_bootstrap(resonant[both])),
        "together": int((resonant[both] <= following).sum()),
        "agreement": agreement(ended[both], resonant[both]),
    }


def steps_of(found: xr.Dataset) -> tuple[Float[np.ndarray, " S"], Float[np.ndarray, " S"]]:
    """The numbers of steps after which the plateau has ended and the resonance has appeared; NaN if never."""
    variance = found.curve_shown.isel(curve=0).values.var()
    losses = found.train_loss.transpose("seed", "step").values
    gains, slow = (
        found[f"{name}_course"].transpose("seed", "kept_step").values for name in ("peak_gain", "static_gain")
    )
    return _first(found.step.values, losses < ENDED * variance), _first(found.kept_step.values, gains > RESONANT * slow)


def _first(steps: Float[np.ndarray, " K"], met: Any) -> Float[np.ndarray, " S"]:
    return np.where(met.any(axis=1), steps[met.argmax(axis=1)], np.nan)
