"""The console script: its list of commands, and that it runs them as modules are run."""

import os
import sys

import pytest

import lstm_toys
from conftest import ROOT, process, refusal
from lstm_toys.cli import script
from lstm_toys.cli.script import home


@pytest.fixture
def typed(monkeypatch):
    """Runs the script with arguments in this process."""
    monkeypatch.setattr(os, "_exit", sys.exit)
    monkeypatch.setattr(sys, "path", [*sys.path])

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["lstm-toys", *arguments])
        try:
            script.main()
        except SystemExit as ended:
            return ended.code
        return 0

    return run


def test_every_runnable_file_is_a_command_and_no_other(tmp_path):
    runs = '"""Runs.\n\nAnd more."""\nif __name__ == "__main__":\n    1 / 0\n'
    files = {
        "runs.py": runs,
        "silent.py": 'if __name__ == "__main__":\n    pass\n',
        "library.py": '"""No command, if __name__ == "__main__": or not."""\n',
        "folder/deeper.py": runs,
        "larger/__main__.py": runs,
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert script.commands(tmp_path) == {"larger": "Runs.", "runs": "Runs.", "silent": ""}


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"], ["help"], ["help", "help"]])
def test_the_list_tells_what_each_command_is_about(arguments, typed, capsys):
    assert typed(*arguments) == 0
    told, found = capsys.readouterr().out, script.commands(home()[1])
    assert found.keys() >= {"all", "sine", "sweep", "generalization", "claims", "page"}
    assert all(line and f"  {name} " in told and line in told for name, line in found.items())
    assert typed("--version") == 0
    assert capsys.readouterr().out == f"lstm_toys {lstm_toys.__version__}\n"


@pytest.mark.parametrize("arguments", [["line", "--help"], ["help", "line"], ["--help", "line"]])
def test_help_on_a_command_is_its_own(arguments, typed, monkeypatch, capsys):
    monkeypatch.delitem(sys.modules, "experiments.line", raising=False)
    assert typed(*arguments) == 0
    assert "  --learning_rate\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "told"),
    [("version", "did you mean --version?"), ("sin", "did you mean sine?"), ("?", "hill_y"), ("\udcff", "hill_y")],
)
def test_an_unknown_name_is_told_in_one_line(name, told, typed, capsys):
    assert typed(name, "--help") == 2
    errors = refusal(capsys)
    assert repr(name) in errors
    assert told in errors


def test_modules_of_the_folder_that_one_is_in_are_found_and_the_list_loads_nothing_heavy(tmp_path):
    (tmp_path / "mine.py").write_text("from experiments.line import EXPERIMENT\n")
    (tmp_path / "bin").mkdir()
    listed = "script.listing(script.commands(script.home()[1]))"
    light = "assert not {'jax', 'numpy', 'matplotlib'} & sys.modules.keys()"
    program = f"import sys\nfrom lstm_toys.cli import script\n{listed}\n{light}\nscript.main()\n"
    (tmp_path / "bin" / "lstm-toys").write_text(program)
    errors = process("bin/lstm-toys", "sweep", "--task=mine", "--steps=-1", code=2, cwd=tmp_path).stderr
    assert errors.count("\n") == 1
    assert "--steps=-1" in errors


def test_show_prints_the_report_of_a_finished_run_without_jax_and_what_is_not_there(world, tmp_path):
    made = world("sine")
    program = "import sys; sys.argv = ['lstm-toys', 'show', *sys.argv[1:]]; from lstm_toys.cli import script; {}"
    loaded = "\ntry: script.main()\nfinally: assert 'jax' not in sys.modules"
    told = [
        process("-c", program.format(loaded), *arguments).stdout
        for arguments in ([str(made.run)], ["sine", f"--results_dir={made.results}"])
    ]
    assert told[0] == told[1]
    assert f"{made.run}: computed " in told[0]
    assert f' by lstm_toys {lstm_toys.__version__}\nsettings: experiment "sine", seeds 3, ' in told[0]
    assert "nothing was verified" in told[0]
    assert "3 networks after 300 steps" in told[0]
    assert f"  {made.run / 'loss.png'}\n" in told[0]
    for arguments, code, line in (
        (["nowhere"], 2, "'nowhere' is neither the folder of a run nor the name of one in results/runs\n"),
        ([], 2, "show: takes the folder of a run, or the name of an experiment\n"),
    ):
        assert process("-c", program.format(loaded), *arguments, code=code, cwd=tmp_path).stderr == line


@pytest.mark.parametrize("folder", sorted((ROOT / "tests" / "runs" / "made").glob("*/*")), ids=str)
def test_show_prints_runs_of_earlier_versions(folder, typed, capsys):
    assert typed("show", str(folder)) == 0
    told = capsys.readouterr().out
    assert 'by lstm_toys 0.2.0\nsettings: experiment "sine", seeds 2, ' in told
    assert "its report was not saved" in told
