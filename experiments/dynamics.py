"""Analyzes why trained networks answer as they do."""

from lstm_toys.cli import command, studies

plan = studies.dynamics

if __name__ == "__main__":
    command.run_and_exit(plan)
