"""The Python of the documentation runs as it stands there."""

import dataclasses
import importlib
import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest

import lstm_toys as lt
from conftest import carry_out
from experiments import claims, generalization, sweep

DOCS = Path(__file__).parent.parent / "docs"


@pytest.fixture(scope="module")
def sequences(tmp_path_factory):
    """The folder of the two files, and their modules."""
    folder = tmp_path_factory.mktemp("sequences")
    written = re.findall(r"```python\n(.*?)```", (DOCS / "sequences.md").read_text(), re.DOTALL)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.syspath_prepend(folder)
        modules = []
        for name, text in zip(("flipflop", "counting"), written, strict=True):
            assert text.count("\n") <= 50
            (folder / f"{name}.py").write_text(text)
            modules.append(importlib.import_module(name))
        yield folder, *modules
    for module in modules:
        del sys.modules[module.__name__]


SMALL = ["--seeds=2", "--hidden=6", "--quiet"]


def test_bits_are_remembered_for_ten_times_as_long(sequences):
    folder, flipflop, _ = sequences
    arguments = ["--seeds=2", "--hidden=12", "--timesteps=20", "--steps=400", "--quiet"]
    assert carry_out(flipflop.EXPERIMENT, arguments) == 0
    (run,) = folder.glob("results/runs/flipflop-*")
    long = lt.probed(lt.load(run).results, "ten times as long")
    assert long.answer.sizes["time"] == 200
    right = ((long.answer.values > 0) == (long.truth.values == 1)).all(-1)
    assert np.median(right.mean((1, 2))) > 0.9


@pytest.mark.long
def test_a_claim_judges_how_far_networks_count(sequences, monkeypatch):
    folder, _, counting = sequences
    small = {"counting": (counting.EXPERIMENT, ["--steps=30"])}
    monkeypatch.setattr(counting, "CLAIMS", dataclasses.replace(counting.CLAIMS, populations=small))
    assert carry_out(claims, ["--claims=counting", "--seeds=2", "--quiet"]) == 0
    (run,) = folder.glob("results/runs/counting-*")
    (judged,) = folder.glob("results/runs/claims_counting-*/claims.json")
    strings = lt.probed(lt.load(run).results, "strings")
    assert strings.answer.sizes["time"] == 10 * 61
    assert json.loads(judged.read_text())[0]["per_seed"] == lt.accepted(strings, by="n").tolist()


@pytest.mark.long
def test_sequences_are_swept_and_measured_at_several_lengths(sequences):
    folder, *_ = sequences
    small = ["--task=flipflop", *SMALL, "--steps=30", "--timesteps=20"]
    assert carry_out(sweep, [*small, "--grid=cell=lstm gru rnn"]) == 0
    assert carry_out(generalization, [*small, "--length=20:60:3"]) == 0
    (run,) = folder.glob("results/runs/generalization_flipflop-*")
    assert "60 time points, accuracy over points" in json.loads((run / "metrics.json").read_text())["summary"]
