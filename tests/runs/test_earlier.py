"""Finished runs that earlier versions wrote: the folders in ``made``, by the commit of each version."""

from pathlib import Path

import numpy as np
import pytest

import lstm_toys as lt
from conftest import ROOT

MADE = sorted(Path(ROOT, "tests", "runs", "made").glob("*/*"))


@pytest.mark.parametrize("folder", MADE, ids=lambda folder: folder.parent.name)
def test_a_run_of_an_earlier_version_is_loaded_with_the_answers_of_its_networks(folder):
    saved = lt.load(folder)
    assert saved.model == lt.Stack(1, (2,), gates="hard")
    assert saved.results.sizes["seed"] == 2
    for networks, last in ((saved, True), (saved.at(2), False)):
        same = np.allclose(lt.answers(networks, saved.results.input.values), saved.results.answer, atol=1e-5)
        assert same == last
