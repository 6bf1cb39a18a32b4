"""The digest of the library's own code: what changes it, and that it is the same where the library is installed."""

import hashlib
import os
import shutil

import pytest
from edits import KEPT

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
    digests.of_module.cache_clear()


def edited(path, old, new):
    """The digest after an edit of a file."""
    before = path.read_text()
    assert old in before
    path.write_text(before.replace(old, new) if old else before + new)
    digests.library.cache_clear()
    digests.of_module.cache_clear()
    return digests.library("studies/dynamics")


def test_code_below_a_study_counts_without_texts_wherever_it_lies(installed, monkeypatch):
    folder, usual = installed
    digests.library.cache_clear()
    assert digests.library("studies/dynamics") == usual != digests.library()
    for name, old, new in (
        *((each.edited.removeprefix("lstm_toys/"), each.old, each.new) for each in KEPT),
        ("studies/claims/judging.py", "found.state & DIVERGED > 0", "found.state & DIVERGED >= 0"),
        ("figures/style.py", "FRAMES_A_SECOND = 4", "FRAMES_A_SECOND = 5"),
        ("cli/command.py", "\nfrom ", "\n\nfrom "),
        ("experiments/sine.py", "rmse=0.02", "rmse=0.03"),
    ):
        assert edited(folder / name, old, new) == usual
    changed = ("files.py", "studies/dynamics/study.py", *(f"{each}/__init__.py" for each in digests.BELOW))
    told = {edited(folder / name, "", "X = 1\n") for name in changed}
    assert len({usual, *told}) == 1 + len(changed)
    monkeypatch.setattr(modules, "BEGAN", 0.0)  # Edited while the process runs.
    digests.library.cache_clear()
    assert digests.library("studies/dynamics") not in {usual, *told}


DAMAGES = {
    "missing": lambda path: path.unlink(),
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-9]),
    "edited": lambda path: path.write_text(path.read_text().replace('": "', '": "0')),
    "a folder": lambda path: (path.unlink(), path.mkdir()),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_trees_are_digested_once_and_a_damaged_cache_only_costs_time(damage, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    digested, of_tree = [], digests._of_tree
    monkeypatch.setattr(digests, "_of_tree", lambda source: digested.append(source) or of_tree(source))

    def again():
        for each in (digests.library, digests.of_module, digests._kept):
            each.cache_clear()
        digested.clear()
        return digests.library(), len(digested)

    usual, every = again()
    assert every > 50
    assert again() == (usual, 0)
    DAMAGES[damage](tmp_path / "lstm_toys" / digests.TREES)
    assert again() == (usual, every)
    assert again() == (usual, every if damage == "a folder" else 0)
    monkeypatch.setattr(digests, "RULES", hashlib.sha256(b"other rules"))
    assert again() == (usual, every)
