"""What depends on the learning rate? Asks networks that learned to remember equally well for how long they do.

Trains LSTMs and GRUs on the three-bit flip-flop with RMSprop and Adam, five rates each, and RMSprop with rates that
decay, are warmed up, are a third for three times the steps, or change at the same loss. Reports for how long the
shortest memory lasts, up to 40,000 steps, and which quantity orders these times under one rate. Also counts the valleys
that stay among networks that learned the sine to the same error under five rates. The networks' base seed is used by no
other run.

Haviv, Rivkind and Barak (2019) showed that networks which were trained by other protocols to the same performance keep
memories for different times, and that the speed of slow points predicts these times. Here the protocol is the learning
rate: its size, its course, and when it changes. The same axis for the sine: does the rate choose between networks whose
valley stays and those whose valley moves, when all were stopped at the same error?

Hypotheses and thresholds were fixed before any network with the judging base seed was trained. Base seed 0 was explored
with six networks for each setting: all memories lasted at small rates, and LSTMs that changed from the large to the
small rate kept longer than those that changed the other way, against what is stated here.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, partial
from typing import Annotated, Any

import jax
import jax.flatten_util
import jax.numpy as jnp
import jaxtyping as jt
import numpy as np
import optax
from rich.console import RenderableType

import lstm_toys as lt

from ... import sine
from ...post.numbers import valley_moved
from .. import longevity as here
from ..papers import memory
from ..papers.networks import gates
from .hypotheses import CELLS, CENSORED, CHOOSES, HIGH, LASTING, LIFETIME, LOW, RATES, STAYS, Cell

JUDGED_BY = 52
"""Base seed of the networks that judge the hypotheses; base seed 0 was explored."""

SINE = {"0.0003": 6_000, "0.001": 2_000, "0.003": 1_000, "0.006": 600, "0.01": 400}
"""Learning rates of the sine's networks, which are trained until they reach their goal, and the most steps of each.

