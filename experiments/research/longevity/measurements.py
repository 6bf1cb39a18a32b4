"""Trains networks to remember, with rates that are constant or change, and measures how long they do, and why."""

from collections.abc import Sequence
from functools import cache, partial
from typing import Any

import jax
import jax.flatten_util
import jax.numpy as jnp
import jaxtyping as jt
import numpy as np
import optax

import lstm_toys as lt

from ...post.numbers import valley_moved
from ..papers import memory
from ..papers.networks import gates
from .hypotheses import CENSORED, HIGH, LIFETIME, LOW, NORM, QUANTITIES, RATES, SATURATION, SHARPNESS, SPEED, share

STAYS = 0.2
"""Largest range of the valley's depth, over that of the peaks, of networks whose valley stays."""

MATCHED = 0.1
"""The validation loss at which a network is switched from one rate to the other."""

LEARNED = memory.GOAL.accuracy
"""Least share of bits right over the steps of validation sequences."""

SATURATED, EARLY = 0.05, 200
"""A gate is saturated within ``SATURATED`` of 0 or 1, along the first ``EARLY`` steps without a pulse."""

BATCHES = 7
"""Overlapping batches of validation sequences, whose gradients give the geometry of `SHARPNESS`."""

Numbers = jt.Float[np.ndarray, " M"]

STEPS, TRAINED_ON, WIDTH = (int(memory.EXPERIMENT.defaults[name]) for name in ("steps", "timesteps", "hidden"))
"""Training steps, the time steps of training sequences, and the units of networks: those of `memory`."""

RULES = {"RMSprop": partial(optax.scale_by_rms, decay=0.9), "Adam": optax.scale_by_adam}


