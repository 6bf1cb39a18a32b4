"""The console script: its list of commands, and that it runs them as modules are run."""

import os
import re
import sys

import jax
import pytest
from commands import claims, sweep

import lstm_toys
from conftest import carry_out, process, refusal
from lstm_toys.cli import command, run_commands, script
from lstm_toys.cli.modules import home

MINE = """\"\"\"A bump.

And more.
\"\"\"
import dataclasses
from experiments import line

SMALL = {"steps": 3, "learning_rate": 0.1, "hidden": (3,), "timesteps": 12, "seeds": 2}
EXPERIMENT = dataclasses.replace(line.EXPERIMENT, name="bump", doc=__doc__, defaults=SMALL)
"""
CLAIMING = """
import lstm_toys as lt
from bump import EXPERIMENT

def largest(curves):
    return curves.answer.values.max(axis=(1, 2, 3))

CLAIM = lt.claims.Claim("all", "All", "largest", largest, (lt.claims.Source("bump", "line"),), high=9.0)
CLAIMS = lt.claims.Claims("mine", (CLAIM,), {"bump": (EXPERIMENT, [])})
"""
OTHERS = {
    "line.py": "EXPERIMENT = 1 / 0\n",  # Also a command of the library.
    "using.py": "from bump import EXPERIMENT\n1 / 0\n",
    "text.py": '"""\nEXPERIMENT = 1\n"""\n1 / 0\n',
    "inside.py": "def f():\n    EXPERIMENT = 1\n1 / 0\n",
    "broken.py": "EXPERIMENT = = 1\n",
    "latin.py": "EXPERIMENT = 'ä'\n",
    "not-a-name.py": "EXPERIMENT = 1 / 0\n",
    "class.py": "EXPERIMENT = 1 / 0\n",
}
UNKNOWN = {
    "bum": "unknown command 'bum'; did you mean bump?",
    "nowhere": "bump, claiming, wrong\n",
    "version": "unknown command 'version'; did you mean --version?",
    "sin": "unknown command 'sin'; did you mean sine?",
    "hlep": "unknown command 'hlep'; did you mean help?",
    "?": "help, show, list, report, annotate, compare, all",
    "\udcff": "unknown command '\\udcff'",
}
NONE = {
    "using": "unknown command 'using': using.py declares neither EXPERIMENT nor CLAIMS; python using.py runs it",
    "inside": "unknown command 'inside': inside.py declares neither EXPERIMENT nor CLAIMS; python inside.py runs it",
    "broken": "unknown command 'broken': invalid syntax (broken.py, line 1)",
    **UNKNOWN,
    "wrong": "wrong.py: wrong.EXPERIMENT must be of class Experiment, not int",
}


HEAVY_PARTS = {"jax._src", "xarray.core", "matplotlib.artist", "pandas._libs"}
"""Modules that are loaded only where their packages are used."""


@pytest.fixture
def typed(monkeypatch):
    """Runs the script with arguments in this process."""
    monkeypatch.setattr(os, "_exit", sys.exit)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["lstm-toys", *arguments])
        try:
            with jax.numpy_dtype_promotion("standard"):
                script.main()
        except SystemExit as ended:
            return ended.code
        return 0

    return run


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """A folder of one's own modules to be in, of which most would raise an error if they were executed."""
    for name, text in {"bump.py": MINE, "claiming.py": CLAIMING, "wrong.py": "EXPERIMENT = 3", **OTHERS}.items():
        (tmp_path / name).write_text(text, encoding="latin-1" if name == "latin.py" else "utf-8")
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    for name in ("bump", "claiming", "wrong"):
        sys.modules.pop(name, None)


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
    told = script.summaries(script.commands(tmp_path))
    assert told == {"folder.deeper": "Runs.", "larger": "Runs.", "runs": "Runs.", "silent": ""}


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"], ["help"], ["help", "help"]])
def test_the_list_tells_what_each_command_is_about(arguments, typed, capsys):
    assert typed(*arguments) == 0
    told, found = " ".join(capsys.readouterr().out.split()), script.commands(home()[1]) | script.studies()
    assert all(line and f" {name} {line}" in told for name, line in script.summaries(found).items())
    assert typed("--version") == 0
    assert capsys.readouterr().out == f"lstm_toys {lstm_toys.__version__}\n"


