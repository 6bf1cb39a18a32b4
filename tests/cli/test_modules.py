"""Declarations that a flag names, and what is said of names that are none."""

import sys

import pytest

from experiments import line
from lstm_toys.cli.declared import declared
from lstm_toys.cli.modules import listed
from lstm_toys.runs import flags
from lstm_toys.runs.experiment import Experiment

MODULES = {
    "mine_sound.py": "from experiments.line import EXPERIMENT\n",
    "mine_other.py": "EXPERIMENT = 3\n",
    "mine_raising.py": "\nraise RuntimeError('no\\nway')\n",
    "mine_needing.py": "import no_such_dependency\n",
    "mine_spoiled.py": "\n\nx = = 1\n",
    "mine_folder/deeper.py": "from experiments.hill import EXPERIMENT\n",
}
SAID = {
    "lin": "no module named lin; did you mean line?",
    "nowhere": "papers.tracking, and your own modules in this folder or on PYTHONPATH",
    "mine_folder.other": "no module named mine_folder.other;",
    "sweep": "no module named sweep; available: amplitude, hill, hill_y, line, own, sine, slope_intercept,",
    "mine_other": "mine_other.EXPERIMENT must be of class Experiment, not int",
    "mine_raising": "mine_raising cannot be imported: RuntimeError: no way (mine_raising.py, line 2)",
    "mine_needing": "cannot be imported: ModuleNotFoundError: No module named 'no_such_dependency' (mine_needing.py,",
    "mine_spoiled": "mine_spoiled cannot be imported: SyntaxError: invalid syntax (mine_spoiled.py, line 3)",
    "mine_sound.py": "takes the name of a module, such as mine_sound",
}


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """A folder of modules, to be in; what is imported from there is forgotten."""
    for name, text in MODULES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    for name in [name for name in sys.modules if name.startswith("mine_")]:
        del sys.modules[name]


def experiment(name):
    return declared(name, "EXPERIMENT", Experiment, "task")


@pytest.mark.usefixtures("elsewhere")
def test_a_bare_name_is_a_module_of_the_clone_and_others_are_found_from_where_one_is():
    assert experiment("line") is line.EXPERIMENT
    assert experiment("experiments.line") is line.EXPERIMENT
    assert experiment("papers.counting") is experiment("experiments.papers.counting")
    assert experiment("mine_sound") is line.EXPERIMENT
    assert experiment("mine_folder.deeper").name == "hill"


@pytest.mark.usefixtures("elsewhere")
@pytest.mark.parametrize("name", SAID)
def test_what_is_no_declaration_is_told_in_one_line(name):
    with pytest.raises(flags.UsageError) as refused:
        experiment(name)
    assert str(refused.value).startswith(f"flag --task={name}: ")
    assert SAID[name] in str(refused.value)
    assert "\n" not in str(refused.value)


def test_those_of_the_clone_are_its_experiments():
    found = listed("EXPERIMENT")
    assert {"line", "hill", "hill_y", "sine", "amplitude", "slope_intercept"} <= {*found}
    assert all(experiment(name).name == name.rpartition(".")[2] for name in found)
