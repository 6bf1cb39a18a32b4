"""Judges claims about networks: in how many networks does each claim hold?"""

from lstm_toys.cli import claims, command

plan = claims.plan

if __name__ == "__main__":
    command.run_and_exit(plan)