@pytest.mark.usefixtures("mine")
def test_studies_and_experiments_come_first_then_research_then_what_is_in_the_folder(typed, capsys):
    assert typed() == 0
    paragraphs = capsys.readouterr().out.split("\n\n")
    first, finished, post, research, own = (re.findall(r"^  (\S+)", each, re.MULTILINE) for each in paragraphs[1:6])
    assert finished == [*run_commands.COMMANDS]
    assert first[:8] == ["sine", "line", "hill", "hill_y", "amplitude", "slope_intercept", "all", "own"]
    assert first[8:] == ["sweep", "generalization", "dynamics", "claims"]
    assert {*post, *research} == {*script.commands(home()[1])} - {*first}
    assert post == ["recipe", "timeline"]
    assert own == ["bump", "claiming", "wrong"]
    assert "  bump             A bump.\n" in paragraphs[5]
    assert len(paragraphs) == 7


@pytest.mark.usefixtures("mine")
@pytest.mark.parametrize("name", NONE)
def test_what_is_no_command_is_told_in_one_line(name, typed, capsys):
    assert typed(name, *["--help"] * (name in UNKNOWN)) == 2
    assert NONE[name] in refusal(capsys)


def test_ones_own_experiment_and_claims_are_commands(mine, typed, capsys):
    assert typed("help", "bump") == 0
    assert "A bump.\n\nAnd more.\n\nusage: lstm-toys bump [flags]\n" in capsys.readouterr().out
    assert typed("bump", "--quiet") == 0
    (run,) = (mine / "results" / "runs").iterdir()
    assert capsys.readouterr() == (f"{run.relative_to(mine)}\n", "")
    assert typed("bump") == 0
    assert "already finished" in capsys.readouterr().out
    assert typed("claiming", "--seeds=2") == 0
    assert "bump: 2 networks" not in capsys.readouterr().out  # Those of the experiment are judged.
    assert carry_out(claims, ["--claims=claiming", "--seeds=2"]) == 0
    assert "already finished" in capsys.readouterr().out
    assert len(command.only(command.plan(sweep, ["--task=bump", "--grid=steps=1 2"])).settings.settings) == 2


@pytest.mark.parametrize("arguments", [["line", "--help"], ["help", "line"], ["--help", "line"]])
def test_help_on_a_command_is_its_own(arguments, typed, monkeypatch, capsys):
    monkeypatch.delitem(sys.modules, "experiments.line", raising=False)
    assert typed(*arguments) == 0
    assert "  --learning_rate\n" in capsys.readouterr().out


def test_modules_of_the_folder_that_one_is_in_are_found_and_the_list_loads_nothing_heavy(tmp_path):
    (tmp_path / "mine.py").write_text("from experiments.line import EXPERIMENT\n")
    (tmp_path / "bin").mkdir()
    listed = "script.commands(script.home()[1]), script.own_commands(script.Path())"
    light = "assert not {'jax', 'numpy', 'matplotlib'} & sys.modules.keys()"
    program = f"import sys\nfrom lstm_toys.cli import script\n{listed}\n{light}\nscript.main()\n"
    (tmp_path / "bin" / "lstm-toys").write_text(program)
    errors = process("bin/lstm-toys", "sweep", "--task=mine", "--steps=-1", code=2, cwd=tmp_path).stderr
    assert errors.count("\n") == 1
    assert "--steps=-1" in errors


def test_show_prints_the_report_of_a_finished_run_without_jax_and_what_is_not_there(
    world, typed, tmp_path, monkeypatch, capsys
):
    made = world("sine")
    named = f"--results_dir={made.results}"
    lines = [("show", [str(made.run)]), ("show", ["sine", named]), ("list", [named])]
    program = f"""
import sys
from lstm_toys.cli import run_commands
assert [run_commands.main(*line) for line in {lines}] == [0, 0, 0]
assert not {HEAVY_PARTS} & sys.modules.keys()
"""
    _, first, by_name = process("-c", program).stdout.split(f"{made.run}: computed ")
    assert f" by lstm_toys {lstm_toys.__version__}\nsettings: experiment=sine seeds=3 " in first
    assert "nothing was verified" in first
    assert "3 networks after 300 steps" in first
    assert f"  {made.run / 'loss.png'}\n" in first
    assert by_name.startswith(first)
    assert made.run.name in by_name.removeprefix(first)
    monkeypatch.chdir(tmp_path)
    for arguments, line in (
        (["nowhere"], "'nowhere' is neither the folder of a run nor the name of one in results\n"),
        ([], "show: takes RUN; see lstm-toys show --help\n"),
    ):
        assert typed("show", *arguments) == 2
        assert refusal(capsys) == line
