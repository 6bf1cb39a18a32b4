"""Do populations of networks support claims from papers?

Tests claims after papers about counting or about memory on trained and on random networks, looks inside the networks,
and collects the results in one folder. Missing networks are trained first, and finished runs are reused.
`python -m experiments.claims --claims experiments.papers.counting` tests only the claims, and
`python -m experiments.papers.tune` shows how the recipes were found.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from lstm_toys.cli import claims, command, flags, parsers
from lstm_toys.studies.claims.study import ClaimStudy

from . import counting, memory, numbers
from .paper import Paper
from .study import PaperStudy, null_study


def _counting() -> Paper:
    from . import counters, figures

    return Paper(
        "counting",
        str(counting.__doc__),
        counting.OPEN,
        numbers.reached_of,
        counting.SHOWN,
        (counters.counted, ("lstm", "lstm_hard", "gru")),
        partial(figures.counting, names=counting.SHOWN, trained=50),
    )


def _memory() -> Paper:
    from . import figures, points

    return Paper(
        "memory",
        str(memory.__doc__),
        memory.OPEN,
        numbers.kept_of,
        memory.WORDS,
        (points.found, tuple(memory.WORDS)),
        partial(figures.memory, names=memory.WORDS),
    )


PAPERS = {"counting": _counting, "memory": _memory}

SHARED = ("seeds", "base_seed", "results_dir")
"""Flags that the claims have, too."""

TABLE: flags.FlagTable = {
    "paper": (parsers.choice(*PAPERS), "topic of the papers"),
    **{name: claims.FLAGS[name] for name in claims.FLAGS if name != "restart"},
    "restart": (
        None,
        "collect the results again, even if the run is finished; trained networks are reused",
    ),
    "random": (parsers.integer(1, 2**31 - 1), "number of random networks per population and scale of the weights"),
}
DEFAULTS = {**claims.DEFAULTS, "paper": "counting", "random": 128}


def plan(arguments: Sequence[str]) -> command.Plan:
    """Turns a command line into a plan."""
    values = flags.read("papers", str(__doc__), TABLE, DEFAULTS, arguments)
    options = flags.options(values)
    module = f"{__package__}.{values['paper']}"
    given = [f"--{name}={values[name]}" for name in SHARED] + ["--variants"] * values["variants"]
    (judged,) = claims.plan([f"--claims={module}", *given]).studies
    assert isinstance(judged, ClaimStudy)
    random = null_study(judged.question.declared, module, values["random"], options.results_dir)
    return command.Plan([PaperStudy(PAPERS[values["paper"]](), judged, random, options.results_dir)], options)


if __name__ == "__main__":
    command.run_and_exit(plan)
