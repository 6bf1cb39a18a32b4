"""Analyzes why trained networks answer as they do."""

from functools import partial

from lstm_toys.cli import command
from lstm_toys.studies.dynamics.settings import DynamicsSettings

plan = partial(command.plan, DynamicsSettings)

if __name__ == "__main__":
    command.run_and_exit(plan)
