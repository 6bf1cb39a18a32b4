"""How many random networks meet each claim? The null for any set of claims.

Draws networks at random, without training, and judges them by the claims: kernels are those before training times a
scale, and biases are normal with the scale as their standard deviation. A claim that random networks meet says little
about training (Hochreiter and Schmidhuber, 1996, "Bridging Long Time Lags by Weight Guessing and Long Short-Term
Memory", solved benchmarks of their time by guessing weights). Claims that networks fail at something, which random
networks do too, claims that compare two populations, and claims that need records of a training are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import jaxtyping as jt
import numpy as np
from rich.console import RenderableType

import lstm_toys as lt
from lstm_toys import tables
from lstm_toys.cli import flags
from lstm_toys.runs.experiment import HISTORY

if TYPE_CHECKING:
    import flax.linen as nn

    from lstm_toys.runs.preparation import Prepared

SCALES = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Factors of the weights."""

TOGETHER = 64
"""Networks that are judged at a time, which bounds memory."""

SAMPLE = 2
"""Networks whose numbers decide whether the others have to be judged again; no network depends on another."""


def digests(claims: lt.Claims) -> dict[str, str]:
    """Digests of what random networks are asked, and of the numbers of the first `SAMPLE` of them."""
    from lstm_toys.execution.lowering import digest
    from lstm_toys.studies.claims.verdicts import judge

    asked, prepared = judgeable(claims), prepare(claims)
    drawn = {name: _drawn(made, range(SAMPLE), SCALES[0]) for name, made in prepared.items()}
    results = {name: answers(made, drawn[name]) for name, made in prepared.items()}
    sample = {claim.id: judge(claim, results) for claim in asked}
    return {
        "networks": digest(drawn),
        "numbers": digest({name: each.numbers for name, each in sample.items() if each is not None}),
        "thresholds": digest([[claim.id, claim.low, claim.high] for claim in asked]),
        "asked": digest({name: list(made.declared_digests().values()) for name, made in prepared.items()}),
        "scales": digest(list(SCALES)),
    }


def prepare(claims: lt.Claims) -> dict[str, Prepared]:
    """The experiments of the populations that random networks take the place of."""
    from lstm_toys.runs.preparation import Prepared

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


def report(metrics: Mapping[str, Any]) -> Iterator[RenderableType]:
    """Yields the table of percentages."""
    networks = metrics["networks"]
    rows = [(claim, *(brief(count, networks) for count in counts)) for claim, counts in metrics["claims"].items()]
    title = f"% of {networks:,} random networks that meet each claim, by the scale of weights"
    yield tables.table(title, ["claim", *(f"{scale:g}>" for scale in SCALES)], rows, **tables.PLAIN)
    yield "where none or all do, the other end of the 95 % interval (Wilson)"


def brief(count: int, networks: int) -> str:
    """A percentage; where it is 0 or 100, what it may be as well."""
    value, low, high = (100 * each for each in lt.wilson(count, networks))
    if count in (0, networks):
        return f"≥ {low:.1f}" if count else f"≤ {high:.1f}"
    return f"{value:.1f}"


def share(count: int, networks: int) -> str:
    """A percentage with its interval."""
    value, low, high = (f"{100 * each:.{1 if each < 0.1 else 0}f}" for each in lt.wilson(count, networks))
    return f"{value} ({low}–{high})"


def parameters(model: nn.Module, features: int, numbers: Sequence[int], scale: float) -> Any:
    """The parameters of random networks with these numbers; network i is the same whatever the others are."""
    import jax

    one = _program(model, features)
    every = [jax.device_get(one(number, scale)) for number in numbers]
    return jax.tree.map(lambda *leaves: np.stack(leaves), *every)


@cache
def _program(model: nn.Module, features: int) -> Callable[[int, float], Any]:
    """Draws the parameters of ONE network; cached to avoid recompiling."""
    import jax
    import jax.numpy as jnp

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
    from lstm_toys.results import arrays

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
    from lstm_toys.studies.claims.verdicts import judge

    results = {name: answers(made, _drawn(made, numbers, scale)) for name, made in prepared.items()}
    outcomes = {claim.id: judge(claim, results) for claim in claims}
    return {name: int(each.meets.sum()) for name, each in outcomes.items() if each is not None}


def _drawn(made: Prepared, numbers: Sequence[int], scale: float) -> Any:
    return parameters(made.model, len(made.task.input_features), numbers, scale)
