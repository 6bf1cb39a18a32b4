"""Networks that give one answer per sequence of eight points, from every command to what it prints."""

import json
import shutil

import numpy as np
import pytest
from commands import claims, generalization, sweep

import lstm_toys as lt
from conftest import carry_out

SEEDS = "--seeds=3"


@pytest.fixture(scope="module")
def trained(world):
    return world("whole_parity")


@pytest.fixture
def folder(trained, tmp_path):
    """A folder of results that has the trained networks."""
    shutil.copytree(trained.run, tmp_path / "runs" / trained.run.name)
    return tmp_path


def told(capsys):
    """All that was printed, and the words of it."""
    text = capsys.readouterr().out
    return text, " ".join(text.replace("│", " ").split())


def test_there_is_one_accuracy_of_every_set(trained):
    results = lt.load(trained.run).results
    words = " ".join(trained.printed.replace("│", " ").split())
    assert results["training"].train_accuracy.counted.values.tolist() == ["sequences"]
    assert "over points" not in words
    assert "weighted" not in words
    summary = json.loads((trained.run / "metrics.json").read_text())["summary"]
    for probe in ("two", "unseen"):
        own = lt.probed(results, probe)
        expected = np.median(((own.answer > 0) == (own.truth > 0.5)).mean(["curve", "output_feature"]))
        assert summary[f"{probe}, accuracy over sequences"]["median"] == pytest.approx(expected)
        assert f"{probe}, accuracy over sequences" in words
    assert "train accuracy over sequences at least 0.9" in words


def test_a_sweep_and_lengths_from_two_on_are_reported_without_errors_of_values(folder, capsys):
    common = ["--task=whole_parity", SEEDS, f"--results_dir={folder}"]
    assert carry_out(sweep, [*common, "--grid=steps=2 20"]) == 0
    text, words = told(capsys)
    assert "medians over networks: accuracy over sequences of answers to curves that were shown" in words
    assert " steps two unseen " in words
    assert "RMSE" not in text
    assert carry_out(generalization, [*common, "--length=2:8:3"]) == 0
    text, words = told(capsys)
    for length in (2, 5, 8):
        assert f"{length} time points, accuracy over sequences" in words
    assert "RMSE" not in text
    assert "over points" not in text


def test_claims_of_ones_own_say_nothing_of_publications_and_copies(folder, capsys):
    assert carry_out(claims, ["--claims=whole_parity", SEEDS, f"--results_dir={folder}"]) == 0
    (run,) = (folder / "runs").glob("claims*")
    entries, text = json.loads((run / "claims.json").read_text()), (run / "claims.md").read_text()
    saved = lt.load(next((folder / "runs").glob("whole_parity*"))).results
    two = lt.probed(saved, "two")
    right = ((two.answer > 0) == (two.truth > 0.5)).all("output_feature").mean("curve")
    np.testing.assert_allclose(entries[1]["per_seed"], right)
    assert all(entry["null"] == {} and entry["remarks"] == [] for entry in entries)
    for word in ("publish", "copy", "Copy"):
        assert word not in text
        assert word not in capsys.readouterr().out
