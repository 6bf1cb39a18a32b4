"""Finds the runs that the page is made from, and the commands of missing ones."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import lstm_toys as lt

from ..all import EXPERIMENTS
from ..post.recipes import RECIPES

KEPT = (0, 100, 300, 700)
"""Steps before the last at which the page shows the published networks."""

FURTHER = {
    "rate-0.0003": ("rate 0.0003", "--learning_rate", "0.0003"),
    "steps-3000": ("3,000 steps", "--steps", "3000"),
    "rate-0.003": ("rate 0.003", "--learning_rate", "0.003"),
}
"""Networks that were trained less or further than the published ones, by name: in words, and the flags."""

SHEET = ("hill", "sine", "amplitude", "slope_intercept")
"""The experiments of which the sheet of the post's pictures is drawn."""

COMMANDS: dict[str, tuple[tuple[str, ...], ...]] = {
    "published": (("sine", "--seeds", "64", "--keep_steps", ",".join(map(str, KEPT))),),
    "other_gates": (("sine", "--gates", "sigmoid"),),
    "dense": (("sine", "--readout", "dense"),),
    "gru": (("sine", "--cell", "gru"),),
    "rnn": (("sine", "--cell", "rnn", "--gates", "sigmoid", "--learning_rate", "0.002"),),
    "larger": (("sine", "--train_amplitude", "0.6"),),
    **{name: (("sine", "--seeds", "64", *flags),) for name, (_, *flags) in FURTHER.items()},
    **{name: ((name,),) for name in SHEET},
    "claims": (("claims", "--variants", "--recipes", str(RECIPES)), ("claims", "--variants"), ("claims",)),
}
"""By name, the commands of which one run suffices; the first one is printed if all runs are missing."""


class FinishedRun(NamedTuple):
    """A finished run, the command that made it, and its summary."""

    command: str
    run: lt.Run
    metrics: Mapping[str, Any]


def find(results_dir: Path) -> tuple[dict[str, FinishedRun], dict[str, str]]:
    """Returns the finished runs by name, and the commands of the missing ones; raises as `lt.find`."""
    studies = {arguments: planned(arguments) for commands in COMMANDS.values() for arguments in commands}
    runs = dict(zip(studies, lt.find([*studies.values()], results_dir), strict=True))
    finished, missing = {}, {}
    for name, commands in COMMANDS.items():
        for arguments in commands:
            if run := runs[arguments]:
                finished[name] = FinishedRun(typed(arguments), run, run.read_metrics())
                break
        else:
            missing[name] = typed(commands[0])
    return finished, missing


def judged(finished: Mapping[str, FinishedRun]) -> list[Any]:
    """Returns the rows of claims from the finished run of claims; none without it."""
    if "claims" not in finished:
        return []
    return lt.claims.rows(lt.claims.read(finished["claims"].run.checked("claims.json")))


def planned(arguments: tuple[str, ...]) -> Any:
    """The study that a command line asks for."""
    name, *flags = arguments
    if name == "claims":
        return lt.ask("post.claims", *flags, study="claims")
    return lt.ask(EXPERIMENTS[name], *flags)


def typed(arguments: tuple[str, ...]) -> str:
    """A command line as it is typed."""
    return f"lstm-toys {' '.join(arguments)}"
