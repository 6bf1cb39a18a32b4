"""How many random networks meet each claim? A null model for any set of claims, by default those of the post.

Draws networks at random, without training, at five scales of their weights, and tests the claims on them. A claim that
random networks meet says little about training. Claims that networks fail at something, claims that compare two
populations, and claims that need records of training are skipped. Flags of trainings, such as --cell, change the
networks of all populations, which are not trained, but built in this way.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import lstm_toys as lt
from lstm_toys.cli import command, modules
from lstm_toys.runs import flags, parsers
from lstm_toys.studies.claims.settings import TRAINING, ClaimSettings, given_by

from . import papers

TABLE = {
    "claims": modules.offered(flags.of(ClaimSettings)["claims"], "CLAIMS"),
    "networks": flags.Flag(
        parsers.integer(1, 2**31 - 1), "number of random networks per population and scale of the weights", 256
    ),
    **{name: each._replace(usual=None) for name, each in TRAINING.items()},
}


def null(claims: str, networks: int, **typed: Any) -> lt.Analysis:
    """Tests the claims that a module declares on random networks."""
    declared, module = (
        modules.declared(claims, "CLAIMS", lt.claims.Claims, "claims"),
        modules.full_name(claims, "CLAIMS"),
    )
    others = given_by({name: value for name, value in typed.items() if value is not None}, declared)
    return papers.scoring.null(declared, module, networks, others)


plan = partial(command.of_analysis, null, __doc__, TABLE)

if __name__ == "__main__":
    command.run_and_exit(plan)
