"""How many random networks meet each claim? The null for any set of claims.

Draws networks at random, without training, and judges them by the claims: kernels are those before training times a
scale, and biases are normal with the scale as their standard deviation. A claim that random networks meet says little
about training (Hochreiter and Schmidhuber, 1996, "Bridging Long Time Lags by Weight Guessing and Long Short-Term
Memory", solved benchmarks of their time by guessing weights). Claims that compare two populations, or that need records
of a training, are left out.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import jaxtyping as jt
import numpy as np

import lstm_toys as lt
from lstm_toys import output, tables
from lstm_toys.cli import flags, modules, parsers
from lstm_toys.runs.experiment import HISTORY

from . import lines

if TYPE_CHECKING:
    import flax.linen as nn

    from lstm_toys.runs.preparation import Prepared

SCALES = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Factors of the weights."""

TOGETHER = 64
"""Networks that are judged at a time, which bounds memory."""

WIDTH = 100
"""Characters of the narrowest table."""

TABLE: flags.FlagTable = {
    "claims": (parsers.name(), "the module that declares CLAIMS"),
    "networks": (parsers.integer(1, 2**31 - 1), "random networks of each scale and population"),
    "only": (parsers.name(), "the claims that are judged, joined by commas, or all"),
}
DEFAULTS = {"claims": f"{__package__}.counting", "networks": 256, "only": "all"}


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


def judged(claims: Sequence[lt.Claim], prepared: Mapping[str, Prepared], scale: float, networks: int) -> dict[str, int]:
    """By claim, how many of so many random networks meet it."""
    from lstm_toys.studies.claims.verdicts import judge

    met = dict.fromkeys((claim.id for claim in claims), 0)
    for first in range(0, networks, TOGETHER):
        numbers = range(first, min(first + TOGETHER, networks))
        results = {
            name: answers(made, parameters(made.model, len(made.task.input_features), numbers, scale))
            for name, made in prepared.items()
        }
        for claim in claims:
            outcome = judge(claim, results)
            assert outcome is not None
            met[claim.id] += int(outcome.meets.sum())
    return met


def main(arguments: Sequence[str]) -> None:
    """Prints the percentage of random networks that meet each claim, with its 95 % interval."""
    values = lines.read("null", str(__doc__), TABLE, DEFAULTS, arguments)
    try:
        declared = modules.declared(values["claims"], "CLAIMS", lt.Claims, "claims")
    except flags.UsageError as error:
        output.complain(str(error))
        sys.exit(2)
    asked = declared.ids if values["only"] == "all" else tuple(values["only"].split(","))
    if unknown := [each for each in asked if each not in declared.ids]:
        output.complain(f"flag --only: there is no claim {unknown[0]!r}; there are {', '.join(declared.ids)}")
        sys.exit(2)
    from lstm_toys.runs.preparation import Prepared

    lt.configure()
    claims = [
        claim
        for claim in declared.claims
        if claim.id in asked and claim.against is None and HISTORY not in {each.curves for each in claim.sources}
    ]
    prepared = {
        name: Prepared(experiment, flags.parse(experiment, changes)[0])
        for name, (experiment, changes) in declared.populations.items()
        if any(name in claim.populations for claim in claims)
    }
    networks = values["networks"]
    met = {scale: judged(claims, prepared, scale, networks) for scale in SCALES}

    def cell(count: int) -> str:
        value, low, high = (f"{100 * each:.{1 if each < 0.1 else 0}f}" for each in lt.wilson(count, networks))
        return f"{value} ({low}–{high})"

    rows = [(claim.id, *(cell(met[scale][claim.id]) for scale in SCALES)) for claim in claims]
    title = f"the percentage of {networks:,} random networks that meet each claim, by the scale of their weights"
    console = output.console()
    console.width = max(console.width, WIDTH)  # Otherwise the names of the claims would be left out.
    console.print(tables.table(title, ["claim", *(f"{scale:g}>" for scale in SCALES)], rows, **tables.PLAIN))


if __name__ == "__main__":
    main(sys.argv[1:])
