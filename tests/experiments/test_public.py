"""Experiments, research and the page use public names of the library alone, as anybody else would.

What they import is checked by the contracts of import-linter in `pyproject.toml`.
"""

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
