"""Experiments, research and the page use public names of the library alone, as anybody else would."""

import ast
import types

import pytest

import lstm_toys as lt
from conftest import ROOT

FILES = sorted((ROOT / "experiments").rglob("*.py"))


def chain(node):
    """The names of an attribute of an attribute, from the first one on; none if it begins with anything but a name."""
    names = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    return [node.id, *reversed(names)] if isinstance(node, ast.Name) else []


def inside(tree):
    """Yields what a module uses of the library that is not public."""
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(module=str(module)) if module.split(".")[0] == "lstm_toys":
                yield f"from {module} import"
            case ast.Import(names=names):
                found = [(each.name, each.asname) for each in names if each.name.split(".")[0] == "lstm_toys"]
                yield from (
                    f"import {name} as {other}" for name, other in found if (name, other) != ("lstm_toys", "lt")
                )
            case ast.Constant(value=str(text)) if text.startswith("lstm_toys.") and "\n" not in text:
                yield text
            case ast.Attribute() if (names := chain(node))[:1] == ["lt"]:
                public = names[1] in dir(lt)
                if public and isinstance(space := getattr(lt, names[1]), types.ModuleType) and names[2:]:
                    public = names[2] in space.__all__
                if not public:
                    yield ".".join(names)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_uses_public_names_alone(path):
    assert not [*inside(ast.parse(path.read_text()))]


@pytest.mark.parametrize(
    "text",
    [
        "from lstm_toys.runs import folder",
        "import lstm_toys.runs",
        "import lstm_toys",
        "import lstm_toys as lt\nlt.runs.folder",
        "import lstm_toys as lt\nlt.claims.declaration",
        "import lstm_toys as lt\nlt.statistics.intervals.wilson(1, 2)",
        "import importlib\nimportlib.import_module('lstm_toys.runs')",
    ],
)
def test_what_is_not_public_is_noticed(text):
    assert [*inside(ast.parse(text))]


def test_public_names_are_few():
    assert len(dir(lt)) <= 61
