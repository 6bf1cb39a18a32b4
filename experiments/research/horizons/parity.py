"""How far linear recurrences carry parity, and predictions of it from their transitions; in double precision."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
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
ByParity = jt.Float[np.ndarray, "2 S"]
"""Numbers about strings of even (0) and odd (1) parity."""

Bits = jt.Int[np.ndarray, "C T"]
Shown = jt.Int[np.ndarray, "*S C"]
"""The number of a symbol in each string, the same to all networks, or for each of them."""


class Symbols(NamedTuple):
    """The symbols of strings: their inputs, whether they change the parity, and their probabilities."""

    inputs: jt.Float[np.ndarray, "K F"]
    flips: jt.Bool[np.ndarray, " K"]
    shares: jt.Float[np.ndarray, " K"]


BITS = Symbols(np.array([[0.0], [1.0]]), np.array([False, True]), np.array([0.5, 0.5]))

EXPERIMENT = replace(tracking.EXPERIMENT, name="parity")


class Recurrences(NamedTuple):
    """Linear recurrences of one layer with a dense readout of one logit, in double precision.

    ``transition`` and ``driven`` are a and b of h[t] = a h[t-1] + b after each of the ``symbols``.
    """

    transition: jt.Float[np.ndarray, "S K H"]
    driven: jt.Float[np.ndarray, "S K H"]
    readout: jt.Float[np.ndarray, "S H"]
    offset: Numbers
    symbols: Symbols = BITS

    @staticmethod
    def of(
        params: Mapping[str, Any], hard: bool, slope: float = 1.0, leak: float = 0.0, symbols: Symbols = BITS
    ) -> Recurrences:
        """The networks with these parameters, whose layer is `Linear` of `papers.cells` with these fields."""
        (layer,) = (parameters for name, parameters in params.items() if name != "readout")

        def after(name: str) -> jt.Float[np.ndarray, "S K H"]:
            kernel, bias = (np.asarray(layer[name][key], float) for key in ("kernel", "bias"))
            return bias[:, None] + symbols.inputs @ kernel

        drive = slope * after("transition")
        transition = 1 - 2 * np.clip(0.2 * drive + 0.5, 0, 1) if hard else -np.tanh(drive / 2)
        readout, offset = (np.asarray(params["readout"][key], float)[..., 0] for key in ("kernel", "bias"))
        return Recurrences((1 - leak) * transition, after("input"), readout, offset, symbols)


def strings(length: int) -> Bits:
    """Random bits; shorter strings are the beginnings of longer ones."""
    return np.random.default_rng(0).integers(0, 2, (length, STRINGS)).T


def margins(networks: Recurrences, shown: Iterable[Shown]) -> Iterator[jt.Float[np.ndarray, "S C"]]:
    """Yields after each symbol the logit of every string, positive if it is on the right side of 0."""
    hidden, sign, seeds = np.zeros(1), np.array(-1), np.arange(len(networks.offset))[:, None]
    for symbol in shown:
        hidden = networks.transition[seeds, symbol] * hidden + networks.driven[seeds, symbol]
        sign = np.where(networks.symbols.flips[symbol], -sign, sign)
        yield sign * ((hidden @ networks.readout[:, :, None])[..., 0] + networks.offset[:, None])


def horizon(networks: Recurrences, shown: Iterable[Shown], longest: int) -> Numbers:
    """H: the median over strings of the number of symbols before the first wrong answer; at most ``longest``."""
    lengths: Any = longest
    for place, margin in enumerate(margins(networks, shown)):
        lengths = np.where(margin > 0, lengths, np.minimum(lengths, place))
        if (2 * (lengths <= place).sum(axis=1) > lengths.shape[1]).all():  # Their median does not change any more.
            break
    return np.median(lengths, axis=1)


def answers(networks: Recurrences, longest: int) -> Iterator[tuple[ByParity, ByParity]]:
    """Yields the mean output and its standard deviation over random strings of each length from 1 on.

    They come from a recursion of moments.
    """
    seeds, units = networks.readout.shape
    moments: Any = np.array([1.0, 0.0]), np.zeros((2, seeds, units)), np.zeros((2, seeds, units, units))
    for _ in range(longest):
        by_symbol = [
            [share * (moment[::-1] if flips else moment) for moment in _moved(networks, symbol, *moments)]
            for symbol, (flips, share) in enumerate(zip(*networks.symbols[1:], strict=True))
        ]
        moments = tuple(map(sum, zip(*by_symbol, strict=True)))
        probability, first, second = moments
        first, second = first / probability[:, None, None], second / probability[:, None, None, None]
        mean = (first * networks.readout).sum(axis=-1) + networks.offset
        squared = np.einsum(
            "csij,si,sj->cs", second - first[..., :, None] * first[..., None, :], *2 * [networks.readout]
        )
        yield mean, np.sqrt(np.maximum(squared, 0))


def _moved(networks: Recurrences, symbol: int, probability: Any, first: Any, second: Any) -> tuple[Any, Any, Any]:
    """Moments of states after one more symbol: of each parity, the probability times 1, the state and its products."""
    transition, driven = networks.transition[:, symbol], networks.driven[:, symbol]
    carried = transition * first
    crossed = carried[..., :, None] * driven[:, None, :]
    products = transition[:, :, None] * transition[:, None, :] * second
    products += probability[:, None, None, None] * driven[:, :, None] * driven[:, None, :]
    return probability, carried + probability[:, None, None] * driven, products + crossed + crossed.swapaxes(-1, -2)


def predict(networks: Recurrences, longest: int, spreads: float = 1.0) -> Numbers:
    """P: the length at which a mean output comes within ``spreads`` standard deviations of 0; at most ``longest``.

    Shows no string.
    """
    lengths = np.full(len(networks.offset), longest)
    for length, (mean, spread) in enumerate(answers(networks, longest), 1):
        margin = (np.array([[-1], [1]]) * mean - spreads * spread).min(axis=0)
        lengths = np.where((lengths == longest) & (margin <= 0), length, lengths)
        if (lengths < longest).all():
            break
    return lengths.astype(float)


def predict_far(networks: Recurrences, doublings: int = 24) -> Numbers:
    """P of `predict` for lengths that no string could be shown, up to 2 to the power of ``doublings``.

    One symbol more maps the moments of `answers` linearly, so that a power of this map gives those of any length. P is
    the length at which outputs come within one standard deviation of 0 if they do not leave this distance again.
    """
    separate = zip(*networks[:-1], strict=True)
    return np.array([_far(Recurrences(*network, networks.symbols), doublings) for network in separate])


def _far(network: Recurrences, doublings: int) -> float:
    """P of one network, whose fields have no axis of seeds."""
    units = len(network.readout)
    powers = [_map_of_moments(network)]
    for _ in range(doublings - 1):
        powers.append(powers[-1] @ powers[-1])
    moments, length = np.eye(1, len(powers[0]))[0], 0
    for doubling, power in reversed([*enumerate(powers)]):
        probability, first, second = np.split((power @ moments).reshape(2, -1), [1, 1 + units], axis=1)
        mean, second = first / probability, (second / probability).reshape(2, units, units)
        covariance = second - mean[:, :, None] * mean[:, None, :]
        spread = np.sqrt(np.maximum(network.readout @ covariance @ network.readout, 0))
        if (np.array([-1, 1]) * (mean @ network.readout + network.offset) > spread).all():
            moments, length = power @ moments, length + 2**doubling
    return float(min(length + 1, 2**doublings))


def _map_of_moments(network: Recurrences) -> jt.Float[np.ndarray, "M M"]:
    """Maps the moments of both parities, each 1, h and h h, times its probability, to those after one more symbol."""
    result: Any = 0
    for transition, driven, flips, share in zip(network.transition, network.driven, *network.symbols[1:], strict=True):
        units, moved = len(driven), np.diag(transition)
        by_state = np.kron(moved, driven[:, None]) + np.kron(driven[:, None], moved)
        rows = [
            [np.eye(1), np.zeros((1, units)), np.zeros((1, units**2))],
            [driven[:, None], moved, np.zeros((units, units**2))],
            [np.kron(driven, driven)[:, None], by_state, np.kron(moved, moved)],
        ]
        result = result + share * np.kron(np.eye(2)[::-1] if flips else np.eye(2), np.block(rows))
    return result
