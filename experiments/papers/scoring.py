"""What is reported about claims: how many random networks meet them, and all that is known about a paper.

Random networks are the null for any set of claims. They are not trained: kernels are those before training times a
scale, and biases are normal with the scale as their standard deviation. A claim that random networks meet says little
about training (Hochreiter and Schmidhuber, 1996, "Bridging Long Time Lags by Weight Guessing and Long Short-Term
Memory", solved benchmarks of their time by guessing weights).
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import jaxtyping as jt
import numpy as np
from rich.console import RenderableType

import lstm_toys as lt
from lstm_toys import tables
from lstm_toys.cli.script import canonical
from lstm_toys.execution import code
from lstm_toys.results.summary import finite
from lstm_toys.runs import command_line
from lstm_toys.runs.folder import Run
from lstm_toys.runs.preparation import Prepared
from lstm_toys.studies.analysis.settings import Keep
from lstm_toys.studies.claims import entries, evidence
from lstm_toys.studies.claims.figures import drawings
from lstm_toys.studies.claims.markdown import rendered
from lstm_toys.studies.claims.verdicts import judge
from lstm_toys.tasks.parameters import HISTORY

from .. import papers
from .populations import Paper

POST = "experiments.post.claims"
"""The module with the claims of the post, as it is called in a clone."""

SCALES = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Factors of the weights of random networks."""

TOGETHER = 64
"""Networks that are judged at a time, which bounds memory."""

FOLDER = Path(__file__).parent

OPEN = "\n## What stayed open\n\n"


def null(claims: lt.claims.Claims, module: str, networks: int, flags: Sequence[str] = ()) -> lt.Analysis:
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


def score(name: str, about: Paper, needs: Mapping[str, Run], keep: Keep) -> dict[str, Any]:
    """What is known about the claims of a paper, whose module and text have this name, from runs.

    Returns ``claims``: the share of the ``counted`` networks that meet each, also in variants, and how many random
    networks of each scale do; ``numbers``: that of each network that the figure shows, None if it diverged, by
    population; ``inside``: what `networks.inside` returns; ``sources`` and ``open``: the text on the papers.
    """
    met = needs["random"].read_metrics()["numbers"]["claims"]
    sources, _, still_open = (FOLDER / f"{name}.md").read_text(encoding="utf-8").partition(OPEN)

    def verdict(judged: entries.Judgment) -> dict[str, Any]:
        return {what: entries.as_json(getattr(judged, what)) for what in ("share", "interval", "verdict", "counted")}

    def numbers(run: Run) -> Any:
        results = lt.load_results(run.checked("results.nc"))
        known = about.number(*(lt.probed(results, each) for each in about.curves))
        return finite(np.where(results.diverged.values, np.nan, known))

    return {
        "claims": {
            each.id: {
                **verdict(each),
                "random": met.get(each.id),
                "variants": {variant: verdict(own) for variant, own in each.variants.items()},
            }
            for each in entries.read(needs["claims"].checked("claims.json"), entries.Entry)
        },
        "numbers": {population: numbers(needs[population]) for population in about.shown},
        "inside": papers.networks.inside(about.measure, {each: needs[each] for each in about.measured}, keep),
        "sources": sources,
        "open": still_open.rstrip("\n"),
    }


def files(about: Paper, drawn: int, metrics: Mapping[str, Any], needs: Mapping[str, Run]) -> dict[str, str]:
    """The report on a paper as Markdown, with ``drawn`` random networks; that of its claims begins with a heading."""
    title, _, claims = needs["claims"].checked("claims.md").read_text(encoding="utf-8").partition("\n")
    random = {claim: each["random"] for claim, each in metrics["claims"].items() if each["random"] is not None}
    text = rendered(
        FOLDER / "paper.md.jinja",
        title=title.removeprefix("# "),
        claims=claims.removesuffix("\n"),
        networks=drawn,
        scales=[f"{scale:g}" for scale in SCALES],
        random={claim: [share(count, drawn) for count in counts] for claim, counts in random.items()},
        inside={about.shown[name]: [*cells(measured)] for name, measured in metrics["inside"].items()},
        sources=metrics["sources"],
        open=metrics["open"],
    )
    return {"paper.md": text + "\n"}


def share(count: int, networks: int) -> str:
    """A percentage with its interval."""
    value, low, high = (f"{100 * each:.{1 if each < 0.1 else 0}f}" for each in lt.wilson(count, networks))
    return f"{value} ({low}–{high})"


def draw(about: Paper, metrics: Mapping[str, Any], needs: Mapping[str, Run]) -> dict[str, lt.Drawing]:
    """Draws the finding, and the figures of the claims."""
    own = {"finding.png": about.draw(metrics, about.shown)}
    return own | drawings(entries.read(needs["claims"].checked("claims.json"), entries.Entry))


def report_inside(metrics: Mapping[str, Any], shown: Mapping[str, str]) -> Iterator[RenderableType]:
    """Yields a table of what was measured inside networks, for each population; ``shown`` are their names in words."""
    columns = ("", "networks>", "median or share>", "95 % interval>")
    for population, measured in metrics["inside"].items():
        yield tables.table(f"inside {shown[population]}", columns, cells(measured), **tables.PLAIN)


def cells(measured: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, ...]]:
    """The rows of a table of what was measured inside networks."""
    for what, each in measured.items():
        if "share" in each:
            value, low, high = (f"{each[name]:.0%}" for name in ("share", "low", "high"))
            yield what, str(each["networks"]), value, f"{low} … {high}"
        else:
            yield what, str(each["networks"]), *tables.spread(each)


def report_random(metrics: Mapping[str, Any]) -> Iterator[RenderableType]:
    """Yields the table of percentages of random networks."""
    networks = metrics["networks"]
    rows = [(claim, *(brief(count, networks) for count in counts)) for claim, counts in metrics["claims"].items()]
    title = f"% of {networks:,} random networks that meet each claim, by the scale of weights"
    yield tables.table(title, ["claim", *(f"{scale:g}>" for scale in SCALES)], rows, **tables.PLAIN)
    yield "where none or all do, the other end of the 95 % interval (Wilson)"


def brief(count: int, networks: int) -> str:
    """A percentage; where it is 0 or 100, the other end of its interval."""
    value, low, high = (100 * each for each in lt.wilson(count, networks))
    if count in (0, networks):
        return f"≥ {low:.1f}" if count else f"≤ {high:.1f}"
    return f"{value:.1f}"
