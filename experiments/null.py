"""How many random networks meet each claim? A null model for any set of claims, by default those of the post.

Draws networks at random, without training, at five scales of their weights, and tests the claims on them. A claim that
random networks meet says little about training. Claims that networks fail at something, claims that compare two
populations, and claims that need records of training are skipped. Flags of trainings, such as --cell, change the
networks of all populations, which are not trained, but built in this way.
"""

from __future__ import annotations

from collections.abc import Sequence

import lstm_toys as lt
from lstm_toys.cli import command, modules
from lstm_toys.runs import flags, parsers
from lstm_toys.runs.context import Options
from lstm_toys.studies.claims import settings as claims

from .papers.ask import random

NETWORKS = 256

TABLE = {
    "claims": flags.of(claims.ClaimSettings)["claims"],
    "networks": flags.Flag(
        parsers.integer(1, 2**31 - 1), "number of random networks per population and scale of the weights", NETWORKS
    ),
    **flags.of(Options),
    **{name: each._replace(usual=None) for name, each in claims.TRAINING.items()},
}


def plan(arguments: Sequence[str]) -> command.Plan:
    """Turns a command line into a plan."""
    if flags.asks_help(arguments):
        raise flags.Help(str(__doc__), {**TABLE, "claims": modules.offered(TABLE["claims"], "CLAIMS")})
    typed = flags.read(TABLE, arguments)
    name = typed.get("claims", claims.POST)
    declared, module = modules.declared(name, "CLAIMS", lt.Claims, "claims"), modules.full_name(name, "CLAIMS")
    others = claims.given_by(typed, declared)
    return command.of_analysis(
        lambda: random(declared, module, typed.get("networks", NETWORKS), others),
        Options(**flags.given(Options, typed)),
    )


if __name__ == "__main__":
    command.run_and_exit(plan)
