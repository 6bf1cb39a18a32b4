"""The numbers that the papers' claims are about: one per network, read off its answers."""

from __future__ import annotations

import jaxtyping as jt
import numpy as np

import lstm_toys as lt

from . import languages


def reached(*strings: lt.Results) -> jt.Float[np.ndarray, " S"]:
    """The largest n up to which every string is accepted: all legal next symbols, and no others, at every point."""
    return lt.accepted(strings, by="n")


def reached_loosely(*strings: lt.Results) -> jt.Float[np.ndarray, " S"]:
    """The largest n up to which every string is accepted as in the code of Weiss et al. (2018).

    There a string is accepted if each of its symbols, and its end, has a probability above 0.005 when its turn comes.
    """
    return lt.accepted([_least(each) for each in strings], by="n")


LEAST_PROBABILITY = 0.005


def _least(strings: lt.Results) -> lt.Results:
    """For each string the smallest logit of the symbol that comes next, above that of `LEAST_PROBABILITY`."""
    counted = ~np.isnan(strings.truth.values[:, :, 0])
    following = np.roll(strings.input.values.argmax(axis=-1) - 1, -1, axis=1)
    last = counted.shape[1] - 1 - counted[:, ::-1].argmax(axis=1)
    following[np.arange(len(last)), last] = strings.sizes["output_feature"] - 1
    logits = np.take_along_axis(strings.answer.values, following[None, :, :, None], axis=3)[..., 0]
    least = np.where(counted[None], logits, np.inf).min(axis=2) - np.log(LEAST_PROBABILITY / (1 - LEAST_PROBABILITY))
    answer = ("seed", "curve", "output_feature"), least[..., None], {"loss": "binary_cross_entropy"}
    truth = answer[0][1:], np.ones((*least.shape[1:], 1))
    return lt.Results({"answer": answer, "truth": truth}, {"n": ("curve", strings.n.values)})


def reached_of(results: lt.Results) -> jt.Float[np.ndarray, " S"]:
    """The largest n that is reached on all strings of a run."""
    return reached(*(lt.probed(results, probe) for probe in languages.POWERS))


def kept_of(results: lt.Results) -> jt.Float[np.ndarray, " S"]:
    """The number of points without a pulse during which all memories of a run last."""
    return kept(lt.probed(results, "silent"))


def share_right(sequences: lt.Results) -> jt.Float[np.ndarray, " S"]:
    """The share of sequences that are answered right at every point."""
    return lt.right(sequences).mean(axis=1)


def bits_right(sequences: lt.Results) -> jt.Float[np.ndarray, " S"]:
    """The share of bits that are answered right, over all points of all sequences."""
    return _bits(sequences).mean(axis=(1, 2, 3))


def kept(silent: lt.Results) -> jt.Float[np.ndarray, " S"]:
    """The number of points without a pulse during which all bits of all memories are answered right.

    It ends at the first wrong answer, even if later ones are right. It is at most the number of points that were shown.
    """
    right = np.all(_bits(silent), axis=(1, 3))[:, _silent(silent)]
    return np.where(right.all(axis=1), right.shape[1], right.argmin(axis=1)).astype(float)


def margin_left(silent: lt.Results) -> jt.Float[np.ndarray, " S"]:
    """How far the weakest bit of all memories is from being lost after the last point, relative to the first one.

    The logits of the right side of 0 after the last point without a pulse over those after the first one: 1 if a memory
    does not fade, 0 if it is about to be lost, and negative where it is lost. Smallest over memories and bits.
    """
    signed = silent.answer.values * (2 * silent.truth.values - 1)[None]
    points = np.flatnonzero(_silent(silent))
    first, last = signed[:, :, points[0]], signed[:, :, points[-1]]
    return (last / np.where(first > 0, first, np.nan)).min(axis=(1, 2))


def _bits(curves: lt.Results) -> jt.Bool[np.ndarray, "S C T A"]:
    """Whether each bit is answered right."""
    return (curves.answer.values > 0) == (curves.truth.values > 0.5)[None]


def _silent(curves: lt.Results) -> jt.Bool[np.ndarray, " T"]:
    """The points after the last pulse of any curve."""
    pulses = np.flatnonzero((curves.input.values != 0).any(axis=(0, 2)))
    return np.arange(curves.input.shape[1]) > pulses[-1]