The goal is checked at 200 records, so that fewer steps of larger rates stop networks at nearly the same error.
"""

STEPS, TRAINED_ON = 1_000, 50
THIRDS = RATES[2:]
"""Rates that are compared with a third of them for three times the steps."""

MATCHED = 0.1
"""The validation loss at which a network is switched from one rate to the other."""

RULES = {"RMSprop": partial(optax.scale_by_rms, decay=0.9), "Adam": optax.scale_by_adam}

LEARNED = 0.999
"""Least share of bits right over the 50 steps of validation sequences."""

SATURATION, NORM = "saturation of gates", "norm of recurrent weights"
SHARPNESS, SPEED = "preconditioned sharpness", "speed of drift"
QUANTITIES = (SATURATION, NORM, SHARPNESS, SPEED)

SATURATED, EARLY = 0.05, 200
"""A gate is saturated within ``SATURATED`` of 0 or 1, along the first ``EARLY`` steps without a pulse."""

BATCHES = 7
"""Overlapping batches of validation sequences, whose gradients give the geometry of `SHARPNESS`."""

PREDICTS = 0.5
"""A quantity predicts if the median over recipes of its rank correlation is at least this far from 0, and the 95 %
bootstrap interval excludes 0 on the same side under at least half of the recipes that can be judged."""

LASTS = (100, 1_000, 10_000, 40_000)
"""Time steps in the table of networks that keep all memories for so long."""

LEAST = 8
"""Fewest networks with both numbers, at least three of them different, for a rank correlation."""

NOTHING = lt.statistics.Estimate(np.nan, np.nan, np.nan)

Numbers = jt.Float[np.ndarray, " M"]


def optimizer(rule: str) -> optax.GradientTransformation:
    """A rule whose rate can be warmed up, decay linearly, and be multiplied by a factor from a step on.

    ``warm`` is the number of steps until the whole rate, ``decay`` the share of it that is lost with each step.
    """

    def scaled(learning_rate: Any, warm: Any, decay: Any, switch: Any, factor: Any) -> optax.GradientTransformation:
        def rate(count: Any) -> Any:
            course = jnp.minimum(1, (count + 1) / warm) * jnp.maximum(0, 1 - decay * count)
            return -learning_rate * course * jnp.where(count >= switch, factor, 1)

        return optax.chain(RULES[rule](), optax.scale_by_schedule(rate))

    constant = {"warm": 1.0, "decay": 0.0, "switch": 1e9, "factor": 1.0}
    return optax.inject_hyperparams(scaled)(learning_rate=0.1, **constant)


OPTIMIZERS = {rule: optimizer(rule) for rule in RULES}

COURSES: dict[str, dict[str, Any]] = {
    "constant": {},
    "decaying to zero": {"decay": 1 / STEPS},
    "warmed up": {"warm": STEPS / 4},
}
"""How the rate changes."""


def trained(
    cell: Cell, rule: str, base_seed: int, seeds: np.ndarray, rates: np.ndarray, steps: int = STEPS, **numbers: Any
) -> lt.Networks:
    """Trains one network for each seed and rate; all see the same sequences as in `memory`."""
    return lt.train(
        memory.task(lt.time_points(TRAINED_ON)),
        lt.Stack(features=len(memory.BITS), hidden=(64,), cell=cell, readout="dense"),
        seeds=seeds,
        base_seed=base_seed,
        steps=steps,
        optimizer=OPTIMIZERS[rule],
        learning_rate=rates,
        numbers={name: np.broadcast_to(np.float32(each), seeds.shape) for name, each in numbers.items()},
        early_stopping=lt.EarlyStopping(validation=validation()),
    )


@cache
def validation() -> lt.Examples:
    """Sequences as long as in training."""
    return memory.flip_flop(jax.random.key(3), TRAINED_ON, 32)


def several(
    cell: Cell, rule: str, base_seed: int, count: int, rates: Sequence[float] = RATES, less: int = 1, **course: Any
) -> dict[str, Any]:
    """What is measured of networks by rate, all of them ``less`` times smaller for as many times the steps."""
    seeds, given = np.tile(np.arange(count), len(rates)), np.repeat(np.array(rates, np.float32), count)
    networks = trained(cell, rule, base_seed, seeds, given / less, less * STEPS, **course)
    return {f"{rate:g}": measured(networks, given == np.float32(rate)) for rate in rates}


def switches(cell: Cell, base_seed: int, count: int) -> dict[str, Any]:
    """The same of networks that change from one rate to the other when their loss has fallen to `MATCHED`."""
    seeds, rates = np.tile(np.arange(count), 2), np.repeat(np.array([HIGH, LOW], np.float32), count)
    before = trained(cell, "RMSprop", base_seed, seeds, rates)
    losses = before.results.training.validation_loss
    below = losses.values <= MATCHED
    reached = losses.step.values[below.argmax(axis=1)]
    factor = np.array([LOW / HIGH, HIGH / LOW], np.float32).repeat(count)
    after = trained(cell, "RMSprop", base_seed, seeds, rates, switch=reached, factor=factor)
    found = {}
    for words, rate in ((f"{HIGH:g}, then {LOW:g}", HIGH), (f"{LOW:g}, then {HIGH:g}", LOW)):
        chosen = below.any(axis=1) & (rates == np.float32(rate))
        others = {"not switched": int((~below.any(axis=1) & (rates == np.float32(rate))).sum())}
        found[words] = {**measured(after, chosen), **others, "switched after": reached[chosen].tolist()}
    return found


def measured(networks: lt.Networks, chosen: jt.Bool[np.ndarray, " M"]) -> dict[str, Any]:
    """What is measured of some networks that learned: their lifetimes, and what may order them.

    Returns the numbers of ``networks`` that did not diverge, of ``diverged`` ones, and of those that ``learned``, see
    `LEARNED`; ``loss``, the median validation loss of these; and for each of these `LIFETIME` and the `QUANTITIES`.
    """
    shown = validation()
    answers = np.asarray(lt.answers(networks, shown.inputs))
    right = (answers > 0) == (np.asarray(shown.targets) > 0.5)[None]
    sound = chosen & ~networks.diverged
    learned = sound & (right.mean(axis=(1, 2, 3)) >= LEARNED)
    loss, rows = None, dict.fromkeys((LIFETIME, *QUANTITIES), np.empty(0))
    if learned.any():
        known = networks[learned]
        loss = float(np.median(known.results.training.validation_loss.values[:, -1]))
        rows = {LIFETIME: lifetimes(known), **inside(known), SHARPNESS: sharpness(known)}
    counts = {"networks": sound.sum(), "diverged": (chosen & networks.diverged).sum(), "learned": learned.sum()}
    return {**counts, "loss": loss, **rows}


def memories(steps: int) -> lt.Examples:
    """The eight memories, entered by one history of pulses, and then some time steps without pulses."""
    return memory.silence(jax.random.key(1), steps)


def lifetimes(networks: lt.Networks) -> Numbers:
    """Time steps without a pulse until the first wrong bit of any memory; at most `CENSORED`."""
    shown = memories(CENSORED)
    bits = np.asarray(shown.targets)[None, :, memory.BEFORE :] > 0.5
    answers = np.asarray(lt.answers(networks, shown.inputs))[:, :, memory.BEFORE :]
    right = ((answers > 0) == bits).all(axis=(1, 3))
    return np.where(right.all(axis=1), CENSORED, right.argmin(axis=1)).astype(float)


def inside(networks: lt.Networks) -> dict[str, Numbers]:
    """Saturation, norm and speed of networks with one layer."""
    inputs, late = np.asarray(memories(EARLY).inputs), slice(memory.BEFORE, None)
    (name, states), *_ = lt.states(networks, inputs).items()
    opened = gates(networks, name, states["hidden"], inputs)[:, :, late]
    moved = np.concatenate([np.diff(each[:, :, late], axis=2) for each in states.values()], axis=-1)
    return {
        SATURATION: (np.minimum(opened, 1 - opened) < SATURATED).mean(axis=(1, 2, 3, 4)),
        NORM: np.linalg.norm(np.asarray(networks.params[name]["recurrent_kernel"]), axis=(1, 2)),
        SPEED: np.linalg.norm(moved[:, :, EARLY // 2 :], axis=-1).mean(axis=(1, 2)),
    }


def sharpness(networks: lt.Networks, iterations: int = 20) -> Numbers:
    """The eigenvalue of largest modulus of the loss's Hessian in the geometry of RMSprop, by power iteration.

    It is that of ``(v + 1e-8)^(-1/4) H (v + 1e-8)^(-1/4)``, with ``H`` the Hessian of the loss of the first half of the
    sequences, and ``v`` the mean square of gradients over `BATCHES`.
    """
    made = validation()
    size = memory.SEQUENCES

    def loss(params: Any, own: slice) -> Any:
        logits = networks.model.apply({"params": params}, made.inputs[own])
        return optax.sigmoid_binary_cross_entropy(logits, made.targets[own]).mean()

    def largest(params: Any) -> Any:
        places = [slice(k * size // 2, k * size // 2 + size) for k in range(BATCHES)]
        flat, restored = jax.flatten_util.ravel_pytree(params)
        gradients = [jax.grad(lambda w, own=own: loss(restored(w), own))(flat) for own in places]
        scale = (jnp.mean(jnp.square(jnp.stack(gradients)), axis=0) + 1e-8) ** -0.25
        gradient = jax.grad(lambda w: loss(restored(w), slice(0, 2 * size)))

        def times(_: Any, carry: Any) -> Any:
            direction, _ = carry
            turned = scale * jax.jvp(gradient, (flat,), (scale * direction,))[1]
            return turned / jnp.linalg.norm(turned), direction @ turned

        begun = jax.random.normal(jax.random.key(0), flat.shape)
        return jax.lax.fori_loop(0, iterations, times, (begun / jnp.linalg.norm(begun), jnp.float32(0)))[1]

    one_by_one = jax.jit(lambda params: jax.lax.map(largest, params))
    return np.asarray(one_by_one(networks.params), float)


def score(needs: Mapping[str, lt.Run], base_seed: int, seeds: int, keep: Callable[..., Any]) -> dict[str, Any]:
    """Trains and measures all networks, and judges the hypotheses; ``needs`` are the sine's runs, by rate.

    Returns what `measured` returns, by ``cell, rule, course, rate``, with rank ``correlations`` of `LIFETIME` with the
    `QUANTITIES`; what `valleys` returns of networks of the sine, by rate; and the `verdicts`.
    """
    found: dict[str, Any] = {}
    for cell, shown in CELLS.items():
        usual = partial(several, cell, "RMSprop", base_seed, seeds)
        parts = {
            **{f"RMSprop, {words}": partial(usual, **course) for words, course in COURSES.items()},
            "Adam, constant": partial(several, cell, "Adam", base_seed, seeds),
            "RMSprop, a third for three times the steps": partial(usual, rates=THIRDS, less=3),
            "RMSprop, switched": partial(switches, cell, base_seed, seeds),
        }
        for name, compute in parts.items():
            words = f"{shown}, {name}"
            for rate, own in keep(f"{words}: trained", [words, base_seed, seeds], compute).items():
                found[f"{words}, {rate}"] = own
    for own in found.values():
        own["correlations"] = {what: correlation(own, what) for what in QUANTITIES}
    stayed = {rate: valleys(run) for rate, run in needs.items()}
    return {"populations": found, "sine": stayed, "verdicts": dict(verdicts(found, stayed))}


def valleys(run: lt.Run) -> dict[str, Any]:
    """In how many networks that reached the goal the valley of other amplitudes stays where it is."""
    results = lt.load(run.folder).results
    learned = results.learned.values
    moved = valley_moved(lt.probed(results, "amplitude"))[learned]
    known = moved[np.isfinite(moved)]
    error = float(np.median(results.training.train_rmse.values[learned, -1, 0])) if learned.any() else np.nan
    return {
        "numbers": known,
        **share(known <= STAYS),
        "of": results.sizes["seed"],
        "error": error,
    }


def correlation(own: Mapping[str, Any], what: str) -> dict[str, Any]:
    """The rank correlation over networks of a quantity with the lifetime, with a 95 % bootstrap interval."""
    pairs = np.array([each for each in zip(own[what], own[LIFETIME], strict=True) if each[0] is not None], float)
    if len(pairs) < LEAST or len(np.unique(pairs[:, 1])) < 3:
        return {"networks": len(pairs), **NOTHING.as_json("value")}
    found = lt.statistics.rank_correlation(pairs[:, 0], pairs[:, 1])
    found = lt.statistics.Estimate(*np.where(np.isnan(found), found.value, found))  # -1 and 1 exclude 0.
    return {"networks": len(pairs), **found.as_json("value")}


def share(met: jt.Bool[np.ndarray, " M"]) -> dict[str, Any]:
    """The share of networks that meet something, with its Wilson interval."""
    return {"networks": len(met), "count": int(met.sum()), **lt.statistics.wilson(int(met.sum()), len(met)).as_json()}


def predicts(rows: list[Mapping[str, Any]]) -> dict[str, Any]:
    """Judges by rank correlations of several recipes whether a quantity predicts lifetimes.

    ``count`` is the number of recipes whose interval excludes 0 on the side of the median.
    """
    known = [each for each in rows if each["value"] is not None]
    median = float(np.median([each["value"] for each in known])) if known else None
    sign = -1 if median is not None and median < 0 else 1
    excluded = sum(sign * each["low"] > 0 and sign * each["high"] > 0 for each in known)
    supported = median is not None and sign * median >= PREDICTS and 2 * excluded >= len(known)
    return {"recipes": len(known), "count": excluded, "median": median, "supported": supported}


def above(first: list[float], second: list[float]) -> dict[str, Any]:
    """The probability that a lifetime of the first networks exceeds one of the second, ties counting one half."""
    few = min(len(first), len(second)) < 5
    chance = NOTHING if few else lt.statistics.probability_above(np.array(first), np.array(second))
    return {"first": len(first), "second": len(second), **chance.as_json("value")}


def verdicts(found: Mapping[str, Any], stayed: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yields each hypothesis, whether it is supported, and the numbers that decide."""
    for cell in CELLS.values():

        def lives(name: str, cell: str = cell) -> list[float]:
            return found[f"{cell}, RMSprop, {name}"][LIFETIME]

        usual = {rate: lives(f"constant, {rate:g}") for rate in RATES}
        yield f"{cell}: {CHOOSES}", apart([share(np.array(each) >= LASTING) for each in usual.values()])
        thirds = {rate: lives(f"a third for three times the steps, {rate:g}") for rate in THIRDS}
        known = [each for rate in THIRDS if (each := above(thirds[rate], usual[rate]))["value"] is not None]
        longer = sum((each["low"] or 0) > 0.5 for each in known)
        decided = {"recipes": len(known), "count": longer, "supported": 2 * longer > len(known)}
        yield f"{cell}: a third of the rate for three times the steps keeps longer", decided
        order = above(lives(f"switched, {LOW:g}, then {HIGH:g}"), lives(f"switched, {HIGH:g}, then {LOW:g}"))
        supported = order["low"] is not None and order["low"] > 0.5
        words = f"{cell}: the early rate selects: first {LOW:g}, then {HIGH:g} keeps longer"
        yield words, {**order, "supported": supported}
    for what in QUANTITIES:
        rows = [each["correlations"][what] for each in found.values()]
        yield f"{what} orders lifetimes under one rate", predicts(rows)
    yield "the sine: at the same error, the rate chooses whether the valley stays", apart([*stayed.values()])


