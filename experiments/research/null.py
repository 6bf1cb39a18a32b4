"""How many random networks meet each claim? A null model for any set of claims, by default those of the post.

Draws networks at random, without training, at five scales of their weights, and tests the claims on them. Kernels are
those before training times a scale, and biases are normal with the scale as their standard deviation. A claim that
random networks meet says little about training (Hochreiter and Schmidhuber, 1996, "Bridging Long Time Lags by Weight
Guessing and Long Short-Term Memory", solved benchmarks of their time by guessing weights). Claims that networks fail at
something, claims that compare two populations, and claims that need records of training are skipped. Flags of
trainings, such as --cell, change the networks of all populations, which are not trained, but built in this way.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache, partial
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import jaxtyping as jt
import numpy as np
from rich.console import RenderableType

import lstm_toys as lt
from lstm_toys import tables
from lstm_toys.cli import command, modules
from lstm_toys.cli.script import canonical
from lstm_toys.execution import code
from lstm_toys.runs import command_line, flags, parsers
from lstm_toys.runs.preparation import Prepared
from lstm_toys.studies.analysis.settings import Keep
from lstm_toys.studies.claims import evidence
from lstm_toys.studies.claims.settings import TRAINING, ClaimSettings, given_by
from lstm_toys.studies.claims.verdicts import judge
from lstm_toys.tasks.parameters import HISTORY

POST = "experiments.post.claims"
"""The module with the claims of the post, as it is called in a clone."""


SCALES = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Factors of the weights of random networks."""


TOGETHER = 64
"""Networks that are judged at a time, which bounds memory."""


def known(claims: lt.claims.Claims, module: str, networks: int, flags: Sequence[str] = ()) -> lt.Analysis:
    """Asks how many random networks, all of them changed by flags, meet the claims of a module."""
    named = canonical(module)
    asked = claims.given(*flags) if flags else claims
    return lt.Analysis(
        name="null" if named == POST else f"null_{named.replace('.', '_')}",
        settings={"networks": networks, **({"flags": [*flags]} if flags else {})},
        needs={},
        score=lambda _, keep: random(asked, networks, keep),
        report=report_random,
    )


def random(claims: lt.claims.Claims, networks: int, keep: Keep) -> dict[str, Any]:
    """How many random networks of each scale meet each claim."""
    asked = judgeable(claims)
    needed = set().union(*(claim.made_of(claims.populations) for claim in asked))
    made_of = {name: each for name, each in claims.populations.items() if name in needed}
    prepared = {name: Prepared(each, command_line.parse(each, changes)[0]) for name, (each, changes) in made_of.items()}
    met = {claim.id: [0] * len(SCALES) for claim in asked}
    declared = [*claims.data, code.library("studies/claims"), *(repr(each.settings) for each in prepared.values())]
    for place, scale in enumerate(SCALES):
        for first in range(0, networks, TOGETHER):
            numbers = range(first, min(first + TOGETHER, networks))
            counts = keep(
                f"random networks of scale {scale:g}: {numbers.stop:,} of {networks:,}",
                [declared, [*met], scale, numbers.start, numbers.stop],
                partial(judged, asked, prepared, scale, numbers),
            )
            for claim, count in counts.items():
                met[claim][place] += count
    return {"networks": networks, "claims": met}


def judgeable(claims: lt.claims.Claims) -> list[lt.claims.Claim]:
    """The claims about answers of networks alone, except those of failure, since random networks fail at everything."""
    return [
        claim
        for claim in claims.claims
        if not claim.fails and claim.against is None and HISTORY not in {each.curves for each in claim.sources}
    ]


def judged(
    claims: Sequence[lt.claims.Claim], prepared: Mapping[str, Prepared], scale: float, numbers: Sequence[int]
) -> dict[str, int]:
    """By claim, how many of the random networks with these numbers meet it."""
    results = {
        name: evidence.answered(
            made, (made.model, parameters(made.model, len(made.task.input_features), numbers, scale))
        )
        for name, made in prepared.items()
    }
    return {each.id: found.met for each in claims if (found := judge(each, results)) is not None}


def parameters(model: nn.Module, features: int, numbers: Sequence[int], scale: float) -> Any:
    """The parameters of random networks with these numbers; network i is the same whatever the others are."""
    one = _program(model, features)
    every = [jax.device_get(one(jnp.uint32(number), jnp.float32(scale))) for number in numbers]
    return jax.tree.map(lambda *leaves: np.stack(leaves), *every)


@cache
def _program(model: nn.Module, features: int) -> Any:
    @jax.jit
    def drawn(number: jt.UInt32[jt.Array, ""], scale: jt.Float[jt.Array, ""]) -> Any:
        initial, own = jax.random.split(jax.random.fold_in(jax.random.key(0), number))
        leaves, tree = jax.tree_util.tree_flatten_with_path(model.init(initial, jnp.zeros((1, 2, features)))["params"])
        scaled = [
            scale * (jax.random.normal(key, leaf.shape) if path[-1].key == "bias" else leaf)
            for key, (path, leaf) in zip(jax.random.split(own, len(leaves)), leaves, strict=True)
        ]
        return jax.tree_util.tree_unflatten(tree, scaled)

    return drawn


def report_random(metrics: Mapping[str, Any]) -> Iterator[RenderableType]:
    """Yields the table of percentages of random networks."""
    networks = metrics["networks"]
    rows = [(claim, *(brief(count, networks) for count in counts)) for claim, counts in metrics["claims"].items()]
    title = f"% of {networks:,} random networks that meet each claim, by the scale of weights"
    yield tables.table(title, ["claim", *(f"{scale:g}>" for scale in SCALES)], rows, **tables.PLAIN)
    yield "where none or all do, the other end of the 95 % interval (Wilson)"


def brief(count: int, networks: int) -> str:
    """A percentage; where it is 0 or 100, the other end of its interval."""
    value, low, high = (100 * each for each in lt.statistics.wilson(count, networks))
    if count in (0, networks):
        return f"≥ {low:.1f}" if count else f"≤ {high:.1f}"
    return f"{value:.1f}"


TABLE = {
    "claims": modules.offered(flags.of(ClaimSettings)["claims"], "CLAIMS"),
    "networks": flags.Flag(
        parsers.integer(1, 2**31 - 1), "number of random networks per population and scale of the weights", 256
    ),
    **{name: each._replace(usual=None) for name, each in TRAINING.items()},
}


def null(claims: str, networks: int, **typed: Any) -> lt.Analysis:
    """Tests the claims that a module declares on random networks."""
    declared, module = (
        modules.declared(claims, "CLAIMS", lt.claims.Claims, "claims"),
        modules.full_name(claims, "CLAIMS"),
    )
    others = given_by({name: value for name, value in typed.items() if value is not None}, declared)
    return known(declared, module, networks, others)


plan = partial(command.of_analysis, null, __doc__, TABLE)

if __name__ == "__main__":
    command.run_and_exit(plan)
