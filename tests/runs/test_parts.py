"""Parts: which inputs and which code they are found again with."""

import importlib.util
import os
import sys
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest

from conftest import ROOT
from lstm_toys import files, modules
from lstm_toys.execution import digests
from lstm_toys.runs import derived
from lstm_toys.runs.folder import Run
from lstm_toys.runs.parts import Parts
from lstm_toys.runs.study import Refused

IMPORTED = modules.imported
RUN, OTHER = (Run(Path(f"runs/sine-{name}"), {"experiment": "sine"}) for name in ("a", "b"))


@pytest.fixture
def computed(tmp_path, monkeypatch):
    """Computes a part as a command does, and tells whether it was computed, with one module of the user's."""
    helper = tmp_path / "helper.py"
    helper.write_text("from fast import f\n")
    os.utime(helper, (0, 0))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(modules, "interactive", lambda: False)
    monkeypatch.setattr(modules, "imported", lambda: [str(path) for path in tmp_path.glob("helper*.py")])
    monkeypatch.setattr(modules, "BEGAN", modules.BEGAN + 1e6)  # So that files of this test are older.

    def keep(*inputs, made=None):
        told = []
        value = Parts(tmp_path / "runs", "scored", told.append).keep("one", inputs, lambda: made or {"value": 1})
        assert value == (made or {"value": 1})
        return told == ["scored: one"]

    return keep


def test_a_part_is_found_again_with_equal_inputs_alone(computed, tmp_path):
    (tmp_path / "data.txt").write_text("1")
    every = [(1,), (1.0,), ("1",), (RUN,), (OTHER,), (Path("data.txt"),), ([1, {"a": np.arange(3)}],), (np.arange(3),)]
    every += [(np.arange(3.0),), (None,), ()]
    for _ in range(2):
        assert all(computed(*each) for each in every) == (not _)
    assert not any(computed(*each) for each in every)
    (tmp_path / "data.txt").write_text("2")
    assert [computed(*each) for each in every] == [place == 5 for place in range(len(every))]


def test_a_part_is_computed_again_with_other_modules_or_where_a_new_one_may_be_imported(computed, tmp_path):
    assert computed()
    (tmp_path / "slow.py").write_text("")  # No module has this word.
    assert not computed()
    (tmp_path / "fast.py").write_text("")
    assert computed()
    assert not computed()
    (tmp_path / "helper2.py").write_text("")
    assert computed()
    (tmp_path / "helper2.py").unlink()
    assert computed()
    (tmp_path / "helper.py").write_text("from fast import g\n")
    assert computed()
    assert not computed()


def test_a_part_is_computed_again_with_another_archive_of_modules(computed, monkeypatch):
    with ZipFile("packed.zip", "w") as archive:
        archive.writestr("packed_helper.py", "GAIN = 0.3\n")
    monkeypatch.syspath_prepend("packed.zip")
    spec = importlib.util.find_spec("packed_helper")
    monkeypatch.setitem(sys.modules, "packed_helper", importlib.util.module_from_spec(spec))
    monkeypatch.setattr(modules, "imported", lambda: [path for path in IMPORTED() if path.endswith(".zip")])
    assert computed()
    assert not computed()
    with ZipFile("packed.zip", "a") as archive:
        archive.writestr("another.py", "")
    assert computed()


def test_a_part_is_not_kept_if_code_changed_meanwhile_or_is_in_no_file(computed, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(modules, "BEGAN", 0.0)
        assert computed()
        assert computed()
    monkeypatch.setattr(modules, "interactive", lambda: True)
    assert computed()
    assert computed()


def test_a_damaged_part_is_computed_again(computed, tmp_path):
    assert computed()
    (path,) = (tmp_path / "runs" / ".parts").iterdir()
    path.write_text(path.read_text().replace('"value": 1', '"value": 2'))
    assert computed()


def test_two_parts_of_one_name_and_inputs_without_a_value_are_refused(tmp_path):
    own = Parts(tmp_path, "scored", print)
    with pytest.raises(Refused, match="the inputs of the part 'one' must be runs, paths, arrays and JSON values, not"):
        own.keep("one", [print], dict)
    with pytest.raises(Refused, match="two parts are named 'one'"):
        own.keep("one", [], dict)


def test_a_part_is_computed_again_with_another_version_of_a_package_or_of_a_public_function(computed, monkeypatch):
    site = Path("site-packages").absolute()
    monkeypatch.setattr(modules, "INSTALLED", (f"{site}{os.sep}",))
    monkeypatch.syspath_prepend(site)
    every = "a-1.0.dist-info/METADATA", "b-1.0-py3.11.egg-info/PKG-INFO", "c.egg-info/PKG-INFO", "d-1.0.egg-info"
    for place, path in enumerate(every):
        (site / path).parent.mkdir(parents=True, exist_ok=True)
        for version in ("1.0", "2.0"):
            (site / path).write_text(f"Metadata-Version: 1.0\nName: {'abcd'[place]}\nVersion: {version}\n")
            derived.packages.cache_clear()
            assert computed()
            assert not computed()
    sha256, edited = files.sha256, Path(ROOT, "lstm_toys/studies/claims/evidence.py")
    monkeypatch.setattr(files, "sha256", lambda path: "edited" if path == edited else sha256(path))
    digests.library.cache_clear()
    assert computed()
    for each in (digests.library, derived.packages):
        each.cache_clear()
