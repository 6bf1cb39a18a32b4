"""What is derived from the results of a finished run, and when it is made again."""

import dataclasses
import pwd
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest
from matplotlib.figure import Figure
from world import SINE

import lstm_toys as lt
from conftest import carry_out, process
from experiments.sine import EXPERIMENT
from lstm_toys import modules
from lstm_toys.execution import digests
from lstm_toys.studies.training.study import Training

ALL, SHOWN, NOTHING = ["metrics", "draw"], ["draw"], []


@pytest.fixture
def command(copied, tmp_path, monkeypatch):
    """Carries out the command of a finished run as a process of its own would, and says what it made again."""
    run = copied("sine", ".")
    (helper := tmp_path / "helper.py").write_text("")
    (data := tmp_path / "data.txt").write_text("1")
    calls = []
    for name in ALL:
        monkeypatch.setattr(Training, name, noted(calls, name, getattr(Training, name)))
    monkeypatch.setattr(modules, "interactive", lambda: False)
    monkeypatch.setattr(modules, "preceded", lambda: False)
    monkeypatch.setattr(modules, "imported", lambda: [str(helper)])
    monkeypatch.setattr(modules, "OPENED", {str(data), str(run / "results.nc")})
    monkeypatch.setattr(modules, "BEGAN", modules.BEGAN + 1e6)  # So that files of this test are older.

    def carried_out(*arguments):
        calls.clear()
        own = dataclasses.replace(EXPERIMENT, draw=lambda *_: {"loss.png": Figure()})
        assert carry_out(own, [*SINE, f"--results_dir={tmp_path}", "--no_training", "--quiet", *arguments]) == 0
        assert {path.stem for path in run.iterdir() if path.suffix in (".png", ".svg")} == {"loss"}
        return [*calls]

    assert carried_out() == ALL
    return run, carried_out


def noted(calls, name, method):
    def call(study):
        calls.append(name)
        return method(study)

    return call


def test_a_finished_run_is_neither_measured_nor_drawn_again(command, monkeypatch):
    _, carried_out = command
    assert carried_out() == NOTHING
    assert carried_out("--figure_format=svg") == SHOWN
    assert carried_out() == SHOWN
    for unseen in ("interactive", "preceded"):
        with monkeypatch.context() as patch:
            patch.setattr(modules, unseen, lambda: True)
            assert carried_out() == ALL
            assert carried_out() == ALL


EDITS = {
    "a figure that is not what was drawn": ("loss.png", SHOWN),
    "a report that is not what was written": ("report.json", SHOWN),
    "a module of the user's": ("../../helper.py", ALL),
    "a file that a module opened": ("../../data.txt", ALL),
    "a damaged record": (".derived/metrics.json", ["metrics"]),
}


def test_what_differs_is_made_again_once(command):
    run, carried_out = command
    for what, (name, again) in EDITS.items():
        with (run / name).open("a") as file:
            file.write("}\n")
        assert carried_out() == again, what
        assert carried_out() == NOTHING, what


def test_all_is_made_again_by_another_library_and_after_a_file_was_opened_that_was_not_before(command, monkeypatch):
    run, carried_out = command
    library, other = digests.library, run.parents[1] / "other.txt"
    other.write_text("2")
    monkeypatch.setattr(digests, "library", lambda *folders: "edited" if "figures" in folders else library(*folders))
    assert carried_out() == ALL
    assert carried_out() == NOTHING
    modules.OPENED.add(str(other))
    assert carried_out() == ALL
    assert carried_out() == NOTHING
    other.unlink()
    assert carried_out() == ALL
    assert carried_out() == ALL  # It is unknown what was in it.


def test_a_user_without_a_home_has_figures_made_only_once_too(command, monkeypatch):
    run, carried_out = command
    for name in ("HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", {}.__getitem__)  # As for a user without an entry.
    with pytest.raises(RuntimeError):
        Path.home()
    digests.library.cache_clear()
    assert carried_out() == NOTHING
    (run / "loss.png").unlink()
    assert carried_out() == SHOWN
    assert carried_out() == NOTHING


def test_files_are_noted_that_code_of_the_user_opens_to_read(tmp_path, monkeypatch):
    opened = set[str]()
    monkeypatch.setattr(modules, "OPENED", opened)
    source, curves = tmp_path / "aside.py", tmp_path / "curves.csv"
    source.write_text("GAIN = 0.3\n")
    curves.write_text("a\n1\n2\n")
    assert not opened
    lt.read_curves(curves)
    assert opened == {str(curves)}
    for _ in range(2):  # From its source, and from what Python compiled.
        opened.clear()
        spec = spec_from_file_location("aside", source)
        spec.loader.exec_module(module_from_spec(spec))
        assert opened == {str(source)}


@pytest.mark.parametrize(
    ("line", "preceded"), [(["-m", "early"], False), (["-m", "pack.early"], False), (["-c", "import early"], True)]
)
def test_modules_of_the_user_that_were_imported_before_the_library_may_have_opened_files(line, preceded, tmp_path):
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "__init__.py").touch()
    for path in (tmp_path / "early.py", tmp_path / "pack" / "early.py"):
        path.write_text("from lstm_toys import modules\n\nprint(modules.preceded())\n")
    assert process(*line, cwd=tmp_path).stdout == f"{preceded}\n"
