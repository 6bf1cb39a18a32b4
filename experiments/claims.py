"""Tests claims about networks: how many networks meet each claim?"""

from lstm_toys.cli import claims, command

plan = claims.plan

if __name__ == "__main__":
    command.run_and_exit(plan)
