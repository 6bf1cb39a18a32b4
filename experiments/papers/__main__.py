"""Do populations of networks support claims from papers?

Tests claims after papers about counting or about memory on trained and on random networks, looks inside the networks,
and collects the results in one folder. Missing networks are trained first, and finished runs are reused.
`python -m experiments.claims --claims experiments.papers.counting` tests only the claims, and
`python -m experiments.papers.tune` shows how the recipes were found.
"""

from __future__ import annotations

from collections.abc import Sequence

from lstm_toys.cli import claims, command, flags, parsers

from .. import papers
from . import counting, languages, memory
from .ask import Paper, paper

PAPERS = {
    each.name: each
    for each in (
        Paper(
            "counting",
            languages.reached_of,
            counting.SHOWN,
            ("counters", ("lstm", "lstm_hard", "gru")),
            lambda metrics: papers.figures.counting(metrics, names=counting.SHOWN, trained=counting.MOST),
        ),
        Paper(
            "memory",
            memory.kept_of,
            memory.WORDS,
            ("fixed_points", tuple(memory.WORDS)),
            lambda metrics: papers.figures.memory(metrics, names=memory.WORDS),
        ),
    )
}

SHARED = ("seeds", "base_seed", "results_dir")

TABLE: flags.FlagTable = {
    "paper": (parsers.choice(*PAPERS), "topic of the papers"),
    **{name: each for name, each in claims.FLAGS.items() if name != "restart"},
    "restart": (None, "collect the results again, even if the run is finished; trained networks are reused"),
    "random": (parsers.integer(1, 2**31 - 1), "number of random networks per population and scale of the weights"),
}
DEFAULTS = {**claims.DEFAULTS, "paper": "counting", "random": 128}


def plan(arguments: Sequence[str]) -> command.Plan:
    """Turns a command line into a plan."""
    values = flags.read("papers", str(__doc__), TABLE, DEFAULTS, arguments)
    options = flags.options(values)
    module = f"{__package__}.{values['paper']}"
    given = [f"--{name}={values[name]}" for name in SHARED] + ["--variants"] * values["variants"]
    (judged,) = claims.plan([f"--claims={module}", *given]).asks
    asked = paper(PAPERS[values["paper"]], judged, values["random"], module, options.results_dir)
    return command.Plan([asked], options)


if __name__ == "__main__":
    command.run_and_exit(plan)
