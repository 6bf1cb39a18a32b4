"""How many random networks meet each claim? A null model for any set of claims, by default those of the post.

Draws networks at random, without training, at five scales of their weights, and tests the claims on them. A claim that
random networks meet says little about training. Claims that networks fail at something, claims that compare two
populations, and claims that need records of training are skipped. Flags of trainings, such as --cell, change the
networks of all populations, which are not trained, but built in this way.
"""

from __future__ import annotations

from collections.abc import Sequence

import lstm_toys as lt
from lstm_toys.cli import claims, command, flags, modules, parsers

from .papers.ask import random

TABLE: flags.FlagTable = {
    "claims": claims.OWN["claims"],
    "networks": (parsers.integer(1, 2**31 - 1), "number of random networks per population and scale of the weights"),
    **{name: flags.FLAGS[name] for name in ("results_dir", "publish", "restart", "no_training", "quiet")},
}
SHOWN = {name: each for name, each in flags.DEFAULTS.items() if name not in claims.TRAINING}
DEFAULTS = {**SHOWN, "claims": claims.POST, "networks": 256}


def plan(arguments: Sequence[str]) -> command.Plan:
    """Turns a command line into a plan."""
    if flags.asks_help(arguments):
        table = {**modules.offered(TABLE, "claims", "CLAIMS"), **claims.TRAINING}
        raise flags.Help(str(__doc__), table, DEFAULTS)
    trained, rest = flags.split(claims.TRAINING, arguments)
    values = flags.read("null", str(__doc__), TABLE, DEFAULTS, rest)
    options = flags.options(values)
    name = values["claims"]
    declared, module = modules.declared(name, "CLAIMS", lt.Claims, "claims"), modules.full_name(name, "CLAIMS")
    others = claims.typed(trained, declared)
    return command.Plan([random(declared, module, values["networks"], options.results_dir, others)], options)


if __name__ == "__main__":
    command.run_and_exit(plan)