def apart(shares: list[dict[str, Any]]) -> dict[str, Any]:
    """Whether the intervals of the smallest and the largest share do not overlap."""
    known = [each for each in shares if each["networks"] >= 5]
    if len(known) < 2:
        return {"recipes": len(known), "count": 0, "supported": False}
    low, *_, high = sorted(known, key=lambda each: each["count"] / each["networks"])
    return {
        "recipes": len(known),
        **{f"least {name}": low[name] for name in ("count", "networks")},
        **{f"most {name}": high[name] for name in ("count", "networks")},
        "supported": bool(low["high"] < high["low"]),
    }


def longevity(
    seeds: Annotated[int, range(6, 10_000_000)] = 16, base_seed: Annotated[int, range(2**32)] = JUDGED_BY
) -> lt.Analysis:
    """Measures memories of networks that it trains, and valleys of the sine's, of which there are twice as many.

    Args:
        seeds: number of networks for each setting; twice as many of the sine.
        base_seed: base seed of all networks; other values give other networks with the same seed numbers.
    """
    given = f"--seeds={2 * seeds}", f"--base_seed={base_seed}", "--early_stopping=1"
    return lt.Analysis(
        name="longevity",
        settings={"seeds": seeds, "base_seed": base_seed},
        needs={
            rate: lt.ask(sine.EXPERIMENT, *given, f"--learning_rate={rate}", f"--steps={steps}")
            for rate, steps in SINE.items()
        },
        score=lambda runs, keep: score(runs, base_seed, seeds, keep),
        draw=lambda metrics, _: {"longevity.png": here.figures.longevity(metrics)},
        report=report,
    )


