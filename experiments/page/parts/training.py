"""Training: users watch networks learn the sine of the post, or a curve of the playground."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

import lstm_toys as lt
from lstm_toys.networks.cells import Gates
from lstm_toys.networks.optimizers import takes
from lstm_toys.statistics import intervals

from ... import sine
from .. import weights
from ..part import Made, Part
from ..runs import FinishedRun

GATES: dict[Gates, str] = {"hard": "hard, as in the post", "sigmoid": "sigmoid"}
"""Gate functions that users choose from."""


def make(runs: Mapping[str, FinishedRun]) -> Made | None:
    """Makes the part with the errors of the published networks; None without them."""
    return made(lt.load(runs["published"].run.folder).results) if "published" in runs else None


def made(results: lt.Results) -> Made:
    """Makes the part from the results of the published networks, whose errors are shown for comparison."""
    recipe = sine.EXPERIMENT.defaults
    sound = results.isel(seed=np.flatnonzero(~results.diverged.values))
    errors = sound.train_rmse.sel(feature="y").values
    low, high = intervals.band(errors)
    data: dict[str, Any] = {
        "times": results.time.values.tolist(),
        "sine": results.train_target.sel(feature="y").values.ravel().tolist(),
        "layers": {gates: weights.layers(lt.Stack(features=1, gates=gates), 1) for gates in GATES},
        "optimizer": {"rate": recipe["learning_rate"], **takes("rmsprop_keras")},
        "steps": recipe["steps"],
        "goal": sine.GOAL.rmse,
        "published": {"steps": results.step.values.tolist(), "low": low.tolist(), "high": high.tolist()},
    }
    return Made({"gates": GATES, "steps": recipe["steps"], "networks": len(errors)}, data)


PART = Part("training", make, script=True)
