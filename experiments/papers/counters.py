"""How do networks count? Looks into networks that were trained on a^n b^n.

For each network this finds the unit whose state is most nearly a straight line in the count, a's minus b's, along one
string a^n b^n; for an LSTM the state is its memory cell. It measures how the state changes with each symbol, how open
the unit's gates are, and which share of the strings is still accepted if that unit is held at its mean, compared with
other units that are drawn at random. Only networks that accept every string are counted.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jaxtyping as jt
import numpy as np

import lstm_toys as lt

from . import languages

MOST = 50
"""The largest n."""

OTHERS = 3
"""Other units that are held, one after another; the mean share counts."""


class Counter(NamedTuple):
    """The unit of each network that counts best.

    Attributes:
        unit: its number.
        straight: the squared correlation of its state with the count.
        up: the change of its state with each a, by least squares.
        down: the change of its state with each b.
    """

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
    params: dict[str, jt.Float[np.ndarray, "S ..."]],
    inputs: jt.Float[np.ndarray, "T F"],
    hidden: jt.Float[np.ndarray, "S T H"],
    kind: str,
) -> jt.Float[np.ndarray, "S T 4 H"]:
    """The gates of an LSTM layer after every point: input, forget, the values that cells take up, and output.

    Args:
        params: parameters of the layer.
        inputs: what the networks are shown.
        hidden: hidden states after every point.
        kind: the gate function.
    """
    import jax.numpy as jnp

    from lstm_toys.networks.layer import squashed

    before = np.concatenate([np.zeros_like(hidden[:, :1]), hidden[:, :-1]], axis=1)
    summed = inputs[None] @ params["kernel"] + before @ params["recurrent_kernel"] + params["bias"][:, None]
    summed = summed.reshape(*summed.shape[:2], 4, -1)
    openness = np.array(squashed(jnp.asarray(summed), kind))
    openness[:, :, 2] = np.tanh(summed[:, :, 2])
    return openness


def accepted(answers: jt.Float[np.ndarray, "S C T A"], probe: lt.Probe) -> jt.Float[np.ndarray, " S"]:
    """The share of strings that each network accepts."""
    assert probe.targets is not None
    axes = ("seed", "curve", "time", "output")
    answered = (axes, answers, {"loss": "binary_cross_entropy"})
    return lt.right(lt.Results({"answer": answered, "truth": (axes[1:], probe.targets)})).mean(axis=1)


def counted(saved: lt.Saved) -> dict[str, jt.Float[np.ndarray, " S"]]:
    """What is measured of each network; NaN for a network that does not accept every string."""
    import jax.numpy as jnp

    one = np.asarray(languages.powers(jnp.array([MOST]), 2 * MOST + 1, 2).inputs)
    every = lt.Probe.of("every", languages.powers(jnp.arange(1, MOST + 1), 2 * MOST + 1, 2))
    (name, states), *_ = lt.states(saved.model, saved.params, one).items()
    inner = states.get("cell", states["hidden"])[:, 0, 1:]
    best = counter(inner, MOST)
    seeds = np.arange(len(inner))
    report: dict[str, Any] = {
        "squared correlation of the state with the count": best.straight,
        "change of the state with each a": np.abs(best.up),
        "change of the state back with each b": -np.sign(best.up) * best.down,
    }
    if "cell" in states:
        layer = {key: np.asarray(leaf) for key, leaf in saved.params[name].items()}
        opened = gates(layer, one[0], states["hidden"][:, 0], saved.model.gates)[:, 1:]
        for number, gate in ((0, "input"), (1, "forget"), (3, "output")):
            shut = 1 - opened[seeds, :, number, best.unit]
            report |= {
                f"1 - {gate} gate at a": shut[:, :MOST].mean(axis=1),
                f"1 - {gate} gate at b": shut[:, MOST:].mean(axis=1),
            }
    usual = accepted(lt.answers(saved.model, saved.params, every.inputs), every)

    def held(units: jt.Int[np.ndarray, " S"]) -> jt.Float[np.ndarray, " S"]:
        return accepted(lt.intervene(saved.model, saved.params, every.inputs, name, units[:, None]), every)

    report["share of strings with this unit held"] = held(best.unit)
    if inner.shape[2] > 1:
        drawn = np.random.default_rng(0).integers(1, inner.shape[2], (OTHERS, len(seeds)))
        shares = [held((best.unit + shift) % inner.shape[2]) for shift in drawn]
        report["share of strings with another unit held"] = np.mean(shares, axis=0)
    return {name: np.where(usual == 1, each, np.nan) for name, each in report.items()}
