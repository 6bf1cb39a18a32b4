"""Runs every experiment of the post, one after another.

Flags apply to all experiments; without a flag, each experiment uses its own default.
"""

from collections.abc import Sequence

from lstm_toys.cli import command
from lstm_toys.runs import command_line, flags
from lstm_toys.runs.study import study_of

from . import amplitude, hill, hill_y, line, sine, slope_intercept

EXPERIMENTS = {
    module.EXPERIMENT.name: module.EXPERIMENT for module in (line, hill, hill_y, sine, amplitude, slope_intercept)
}


def plan(arguments: Sequence[str]) -> command.Plan:
    """Turns a command line into a plan."""
    if flags.asks_help(arguments):
        own = {name: command_line.FLAGS[name]._replace(usual=None) for name in ("optimizer", "hidden")}
        raise flags.Help(__doc__, {**command_line.FLAGS, **own})
    parsed = [(experiment, *command_line.parse(experiment, arguments)) for experiment in EXPERIMENTS.values()]
    return command.Plan(lambda: [study_of(*each[:2]) for each in parsed], parsed[0][2])


if __name__ == "__main__":
    command.run_and_exit(plan)
