"""Evaluates trained networks over whole grids of curves."""

from functools import partial

from lstm_toys.cli import command
from lstm_toys.studies.generalization.settings import Evaluation

plan = partial(command.plan, Evaluation)

if __name__ == "__main__":
    command.run_and_exit(plan)
