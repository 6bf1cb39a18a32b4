"""What changes a definition, and what does not: an edit of code is another run, one of its words is not."""

import importlib
import subprocess
import sys

import pytest

from conftest import reread
from experiments import all as every
from experiments.recipe import NETWORKS as RECIPE
from lstm_toys.runs import definition as code

LAZY = "import lazy_loader\n\n__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)\n"

FILES = {
    "lambdas": """LEVEL = 1
OTHER = 2
MADE = dict(
    task=lambda x: x + LEVEL,
    title="a",
    draw=lambda x: OTHER,
)
""",
    "study": '''"""A study."""
import numpy as np
import lazy as lz
from helpers import scale, other as renamed
import helpers.deep as deep
from space import within

LEVEL = 0.3
SQUARES = [each * each for each in range(3)]
TABLE = {"a": 1}
TABLE["b"] = 2
deep.bottom.TABLE["c"] = 3
UNUSED = 7


def task(x: "int") -> int:
    """Doc."""
    # A comment.
    return scale(x) + LEVEL + TABLE["a"] + SQUARES[0] + deep.bottom.VALUE + within.value() + len(deep.bottom.TABLE)


def probes(x):
    def inner(y):
        return lz.reached(y)

    return [inner(each) for each in np.arange(x)] + [Kept().size]


class Kept:
    """Doc."""

    size = 4


def draw(x):
    return UNUSED + renamed


if __name__ == "__main__":
    print(task(1))
''',
    "helpers/__init__": "FACTOR = 2\nother = 5\n\n\ndef scale(x):\n    return FACTOR * x if x else scale(x + 1)\n",
    "helpers/deep": "from helpers import bottom\n",
    "space/within": "import space.deep.below\n\n\ndef value():\n    return space.deep.below.VALUE\n",
    "space/deep/below": "VALUE = 1\n",
    "helpers/bottom": "VALUE = 1\nELSE = 2\nTABLE = {}\nif VALUE:\n    VALUE = VALUE + 0\n",
    "lazy/__init__": LAZY,
    "lazy/__init__.pyi": "from .inside import reached\n",
    "lazy/inside": "def reached(x):\n    import helpers\n\n    return helpers.other + x\n",
}

SAME = {
    "docstring": ("study", '"""Doc."""\n    # A comment.', '"""Another."""'),
    "docstring of a class": ("study", 'class Kept:\n    """Doc."""', 'class Kept:\n    """Other."""'),
    "annotation": ("study", 'x: "int") -> int', "x: float) -> list[int]"),
    "drawing": ("study", "return UNUSED + renamed", "return 0"),
    "what only a drawing uses": ("study", "UNUSED = 7", "UNUSED = 8"),
    "the command": ("study", "print(task(1))", "print(task(2))"),
    "blank lines": ("helpers/bottom", "ELSE = 2\n", "\n\nELSE = 3\n"),
}

OTHER = {
    "constant": ("study", "LEVEL = 0.3", "LEVEL = 0.4", "study.LEVEL"),
    "comprehension": ("study", "range(3)", "range(4)", "study.SQUARES"),
    "body": ("study", "scale(x) + LEVEL", "scale(x) - LEVEL", "study.task"),
    "item": ("study", 'TABLE["b"] = 2', 'TABLE["b"] = 3', "study.TABLE"),
    "helper": ("helpers/__init__", "return FACTOR * x", "return FACTOR + x", "helpers.scale"),
    "what a helper uses": ("helpers/__init__", "FACTOR = 2", "FACTOR = 3", "helpers.FACTOR"),
    "through modules": ("helpers/bottom", "VALUE = 1\n", "VALUE = 9\n", "helpers.bottom.VALUE"),
    "in a package without a file": ("space/within", ".VALUE", ".VALUE + 1", "space.within.value"),
    "in a package of such": ("space/deep/below", "VALUE = 1", "VALUE = 2", "space.deep.below.VALUE"),
    "under a condition": ("helpers/bottom", "VALUE + 0", "VALUE + 1", "helpers.bottom.VALUE"),
    "through a lazy face": ("lazy/inside", "helpers.other + x", "helpers.other - x", "lazy.inside.reached"),
    "through an import in a function": ("helpers/__init__", "other = 5", "other = 6", "helpers.other"),
    "a change of another module": ("study", '["c"] = 3', '["c"] = 4', "study.deep"),
    "class": ("study", "size = 4", "size = 5", "study.Kept"),
    "a statement that binds nothing": ("study", "UNUSED = 7", "UNUSED = 7\nTABLE.clear()", "study"),
}


