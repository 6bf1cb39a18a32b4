"""Experiments with formal languages that require counting: networks predict which symbols may come next."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import jaxtyping as jt
import lazy_loader
import numpy as np

import lstm_toys as lt

from .populations import BITS_AT_EVERY_POINT

if TYPE_CHECKING:
    import xarray as xr

jax: Any = lazy_loader.load("jax")  # Claims are listed without it.

STRINGS, VALIDATED = 8, 64
"""Strings of a step, and of Dyck-1's validation."""

TRAINED = 50
"""The largest n of a^n b^n and a^n b^n c^n in training."""

GOAL = lt.Goal(accuracy=1.0, features=("sequences",))

RECIPE = {"readout": "dense", "optimizer": "adam", "learning_rate": 0.01, "steps": 3_000}


def experiment(name: str, language: lt.sequences.Language, doc: str, most: int, hidden: int) -> lt.Experiment:
    """An experiment with a language; ``most`` is the largest n of the training, or for Dyck-1 the most pairs."""
    symbols = 3 if language == "anbncn" else 2  # Declared without JAX.
    return lt.Experiment(
        name=name,
        doc=doc,
        defaults={**RECIPE, "timesteps": symbols * most + 1, "hidden": str(hidden)},
        goal=GOAL,
        task=partial(task, language),
        probes=partial(powers_probes, language),
        draw=lambda results, _: {"loss.png": lt.figures.loss(results, f"Training on {language}", goal=GOAL)},
    )


