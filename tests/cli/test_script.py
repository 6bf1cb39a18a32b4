"""The console script: its list of commands, and that it runs them as modules are run."""

import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

import lstm_toys
from conftest import HANG, ROOT
from lstm_toys import output
from lstm_toys.cli import script
from lstm_toys.cli.home import home


@pytest.fixture(autouse=True)
def streams_of_the_test(monkeypatch):
    """Leaves standard streams as pytest has them, and the process to it."""
    monkeypatch.setattr(os, "_exit", sys.exit)
    monkeypatch.setattr(output, "sturdy", lambda: [SimpleNamespace(error=None)] * 2)


def test_every_runnable_file_is_a_command_and_no_other(tmp_path):
    (tmp_path / "runs.py").write_text('"""Runs.\n\nAnd more."""\nif __name__ == "__main__":\n    1 / 0\n')
    (tmp_path / "silent.py").write_text('if __name__ == "__main__":\n    pass\n')
    (tmp_path / "library.py").write_text('"""No command, if __name__ == "__main__": or not."""\n')
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "deeper.py").write_text((tmp_path / "runs.py").read_text())
    (tmp_path / "larger").mkdir()
    (tmp_path / "larger" / "__main__.py").write_text((tmp_path / "runs.py").read_text())
    assert script.commands(tmp_path) == {"larger": "Runs.", "runs": "Runs.", "silent": ""}


def test_commands_are_those_of_the_experiments():
    found = script.commands(home()[1])
    assert found.keys() >= {"all", "sine", "sweep", "generalization", "claims", "page"}
    assert "__init__" not in found
    assert all(found.values())


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"], ["help"], ["help", "help"]])
def test_the_list_tells_what_each_command_is_about(arguments, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["lstm-toys", *arguments])
    script.main()
    told = capsys.readouterr().out
    for name, line in script.commands(home()[1]).items():
        assert f"  {name} " in told
        assert line in told


def test_the_version_is_told(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["lstm-toys", "--version"])
    script.main()
    assert capsys.readouterr().out == f"lstm_toys {lstm_toys.__version__}\n"


@pytest.mark.parametrize("arguments", [["line", "--help"], ["help", "line"], ["--help", "line"]])
def test_help_on_a_command_is_its_own(arguments, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["lstm-toys", *arguments])
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.delitem(sys.modules, "experiments.line", raising=False)
    with pytest.raises(SystemExit) as ended:
        script.main()
    assert ended.value.code == 0
    assert "  --learning_rate\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "told"),
    [("version", "did you mean --version?"), ("sin", "did you mean sine?"), ("?", "hill_y"), ("\udcff", "hill_y")],
)
def test_an_unknown_name_is_told_in_one_line(name, told, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["lstm-toys", name, "--help"])
    with pytest.raises(SystemExit) as ended:
        script.main()
    output, errors = capsys.readouterr()
    assert ended.value.code == 2
    assert output == ""
    assert errors.count("\n") == 1
    assert repr(name) in errors
    assert told in errors


def test_the_list_loads_nothing_heavy():
    code = (
        "import sys; from lstm_toys.cli import script; script.main();"
        "print(sorted({'jax', 'numpy', 'matplotlib'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=HANG)
    assert done.stdout.endswith("\n[]\n"), done.stderr


def test_modules_of_the_folder_that_one_is_in_are_found(tmp_path):
    (tmp_path / "mine.py").write_text("from experiments.line import EXPERIMENT\n")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "lstm-toys").write_text("from lstm_toys.cli import script; script.main()")
    done = subprocess.run(
        [sys.executable, "bin/lstm-toys", "sweep", "--task=mine", "--steps=-1"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=HANG,
    )
    assert done.stderr.count("\n") == 1
    assert "--steps=-1" in done.stderr