@pytest.fixture
def written(tmp_path, monkeypatch):
    """Writes the files, one of them edited, and returns the definition of the study."""
    monkeypatch.syspath_prepend(tmp_path)

    def write(file="study", before="", after=""):
        for name, text in FILES.items():
            path = tmp_path / (name if name.endswith(".pyi") else f"{name}.py")
            path.parent.mkdir(parents=True, exist_ok=True)
            if name == file:
                assert before in text
            path.write_text(text.replace(before, after) if name == file and before else text)
        reread()
        importlib.invalidate_caches()
        return code.definition(["study:task", "study:probes"])

    yield write
    reread()
    for name in {file.split("/")[0] for file in FILES}:
        for module in [each for each in sys.modules if each.partition(".")[0] == name]:
            del sys.modules[module]


@pytest.mark.parametrize("edit", SAME)
def test_words_and_figures_are_no_other_run(written, edit):
    assert written(*SAME[edit]) == written()


@pytest.mark.parametrize("edit", OTHER)
def test_what_numbers_come_from_is(written, edit):
    *change, named = OTHER[edit]
    assert written(*change).differences(written()) == [named]


def test_a_new_and_a_missing_part_are_named(written):
    first = written()
    second = written("study", "+ LEVEL", "")
    assert second.differences(first) == first.differences(second) == ["study.LEVEL", "study.task"]


def test_what_cannot_be_followed_is_told(written):
    with pytest.raises(ValueError, match="import \\* does not say what it takes"):
        written("helpers/__init__", "other = 5", "from helpers.deep import *")
    with pytest.raises(ValueError, match="cannot be followed"):
        written("helpers/__init__", "other = 5", "other = (")
    written()
    with pytest.raises(ValueError, match="defines no nothing"):
        code.definition(["study:nothing"])
    with pytest.raises(ValueError, match="no function of a module"):
        code.root(abs)


def test_what_has_no_name_in_its_module_is_all_of_it(written):
    written()
    study = importlib.import_module("study")
    assert code.root(study.task) == "study:task"
    assert code.root(lambda x: x) == f"{__name__}:"
    whole = code.definition(["study:"])
    assert {"study.draw", "study.UNUSED", "study.task", "helpers.other"} <= whole.keys()


def test_a_lambda_of_a_module_is_followed_by_itself(written):
    def defined():
        return code.definition([code.root(importlib.import_module("lambdas").MADE["task"])])

    written()
    before = defined()
    assert before.keys() == {"lambdas.<lambda>", "lambdas.LEVEL"}
    written("lambdas", 'title="a"', 'title="b"')
    assert defined() == before
    written("lambdas", "LEVEL = 1", "LEVEL = 3")
    assert defined().differences(before) == ["lambdas.LEVEL"]


def test_every_experiment_is_defined_by_its_own_curves_and_no_figure():
    for name, experiment in every.EXPERIMENTS.items():
        found = experiment.definition
        assert {f"experiments.{name}.task", f"experiments.{name}.probes", "goal", "frames"} <= found.keys()
        assert "lstm_toys.tasks.families.FAMILIES" in found
        assert not [each for each in found if each.endswith((".draw", ".compare", ".beside")) or "figures" in each]
    sine = every.EXPERIMENTS["sine"].definition
    assert RECIPE.definition.differences(sine) == [
        "experiments.recipe.probes",
        "experiments.sine.TRAIN_AMPLITUDE",
    ]


def test_definitions_are_found_without_jax():
    program = (
        "import sys; from experiments import sine; sine.EXPERIMENT.definition; "
        "assert not {'jax', 'xarray', 'matplotlib'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
