"""Finished runs that earlier versions wrote: the folders in ``made``, by the commit of each version."""

from pathlib import Path

import numpy as np
import pytest

import lstm_toys as lt
from conftest import ROOT
from experiments.sine import EXPERIMENT
from lstm_toys.files import read_sealed
from lstm_toys.results import summary

MADE = sorted(Path(ROOT, "tests", "runs", "made").glob("*/*"))


@pytest.mark.parametrize("folder", MADE, ids=lambda folder: folder.parent.name)
def test_a_run_of_an_earlier_version_is_loaded_with_the_answers_of_its_networks(folder):
    saved = lt.load(folder)
    assert saved.model == lt.Stack(1, (2,), gates="hard")
    assert saved.results.sizes["seed"] == 2
    for name in ("training", "phase"):
        curves = lt.probed(saved.results, name)
        for networks, last in ((saved, True), (saved.at(2), False)):
            same = np.allclose(lt.answers(networks, curves.input.values), curves.answer, atol=1e-5)
            assert same == last
    assert curves.parameter_phase.attrs["symbol"] == "φ"
    table = {name: estimate.value for name, (estimate, _) in summary.summary(saved.results, EXPERIMENT.goal).items()}
    for name, each in read_sealed(folder / "metrics.json")["summary"].items():
        expected = np.inf if each["median"] is None else pytest.approx(each["median"], rel=1e-6)
        assert table[name.replace("input", "target")] == expected
