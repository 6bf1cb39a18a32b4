"""What `import lstm_toys as lt` reaches, what it costs, and that every public name is described and in an example."""

import ast
import dataclasses
import doctest
import importlib
import inspect
import pkgutil
import pydoc
import re
import textwrap
from enum import Enum
from itertools import pairwise
from pathlib import Path

import flax.linen as nn
import pytest

import lstm_toys as lt
from conftest import HEAVY, process
from lstm_toys import results, statistics, tasks

LIGHT = """
files text tasks.curves tasks.goal networks.cells networks.optimizers runs.identity runs.folder runs.experiment tables
runs.study runs.lifecycle studies.sweep.settings studies.generalization.settings studies.claims.settings
studies.dynamics.settings studies.analysis.settings
"""


def stub(package):
    """From each name that a package's stub reaches to the module that it is of."""
    path = Path(importlib.import_module(package).__file__).with_suffix(".pyi")
    imports = [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.ImportFrom)]
    return {
        alias.name: f"{package}.{node.module}" if node.module else package for node in imports for alias in node.names
    }


FACE = stub("lstm_toys")


def test_checking_flags_loads_nothing_heavy():
    imports = "; ".join(f"import lstm_toys.{name}" for name in LIGHT.split())
    process("-c", f"import sys; {imports}; assert not {{'h5netcdf', *{HEAVY}}} & sys.modules.keys()")


@pytest.mark.parametrize("package", ["lstm_toys", "lstm_toys.figures"])
def test_a_stub_hides_no_module(package):
    loaded = importlib.import_module(package)
    reached = stub(package)
    modules = {found.name for found in pkgutil.iter_modules(loaded.__path__)}
    # Importing a module sets its name in its package, over whatever else of that name was there.
    assert not [name for name, module in reached.items() if name in modules and module != package]
    assert set(dir(loaded)) == reached.keys()
    for name, module in reached.items():
        origin = importlib.import_module(module)
        assert getattr(loaded, name) is getattr(origin, name)


def test_a_name_that_does_not_exist_suggests_another():
    with pytest.raises(AttributeError, match=r"^lstm_toys has no attribute 'trane'; did you mean train\?$"):
        _ = lt.trane
    assert not hasattr(lt, "zzz")


@pytest.mark.parametrize("name", sorted(FACE))
def test_a_public_name_has_a_docstring_and_is_shown_in_an_example(name):
    value = getattr(lt, name)
    if name in ("Parameters", "TimePoints"):  # For annotations.
        return
    assert value.__doc__
    if FACE[name] == "lstm_toys":  # A package, whose names have examples.
        return
    # Data and aliases have no docstring of their own, but their module has.
    package, _, _ = FACE[name].rpartition(".")
    shown = [value.__doc__, *(importlib.import_module(place).__doc__ for place in (FACE[name], package))]
    sources = [example.source for text in shown for example in doctest.DocTestParser().get_examples(text)]
    assert any(re.search(rf"\blt\.{name}\b", source) for source in sources)


def reference():
    """Yields the name and the value of every class, function and method in the API reference."""
    pages = "".join(path.read_text() for path in sorted(Path(__file__).parents[1].glob("docs/api/*.md")))
    directive = r"^\.\. auto(?!data)(\w+):: (\S+)$(?:\n +(:members:.*)$)?"
    for kind, name, members in re.findall(directive, pages, re.MULTILINE):
        owner = pydoc.locate(name) if "." in name else getattr(lt, name)
        if kind != "module":
            yield name, owner
        inner = re.findall(r"\w+", members)[1:]
        if members and not inner:
            every = {each: getattr(getattr(owner, each), "__module__", "") for each in dir(owner)}
            inner = [each for each, module in every.items() if module.startswith(name) and not each.startswith("_")]
        yield from ((f"{name}.{each}", value) for each in inner if callable(value := getattr(owner, each)))


def parameters(value):
    """The names of a function's parameters, or of a class's fields."""
    if not inspect.isclass(value):
        return {*inspect.signature(value).parameters} - {"self"}
    if issubclass(value, Enum):
        return {*value.__members__}
    if issubclass(value, Exception):
        return {*vars(value).get("__annotations__", ())}
    if dataclasses.is_dataclass(value):
        fields = {each.name for each in dataclasses.fields(value) if not each.name.startswith("_")}
        return fields - {"parent", "name"} if issubclass(value, nn.Module) else fields
    return {*getattr(value, "_fields", inspect.signature(value).parameters)}


def described(value):
    """The names that a docstring describes under Args or Attributes, and fields with docstrings of their own."""
    sections = re.findall(r"^(?:Args|Attributes):\n((?:(?: {4}.*)?\n)*)", f"{inspect.getdoc(value)}\n", re.MULTILINE)
    names = re.findall(r"^ {4}(\w+): \S", "".join(sections), re.MULTILINE)
    assert len({*names}) == len(names)
    if inspect.isclass(value):
        (tree,) = ast.parse(textwrap.dedent(inspect.getsource(value))).body
        names += [
            field.target.id
            for field, text in pairwise(tree.body)
            if isinstance(field, ast.AnnAssign) and isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant)
        ]
    return {*names}


def test_the_reference_describes_every_parameter_and_field_and_nothing_else():
    every = {name: (parameters(value), described(value)) for name, value in reference()}
    assert len(every) > 100
    assert not {name: own ^ told for name, (own, told) in every.items() if own != told}


@pytest.mark.parametrize("package", [results, statistics, tasks], ids=lambda package: package.__name__)
def test_modules_that_are_imported_when_needed_exist(package):
    assert [getattr(package, name).__name__ for name in package.__all__]
