"""Trains populations over a grid of settings: which settings learn a task, and how do the networks generalize?"""

from functools import partial

from lstm_toys.cli import command
from lstm_toys.studies.sweep.settings import SweepSettings

plan = partial(command.plan, SweepSettings)

if __name__ == "__main__":
    command.run_and_exit(plan)
