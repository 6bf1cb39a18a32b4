"""The numbers of the claims about the sine's networks."""

import numpy as np
import xarray as xr
from jaxtyping import Float

from lstm_toys.runs.experiment import HISTORY
from lstm_toys.studies.claims import verdicts

from .. import sentences
from .predictions import SINE


def numbers_of(labeled: xr.Dataset) -> dict[str, Float[np.ndarray, " S"]]:
    """Returns the numbers of the claims about the sine's networks that need only answers, by claim."""
    numbers = {}
    for claim in sentences.SENTENCES:
        if claim.populations == (SINE,) and all(each.curves != HISTORY for each in claim.sources):
            judgment = verdicts.judge(claim, {SINE: labeled})
            if judgment is not None:
                numbers[claim.id] = judgment.numbers
    return numbers
