"""Lines of progress and the time left, held against hand computation with a clock of the test's own."""

import io

import numpy as np
import pytest
from rich.console import Console

import lstm_toys as lt
from conftest import initialized
from lstm_toys.dynamics import limits
from lstm_toys.execution.progress import EvaluationProgress, TrainingProgress

END = "median loss 5.00e-01 | 0 diverged"
"""Of a line on networks as `Watch.train` reports them."""


class Watch:
    """Progress on a console of its own, with a clock that stands still until it is set."""

    def __init__(self):
        self.text, self.now = io.StringIO(), 0.0
        self.console = Console(file=self.text, width=200, get_time=lambda: self.now)

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


@pytest.fixture
def watch():
    return Watch()


def test_the_time_left_is_that_of_all_trainings(watch):
    progress = watch.trainings(5.0, 10.0, 30.0)
    progress.skip(1)  # It need not be done.
    progress.begin("first", 2, 10)
    assert watch.told() == ["2 of 3: first: 2 networks, 10 steps"]
    assert watch.train(100.0, 0, 2) == []  # After compiling, which does not count.
    assert watch.train(105.0, 5, 2) == [f"2 of 3: first: step 5/10 | {END}"]
    assert watch.train(106.0, 6, 2) == []  # Too early for another line.
    assert watch.train(110.0, 10, 2) == [f"2 of 3: first: step 10/10 | 2 member-steps/s | {END} | 30 s left"]
    progress.begin("second", 3, 6)
    watch.told()
    watch.train(190.0, 0, 2)
    watch.train(200.0, 3, 2)
    (line,) = watch.train(220.0, 6, 2)  # The first of two groups: 10 are left, and 10 were done in 20 s.
    assert line.endswith("| 20 s left")
    watch.train(220.0, 0, 1)
    (line,) = watch.train(260.0, 6, 1)
    assert line == f"3 of 3: second: step 6/6 | 0 member-steps/s | {END} | 0 s left"


def test_what_a_checkpoint_had_was_not_done_here(watch):
    watch.trainings(40.0, 40.0).begin("first", 4, 10)
    watch.train(3.0, 10, 2)  # A finished group, and half of another one.
    watch.train(3.0, 5, 2)
    watch.train(8.0, 7, 2)
    (line,) = watch.train(13.0, 10, 2)
    assert line.endswith(f"{END} | 34 s left")  # 40 are left, and 6 were done in 5 s.


def test_a_network_that_may_recover_is_not_called_diverged(watch):
    """One is worse than untrained for a while, one has lost its loss, and one is still worse at the end."""
    watch.trainings(0.0, 1.0).begin("untrained", 4, 0)  # No steps, and shown to be none.
    assert watch.train(0.0, 0, 4)[1:] == []
    watch.progress.begin("trained", 4, 3)
    watch.train(0.0, 0, 4)
    for step, losses, sound, diverged in (
        (1, [0.5, 0.9, np.nan, 0.9], [True, False, False, False], 1),
        (2, [0.4, 0.4, np.nan, 0.9], [True, True, False, False], 1),
        (3, [0.3, 0.3, np.nan, 0.9], [True, True, False, False], 2),
    ):
        (line,) = watch.train(10.0 * step, step, 4, losses, sound)
        assert f" {diverged} diverged" in line


@pytest.mark.parametrize("trainings", [1, 20])
def test_the_bar_and_the_whole_loss_fit_into_eighty_columns(trainings):
    console = Console(file=io.StringIO(), width=80, force_terminal=True, color_system=None)
    progress = TrainingProgress(console, [1.0] * trainings)
    progress.begin("sine (hidden 32, readout cell)", 16, 1_500)
    for step, told in ((1_200, "step 1,200/1,500"), (1_500, "evaluating")):
        progress(step, np.full(16, 2.5e-3, np.float32), np.ones(16, bool))
        console.file = io.StringIO()
        console.print(progress.get_renderable())
        (line,) = console.file.getvalue().splitlines()
        assert f"  {told} | loss 2.50e-03 " in line.replace("━", " ")
        assert len(line) <= 80


def test_an_evaluation_estimates_from_its_second_part_on(watch):
    evaluation = EvaluationProgress(watch.console, 1_016)
    for watch.now, done in ((60.0, 16), (60.0, 16), (64.0, 416), (70.0, 1_016)):  # The first part compiles.
        evaluation(done)
    assert watch.told() == [
        "16 of 1,016 answers",
        "416 of 1,016 answers | 100 answers/s | 6 s left",
        "1,016 of 1,016 answers | 100 answers/s | 0 s left",
    ]


class Terminal(io.StringIO):
    """Standard output that is a terminal."""

    def isatty(self):
        return True


@pytest.fixture
def shown(monkeypatch, tmp_path):
    """What a training shows on a terminal, with checkpoints, from which it continues."""
    monkeypatch.setenv("TERM", "xterm")
    task = lt.reproduce("line", {"slope": 0.5, "intercept": 0.1}, lt.time_points(5))

    def train(stdout, **options):
        monkeypatch.setattr("sys.stdout", stdout)
        checkpoints = lt.Checkpoints(tmp_path, every=0.0)
        lt.train(task, lt.Stack(1, (2,)), seeds=2, steps=3, learning_rate=0.1, checkpoints=checkpoints, **options)
        return stdout.getvalue()

    return train


def test_a_training_in_python_is_shown_on_a_terminal_unless_its_progress_is_not(shown, monkeypatch):
    began = shown(Terminal())
    assert "training: 2 networks, 3 steps\n" in began
    assert "loss" in began
    assert "continues from" not in began
    assert "continues from" in shown(Terminal())
    assert shown(Terminal(), progress=False) == shown(io.StringIO()) == ""
    monkeypatch.setattr("rich.console._is_jupyter", lambda: True)
    assert "\rtraining: step 3/3 | " in shown(io.StringIO())
    assert shown(io.StringIO(), progress=False) == ""


def test_a_search_for_limits_is_shown_on_a_terminal(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(limits, "limits", lambda *_: limits.Rest(*[None] * len(limits.Rest._fields)))
    networks = (model := lt.Stack(1, (2,))), initialized(model, 3)
    visited = lt.states(networks, np.zeros((1, 5, 1)))
    for progress, told in ((True, "limits of 3 networks under 2 inputs\n"), (False, "")):
        monkeypatch.setattr("sys.stdout", stdout := Terminal())
        lt.dynamics.rest(networks, visited, np.array([[0.2], [0.4]]), progress=progress)
        assert told in stdout.getvalue()
        assert progress or not stdout.getvalue()
