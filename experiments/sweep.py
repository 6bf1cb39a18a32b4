"""Populations under every setting of a grid: which hyper-parameters learn a task, and what do they generalize?"""

from lstm_toys.cli import command, sweep

plan = sweep.plan
"""What the command line asks for."""

if __name__ == "__main__":
    command.run_and_exit(plan)
