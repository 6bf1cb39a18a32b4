"""A contestant in processes of its own is checked, timed, and told of where it fails."""

import os
from contextlib import closing

import pytest

from benchmarks import reference
from benchmarks.contestants import Contestant
from benchmarks.job import Trainer
from benchmarks.processes import CannotTrain, Team


def exact(_, start):
    return Trainer(lambda _: None, lambda members: reference.answers(start, tuple(members)))


def missing(*_):
    raise ModuleNotFoundError("no such library, in /some/folder/of/this/machine")


def killed(*_):
    os.write(2, b"out of luck\n")
    os.abort()


@pytest.mark.long
def test_members_are_shared_out_checked_and_trained(small, start, tmp_path):
    with closing(Team(Contestant("two", "two processes", exact, one_a_core=True), tmp_path)) as team:
        assert max(team.prepare(0, small, 3, start)) < 1e-4
        assert team.train(0, 10) > 0
        team.forget()
        with pytest.raises(CannotTrain, match="KeyError"):
            team.train(0, 10)


@pytest.mark.long
@pytest.mark.parametrize(
    ("make", "why"),
    [(missing, "ModuleNotFoundError: no such library, in machine"), (killed, "the process ended with -6: out of luck")],
)
def test_what_fails_says_why(make, why, small, start, tmp_path):
    with closing(Team(Contestant("failing", "fails", make), tmp_path)) as team:
        for _ in range(2):
            with pytest.raises(CannotTrain) as failure:
                team.prepare(0, small, 3, start)
            assert str(failure.value) == why
