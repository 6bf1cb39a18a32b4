"""Evaluates trained networks over whole grids of curves."""

from lstm_toys.cli import command, studies

plan = studies.generalization

if __name__ == "__main__":
    command.run_and_exit(plan)