def report(metrics: Mapping[str, Any]) -> Iterator[RenderableType]:
    """Yields how long memories last by setting, what orders these times, the sine's valleys, and the verdicts."""
    populations, setting = metrics["populations"], "cell, optimizer, course, rate"
    counts = [
        (
            name,
            f"{own['learned']} of {own['networks'] + own.get('not switched', 0)}",
            _loss(own["loss"]),
            *_lasting(own["lifetime"]),
        )
        for name, own in populations.items()
    ]
    columns = (setting, "learned>", "loss>", *(f"{steps:,}>" for steps in LASTS))
    title = "networks that learned, and keep all memories for so many steps"
    yield lt.tables.table(title, columns, counts, **lt.tables.PLAIN)
    correlations = {name: own["correlations"] for name, own in populations.items()}
    known = {name: each for name, each in correlations.items() if any(one["value"] for one in each.values())}
    names = [*next(iter(correlations.values()))]
    title = f"rank correlation of {', '.join(names)} with the lifetime; *: the 95 % bootstrap interval excludes 0"
    columns = (setting, *(f"{each.split()[-1]}>" for each in names))
    rows = [(name, *map(_starred, each.values())) for name, each in known.items()]
    yield lt.tables.table(title, columns, rows, **lt.tables.PLAIN)
    valleys = [
        (
            rate,
            f"{own['networks']} of {own['of']}",
            _loss(own["error"]),
            str(own["count"]),
            lt.tables.interval(own["low"], own["high"]),
        )
        for rate, own in metrics["sine"].items()
    ]
    title = "networks of the sine at the same error, and those whose valley stays"
    columns = ("rate", "learned>", "RMSE>", "valley stays>", "share, 95 % interval>")
    yield lt.tables.table(title, columns, valleys, **lt.tables.PLAIN)
    if lost := {name: own["diverged"] for name, own in populations.items() if own["diverged"]}:
        yield "diverged: " + "; ".join(f"{name}: {count}" for name, count in lost.items())
    for words, each in metrics["verdicts"].items():
        yield f"{words}: {'supported' if each['supported'] else 'not supported'} ({_numbers(each)})"


def _lasting(lifetimes: Sequence[float]) -> list[str]:
    return [str(sum(lifetime >= steps for lifetime in lifetimes)) for steps in LASTS]


def _loss(value: float | None) -> str:
    return "–" if value is None else f"{value:.2g}"


def _starred(each: Mapping[str, Any]) -> str:
    return "–" if each["value"] is None else f"{each['value']:.2f}{'*' if each['low'] * each['high'] > 0 else ''}"


def _numbers(each: Mapping[str, Any]) -> str:
    """The numbers that decide on a hypothesis."""
    if "most count" in each:
        least, most = (f"{each[f'{name} count']} of {each[f'{name} networks']}" for name in ("least", "most"))
        return f"{least} to {most} networks over {each['recipes']} rates"
    if "first" in each:
        return f"probability {lt.tables.estimate(each, 'value')}, {each['first']} and {each['second']} networks"
    median = "" if each.get("median") is None else f", median correlation {each['median']:.2f}"
    return f"{each['count']} of {each['recipes']} recipes{median}"


if __name__ == "__main__":
    lt.main(longevity)
