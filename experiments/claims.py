"""Tests claims about networks: how many networks meet each claim?"""

from functools import partial

from lstm_toys.cli import command
from lstm_toys.studies.claims.settings import ClaimSettings

plan = partial(command.plan, ClaimSettings)

if __name__ == "__main__":
    command.run_and_exit(plan)
