"""Runs a module of the current folder as a command: its experiment, or else the claims that it declares."""

import sys
from collections.abc import Sequence
from pathlib import Path

from lstm_toys.cli import claims, command, modules
from lstm_toys.cli.script import SCRIPT, declarations
from lstm_toys.runs.experiment import Experiment


def plan(name: str, arguments: Sequence[str]) -> command.Plan:
    """Turns the command line of a module, by its name, into a plan."""
    if "EXPERIMENT" in declarations(Path(f"{name}.py")):
        return command.plan(modules.declared(name, "EXPERIMENT", Experiment), arguments)
    return claims.plan([f"--claims={name}", *arguments])


if __name__ == "__main__":
    own = sys.argv.pop(1)
    sys.argv[0] = f"{SCRIPT} {own}"
    command.run_and_exit(lambda arguments: plan(own, arguments))