def task(language: lt.sequences.Language, x: lt.TimePoints) -> lt.Task:
    """Strings as long as the time points allow; validation is on every n, or on a fixed set of Dyck-1."""
    symbols = lt.sequences.SYMBOLS[language]
    n = jax.numpy.arange(1, (len(x) - 1) // len(symbols) + 1)
    fixed = language != "dyck1"
    validation = powers(n, len(x), len(symbols)) if fixed else drawn(jax.random.key(0), len(x), VALIDATED)
    of_step, features = partial(examples, language, len(x)), (("start", *symbols), (*symbols, "end"))
    return lt.Task(of_step, *features, validation=validation, **BITS_AT_EVERY_POINT)


def examples(language: lt.sequences.Language, length: int, key: jt.Key[jt.Array, ""], _: Any) -> lt.Examples:
    """The strings of a step."""
    strings = lt.sequences.counting(key, length, STRINGS, language)
    return strings if language == "dyck1" else without_first(strings)


def powers(n: jt.Int[jt.Array, " C"], length: int, symbols: int) -> lt.Examples:
    """The strings a^n b^n, or a^n b^n c^n, of given n."""
    return without_first(lt.sequences.powers(n, length, symbols))


def without_first(strings: lt.Examples) -> lt.Examples:
    """Gives the answer to the start of each string a weight of 0.

    Only a may follow the start, so that b would be illegal, legal and illegal in the course of a string. A network of
    one unit cannot answer that, since its logits are monotonic in the state of the unit, and could not be judged.
    """
    return strings._replace(weights=jax.numpy.ones(strings.inputs.shape[:2]).at[:, 0].set(0.0))


REACHES = {"anbn": (50, 100, 256), "anbncn": (50, 100, 128)}
"""The largest n of each of three probes; each begins after the one before, and is as long as its longest string."""

POWERS = {"to_first": 1, "to_second": 1, "to_third": 4}
"""The probes and their steps of n: every n in the first two, every fourth in the third, to keep results small."""


def powers_probes(language: lt.sequences.Language, _: lt.TimePoints) -> list[lt.Probe]:
    """The strings a^n b^n, or a^n b^n c^n, up to the largest n; claims draw strings of Dyck-1 themselves."""
    if language == "dyck1":
        return []
    probes, symbols = [], 3 if language == "anbncn" else 2
    for (name, step), (below, most) in zip(POWERS.items(), pairwise((0, *REACHES[language])), strict=True):
        n = jax.numpy.arange(below + step, most + 1, step)
        probes.append(lt.Probe.of(name, powers(n, symbols * most + 1, symbols), {"n": n}))
    return probes


DYCK = {
    "as_trained": (1, 25, 200),
    "double": (26, 50, 200),
    "ten_times": (225, 250, 50),
    "twenty_times": (475, 500, 50),
}
"""By name, the fewest and the most pairs of parentheses in strings of a draw, and their number."""

JOINED = (500, 50)
"""The most pairs of strings that are no deeper than those of the training, and their number."""


def drawn(key: jt.Key[jt.Array, ""], length: int, count: int) -> lt.Examples:
    """Strings of Dyck-1, in one compiled program."""
    return jax.device_get(_program(length, count)(key))


@cache
def _program(length: int, count: int) -> Callable[[jt.Key[jt.Array, ""]], lt.Examples]:
    return jax.jit(partial(lt.sequences.counting, length=length, count=count, language="dyck1"))


def as_trained(key: jt.Key[jt.Array, ""]) -> lt.Examples:
    """Strings as long as in training."""
    return dyck_strings(key, *DYCK["as_trained"])


def double(key: jt.Key[jt.Array, ""]) -> lt.Examples:
    """Strings up to twice as long."""
    return dyck_strings(key, *DYCK["double"])


def ten_times(key: jt.Key[jt.Array, ""]) -> lt.Examples:
    """Strings ten times as long."""
    return dyck_strings(key, *DYCK["ten_times"])


def twenty_times(key: jt.Key[jt.Array, ""]) -> lt.Examples:
    """Strings twenty times as long."""
    return dyck_strings(key, *DYCK["twenty_times"])


def dyck_strings(key: jt.Key[jt.Array, ""], fewest: int, most: int, count: int) -> lt.Examples:
    """Draws strings of Dyck-1 with ``fewest`` to ``most`` pairs of parentheses."""
    enough = 2 * count * most // (most - fewest + 1)  # Twice as many as on average are needed.
    strings = drawn(key, 2 * most + 1, enough)._asdict()
    chosen = np.flatnonzero(strings["lengths"] > 2 * fewest)[:count]
    return lt.Examples(*(strings[name][chosen] for name in ("inputs", "targets", "lengths")))


def joined(key: jt.Key[jt.Array, ""]) -> lt.Examples:
    """Long strings of Dyck-1, no deeper than the training's: each joins as many of these as fit into `JOINED`."""
    (pairs, count), most = JOINED, DYCK["as_trained"][1]
    inputs, targets, lengths = map(np.asarray, drawn(key, 2 * most + 1, 4 * count * pairs // most)[:3])
    whole, ends = np.zeros((2, count, 2 * pairs + 1, 3), np.float32), np.ones(count, int)
    whole[:, :, 0] = np.stack([inputs[0, 0], targets[0, 0]])[:, None]
    place = 0
    for number, length in enumerate(lengths.tolist()):
        if ends[place] + length - 1 > 2 * pairs + 1:
            place += 1
        if place == count:
            break
        span = slice(ends[place], ends[place] + length - 1)
        whole[:, place, span] = inputs[number, 1:length], targets[number, 1:length]
        ends[place] = span.stop
    return lt.Examples(*map(jax.numpy.asarray, (*whole, ends)))


DRAWS = {draw.__name__: draw for draw in (as_trained, double, ten_times, twenty_times, joined)}
"""The functions by which claims draw strings of Dyck-1, by name."""


def reached(*strings: xr.Dataset) -> jt.Float[np.ndarray, " S"]:
    """The largest n up to which every string is accepted: all legal next symbols, and no others, at every point."""
    return lt.sequences.accepted(strings, by="n")


LEAST_PROBABILITY = 0.005


def reached_loosely(*strings: xr.Dataset) -> jt.Float[np.ndarray, " S"]:
    """The largest n up to which every string is accepted as in the code of Weiss et al. (2018).

    There a string is accepted if each of its symbols but the first, and its end, has a probability above 0.005 when its
    turn comes.
    """
    return lt.sequences.accepted([_least(probe) for probe in strings], by="n")


def _least(strings: xr.Dataset) -> xr.Dataset:
    """For each string the smallest logit of the symbol that comes next, above that of `LEAST_PROBABILITY`."""
    counted = ~np.isnan(strings.truth.values[:, :, 0])
    following = np.roll(strings.input.values.argmax(axis=-1) - 1, -1, axis=1)
    last = counted.shape[1] - 1 - counted[:, ::-1].argmax(axis=1)
    following[np.arange(len(last)), last] = strings.sizes["output_feature"] - 1
    logits = np.take_along_axis(strings.answer.values, following[None, :, :, None], axis=3)[..., 0]
    least = np.where(counted[None], logits, np.inf).min(axis=2) - np.log(LEAST_PROBABILITY / (1 - LEAST_PROBABILITY))
    axes = ("seed", "curve", "accepted")
    answer, truth = (axes, least[..., None], {"loss": "binary_cross_entropy"}), (axes[1:], np.ones((len(last), 1)))
    return strings.drop_dims("time").assign(answer=answer, truth=truth)


def share_right(sequences: xr.Dataset) -> jt.Float[np.ndarray, " S"]:
    """The share of sequences that are answered right at every point."""
    return lt.sequences.right(sequences).mean(axis=1)
