"""Runs a module of the current folder as a command: its experiment, or else the claims that it declares."""

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from lstm_toys.cli import command, modules
from lstm_toys.cli.script import SCRIPT, declarations
from lstm_toys.runs.experiment import Experiment
from lstm_toys.studies.claims.settings import ClaimSettings


def plan(name: str, arguments: Sequence[str]) -> command.Plan:
    """Turns the command line of a module, by its name, into a plan."""
    if "EXPERIMENT" in declarations(Path(f"{name}.py")):
        return command.plan(modules.declared(name, "EXPERIMENT", Experiment), arguments)
    return command.plan(ClaimSettings, [f"--claims={name}", *arguments])


def run(name: str, arguments: Sequence[str]) -> None:
    """Runs a module, by its name, with these arguments, and exits."""
    sys.argv = [f"{SCRIPT} {name}", *arguments]
    command.run_and_exit(partial(plan, name))
