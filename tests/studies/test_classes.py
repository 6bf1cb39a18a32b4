"""Experiments whose networks answer classes and bits, from every command to its files and what it prints."""

import dataclasses
import json

import majority
import numpy as np
import plain_errors as plain
import pytest
import whole_parity
from commands import claims, generalization, sweep

import lstm_toys as lt
from conftest import carry_out
from lstm_toys.results import storage


@pytest.fixture
def results(copied, tmp_path):
    """A folder of results that has trained networks of some experiments."""
    for name in ("majority", "whole_parity"):
        copied(name, ".")
    return tmp_path


def only(folder, name):
    """The folder of the only run of a name."""
    (run,) = (folder / "runs").glob(f"{name}*")
    return run


def test_a_sweep_needs_no_probes(tmp_path, monkeypatch, capsys):
    fresh = {"probes": lambda _: [], "task": lambda x: dataclasses.replace(whole_parity.task(x), fresh=True)}
    asked = dataclasses.replace(whole_parity.EXPERIMENT, **fresh)
    monkeypatch.setattr(whole_parity, "EXPERIMENT", asked)
    arguments = ["--task=whole_parity", "--seeds=3", "--grid=steps=2 20", f"--results_dir={tmp_path}"]
    assert carry_out(sweep, arguments) == 0
    assert "RMSE" not in capsys.readouterr().out
    run = only(tmp_path, "sweep")
    found = storage.load_results(run / "results.nc", set())
    assert [*found.children] == ["training"]
    assert {"accuracy", "loss"} <= {path.stem for path in run.glob("*.png")}
    told = json.loads((run / "metrics.json").read_text())  # Of fresh examples.
    assert told["loss"] == "validation binary cross-entropy"
    assert told["goal"] == "validation accuracy over sequences at least 0.9"


def test_networks_are_measured_at_the_lengths_that_their_task_makes(results):
    arguments = ["--task=majority", "--seeds=3", "--length=20:30:2", f"--results_dir={results}"]
    assert carry_out(generalization, arguments) == 0
    measured, saved = only(results, "generalization"), lt.load(only(results, "majority"))
    found = storage.load_results(measured / "results.nc", set())
    summary = json.loads((measured / "metrics.json").read_text())["summary"]
    for length in (20, 30):
        shown = lt.probe_at("it", majority.task(np.arange(20.0)), length)
        answers, truth = lt.answers(saved, shown.inputs, block=4), np.asarray(shown.targets, float)
        every = plain.accuracies("cross_entropy", answers, truth, plain.counts(truth, shown.lengths))
        own = found.sel(length=length)
        for name, expected in zip(("points", "sequences"), every.T, strict=True):
            np.testing.assert_allclose(own[f"accuracy over {name}"], expected, rtol=1e-6)
            median = summary[f"{length} time points, accuracy over {name}"]["median"]
            assert median == pytest.approx(np.median(expected))
    short = dataclasses.replace(majority.task(np.arange(20.0)), at_length=lambda key, *_: majority.drawn(key, 4, 20))
    with pytest.raises(ValueError, match="at_length must return 40 time points, not 20"):
        lt.probe_at("it", short, 40)


def test_with_one_answer_per_sequence_nothing_is_said_of_points_and_errors_of_values(results, capsys):
    arguments = ["--task=whole_parity", "--seeds=3", "--length=2:8:3", f"--results_dir={results}"]
    assert carry_out(generalization, arguments) == 0
    words = capsys.readouterr().out
    assert all(f"{length} time points, accuracy over sequences" in words for length in (2, 5, 8))
    assert "RMSE" not in words
    assert "over points" not in words


def test_claims_of_ones_own_say_nothing_of_publications_and_copies(results, capsys):
    assert carry_out(claims, ["--claims=whole_parity", "--seeds=3", f"--results_dir={results}"]) == 0
    rows = lt.claims.rows(lt.claims.read(only(results, "claims") / "claims.json"))
    two = lt.probed(lt.load(only(results, "whole_parity")).results, "two")
    right = ((two.answer > 0) == (two.truth > 0.5)).all("output_feature").mean("curve")
    np.testing.assert_allclose(rows[1].number, right)
    assert all(row.null == {} for row in rows)
    assert rows[1].remarks == ["all networks answer the same examples: the verdict is on these curves only"]
    said = (only(results, "claims") / "claims.md").read_text() + capsys.readouterr().out
    assert not [word for word in ("publish", "copy", "Copy") if word in said]
