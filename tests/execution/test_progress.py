"""The time left that a progress tells, held against hand computation with a clock of the test's own."""

import io
import re
import time

import numpy as np
import pytest
from rich.console import Console

from lstm_toys.execution.progress import EvaluationProgress, TrainingProgress
from lstm_toys.output import counted


@pytest.fixture
def at(monkeypatch):
    """Sets the clock, in seconds."""

    def at(seconds):
        monkeypatch.setattr(time, "perf_counter", lambda: seconds)

    at(0.0)
    return at


@pytest.fixture
def shown():
    """Makes a progress over trainings with some shares of the work, and tells the lines that it printed last."""
    text = io.StringIO()

    def make(*works):
        return TrainingProgress(Console(file=text, width=200), works)

    def lines():
        told = text.getvalue().splitlines()
        text.seek(0)
        text.truncate()
        return told

    make.evaluation = lambda total: EvaluationProgress(Console(file=text, width=200), total)
    make.lines = lines
    make.left = lambda: [int(re.search(r"([\d,]+) s left", line)[1]) for line in lines() if "s left" in line]
    return make


def report(progress, step, members):
    progress(step, np.full(members, 0.5, np.float32), np.ones(members, bool))


def test_the_time_left_is_that_of_all_trainings(at, shown):
    progress = shown(10.0, 30.0)
    progress.begin("first", 2, 10)
    at(100.0)  # After compiling, which does not count.
    report(progress, 0, 2)
    at(105.0)
    report(progress, 5, 2)
    assert shown.left() == [35]  # 5 of 40 in 5 s.
    at(110.0)
    report(progress, 10, 2)
    assert shown.left() == [30]
    progress.begin("second", 3, 6)
    at(200.0)
    report(progress, 0, 2)
    at(220.0)
    report(progress, 6, 2)  # The first of two groups: 20 of 30.
    assert shown.left() == [10]  # 10 are left, and 30 were done in 30 s.
    report(progress, 0, 1)
    at(260.0)
    report(progress, 3, 1)
    assert shown.left() == [10]  # 5 are left, and 35 were done in 70 s.
    at(262.0)
    report(progress, 6, 1)
    (line,) = shown.lines()
    assert line.startswith("2 of 2: second: step 6/6 | 0 member-steps/s | median loss 5.00e-01 | 0 diverged | 0 s left")


def test_what_a_checkpoint_had_was_not_done_here(at, shown):
    """One group is finished, another is half through; what is left takes as long as what was done since."""
    progress = shown(40.0, 40.0)
    progress.begin("first", 4, 10)
    report(progress, 10, 2)
    report(progress, 5, 2)
    at(10.0)
    report(progress, 10, 2)
    (_, line) = shown.lines()
    assert "| 1 member-steps/s |" in line  # 10 in 10 s.
    assert line.endswith("| 40 s left")
    progress.begin("second", 4, 10)
    report(progress, 0, 4)
    at(40.0)
    report(progress, 5, 4)
    assert shown.left() == [27]  # 20 are left, and 30 were done in 40 s.


@pytest.mark.parametrize(
    ("second", "told"),
    [
        (4.0, ["step 10/20 | 20 member-steps/s | median loss 5.00e-01 | 0 diverged | 6 s left"]),
        (2.1, []),  # Records of the call that has just compiled.
    ],
)
def test_a_training_estimates_nothing_from_an_instant(at, shown, second, told):
    progress = shown(1.0, 1.0)
    progress.begin("first", 4, 20)
    for step, now in zip((0, 1, 10), (2.0, 2.0, second), strict=True):
        at(now)
        report(progress, step, 4)
    assert [line.removeprefix("1 of 2: first: ") for line in shown.lines()[1:]] == told


@pytest.mark.usefixtures("at")
def test_the_end_of_a_short_training_has_no_speed_and_no_time_left_of_others(shown):
    progress = shown(1.0, 1.0)
    for name, left in (("first", ""), ("second", " | 0 s left")):
        progress.begin(name, 4, 20)
        for step in (0, 20):
            report(progress, step, 4)
        assert shown.lines()[-1].partition(": step ")[2] == f"20/20 | median loss 5.00e-01 | 0 diverged{left}"


def test_an_evaluation_estimates_nothing_from_an_instant(at, shown):
    evaluation = shown.evaluation(4)
    for now, done in ((6.0, 1), (6.1, 2), (6.2, 4)):
        at(now)
        evaluation(done)
    assert shown.lines() == ["4 of 4 answers | 0 s left"]


def test_a_training_that_need_not_be_done_leaves_the_shares_of_the_others(at, shown):
    progress = shown(7.0, 3.0, 20.0, 10.0)
    progress.skip(2)
    progress.begin("third", 1, 10)
    report(progress, 0, 1)
    at(4.0)
    report(progress, 5, 1)
    (first, line) = shown.lines()
    assert first.startswith("3 of 4: third")
    assert line.endswith("| 8 s left")  # 20 are left, and 10 were done in 4 s.


def test_diverged_networks_are_counted_and_steps_of_none_shown_to_be_none(at, shown):
    progress = shown(0.0, 1.0)
    progress.begin("untrained", 2, 0)
    report(progress, 0, 2)
    progress.begin("trained", 2, 1)
    report(progress, 0, 2)
    at(3.0)
    progress(1, np.array([0.25, np.nan], np.float32), np.array([True, False]))
    assert "median loss 2.50e-01 | 1 diverged | 0 s left" in shown.lines()[-1]


def test_a_network_that_may_recover_is_not_called_diverged(at, shown):
    """One is worse than untrained for a while, one has lost its loss, and one is still worse at the end."""
    progress = shown(1.0)
    progress.begin("trained", 4, 3)
    report(progress, 0, 4)
    told = []
    for step, losses, sound in (
        (1, [0.5, 0.9, np.nan, 0.9], [True, False, False, False]),
        (2, [0.4, 0.4, np.nan, 0.9], [True, True, False, False]),
        (3, [0.3, 0.3, np.nan, 0.9], [True, True, False, False]),
    ):
        at(10.0 * step)
        progress(step, np.array(losses, np.float32), np.array(sound))
        told += [int(re.search(r"(\d+) diverged", line)[1]) for line in shown.lines() if "diverged" in line]
    assert told == [1, 1, 2]


def test_an_evaluation_estimates_from_its_second_part_on(at, shown):
    progress = shown.evaluation(1_016)
    at(60.0)  # Compiling.
    progress(16)
    assert shown.lines() == []
    at(64.0)
    progress(416)
    assert shown.lines() == ["416 of 1,016 answers | 100 answers/s | 6 s left"]
    at(70.0)
    progress(1_016)
    assert shown.lines() == ["1,016 of 1,016 answers | 100 answers/s | 0 s left"]


def test_an_evaluation_of_one_part_tells_of_all_of_it(at, shown):
    progress = shown.evaluation(1)
    at(4.0)
    progress(1)
    assert shown.lines() == ["1 of 1 answer | 0 s left"]


def test_counts_are_in_the_plural_unless_they_are_one(shown):
    progress = shown(1.0)
    progress.begin("trained", 1, 1)
    assert shown.lines() == ["trained: 1 network, 1 step"]
    assert counted(1_000, "network") == "1,000 networks"
    assert counted(0, "network") == "0 networks"
