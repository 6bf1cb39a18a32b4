"""The one life of whatever runs, where a command line alone does not reach."""

import pytest
from rich.console import Console

from experiments.all import EXPERIMENTS
from experiments.commands import command
from lstm_toys.populations.interruption import Interruption
from lstm_toys.runs import execution, life

LINE = EXPERIMENTS["line"]


@pytest.fixture
def planned(tmp_path):
    """Makes the work of a small run, and its options."""

    def planned(*arguments):
        plan = command.plan(LINE, ["--seeds=2", "--timesteps=5", f"--results_dir={tmp_path}", *arguments])
        return plan.works[0], plan.options

    return planned


def test_a_run_that_another_process_finished_meanwhile_is_passed_over(planned, monkeypatch, capsys):
    """Three runs were unfinished as this process looked; one of them has been finished before its turn."""
    first, options = planned("--steps=3")
    others = [planned(f"--steps={steps}")[0] for steps in (4, 5)]
    size = execution.size

    def finished_meanwhile(work):
        if work == others[0]:
            monkeypatch.setattr(execution, "size", size)
            life.live([others[0]], options, Console(quiet=True), Interruption())
            before.append(others[0].run.results.stat())
        return size(work)

    before = []
    monkeypatch.setattr(execution, "size", finished_meanwhile)
    life.live([first, *others], options, Console(), Interruption())
    output = capsys.readouterr().out
    assert "1 of 3: line (hidden none, readout cell): 2 networks, 3 steps" in output
    assert "2 of 3" not in output
    assert "3 of 3: line (hidden none, readout cell): 2 networks, 5 steps" in output
    assert [others[0].run.results.stat()] == before
    assert all(work.run.figures for work in (first, *others))
