"""The inside of one network: its gates and states along the curve, and what it answers to inputs that rest."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ..part import Made, Part
from ..runs import FinishedRun


def make(runs: Mapping[str, FinishedRun]) -> Made | None:
    """Makes the part; None without the published networks."""
    if "published" not in runs:
        return None
    if "dynamics" not in runs:
        return made(None)
    from lstm_toys.results import storage

    path = runs["dynamics"].run.checked("results.nc")
    return made(storage.load_results(path, {"static_answer", "mode_frequency"}))


def made(found: Any) -> Made:
    """Makes the part from the results of the study of dynamics, or None."""
    if found is None:
        return Made({}, {"inputs": [], "networks": {}})
    networks = {
        str(seed): {"rest": finite(rest), "frequency": finite([frequency])[0]}
        for seed, rest, frequency in zip(
            found.seed.values.tolist(),
            found.static_answer.isel(output=0).values.tolist(),
            found.mode_frequency.values.tolist(),
            strict=True,
        )
    }
    return Made({}, {"inputs": found.input.values.tolist(), "networks": networks})


def finite(numbers: list[float]) -> list[float | None]:
    """Numbers with four digits after the point, and None for what is not a number."""
    return [round(number, 4) if math.isfinite(number) else None for number in numbers]


PART = Part("inside", make, script=True)
