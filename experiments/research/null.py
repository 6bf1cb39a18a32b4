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

BATCH = 64
"""Networks that are judged at a time; bounds memory."""


def null(
    claims: str = "post.claims", networks: Annotated[int, range(1, 2**31)] = 256, change: tuple[str, ...] = ()
) -> lt.Analysis:
    """Tests the claims that a module declares on random networks.

    Args:
        claims: module that declares CLAIMS, such as papers.counting, or your own module.
        networks: number of random networks per population and scale of the weights.
        change: flag of trainings, such as cell=gru, that changes the networks of all populations; may be repeated.
    """
    study = lt.ask(claims, *(f"--{flag}" for flag in change), study="claims")
    declared, module, flags = study.subject.declared, study.settings.claims, [*study.settings.flags]
    tested = judgeable(declared)
    needed = set().union(*(claim.made_of(declared.populations) for claim in tested))
    untrained = f"--seeds={networks}", "--steps=0", "--keep_steps=none"
    return lt.Analysis(
        name="null" if module == POST else f"null_{module.replace('.', '_')}",
        settings={"networks": networks, **({"flags": flags} if flags else {})},
        needs={
            name: lt.ask(experiment, *changes, *untrained)
            for name, (experiment, changes) in declared.populations.items()
            if name in needed
        },
        score=lambda needs, keep: random(tested, declared.data, networks, needs, keep),
        report=report,
    )


def judgeable(claims: lt.claims.Claims) -> list[lt.claims.Claim]:
    """Chooses the claims about networks or answers, without those of failure: random networks fail at everything."""
    return [
        claim
        for claim in claims.claims
        if not claim.fails and claim.against is None and "history" not in {source.curves for source in claim.sources}
    ]


def random(
    claims: Sequence[lt.claims.Claim],
    data: Sequence[Any],
    networks: int,
    needs: Mapping[str, lt.Run],
    keep: Callable[..., Any],
) -> dict[str, Any]:
    """Counts the random networks of each scale that have a number for each claim, and those that meet it.

    ``needs`` are runs of untrained networks.
    """
    totals = {claim.id: {"met": [0] * len(SCALES), "known": [0] * len(SCALES)} for claim in claims}
    for place, scale in enumerate(SCALES):
        for start in range(0, networks, BATCH):
            numbers = range(start, min(start + BATCH, networks))
            counts = keep(
                f"random networks of scale {scale:g}: {numbers.stop:,} of {networks:,}",
                [*data, needs, [*totals], scale, numbers.start, numbers.stop],
                partial(judged, claims, needs, scale, numbers),
            )
            for claim, claim_counts in counts.items():
                for name, count in claim_counts.items():
                    totals[claim][name][place] += count
    return {"networks": networks, "claims": totals}


def judged(
    claims: Sequence[lt.claims.Claim], needs: Mapping[str, lt.Run], scale: float, numbers: Sequence[int]
) -> dict[str, dict[str, int]]:
    """Counts, by claim, which of the random networks with these numbers meet it, and which have a number."""
    untrained = {name: lt.load(run.folder) for name, run in needs.items()}
    networks = {name: drawn(population, scale, numbers) for name, population in untrained.items()}
    results = {name: answered(population, networks[name], numbers) for name, population in untrained.items()}
    judged = {claim.id: lt.claims.judge(claim, results, networks=networks) for claim in claims}
    return {name: {"met": result.met, "known": result.counted} for name, result in judged.items() if result is not None}


def answered(untrained: lt.Networks, networks: lt.Networks, numbers: Sequence[int]) -> lt.Results:
    """Computes results of random networks: their answers to the curves of a run of untrained ones."""
    results, scaling, sound = untrained.results.isel(seed=[*numbers]), untrained.scaling, np.ones(len(numbers), bool)
    for name, curves in results.children.items():
        if "answer" in curves:
            inputs = curves.input.values if scaling is None else scaling.applied(curves.input.values)
            at_end = "length" in curves and "time" not in curves.answer.dims
            answers = lt.answers(networks, inputs, lengths=curves.length.values if at_end else None)
            sound &= np.isfinite(answers).all(axis=tuple(range(1, answers.ndim)))
            answers = answers if scaling is None else scaling.undone(answers, outputs=True)
            results[f"{name}/answer"] = curves.answer.copy(data=answers)
    results["diverged"] = results.diverged.copy(data=~sound)
    return results


def drawn(base: lt.Networks, scale: float, numbers: Sequence[int]) -> lt.Networks:
    """Draws the random networks with these numbers."""
    return lt.Networks(base.model, parameters(base.params, scale, numbers), base.block, np.array(numbers))


def parameters(untrained: Any, scale: float, numbers: Sequence[int]) -> Any:
    """Draws the parameters of random networks with these numbers; network i does not depend on the others."""
    generators = [np.random.default_rng(number) for number in numbers]

    def changed(name: str, tree: Any) -> Any:
        if isinstance(tree, Mapping):
            return {key: changed(key, tree[key]) for key in sorted(tree)}
        if name != "bias":
            return scale * tree[[*numbers]]
        biases = [generator.standard_normal(tree.shape[1:], np.float32) for generator in generators]
        return scale * np.stack(biases)

    return changed("", untrained)


def report(metrics: Mapping[str, Any]) -> Iterator[RenderableType]:
    """Yields the table of percentages of random networks, of those that have a number."""
    networks = metrics["networks"]
    rows = [
        (claim, *(brief(*pair, networks) for pair in zip(counts["met"], counts["known"], strict=True)))
        for claim, counts in metrics["claims"].items()
    ]
    title = f"% of {networks:,} random networks that meet each claim, by the scale of weights"
    yield lt.tables.table(title, ["claim", *(f"{scale:g}>" for scale in SCALES)], rows, **lt.tables.PLAIN)
    yield "of those with a number, in parentheses how many these are, if not all"
    yield "where none or all do, the other end of the 95 % interval (Wilson)"


def brief(met: int, known: int, networks: int) -> str:
    """A percentage of those with a number; where it is 0 or 100, the other end of its interval."""
    value, low, high = (100 * share for share in lt.statistics.wilson(met, known))
    text = f"{value:.1f}" if 0 < met < known else f"≥ {low:.1f}" if met else f"≤ {high:.1f}" if known else "–"
    return text if known == networks else f"{text} ({known})"


if __name__ == "__main__":
    lt.main(null)
