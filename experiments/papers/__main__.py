"""Do populations of networks support claims from papers?

Tests claims after papers about counting or about memory on trained and on random networks, looks inside the networks,
and collects the results in one folder. Missing networks are trained first, and finished runs are reused.
`lstm-toys claims --claims papers.counting` tests only the claims, and
`lstm-toys papers.tune` shows how the recipes were found.
"""

from collections.abc import Sequence

from lstm_toys.cli import claims, command, flags, parsers

from .. import papers
from . import counting, languages, memory
from .ask import Paper, paper
from .populations import with_recipes

PAPERS = {
    "counting": Paper(
        languages.reached_of,
        with_recipes(counting.SHOWN, counting.POPULATIONS),
        lambda trained: papers.networks.counters(trained),
        ("lstm", "lstm_hard", "gru"),
        lambda *about: papers.figures.counting(*about),
    ),
    "memory": Paper(
        memory.kept_of,
        with_recipes(memory.WORDS, memory.POPULATIONS),
        lambda trained: papers.networks.fixed_points(trained),
        tuple(memory.WORDS),
        lambda *about: papers.figures.memory(*about),
    ),
}

TABLE: flags.FlagTable = {
    "paper": (parsers.choice(*PAPERS), "topic of the papers"),
    **{name: each for name, each in claims.FLAGS.items() if name not in ("restart", "specifications")},
    "restart": (None, "collect the results again, even if the run is finished; trained networks are reused"),
    "random": (parsers.integer(1, 2**31 - 1), "number of random networks per population and scale of the weights"),
}
DEFAULTS = {**claims.DEFAULTS, "paper": "counting", "random": 128}


def plan(arguments: Sequence[str]) -> command.Plan:
    """Turns a command line into a plan."""
    values = flags.read("papers", str(__doc__), TABLE, DEFAULTS, arguments)
    options, name = flags.options(values), values["paper"]
    given = [f"--{flag}={values[flag]}" for flag in ("seeds", "base_seed", "results_dir")]
    given += ["--variants"] * values["variants"]
    (judged,) = claims.plan([f"--claims={__package__}.{name}", *given]).asks
    return command.Plan([paper(name, PAPERS[name], judged, values["random"], options.results_dir)], options)


if __name__ == "__main__":
    command.run_and_exit(plan)
