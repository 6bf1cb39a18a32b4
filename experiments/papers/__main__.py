"""Do populations of networks support claims from papers?

Tests claims after papers about counting or about memory on trained and on random networks, looks inside the networks,
and collects the results in one folder. Missing networks are trained first, and finished runs are reused.
`lstm-toys claims --claims papers.counting` tests only the claims, and
`lstm-toys papers.tune` shows how the recipes were found.
"""

from collections.abc import Sequence

from lstm_toys.cli import command
from lstm_toys.runs import flags, parsers
from lstm_toys.runs.context import Options
from lstm_toys.studies.claims.settings import ClaimSettings

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

RANDOM = 128

TABLE = {
    "paper": flags.Flag(parsers.choice(*PAPERS), "topic of the papers", "counting"),
    **{name: each for name, each in flags.of(ClaimSettings).items() if name in ("variants", "seeds", "base_seed")},
    **flags.of(Options),
    "random": flags.Flag(
        parsers.integer(1, 2**31 - 1), "number of random networks per population and scale of the weights", RANDOM
    ),
}


def plan(arguments: Sequence[str]) -> command.Plan:
    """Turns a command line into a plan."""
    if flags.asks_help(arguments):
        raise flags.Help(str(__doc__), TABLE)
    typed = flags.read(TABLE, arguments)
    name, options = typed.get("paper", "counting"), Options(**flags.given(Options, typed))
    given = [f"--{flag}={parsers.stated(each)}" for flag, each in flags.given(ClaimSettings, typed).items()]
    judged = command.plan(ClaimSettings, [f"--claims={__package__}.{name}", *given])
    return command.of_analysis(lambda: paper(name, PAPERS[name], judged.study, typed.get("random", RANDOM)), options)


if __name__ == "__main__":
    command.run_and_exit(plan)
