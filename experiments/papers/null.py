"""How many random networks meet each claim? The null for any set of claims.

Draws networks at random, without training, and judges them by the claims: kernels are those before training times a
scale, and biases are normal with the scale as their standard deviation. A claim that random networks meet says little
about training (Hochreiter and Schmidhuber, 1996, "Bridging Long Time Lags by Weight Guessing and Long Short-Term
Memory", solved benchmarks of their time by guessing weights). Claims that networks fail at something, which random
networks do too, claims that compare two populations, and claims that need records of a training are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import jaxtyping as jt
import numpy as np

import lstm_toys as lt
from lstm_toys.cli import flags
from lstm_toys.results import arrays
from lstm_toys.runs.experiment import HISTORY
from lstm_toys.runs.preparation import Prepared
from lstm_toys.studies.analysis.ask import Keep
from lstm_toys.studies.claims.verdicts import judge

from .report import SCALES

TOGETHER = 64
"""Networks that are judged at a time, which bounds memory."""


def score(claims: lt.Claims, code: str, networks: int, keep: Keep) -> dict[str, Any]:
    """How many random networks of each scale meet each claim; ``code`` is a digest of what declares the claims."""
    asked, prepared = judgeable(claims), prepare(claims)
    met: dict[str, list[int]] = {claim.id: [0] * len(SCALES) for claim in asked}
    for scale, numbers in parts(networks):
        counts = keep(
            f"random networks of scale {scale:g}: {numbers.stop:,} of {networks:,}",
            [code, scale, numbers.start, numbers.stop],
            partial(judged, asked, prepared, scale, numbers),
        )
        for claim, count in counts.items():
            met[claim][SCALES.index(scale)] += count
    return {"networks": networks, "claims": met}


def prepare(claims: lt.Claims) -> dict[str, Prepared]:
    """The experiments of the populations that random networks take the place of."""
    needed = set().union(*(claim.made_of(claims.populations) for claim in judgeable(claims)))
    return {
        name: Prepared(experiment, flags.parse(experiment, changes)[0])
        for name, (experiment, changes) in claims.populations.items()
        if name in needed
    }


def parts(networks: int) -> list[tuple[float, range]]:
    """The scales and numbers of networks that are judged one after another."""
    return [
        (scale, range(first, min(first + TOGETHER, networks)))
        for scale in SCALES
        for first in range(0, networks, TOGETHER)
    ]


def judgeable(claims: lt.Claims) -> list[lt.Claim]:
    """The claims that random networks are a null model of: about one population, its answers, and no failure."""
    return [
        claim
        for claim in claims.claims
        if not claim.fails and claim.against is None and HISTORY not in {each.curves for each in claim.sources}
    ]


def parameters(model: nn.Module, features: int, numbers: Sequence[int], scale: float) -> Any:
    """The parameters of random networks with these numbers; network i is the same whatever the others are."""
    one = _program(model, features)
    every = [jax.device_get(one(number, scale)) for number in numbers]
    return jax.tree.map(lambda *leaves: np.stack(leaves), *every)


@cache
def _program(model: nn.Module, features: int) -> Callable[[int, float], Any]:
    """Draws the parameters of ONE network; cached to avoid recompiling."""

    def drawn(number: jt.UInt32[jt.Array, ""], scale: jt.Float[jt.Array, ""]) -> Any:
        initial, own = jax.random.split(jax.random.fold_in(jax.random.key(0), number))
        leaves, tree = jax.tree_util.tree_flatten_with_path(model.init(initial, jnp.zeros((1, 2, features)))["params"])
        scaled = [
            scale * (jax.random.normal(key, leaf.shape) if path[-1].key == "bias" else leaf)
            for key, (path, leaf) in zip(jax.random.split(own, len(leaves)), leaves, strict=True)
        ]
        return jax.tree_util.tree_unflatten(tree, scaled)

    program = jax.jit(drawn)
    return lambda number, scale: program(jnp.uint32(number), jnp.float32(scale))


def answers(made: Prepared, params: Any) -> lt.Results:
    """What networks answer to everything that claims ask about, labeled as a run labels it."""
    examples, probes, shown = made.curves
    answered = {name: lt.answers(made.model, params, each, block=made.block) for name, each in shown.items()}
    learned, probed = made.curves.split(answered)
    finite = [np.isfinite(each).all(axis=tuple(range(1, each.ndim))) for each in answered.values()]
    labeled = arrays.answered(made.task, np.asarray(made.x), made.experiment.span, probes, probed)
    more = {**arrays.training_answers(made.task, examples, learned), "diverged": ("seed", ~np.all(finite, axis=0))}
    return arrays.in_units(labeled.assign(more).assign_attrs(flags="{}"), made.experiment.scaling)


def judged(
    claims: Sequence[lt.Claim], prepared: Mapping[str, Prepared], scale: float, numbers: Sequence[int]
) -> dict[str, int]:
    """By claim, how many of the random networks with these numbers meet it."""
    results = {name: answers(made, _drawn(made, numbers, scale)) for name, made in prepared.items()}
    outcomes = {claim.id: judge(claim, results) for claim in claims}
    return {name: int(each.meets.sum()) for name, each in outcomes.items() if each is not None}


def _drawn(made: Prepared, numbers: Sequence[int], scale: float) -> Any:
    return parameters(made.model, len(made.task.input_features), numbers, scale)
