"""In how many networks are sentences about them true?"""

from lstm_toys.cli import claims, command

plan = claims.plan
"""What the command line asks for."""

if __name__ == "__main__":
    command.run_and_exit(plan)
