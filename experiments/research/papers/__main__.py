"""Do populations of networks support claims from papers?

Tests claims after papers about counting, memory or state tracking on trained and on random networks, looks inside the
networks, and collects the results in one folder. Missing networks are trained first, and finished runs are reused.
`lstm-toys claims --claims papers.counting` tests only the claims, and
`lstm-toys papers.tune` shows how the recipes were found.
"""

from typing import Annotated, Literal

import lstm_toys as lt

from ... import BaseSeed
from .. import null, papers
from . import counting, languages, memory, tracking
from .populations import Paper, with_recipes

PAPERS = {
    "counting": Paper(
        languages.reached,
        with_recipes(counting.SHOWN, counting.POPULATIONS),
        lambda *about: papers.figures.counting(*about),
        ("lstm", "lstm_hard", "gru"),
        lambda trained: papers.networks.counters(trained),
    ),
    "memory": Paper(
        memory.lasting,
        with_recipes(memory.WORDS, memory.POPULATIONS),
        lambda *about: papers.figures.memory(*about),
        tuple(memory.WORDS),
        lambda trained: papers.networks.fixed_points(trained),
    ),
    "tracking": Paper(
        tracking.tracked,
        tracking.WORDS,
        lambda *about: papers.figures.tracking(*about),
    ),
}


def paper_report(
    paper: Literal["counting", "memory", "tracking"] = "counting",
    variants: bool = False,
    seeds: Annotated[int, range(1, 10**7 + 1)] = 64,
    base_seed: BaseSeed = 0,
    random: Annotated[int, range(1, 2**31)] = 128,
    recipes: Annotated[int, range(10**6 + 1)] = 0,
) -> lt.Analysis:
    """Tests the claims after papers on a topic, and measures what is inside their networks.

    Args:
        paper: topic of the papers.
        variants: also test networks of other shapes and budgets; slow.
        seeds: number of networks of each population; seed i gives the same network, however many there are.
        base_seed: other values give other networks with the same seed numbers.
        random: number of random networks per population and scale of the weights.
        recipes: number of recipes that the claims are also tested on, two networks each.
    """
    module, about = f"{__package__}.{paper}", PAPERS[paper]
    size = {"seeds": seeds, "base_seed": base_seed, "variants": variants, "recipes": recipes}
    judged = lt.ask(module, *(f"--{flag}={value}" for flag, value in size.items()), study="claims")
    return lt.Analysis(
        name=f"papers_{paper}",
        settings={**size, "random": random},
        needs={
            "claims": judged,
            "random": null.null(module, random),
            **{population: judged.needs["networks", population] for population in about.measured},
        },
        score=lambda needs, keep: papers.scoring.score(paper, about, judged.subject.declared, needs, keep),
        report=lambda metrics: papers.scoring.report_inside(metrics, about.shown),
        draw=lambda metrics, needs: papers.scoring.draw(about, metrics, needs),
        files=lambda metrics, needs: papers.scoring.files(about, random, metrics, needs),
        published=f"papers/{paper}",
    )


if __name__ == "__main__":
    lt.main(paper_report)
