"""How many random networks meet each claim? A null model for any set of claims, by default those of the post.

Draws networks at random, without training, at five scales of their weights, and tests the claims on them. Kernels are
those before training times a scale, and biases are normal with the scale as their standard deviation. A claim that
random networks meet says little about training (Hochreiter and Schmidhuber, 1996, "Bridging Long Time Lags by Weight
Guessing and Long Short-Term Memory", solved benchmarks of their time by guessing weights). Claims that networks fail at
something, claims that compare two populations, and claims that need records of training are skipped.

docs/claims.md is the page about claims, and docs/papers.md has results.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Annotated, Any

import numpy as np
from rich.console import RenderableType

import lstm_toys as lt

POST = "experiments.post.claims"
"""The module with the claims of the post, as it is called in a clone."""

SCALES = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Factors of the weights of random networks."""

TOGETHER = 64
"""Networks that are judged at a time, which bounds memory."""


def null(
    claims: str = "post.claims", networks: Annotated[int, range(1, 2**31)] = 256, change: tuple[str, ...] = ()
) -> lt.Analysis:
    """Tests the claims that a module declares on random networks.

    Args:
        claims: module that declares CLAIMS, such as papers.counting, or your own module.
        networks: number of random networks per population and scale of the weights.
        change: flag of trainings, such as cell=gru, that changes the networks of all populations; may be repeated.
    """
    asked = lt.ask(claims, *(f"--{each}" for each in change), study="claims")
    declared, module, flags = asked.subject.declared, asked.settings.claims, [*asked.settings.flags]
    tested = judgeable(declared)
    needed = set().union(*(claim.made_of(declared.populations) for claim in tested))
    untrained = f"--seeds={networks}", "--steps=0", "--keep_steps=none"
    return lt.Analysis(
        name="null" if module == POST else f"null_{module.replace('.', '_')}",
        settings={"networks": networks, **({"flags": flags} if flags else {})},
        needs={
            name: lt.ask(experiment, *own, *untrained)
            for name, (experiment, own) in declared.populations.items()
            if name in needed
        },
        score=lambda needs, keep: random(tested, declared.data, networks, needs, keep),
        report=report,
    )


def judgeable(claims: lt.claims.Claims) -> list[lt.claims.Claim]:
    """The claims about networks or their answers, except those of failure, since random networks fail at everything."""
    return [
        claim
        for claim in claims.claims
        if not claim.fails and claim.against is None and "history" not in {each.curves for each in claim.sources}
    ]


def random(
    claims: Sequence[lt.claims.Claim],
    data: Sequence[Any],
    networks: int,
    needs: Mapping[str, lt.Run],
    keep: Callable[..., Any],
) -> dict[str, Any]:
    """How many random networks of each scale have a number, and meet each claim.

    ``needs`` are runs of untrained networks.
    """
    found = {claim.id: {"met": [0] * len(SCALES), "known": [0] * len(SCALES)} for claim in claims}
    for place, scale in enumerate(SCALES):
        for first in range(0, networks, TOGETHER):
            numbers = range(first, min(first + TOGETHER, networks))
            counts = keep(
                f"random networks of scale {scale:g}: {numbers.stop:,} of {networks:,}",
                [*data, needs, [*found], scale, numbers.start, numbers.stop],
                partial(judged, claims, needs, scale, numbers),
            )
            for claim, each in counts.items():
                for name, count in each.items():
                    found[claim][name][place] += count
    return {"networks": networks, "claims": found}


def judged(
    claims: Sequence[lt.claims.Claim], needs: Mapping[str, lt.Run], scale: float, numbers: Sequence[int]
) -> dict[str, dict[str, int]]:
    """By claim, how many of the random networks with these numbers meet it, and how many have a number."""
    untrained = {name: lt.load(run.folder) for name, run in needs.items()}
    networks = {name: drawn(own, scale, numbers) for name, own in untrained.items()}
    results = {name: answered(own, networks[name], numbers) for name, own in untrained.items()}
    every = {each.id: lt.claims.judge(each, results, networks=networks) for each in claims}
    return {name: {"met": each.met, "known": each.counted} for name, each in every.items() if each is not None}


def answered(untrained: lt.Networks, networks: lt.Networks, numbers: Sequence[int]) -> lt.Results:
    """The results of random networks with these numbers: what they answer to the curves of a run of untrained ones."""
    results, scaling, sound = untrained.results.isel(seed=[*numbers]), untrained.scaling, np.ones(len(numbers), bool)
    for name, curves in results.children.items():
        if "answer" in curves:
            inputs = curves.input.values if scaling is None else scaling.applied(curves.input.values)
            at_end = "length" in curves and "time" not in curves.answer.dims
            found = lt.answers(networks, inputs, lengths=curves.length.values if at_end else None)
            sound &= np.isfinite(found).all(axis=tuple(range(1, found.ndim)))
            found = found if scaling is None else scaling.undone(found, outputs=True)
            results[f"{name}/answer"] = curves.answer.copy(data=found)
    results["diverged"] = results.diverged.copy(data=~sound)
    return results


def drawn(own: lt.Networks, scale: float, numbers: Sequence[int]) -> lt.Networks:
    """The random networks with these numbers."""
    return lt.Networks(own.model, parameters(own.params, scale, numbers), own.block, np.array(numbers))


def parameters(untrained: Any, scale: float, numbers: Sequence[int]) -> Any:
    """The parameters of random networks with these numbers; network i is the same whatever the others are."""
    generators = [np.random.default_rng(number) for number in numbers]

    def changed(name: str, own: Any) -> Any:
        if isinstance(own, Mapping):
            return {each: changed(each, own[each]) for each in sorted(own)}
        if name != "bias":
            return scale * own[[*numbers]]
        drawn = [generator.standard_normal(own.shape[1:], np.float32) for generator in generators]
        return scale * np.stack(drawn)

    return changed("", untrained)


def report(metrics: Mapping[str, Any]) -> Iterator[RenderableType]:
    """Yields the table of percentages of random networks, of those that have a number."""
    networks = metrics["networks"]
    rows = [
        (claim, *(brief(*each, networks) for each in zip(found["met"], found["known"], strict=True)))
        for claim, found in metrics["claims"].items()
    ]
    title = f"% of {networks:,} random networks that meet each claim, by the scale of weights"
    yield lt.tables.table(title, ["claim", *(f"{scale:g}>" for scale in SCALES)], rows, **lt.tables.PLAIN)
    yield "of those with a number, in parentheses how many these are, if not all"
    yield "where none or all do, the other end of the 95 % interval (Wilson)"


def brief(met: int, known: int, networks: int) -> str:
    """A percentage of those with a number; where it is 0 or 100, the other end of its interval."""
    value, low, high = (100 * each for each in lt.statistics.wilson(met, known))
    said = f"{value:.1f}" if 0 < met < known else f"≥ {low:.1f}" if met else f"≤ {high:.1f}" if known else "–"
    return said if known == networks else f"{said} ({known})"


if __name__ == "__main__":
    lt.main(null)
