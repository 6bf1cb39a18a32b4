"""Evaluates trained networks over whole grids of curves."""

from lstm_toys.cli import command, generalization

plan = generalization.plan

if __name__ == "__main__":
    command.run_and_exit(plan)
