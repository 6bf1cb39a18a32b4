"""Computes the number of each network of a column: from evidence to numbers."""

import warnings
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float, UInt8

from lstm_toys.runs.study import Refused, described_error
from lstm_toys.studies.claims import evidence
from lstm_toys.studies.claims.declaration import Claim, Number, Source

PRESENT, DIVERGED, UNLEARNED, EXCLUDED = 1, 2, 4, 8
"""Flags of a network: that there is one, that it diverged, that it did not meet the goal of its task, and that it does
not count since it did not."""

Flags = UInt8[np.ndarray, " S"]


class Numbers(NamedTuple):
    """The number of each network, NaN where there is none, and its flags; of two populations if a claim compares them.

    Attributes:
        baselines: by description, other numbers of each network.
    """

    number: Float[np.ndarray, " S"]
    state: Flags
    other_number: Float[np.ndarray, " S2"]
    other_state: Flags
    baselines: dict[str, Float[np.ndarray, " S"]]

    def learned(self) -> "Numbers":
        """The same without networks that did not learn."""
        pairs = (self.number, self.state), (self.other_number, self.other_state)
        kept = [
            (np.where(state & UNLEARNED, np.nan, number), np.where(state & UNLEARNED, state | EXCLUDED, state))
            for number, state in pairs
        ]
        return Numbers(*kept[0], *kept[1], self.baselines)


def measured(claim: Claim, populations: evidence.Evidence, *, only_learned: bool = False) -> Numbers | None:
    """Computes the numbers of a claim and of its baselines; None if the evidence lacks one of the claim's sources.

    Raises Refused if a function raises, or does not return one real number per network.
    """
    measure = partial(_measure, claim, populations, only_learned)
    ours = measure(claim.number, claim.sources)
    theirs: tuple[Float[np.ndarray, " S2"], Flags] | None = np.zeros(0), np.zeros(0, np.uint8)
    if claim.against is not None and ours is not None:
        theirs = measure(claim.number, tuple(each._replace(population=claim.against) for each in claim.sources))
    if ours is None or theirs is None:
        return None
    baselines = {each.what: measure(each.number, each.sources) for each in claim.baselines}
    return Numbers(*ours, *theirs, {what: each[0] for what, each in baselines.items() if each is not None})


def _measure(
    claim: Claim, populations: evidence.Evidence, only_learned: bool, number: Number, sources: Sequence[Source]
) -> tuple[Float[np.ndarray, " S"], Flags] | None:
    """Computes the number of each network, and its flags; None if a source is missing, or sources differ in size.

    Networks of recipes are measured model by model, if the sources' populations share recipes with those of the claim.
    """
    if isinstance(populations, evidence.OfRecipes):
        names = dict.fromkeys(each.population for each in (*claim.sources[:1], *sources))
        numbers, state = np.full(populations.count, np.nan), np.zeros(populations.count, np.uint8)
        for seeds, of_model in populations.split([*names]):
            if (found := _measure(claim, of_model, only_learned, number, sources)) is None:
                return None
            numbers[seeds], state[seeds] = found
        return (numbers, state) if state.any() else None
    held = [populations[each.population] for each in sources if each.population in populations]
    known = [part for each in sources if (part := evidence.given(populations, each)) is not None]
    if len(known) < len(sources) or len({each.sizes["seed"] for each in held}) > 1:
        return None
    diverged = np.any([each.diverged.values for each in held], axis=0)
    unlearned = np.any([~each.learned.values for each in held if "learned" in each] or [0 * diverged], axis=0)
    excluded = unlearned & only_learned
    state = (PRESENT + DIVERGED * diverged + UNLEARNED * unlearned + EXCLUDED * excluded).astype(np.uint8)
    sound, numbers = ~(diverged | excluded), np.full(len(diverged), np.nan)
    called = partial(_called, claim, number, known, sound)
    if sound.any() and not all(isinstance(part, xr.Dataset) for part in known):
        assert isinstance(populations, evidence.Answered)
        of = ", ".join(dict.fromkeys(each.population for each in sources))
        words = f"{claim.id}: {getattr(number, '__name__', 'its number')} of {of}" + ", learned" * bool(excluded.any())
        if drawn := ", ".join(dict.fromkeys(each.name for each in sources if callable(each.curves))):
            words += f", on {'second ' * populations.second}draws of {drawn} from base seed {populations.base_seed}"
        numbers[sound] = populations.number(words, (number, *sources, sound.tobytes()), called)
    elif sound.any():
        numbers[sound] = called()
    return numbers, state


def _called(
    claim: Claim, number: Number, known: Sequence[xr.Dataset | evidence.OfNetworks], sound: Bool[np.ndarray, " S"]
) -> Float[np.ndarray, " N"]:
    """Calls a claim's function about the sound networks, with a copy of results, since it may change its own.

    Raises Refused if it raises, or does not return one real number per network.
    """
    parts = [part.isel(seed=sound).copy(deep=True) if isinstance(part, xr.Dataset) else part(sound) for part in known]
    name, count = f"claim {claim.id}: {getattr(number, '__name__', repr(number))}", int(sound.sum())
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore", category=RuntimeWarning):
            array = np.ma.asarray(number(*parts))
    except (Exception, SystemExit) as error:  # A user's code may raise anything.
        raise Refused(f"{name} raises {described_error(error)}") from error
    if array.shape != (count,) or array.dtype.kind not in "biuf":
        found = f"numbers of type {array.dtype} and shape {array.shape}"
        raise Refused(f"{name} returns {found} for {count} networks; expected real ones of shape ({count},)")
    return np.ma.filled(array.astype(float), np.nan)
