"""What is measured does the work of a float64 reference, or is told of where it fails."""

import json
import os
from contextlib import closing

import jax
import numpy as np
import pytest

from benchmarks import command, contestants, end_to_end, job, machine, population, processes, reference, timing
from lstm_toys.execution import devices

SMALL, MEMBERS = job.Workload((4,), 10, 2), [0, 1, 2]


@pytest.fixture
def start(monkeypatch):
    """A job small enough for every change, with the devices as they are."""
    monkeypatch.setattr(devices, "configure", lambda: None)
    return job.start(SMALL, 3)


def exact(_, start):
    return job.Trainer(lambda _: None, lambda members: reference.answers(start, tuple(members)))


def untrained(_, start):
    return job.Trainer(lambda _: None, lambda _: (start.take([]).weights, np.zeros(0)))


def missing(*_):
    raise ModuleNotFoundError("no such library, in /some/folder/of/this/machine")


def killed(*_):
    os.abort()


def test_jobs_that_are_timed_together_have_names_of_their_own():
    for jobs in population.SWEEPS.values():
        assert len({*map(str, jobs)}) == len(jobs)


@pytest.mark.long
def test_members_are_shared_out_checked_and_trained_or_their_failure_is_told(start):
    def team(make):
        return closing(processes.Team(contestants.Contestant("some", make, one_a_core=make is exact)))

    with team(exact) as good:
        assert max(good.prepare(0, 3, start)) < 1e-4
        assert good.train(0, 10) > 0
        with pytest.raises(processes.CannotTrain, match="KeyError"):
            good.train(1, 10)
    for make, why in {
        missing: "ModuleNotFoundError: no such library, in machine",
        killed: "its process ended",
        untrained: "weights differ from the float64 reference by inf, losses by inf",
    }.items():
        with team(make) as bad:
            for _ in range(2):
                with pytest.raises(processes.CannotTrain) as failure:
                    bad.prepare(0, 3, start)
                assert str(failure.value) == why


@pytest.mark.long
def test_the_work_of_the_reference_is_accepted_and_a_step_less_is_refused(start):
    expected = reference.train(start)
    for contestant in (contestants.ENGINE, contestants.AUTODIFF, contestants.FLAX):
        trainer = contestant.make(SMALL, start)
        trainer.train(job.CHECKED_STEPS - 1)
        assert max(reference.disagreement(trainer.state(MEMBERS), expected)) > reference.TOLERANCE
        trainer.train(1)
        assert max(reference.disagreement(trainer.state(MEMBERS), expected)) < reference.TOLERANCE


def test_other_weights_or_losses_are_refused():
    weights, losses = expected = {"kernel": np.ones((3, 2)), "bias": np.ones((3, 1))}, np.ones(3)
    other = jax.tree.map(np.copy, weights)
    other["bias"][1] = np.nan
    for state in ((other, losses), (weights, losses + 1e-3), (job.take(weights, [0]), losses)):
        assert max(reference.disagreement(state, expected)) > reference.TOLERANCE
    assert reference.disagreement((weights, losses), expected) == (0, 0)


@pytest.mark.parametrize("flag", ["--peer", "--quick=maybe", "stray", "--output="])
def test_a_wrong_flag_is_named_in_one_line(flag, tmp_path, capsys):
    with pytest.raises(SystemExit, match=r"^2$"):
        command.read("Measures.", "some", "peers", "quick", arguments=[f"--output={tmp_path}", flag])
    (told,) = capsys.readouterr().err.splitlines()
    assert flag.strip("-").split("=")[0] in told


def test_a_table_is_aligned_as_its_columns_say():
    assert command.table("name | rate>", [("a", "1")]) == ["| name | rate |", "|---|--:|", "| a | 1 |", ""]


def test_a_function_is_called_in_a_process_of_its_own():
    assert timing.isolated(machine.describe)["cores"] == machine.cores()


def test_everything_is_timed_once_a_round_and_compared_within_rounds():
    clock = iter([1.0, 2.0, 3.0, 9.0])
    measured = timing.rounds({"a": lambda: next(clock), "b": lambda: next(clock)}, 2)
    assert measured == {"a": [1, 3], "b": [2, 9]}
    assert timing.ratios(measured["b"], measured["a"]) == {"median": 2.5, "low": 2, "high": 3}


def test_commands_are_compared_with_the_imports_of_their_round_and_with_what_was_published(tmp_path, monkeypatch):
    warm, beyond = end_to_end.WARM, "all, beyond training"
    bare, own = [(1.0, 2.0), (2.0, 4.0), (4.0, 5.0)], [(3.0, 2.0), (4.0, 4.0), (20.0, 10.0)]
    rounds = [
        end_to_end.Round(
            "", {end_to_end.BARE: wall, warm: walls, beyond: 1.0}, {end_to_end.BARE: cores, warm: processors}
        )
        for (wall, cores), (walls, processors) in zip(bare, own, strict=True)
    ]
    commands = end_to_end.summary(rounds)
    expected = {"seconds": [3, 4, 20], "median": 4, "low": 3, "high": 20, "multiple": 3, "processors": 1}
    assert commands[warm] == expected
    assert commands[beyond] == {"seconds": [1] * 3, "median": 1, "low": 1, "high": 1, "multiple": 0.5}
    results = {"commands": commands, "stages": {end_to_end.COLD: {}, warm: {}}}
    monkeypatch.setattr(end_to_end, "RECORDED", tmp_path / "recorded.json")

    def row(name):
        (found,) = [line for line in end_to_end.report(results) if line.startswith(f"| {name} |")]
        return [cell.strip() for cell in found.split("|")[2:-1]]

    assert row(warm) == ["4.00", "3.00 to 20.00", "3.00", "", "1.00", "", "4.2 times"]
    published = {warm: {"multiple": 2.5, "processors": 1.25}, beyond: {"multiple": 0.75}}
    end_to_end.RECORDED.write_text(json.dumps({"commands": published}))
    assert row(warm) == ["4.00", "3.00 to 20.00", "3.00", "2.50", "1.00", "1.25", "4.2 times"]
    assert row(beyond) == ["1.00", "1.00 to 1.00", "0.50", "0.75", "", "", "12 s"]


def test_the_published_commands_can_be_shown():
    published = json.loads(end_to_end.RECORDED.read_text())
    (row,) = [line for line in end_to_end.report(published) if line.startswith(f"| {end_to_end.WARM} |")]
    own = f"{published['commands'][end_to_end.WARM]['multiple']:.2f}"
    assert row.split("|")[4:6] == [f" {own} "] * 2
