"""The digest of the library's own code: what changes it, and that it is the same where the library is installed."""

import os
import shutil
import sys

import pytest

from conftest import ROOT
from lstm_toys import modules
from lstm_toys.execution import digests


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """A copy of the library as it is installed, with the experiments within."""
    folder = shutil.copytree(ROOT / "lstm_toys", tmp_path / "lstm_toys", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "experiments", folder / "experiments")
    usual = digests.library("studies/dynamics")
    monkeypatch.setattr(modules, "LIBRARY", f"{folder}{os.sep}")
    monkeypatch.setattr(modules, "BEGAN", modules.BEGAN + 1e6)  # So that files of this test are older.
    yield folder, usual
    digests.library.cache_clear()


def edited(path, old, new):
    """The digest after an edit of a file."""
    before = path.read_text()
    assert old in before
    path.write_text(before.replace(old, new) if old else before + new)
    digests.library.cache_clear()
    return digests.library("studies/dynamics")


def test_all_bytes_of_code_below_a_study_count_wherever_it_lies(installed, monkeypatch):
    folder, usual = installed
    digests.library.cache_clear()
    assert digests.library("studies/dynamics") == usual != digests.library()
    for name, old, new in (
        ("studies/claims/judging.py", "found.state & DIVERGED > 0", "found.state & DIVERGED >= 0"),
        ("figures/drawings.py", "FRAMES_A_SECOND = 4", "FRAMES_A_SECOND = 5"),
        ("cli/command.py", "\nfrom ", "\n\nfrom "),
        ("experiments/sine.py", "rmse=0.02", "rmse=0.03"),
    ):
        assert edited(folder / name, old, new) == usual
    changed = ("files.py", "studies/dynamics/study.py", *(f"{each}/__init__.py" for each in digests.BELOW))
    others = {edited(folder / name, "", "# A comment.\n") for name in changed}
    (folder / "networks/added.py").touch()
    others.add(edited(folder / "networks/rnn.py", "", ""))
    shutil.move(folder / "networks/added.py", folder / "tasks/added.py")
    others.add(edited(folder / "networks/rnn.py", "", ""))
    assert len({usual, *others}) == 1 + len(changed) + 2
    monkeypatch.setattr(sys, "version", "another one")
    others.add(edited(folder / "networks/rnn.py", "", ""))
    assert len({usual, *others}) == 1 + len(changed) + 3
    monkeypatch.setattr(modules, "BEGAN", 0.0)  # Edited while the process runs.
    digests.library.cache_clear()
    assert digests.library("studies/dynamics") not in {usual, *others}
