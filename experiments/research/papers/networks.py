"""Finds counters and fixed points inside trained networks; also an LSTM whose forget bias begins at 0.

The counter of a network is the unit whose state is most nearly a straight line in the count, a's minus b's, along one
string a^n b^n; for an LSTM the state is its memory cell. Without pulses, a memory lasts if its state is a stable fixed
point.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import jaxtyping as jt
import numpy as np

import lstm_toys as lt

from . import languages, memory
from .cells import squashed
from .languages import TRAINED

GATED = {"lstm": lt.LSTM, "gru": lt.GRU}
"""Cells with gates."""

STEADY = slice(10, 48)
"""The a's along which gates are measured, and likewise the b's: from the 11th to the 48th, since at the ends and at the
turn the counter is empty or changes its direction, where a gate that closes costs nothing."""

OTHERS = 3
"""Other units that are held at their means, one after another; their mean share is reported."""

POINTS, STARTS, MOST_POINTS = 200, 64, 64
"""Points of the sequence along which states are visited, states of each network to begin in, and most fixed points."""

Measured = Mapping[str, jt.Shaped[np.ndarray, " S"]]


class LSTMForgetZero(lt.LSTM):
    """An LSTM whose forget gate begins with a bias of 0 instead of 1."""

    def param(self, name: str, init_fn: Any, *arguments: Any, **options: Any) -> Any:
        """Declares a parameter; biases begin at 0."""
        return super().param(name, nn.initializers.zeros if name == "bias" else init_fn, *arguments, **options)


def inside(
    measure: Callable[[lt.Networks], Measured], needs: Mapping[str, lt.Run], keep: Callable[..., Any]
) -> dict[str, Any]:
    """Measures trained networks by a function, and returns the `summary` of each quantity, by population."""
    return {name: keep(f"looked into {name}", [run], partial(_summaries, measure, run)) for name, run in needs.items()}


def _summaries(measure: Callable[[lt.Networks], Measured], run: lt.Run) -> dict[str, Any]:
    return {quantity: summary(values) for quantity, values in measure(lt.load(run.folder)).items()}


def summary(values: np.ndarray) -> dict[str, Any]:
    """Summarizes finite values by number, median and bootstrap interval, and booleans by share and interval."""
    if values.dtype == bool:
        return {"networks": len(values), **lt.statistics.wilson(int(values.sum()), len(values)).as_json("share")}
    finite = values[np.isfinite(values)]
    return {"networks": len(finite), **lt.statistics.median_bootstrap(finite).as_json()}


def counters(trained: lt.Networks) -> Measured:
    """Measures how networks count: their counter, how open its gates are, and which strings are accepted without it.

    Held at its mean, a unit is compared with random other units. NaN for a network that does not accept every string.
    """
    longest = np.asarray(languages.powers(jnp.array([TRAINED]), 2 * TRAINED + 1, 2).inputs)
    strings = languages.powers(jnp.arange(1, TRAINED + 1), 2 * TRAINED + 1, 2)
    (name, states), *_ = lt.states(trained, longest).items()
    inner = states.get("cell", states["hidden"])[:, 0, 1:]
    best = counter(inner, TRAINED)
    seeds, units = np.arange(len(inner)), inner.shape[2]
    report: dict[str, Any] = {
        "squared correlation of the state with the count": best.straight,
        "change of the state with each a": np.abs(best.up),
        "change of the state back with each b": -np.sign(best.up) * best.down,
    }
    if "cell" in states:
        opened = gates(trained, name, states["hidden"], longest)[:, 0, 1:]
        for number, gate in enumerate(lt.LSTM.gate_places()):
            shut = 1 - opened[seeds, :, number, best.unit]
            for symbol, part in (("a", shut[:, :TRAINED]), ("b", shut[:, TRAINED:])):
                report[f"1 - {gate} gate, 11th to 48th {symbol}"] = part[:, STEADY].mean(axis=1)
    unedited = accepted(lt.answers(trained, strings.inputs), strings)

    def held(unit: jt.Int[np.ndarray, " S"]) -> jt.Float[np.ndarray, " S"]:
        return accepted(lt.dynamics.intervene(trained, strings.inputs, name, unit[:, None]), strings)

    report["share of strings with this unit held"] = held(best.unit)
    if units > 1:
        shifts = np.random.default_rng(0).integers(1, units, (OTHERS, len(seeds)))
        shares = [held((best.unit + shift) % units) for shift in shifts]
        report["share of strings with another unit held"] = np.mean(shares, axis=0)
    return {name: np.where(unedited == 1, values, np.nan) for name, values in report.items()}


class Counter(NamedTuple):
    """The unit that counts best, its squared correlation with the count, and its changes with each a and b."""

    unit: jt.Int[np.ndarray, " S"]
    straight: jt.Float[np.ndarray, " S"]
    up: jt.Float[np.ndarray, " S"]
    down: jt.Float[np.ndarray, " S"]


def counter(states: jt.Float[np.ndarray, "S T H"], n: int) -> Counter:
    """Finds the counter in the states after each symbol of the string a^n b^n, without those after its start."""
    states = np.asarray(states, float)
    place = np.arange(1, n + 1, dtype=float)
    count = np.concatenate([place, n - place])

    def centered(values: Any) -> Any:
        return values - values.mean(axis=-1, keepdims=True)

    by_unit, line = centered(np.swapaxes(states, 1, 2)), centered(count)
    spread = (by_unit**2).sum(axis=-1) * (line**2).sum()
    straight = (by_unit @ line) ** 2 / np.where(spread > 0, spread, np.inf)
    unit = straight.argmax(axis=1)
    best = np.take_along_axis(states, unit[:, None, None], axis=2)[:, :, 0]
    up, down = (centered(part) @ centered(place) / (centered(place) ** 2).sum() for part in (best[:, :n], best[:, n:]))
    return Counter(unit, straight.max(axis=1), up, down)


def gates(
    trained: lt.Networks, name: str, hidden: jt.Float[np.ndarray, "S C T H"], inputs: jt.Float[np.ndarray, "C T F"]
) -> jt.Float[np.ndarray, "S C T G H"]:
    """How open the gates of the first layer, of this name, are at every point, in the order of its cell."""
    layer = {key: np.asarray(leaf) for key, leaf in trained.params[name].items()}
    before = np.pad(hidden, ((0, 0), (0, 0), (1, 0), (0, 0)))[:, :, :-1]
    kernel, recurrent = (layer[name][:, None] for name in ("kernel", "recurrent_kernel"))
    bias = layer["bias"].reshape(len(hidden), -1, kernel.shape[-1]).sum(axis=1)[:, None, None]
    summed = inputs[None] @ kernel + before @ recurrent + bias
    summed = summed.reshape(*hidden.shape[:3], -1, hidden.shape[3])
    places = [*GATED[trained.model.cell].gate_places().values()]
    return np.asarray(squashed(jnp.asarray(summed[:, :, :, places]), trained.model.gates))


def accepted(answers: jt.Float[np.ndarray, "S C T A"], strings: lt.Examples) -> jt.Float[np.ndarray, " S"]:
    """The share of strings that each network accepts."""
    right = (np.asarray(answers) > 0) == (np.asarray(strings.targets) > 0.5)
    return (right | (np.asarray(strings.counts) == 0)).all(axis=(2, 3)).mean(axis=1)


def fixed_points(trained: lt.Networks, starts: int = STARTS) -> Measured:
    """The fixed points without pulses, sought from states along a sequence with pulses, and from others around them."""
    inputs = np.asarray(memory.flip_flop(jax.random.key(2), POINTS, 1).inputs)
    silent = np.zeros((1, inputs.shape[2]))
    rest = lt.dynamics.rest(trained, lt.states(trained, inputs), silent, starts=starts, most=MOST_POINTS)
    Kind = lt.dynamics.Kind
    kind, share, answer = rest.kind[:, 0], rest.share[:, 0], rest.answer[:, 0]
    stable, saddle = kind == Kind.STABLE, kind == Kind.UNSTABLE
    lasting = np.isin(kind, (Kind.STABLE, Kind.NEUTRAL, Kind.INTEGRATES))
    directions = (np.abs(rest.eigenvalues[:, 0]) > 1 + 1e-9).sum(axis=-1)
    largest = np.where(stable, np.abs(rest.eigenvalues[:, 0, :, 0]), -np.inf).max(axis=1)

    def memories(points: jt.Bool[np.ndarray, "S K"]) -> jt.Float[np.ndarray, " S"]:
        return np.array([len({tuple(bits) for bits in answer[s][points[s]] > 0}) for s in range(len(kind))], float)

    return {
        "all eight memories are stable fixed points": memories(stable) == 2 ** len(memory.BITS),
        "all eight are stable or neutral points, or answers at rest": memories(lasting) == 2 ** len(memory.BITS),
        "stable fixed points": stable.sum(axis=1).astype(float),
        "memories that are stable fixed points": memories(stable),
        "neutral fixed points": (kind == Kind.NEUTRAL).sum(axis=1).astype(float),
        "answers at rest while a state integrates": (kind == Kind.INTEGRATES).sum(axis=1).astype(float),
        "share of starts that end at stable fixed points": np.where(stable, share, 0).sum(axis=1),
        "largest eigenvalue of a stable fixed point": np.where(stable.any(axis=1), largest, np.nan),
        "unstable fixed points": saddle.sum(axis=1).astype(float),
        "those with one unstable direction": (saddle & (directions == 1)).sum(axis=1).astype(float),
        "fixed points and other things found": rest.found[:, 0].astype(float),
    }