def optimizer(rule: str) -> optax.GradientTransformation:
    """An optimizer whose rate can warm up, decay linearly, and be multiplied by a factor from a step on.

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
    cell: str, rule: str, base_seed: int, seeds: np.ndarray, rates: np.ndarray, steps: int = STEPS, **numbers: Any
) -> lt.Networks:
    """Trains one network for each seed and rate; all see the same sequences as in `memory`."""
    return lt.train(
        memory.task(lt.time_points(TRAINED_ON)),
        lt.Stack(features=len(memory.BITS), hidden=(WIDTH,), cell=cell, readout="dense"),
        seeds=seeds,
        base_seed=base_seed,
        steps=steps,
        optimizer=OPTIMIZERS[rule],
        learning_rate=rates,
        numbers={name: np.broadcast_to(np.float32(value), seeds.shape) for name, value in numbers.items()},
        early_stopping=lt.EarlyStopping(validation=validation()),
    )


@cache
def validation() -> lt.Examples:
    """Sequences as long as in training."""
    return memory.flip_flop(jax.random.key(3), TRAINED_ON, 32)


def several(
    cell: str, rule: str, base_seed: int, count: int, rates: Sequence[float] = RATES, less: int = 1, **course: Any
) -> dict[str, Any]:
    """Trains and measures networks by rate; ``less`` divides all rates and multiplies the steps."""
    seeds, network_rates = np.tile(np.arange(count), len(rates)), np.repeat(np.array(rates, np.float32), count)
    networks = trained(cell, rule, base_seed, seeds, network_rates / less, less * STEPS, **course)
    return {f"{rate:g}": measured(networks, network_rates == np.float32(rate)) for rate in rates}


def switches(cell: str, base_seed: int, count: int) -> dict[str, Any]:
    """Trains and measures networks that change from one rate to the other when their loss has fallen to `MATCHED`."""
    seeds, rates = np.tile(np.arange(count), 2), np.repeat(np.array([HIGH, LOW], np.float32), count)
    before = trained(cell, "RMSprop", base_seed, seeds, rates)
    losses = before.results.training.validation_loss
    below = losses.values <= MATCHED
    reached = losses.step.values[below.argmax(axis=1)]
    factor = np.array([LOW / HIGH, HIGH / LOW], np.float32).repeat(count)
    after = trained(cell, "RMSprop", base_seed, seeds, rates, switch=reached, factor=factor)
    by_order = {}
    for order, rate in ((f"{HIGH:g}, then {LOW:g}", HIGH), (f"{LOW:g}, then {HIGH:g}", LOW)):
        group, switched = rates == np.float32(rate), below.any(axis=1)
        counts = {"not switched": int((group & ~switched).sum()), "switched after": reached[group & switched].tolist()}
        by_order[order] = {**measured(after, group & switched), **counts}
    return by_order


def measured(networks: lt.Networks, chosen: jt.Bool[np.ndarray, " M"]) -> dict[str, Any]:
    """Measures, of the chosen networks that learned, lifetimes and the quantities that may predict them.

    Returns the numbers of ``networks`` that did not diverge, of ``diverged`` ones, and of those that ``learned``, see
    `LEARNED`; ``loss``, the median validation loss of these; and for each of these `LIFETIME` and the `QUANTITIES`.
    """
    sequences = validation()
    answers = np.asarray(lt.answers(networks, sequences.inputs))
    right = (answers > 0) == (np.asarray(sequences.targets) > 0.5)[None]
    sound = chosen & ~networks.diverged
    learned = sound & (right.mean(axis=(1, 2, 3)) >= LEARNED)
    loss, rows = None, dict.fromkeys((LIFETIME, *QUANTITIES), np.empty(0))
    if learned.any():
        learners = networks[learned]
        loss = float(np.median(learners.results.training.validation_loss.values[:, -1]))
        rows = {LIFETIME: lifetimes(learners), **inside(learners), SHARPNESS: sharpness(learners)}
    counts = {"networks": sound.sum(), "diverged": (chosen & networks.diverged).sum(), "learned": learned.sum()}
    return {**counts, "loss": loss, **rows}


def memories(steps: int) -> lt.Examples:
    """Sequences that set the eight memories by pulses, and then have no pulses for ``steps``."""
    return memory.silence(jax.random.key(1), steps)


def lifetimes(networks: lt.Networks) -> Numbers:
    """Time steps without a pulse until the first wrong bit of any memory; at most `CENSORED`."""
    sequences = memories(CENSORED)
    bits = np.asarray(sequences.targets)[None, :, memory.BEFORE :] > 0.5
    answers = np.asarray(lt.answers(networks, sequences.inputs))[:, :, memory.BEFORE :]
    return memory.until_wrong((answers > 0) == bits)


def inside(networks: lt.Networks) -> dict[str, Numbers]:
    """Saturation, norm and speed of networks with one layer."""
    inputs, late = np.asarray(memories(EARLY).inputs), slice(memory.BEFORE, None)
    (name, states), *_ = lt.states(networks, inputs).items()
    opened = gates(networks, name, states["hidden"], inputs)[:, :, late]
    moved = np.concatenate([np.diff(state[:, :, late], axis=2) for state in states.values()], axis=-1)
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
    examples = validation()
    size = memory.SEQUENCES

    def loss(params: Any, batch: slice) -> Any:
        logits = networks.model.apply({"params": params}, examples.inputs[batch])
        return optax.sigmoid_binary_cross_entropy(logits, examples.targets[batch]).mean()

    def largest(params: Any) -> Any:
        batches = [slice(k * size // 2, k * size // 2 + size) for k in range(BATCHES)]
        flat, restored = jax.flatten_util.ravel_pytree(params)
        gradients = [jax.grad(lambda w, batch=batch: loss(restored(w), batch))(flat) for batch in batches]
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


def valleys(run: lt.Run) -> dict[str, Any]:
    """Counts the networks that reached the goal and whose valley stays where it is at other amplitudes."""
    results = lt.load(run.folder).results
    learned = results.learned.values
    moved = valley_moved(lt.probed(results, "amplitude"))[learned]
    finite = moved[np.isfinite(moved)]
    error = float(np.median(results.training.train_rmse.values[learned, -1, 0])) if learned.any() else np.nan
    return {"numbers": finite, **share(finite <= STAYS), "of": results.sizes["seed"], "error": error}
