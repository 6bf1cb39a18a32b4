"""Do populations of networks support claims from papers?

Tests claims after papers about counting, memory or state tracking on trained and on random networks, looks inside the
networks, and collects the results in one folder. Missing networks are trained first, and finished runs are reused.
`lstm-toys claims --claims papers.counting` tests only the claims, and
`lstm-toys papers.tune` shows how the recipes were found.
"""

from functools import partial
from typing import Any

import lstm_toys as lt
from lstm_toys.cli import command
from lstm_toys.runs import flags, parsers
from lstm_toys.studies.claims.declaration import NETWORKS
from lstm_toys.studies.claims.settings import ClaimSettings

from .. import null, papers
from . import counting, languages, memory, tracking
from .populations import Paper, with_recipes

PAPERS = {
    "counting": Paper(
        languages.reached,
        tuple(languages.POWERS),
        with_recipes(counting.SHOWN, counting.POPULATIONS),
        lambda *about: papers.figures.counting(*about),
        ("lstm", "lstm_hard", "gru"),
        lambda trained: papers.networks.counters(trained),
    ),
    "memory": Paper(
        memory.lasting,
        ("silent",),
        with_recipes(memory.WORDS, memory.POPULATIONS),
        lambda *about: papers.figures.memory(*about),
        tuple(memory.WORDS),
        lambda trained: papers.networks.fixed_points(trained),
    ),
    "tracking": Paper(
        tracking.tracked,
        ("long",),
        with_recipes(tracking.WORDS, tracking.POPULATIONS),
        lambda *about: papers.figures.tracking(*about),
    ),
}

TABLE = {
    "paper": flags.Flag(parsers.choice(*PAPERS), "topic of the papers", "counting"),
    **{name: each for name, each in flags.of(ClaimSettings).items() if name in ("variants", "seeds", "base_seed")},
    "random": flags.Flag(
        parsers.integer(1, 2**31 - 1), "number of random networks per population and scale of the weights", 128
    ),
}


def known(paper: str, random: int, **size: Any) -> lt.Analysis:
    """Asks for all that is known about the papers on a topic, with claims judged by networks of this size."""
    given, about = [f"--{flag}={each}" for flag, each in size.items()], PAPERS[paper]
    judged = command.plan(ClaimSettings, [f"--claims={__package__}.{paper}", *given]).study
    return lt.Analysis(
        name=f"papers_{paper}",
        settings={flag: getattr(judged.settings, flag) for flag in ("seeds", "base_seed", "variants")}
        | {"random": random},
        needs={
            "claims": judged,
            "random": null.known(judged.subject.declared, f"{__package__}.{paper}", random),
            **{population: judged.needs[NETWORKS, population] for population in about.shown},
        },
        score=lambda needs, keep: papers.scoring.score(paper, about, needs, keep),
        report=lambda metrics: papers.scoring.report_inside(metrics, about.shown),
        draw=lambda metrics, needs: papers.scoring.draw(about, metrics, needs),
        files=lambda metrics, needs: papers.scoring.files(about, random, metrics, needs),
        published=f"papers/{paper}",
    )


plan = partial(command.of_analysis, known, __doc__, TABLE)

if __name__ == "__main__":
    command.run_and_exit(plan)
