"""Do the dynamics of the sine's networks explain the claims about them?

Analyzes the dynamics of the networks of the experiment `sine`, and of networks trained on sines of other frequencies,
with other seeds, with a dense readout, with other cells, and untrained. For each claim about the sine it then compares
each network's number with the numbers of models of the network, none of which is fitted to what it predicts; and it
tests predictions that were made about networks before they were analyzed. Missing networks are trained and analyzed
first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rich.console import RenderableType

import lstm_toys as lt
from lstm_toys import tables
from lstm_toys.cli import command, flags
from lstm_toys.runs.ask import Ask
from lstm_toys.studies.dynamics.ask import DynamicsSettings, ask

from . import analyses, post
from .post.predictions import EVERY, NETWORKS, REPEATED, SINE, TrainedNetworks, experiment

STARTS = 32

MEASURES = ("mode_frequency", "peak_frequency", "peak_gain", "static_gain")


def explained(seeds: int) -> lt.Analysis:
    """Compares the dynamics of all networks."""
    needs: dict[str, Ask[Any]] = {}
    for name, (frequency, more) in {SINE: TrainedNetworks(), **EVERY}.items():
        trained, _ = flags.parse(experiment(frequency), [f"--seeds={seeds}", *more])
        settings = DynamicsSettings(f"dynamics_{trained.experiment}", trained, None, STARTS, 1.0)
        needs[name] = ask(experiment(frequency), settings, Path())
    return lt.Analysis(
        name="explained",
        settings={"seeds": seeds, "steps": needs[SINE].settings.trained.steps},
        needs={NETWORKS: needs[SINE].needs["population"], **needs},
        score=lambda found, _: post.explained.score(found),
        draw=lambda metrics, _: {
            "claims_by_model.png": post.figures.claims_by_model(metrics),
            "tuning.png": post.figures.tuning(metrics),
        },
        report=report,
    )


def report(metrics: dict[str, Any]) -> Iterator[RenderableType]:
    """Yields the tuning by training frequency, the end of the plateau, and the predictions."""
    names = ("networks", "oscillate>", "mode>", "peak>", "peak gain>", "slow gain>")
    tuned = [
        (
            name,
            f"{each['oscillating']}/{each['networks']}",
            *(tables.number(each[measure]["median"]) for measure in MEASURES),
        )
        for name, each in metrics["tuning"].items()
    ]
    title = "at rest under the mean input, medians; mode and peak of the gain in rad per x"
    yield tables.table(title, names, tuned, **tables.PLAIN)
    plateau = metrics["plateau"]
    ended, resonant = ("{} ({})".format(*tables.spread(plateau[name])) for name in ("ended", "resonant"))
    yield (
        f"base seed 1: the plateau of the loss ends after {ended} steps, and networks resonate after {resonant}; in "
        f"{plateau['together']} of {plateau['networks']} they do by then"
    )
    predictions = metrics["predictions"]
    predicted = [
        (
            name,
            each["measured"],
            f"{each['predicted_low']:g} … {each['predicted_high']:g}",
            *tables.spread(each),
            each["verdict"],
        )
        for name, each in predictions.items()
    ]
    again = sum(each["variant"] == REPEATED for each in predictions.values())
    title = f"predictions, made before; {again} of {len(predicted)} are about the same recipe with new seeds"
    columns = ("prediction", "of", "predicted>", "median>", "95 % bootstrap>", "")
    yield tables.table(title, columns, predicted, **tables.PLAIN)


def plan(arguments: Sequence[str]) -> command.Plan:
    """Turns a command line into a plan."""
    return analyses.plan(explained, __doc__, arguments, seeds=64)


if __name__ == "__main__":
    command.run_and_exit(plan)
