"""How far linear recurrences carry parity, and how far their transitions say that they do; in double precision."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import jaxtyping as jt
import numpy as np

from ..papers import tracking

STRINGS = 256
"""Random strings that are shown after training, the same to all networks."""

LONGEST = 40
"""K, the length of these strings over that of the training."""

Numbers = jt.Float[np.ndarray, " S"]
Bits = jt.Int[np.ndarray, "C T"]

EXPERIMENT = replace(tracking.EXPERIMENT, name="parity", probes=lambda _: [])


class Recurrences(NamedTuple):
    """Linear recurrences of one layer with a dense readout of one logit, in double precision.

    ``transition`` and ``driven`` are a and b of h[t] = a h[t-1] + b after a zero and after a one.
    """

    transition: jt.Float[np.ndarray, "S 2 H"]
    driven: jt.Float[np.ndarray, "S 2 H"]
    readout: jt.Float[np.ndarray, "S H"]
    offset: Numbers

    @staticmethod
    def of(params: Mapping[str, Any], hard: bool) -> Recurrences:
        """The networks with these parameters."""
        (layer,) = (each for name, each in params.items() if name != "readout")

        def after(name: str) -> jt.Float[np.ndarray, "S 2 H"]:
            kernel, bias = (np.asarray(layer[name][key], float) for key in ("kernel", "bias"))
            return np.stack([bias, bias + kernel[:, 0]], axis=1)

        drive = after("transition")
        transition = 1 - 2 * np.clip(0.2 * drive + 0.5, 0, 1) if hard else -np.tanh(drive / 2)
        readout, offset = (np.asarray(params["readout"][key], float)[..., 0] for key in ("kernel", "bias"))
        return Recurrences(transition, after("input"), readout, offset)


def strings(length: int) -> Bits:
    """Random bits; shorter strings are the beginnings of longer ones."""
    return np.random.default_rng(0).integers(0, 2, (length, STRINGS)).T


def margins(networks: Recurrences, bits: Bits) -> Iterator[jt.Float[np.ndarray, "S C"]]:
    """Yields after each bit the logit of every string, positive if it is on the right side of 0."""
    hidden = np.zeros((len(networks.offset), len(bits), networks.readout.shape[1]))
    sign = np.full(len(bits), -1)
    for shown in bits.T:
        hidden = networks.transition[:, shown] * hidden + networks.driven[:, shown]
        sign = np.where(shown, -sign, sign)
        yield sign * ((hidden @ networks.readout[:, :, None])[..., 0] + networks.offset[:, None])


def horizon(networks: Recurrences, bits: Bits) -> Numbers:
    """H: the median over strings of the number of bits before the first wrong answer, at most their length."""
    found = np.full((len(networks.offset), len(bits)), bits.shape[1])
    for place, margin in enumerate(margins(networks, bits)):
        found = np.where(margin > 0, found, np.minimum(found, place))
        if (found <= place).all():
            break
    return np.median(found, axis=1)


class Answers(NamedTuple):
    """The mean output and its standard deviation over random strings of one length, of even (0) and odd (1) parity."""

    mean: jt.Float[np.ndarray, "2 S"]
    spread: jt.Float[np.ndarray, "2 S"]


def answers(networks: Recurrences, longest: int) -> Iterator[Answers]:
    """Yields what networks answer to random strings of each length from 1 on, by recursion of moments."""
    first = networks.driven.swapaxes(0, 1)
    second = first[..., :, None] * first[..., None, :]
    for _ in range(longest):
        mean = (first * networks.readout).sum(axis=-1) + networks.offset
        squared = np.einsum(
            "csij,si,sj->cs", second - first[..., :, None] * first[..., None, :], *2 * [networks.readout]
        )
        yield Answers(mean, np.sqrt(np.maximum(squared, 0)))
        both = [_moved(networks, bit, first, second) for bit in (0, 1)]
        # A parity is kept by a zero, and comes from the other one by a one.
        first, second = ((zero + one[::-1]) / 2 for zero, one in zip(*both, strict=True))


def _moved(networks: Recurrences, bit: int, first: Any, second: Any) -> tuple[Any, Any]:
    """The mean state, and the mean of products of states, after one more bit."""
    transition, driven = networks.transition[:, bit], networks.driven[:, bit]
    kept = transition * first
    crossed = kept[..., :, None] * driven[:, None, :]
    products = transition[:, :, None] * transition[:, None, :] * second + driven[:, :, None] * driven[:, None, :]
    return kept + driven, products + crossed + crossed.swapaxes(-1, -2)


def predict(networks: Recurrences, longest: int, spreads: float = 1.0) -> Numbers:
    """P: the length at which a mean output comes within ``spreads`` standard deviations of 0; at most ``longest``.

    Shows no string.
    """
    found = np.full(len(networks.offset), longest)
    for length, (mean, spread) in enumerate(answers(networks, longest), 1):
        margin = (np.array([[-1], [1]]) * mean - spreads * spread).min(axis=0)
        found = np.where((found == longest) & (margin <= 0), length, found)
    return found.astype(float)
