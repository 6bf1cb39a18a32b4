"""The time left that a progress tells, held against hand computation with a clock of the test's own."""

import io
import re
import time

import numpy as np
import pytest
from rich.console import Console

from lstm_toys.execution.progress import EvaluationProgress, TrainingProgress

END = "median loss 5.00e-01 | 0 diverged"
"""Of a line on networks as `Watch.train` reports them."""


class Watch:
    """Progress on a console of its own, with a clock that stands still until it is set."""

    def __init__(self, monkeypatch):
        self.text, self.now = io.StringIO(), 0.0
        self.console = Console(file=self.text, width=200)
        monkeypatch.setattr(time, "perf_counter", lambda: self.now)

    def trainings(self, *works):
        """Begins to watch trainings with some shares of the work."""
        self.progress = TrainingProgress(self.console, works)
        return self.progress

    def train(self, now, step, members, losses=0.5, sound=True):
        """The lines that are told of some members at a step, at a second."""
        self.now = now
        self.progress(step, np.full(members, losses, np.float32), np.full(members, sound))
        return self.told()

    def told(self):
        """The lines that were told last."""
        lines = self.text.getvalue().splitlines()
        self.text.seek(0)
        self.text.truncate()
        return lines

    def left(self, *arguments):
        """The seconds left that the only line tells which `train` gets."""
        (line,) = self.train(*arguments)
        return int(re.search(r"([\d,]+) s left", line)[1])


@pytest.fixture
def watch(monkeypatch):
    return Watch(monkeypatch)


def test_the_time_left_is_that_of_all_trainings(watch):
    progress = watch.trainings(5.0, 10.0, 30.0)
    progress.skip(1)  # It need not be done.
    progress.begin("first", 2, 10)
    assert watch.told() == ["2 of 3: first: 2 networks, 10 steps"]
    assert watch.train(100.0, 0, 2) == []  # After compiling, which does not count.
    assert watch.left(105.0, 5, 2) == 35  # 5 of 40 in 5 s.
    assert watch.left(110.0, 10, 2) == 30
    progress.begin("second", 3, 6)
    watch.told()
    watch.train(200.0, 0, 2)
    assert watch.left(220.0, 6, 2) == 10  # The first of two groups: 10 are left, and 30 were done in 30 s.
    watch.train(220.0, 0, 1)
    assert watch.left(260.0, 3, 1) == 10  # 5 are left, and 35 were done in 70 s.
    (line,) = watch.train(262.0, 6, 1)
    assert line == f"3 of 3: second: step 6/6 | 0 member-steps/s | {END} | 0 s left"


def test_what_a_checkpoint_had_was_not_done_here(watch):
    """One group is finished, another is half through; what is left takes as long as what was done since."""
    watch.trainings(40.0, 40.0).begin("first", 4, 10)
    watch.train(0.0, 10, 2)
    watch.train(0.0, 5, 2)
    (line,) = watch.train(10.0, 10, 2)
    assert "| 1 member-steps/s |" in line  # 10 in 10 s.
    assert line.endswith("| 40 s left")
    watch.progress.begin("second", 4, 10)
    watch.train(10.0, 0, 4)
    assert watch.left(40.0, 5, 4) == 27  # 20 are left, and 30 were done in 40 s.


def test_a_network_that_may_recover_is_not_called_diverged(watch):
    """One is worse than untrained for a while, one has lost its loss, and one is still worse at the end."""
    watch.trainings(0.0, 1.0).begin("untrained", 4, 0)  # No steps, and shown to be none.
    watch.train(0.0, 0, 4)
    watch.progress.begin("trained", 4, 3)
    watch.train(0.0, 0, 4)
    for step, losses, sound, diverged in (
        (1, [0.5, 0.9, np.nan, 0.9], [True, False, False, False], 1),
        (2, [0.4, 0.4, np.nan, 0.9], [True, True, False, False], 1),
        (3, [0.3, 0.3, np.nan, 0.9], [True, True, False, False], 2),
    ):
        (line,) = watch.train(10.0 * step, step, 4, losses, sound)
        assert f" {diverged} diverged" in line


@pytest.mark.parametrize(
    ("total", "parts", "told"),
    [
        (4, [(6.0, 1), (6.1, 2), (6.2, 4)], ["4 of 4 answers | 0 s left"]),
        (1, [(4.0, 1)], ["1 of 1 answer | 0 s left"]),
        (
            1_016,
            [(60.0, 16), (64.0, 416), (70.0, 1_016)],  # The first part compiles.
            ["416 of 1,016 answers | 100 answers/s | 6 s left", "1,016 of 1,016 answers | 100 answers/s | 0 s left"],
        ),
    ],
)
def test_an_evaluation_estimates_from_its_second_part_on_and_nothing_from_an_instant(watch, total, parts, told):
    evaluation = EvaluationProgress(watch.console, total)
    for watch.now, done in parts:
        evaluation(done)
    assert watch.told() == told
