"""Do the dynamics of the sine's networks explain the claims about them?

Analyzes the dynamics of the networks of `experiments.sine`, and of networks trained on sines of other frequencies, with
other seeds, with a dense readout, with other cells, and untrained. For each claim about the sine it then compares each
network's number with the numbers of models of the network, none of which is fitted to what it predicts; it holds the
units of the leading mode; and it tests predictions that were made about networks before they were analyzed. Missing
networks are trained and analyzed first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import lstm_toys as lt
from lstm_toys.cli import command, flags, parsers
from lstm_toys.runs.ask import Ask
from lstm_toys.studies.analysis import ask as analysis
from lstm_toys.studies.dynamics.ask import DynamicsSettings, ask

from . import post, recipe
from .post.predictions import EVERY, NETWORKS, SINE, TrainedNetworks, experiment
from .post.reports import explained as report

STARTS = 32

TABLE: flags.FlagTable = {
    **{name: each for name, each in recipe.TABLE.items() if name != "base_seed"},
    "seeds": (parsers.integer(6, 2**31 - 1), "number of networks of each kind"),
    "restart": (None, "compare again, even if the run is finished; analyzed networks are reused"),
}
DEFAULTS = {name: each for name, each in {**recipe.DEFAULTS, "seeds": 64}.items() if name != "base_seed"}


def plan(arguments: Sequence[str]) -> command.Plan:
    """Turns a command line into a plan."""
    values = flags.read("explained", __doc__, TABLE, DEFAULTS, arguments)
    options = flags.options(values)
    shared = [f"--{name}={values[name] or 'auto'}" for name in ("seeds", "block")]
    needs: dict[str, Ask[Any]] = {}
    for name, (frequency, more, scale) in {SINE: TrainedNetworks(), **EVERY}.items():
        trained, _ = flags.parse(experiment(frequency), [*shared, *more])
        settings = DynamicsSettings(f"dynamics_{trained.experiment}", trained, None, STARTS, scale)
        needs[name] = ask(experiment(frequency), settings, options.results_dir)
    own = needs[SINE].settings.trained
    explained = lt.Analysis(
        name="explained",
        settings={name: getattr(own, name) for name in ("seeds", "steps")},
        needs={NETWORKS: needs[SINE].needs["population"], **needs},
        score=lambda found, _: post.explained.score(found, experiment(TrainedNetworks().frequency), own),
        draw=lambda metrics, _: {
            "claims_by_model.png": post.figures.claims_by_model(metrics),
            "tuning.png": post.figures.tuning(metrics),
        },
        report=report,
    )
    return command.Plan([analysis.ask(explained, options.results_dir)], options)


if __name__ == "__main__":
    command.run_and_exit(plan)
