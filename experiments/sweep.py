"""Trains populations over a grid of settings: which settings learn a task, and how do the networks generalize?"""

from lstm_toys.cli import command, studies

plan = studies.sweep

if __name__ == "__main__":
    command.run_and_exit(plan)
