"""The documentation: its Python runs as it stands there, its commands are valid, its links lead somewhere."""

import ast
import importlib
import importlib.util
import inspect
import operator
import re
import shlex
import sys
import tomllib
from contextlib import nullcontext, suppress
from functools import cache, partial
from pathlib import Path

import jax
import matplotlib
import numpy as np
import pytest
from commands import claims

import lstm_toys as lt
from conftest import ROOT, carry_out, plan_of, process, rarely
from experiments.post.claims import CLAIMS
from lstm_toys.cli import command, run_commands, script
from lstm_toys.cli.modules import full, home
from lstm_toys.runs import flags
from lstm_toys.sharing import annotate

DOCS = ROOT / "docs"
PAGES = {str(path.relative_to(ROOT)): path for path in (*sorted(ROOT.glob("*.md")), *sorted(DOCS.rglob("*.md")))}

FILE = re.compile(r"This is `(\w+)\.py`.*?```python\n(.*?)```", re.DOTALL)
"""A block that is a file, and the sentence before it that names the file."""

WRITTEN = re.compile(r"%%writefile (\w+)\.py\n(.*?)```", re.DOTALL)
"""A cell of a notebook that writes a file."""


def text(page):
    """The text of a page."""
    return PAGES[page].read_text()


def fences(page, language):
    """The fenced blocks of a language."""
    found = re.findall(r"^```(.*?)\n(.*?)^```$", text(page), re.DOTALL | re.MULTILINE)
    return [block for name, block in found if name == language]


QUESTION = (DOCS / "damped.py").read_text()
(SEQUENCES,) = fences("README.md", "python")


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A folder with the files that guides write, on the path of modules, and files of curves."""
    folder = tmp_path_factory.mktemp("written")
    pages = [text(page) for page in PAGES if page.startswith("docs/")]
    files = [("damped", QUESTION), *(pair for page in pages for each in (FILE, WRITTEN) for pair in each.findall(page))]
    for name, block in files:
        assert block.count("\n") <= 66
        (folder / f"{name}.py").write_text(block)
    rows = ["time (s),a,b,c,d,e,f", *(",".join(f"{t + k / 10:g}" for k in range(7)) for t in range(12))]
    for name in ("mine.csv", "other.csv", "longer.csv", "elnino.csv", "other.nc", "scheduler.json"):
        (folder / name).write_text("\n".join(rows) if name.endswith("csv") else "{}")
    (folder / "t.csv").write_text("\n".join(["size", *"123456"]))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.syspath_prepend(folder)
        yield folder
    for name, _ in files:
        sys.modules.pop(name, None)


def check_python(module, arguments):
    """Expects that a command line of ``python -m`` can be planned; nothing is computed."""
    if module.startswith("benchmarks."):
        assert importlib.util.find_spec(module)
        return
    if not arguments or module.endswith(".page"):  # Nothing to check, and some commands plan for seconds.
        assert importlib.util.find_spec(module)
        return
    plan = plan_of(module)
    with pytest.raises(flags.Help) if "--help" in arguments else nullcontext():
        plan(arguments)


@cache
def check_command(line):
    """Expects that a command of the documentation exists and takes its arguments; ``...`` stands for more of them."""
    match [word for word in shlex.split(line, comments=True) if word != "..."]:
        case ["python", "-m", module, *arguments]:
            check_python(module, arguments)
        case ["lstm-toys", "help", name]:
            assert name in {**script.commands(home()[1]), **script.studies(), **script.own_commands(Path())}
        case ["lstm-toys", name, *arguments] if name in run_commands.COMMANDS:
            assert run_commands.COMMANDS[name].least <= len([each for each in arguments if not each.startswith("--")])
        case ["lstm-toys", name, *arguments] if name in script.commands(home()[1]):
            check_python(full(name), arguments)
        case ["lstm-toys", name, *arguments]:
            assert name in {**script.studies(), **script.own_commands(Path())}
            with suppress(flags.Help):
                command.named(name, arguments)
        case ["make", *targets]:
            assert {*targets} <= {*re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)}
        case ["pip", "install", *packages]:
            extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
            assert {name for each in packages for name in re.findall(r"\[(.*?)\]", each)} <= extras.keys()
        case [] | ["lstm-toys"] | ["dask", "scheduler" | "worker", *_]:
            pass
        case _:
            raise AssertionError("a block without a language holds commands only")


def called(page):
    """The calls of public names in running text, ``lt.name(...)``, with the name and the code that they stand in."""
    running = re.sub(r"^ *```.*?^ *```$", "", text(page), flags=re.DOTALL | re.MULTILINE)
    for code in re.findall(r"(?<!`)`([^`]*\blt\.[\w.]+\([^`]*)`", running):
        for call in ast.walk(ast.parse(" ".join(code.split()))):
            if isinstance(call, ast.Call) and (name := ast.unparse(call.func)).startswith("lt.") and "(" not in name:
                yield name, call, code


@pytest.mark.parametrize("page", [page for page in PAGES if page != "CHANGELOG.md"])  # Which has earlier names.
def test_calls_in_running_text_fit_their_functions(page):
    for name, call, code in called(page):
        function = inspect.signature(operator.attrgetter(name.removeprefix("lt."))(lt))
        given = [each for each in call.args if not (isinstance(each, ast.Constant) and each.value is ...)]
        shortened = len(given) < len(call.args)  # By an ellipsis.
        bind = function.bind_partial if shortened else function.bind
        try:
            bind(*given, **{each.arg: each.value for each in call.keywords})
        except TypeError as error:
            pytest.fail(f"{' '.join(code.split())}: {name}: {error}")


@pytest.mark.usefixtures("written")
@pytest.mark.parametrize("page", PAGES)
def test_commands_are_valid(page):
    cells = [block.removeprefix("%%bash\n") for block in fences(page, "{code-cell}") if block.startswith("%%bash")]
    for block in fences(page, "") + cells:
        for line in block.splitlines():
            try:
                check_command(line)
            except (Exception, SystemExit) as error:
                pytest.fail(f"{line}: {error}")


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    targets = [each or other for each, other in re.findall(r"\]\(([^)\s]+)\)|(?:src|href)=\"([^\"]+)\"", text(page))]
    for target in targets:
        if target.startswith(("https://", "claim:", "figure:", "../../deployments/")):
            continue
        path, _, anchor = target.partition("#")
        found = PAGES[page].parent / path if path else PAGES[page]
        assert found.exists(), target
        if PAGES[page].is_relative_to(DOCS) and found.suffix == ".md":
            assert found.resolve().is_relative_to(DOCS), f"{target}: the site has no such page"
        if anchor:
            headings = re.findall(r"^#+ (.*)$", found.read_text(), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", each).strip().lower().replace(" ", "-") for each in headings}


@pytest.fixture
def here(written, tmp_path, monkeypatch):
    """An empty folder in which scripts run, on the devices that there are, and find the files of guides."""
    (folder := written / tmp_path.name).mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setattr(lt, "configure", lambda: None)
    matplotlib.use("agg")
    return folder


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    "page", ["claims", *rarely("start", "cells", "own-data", "sweeps-and-recipe", "dynamics", "how-to")]
)
def test_python_of_a_guide_runs(page):
    names: dict = {}
    with jax.numpy_dtype_promotion("standard"):  # Optax mixes types.
        for block in fences(f"docs/{page}.md", "python"):
            exec(block, names)


@pytest.fixture
def outside(tmp_path):
    """Runs Python in a folder that is not the clone, as a user would, and returns what it printed."""
    return partial(process, cwd=tmp_path, unset="XLA_FLAGS")


@pytest.mark.long
def test_python_of_the_readme_runs_as_it_is_written(outside, tmp_path):
    assert "\nlt.configure()" in SEQUENCES
    (tmp_path / "sequences.py").write_text(SEQUENCES)
    assert f"It prints `{outside('sequences.py').stdout.strip()}`." in text("README.md")
    assert (tmp_path / "memories.png").stat().st_size > 5_000


COMMAND = "from lstm_toys.cli.script import main; main()"


def test_the_question_of_the_readme_is_trained_and_judged(here):
    for asked, line in ((importlib.import_module("damped").EXPERIMENT, []), (claims, ["--claims=damped"])):
        assert carry_out(asked, [*line, "--seeds=2", "--steps=20", "--quiet"]) == 0
    (row,) = lt.claims.rows(lt.claims.read(next(here.glob("results/runs/claims_damped-*/claims.json"))))
    assert (row.id, len(row.number)) == ("other-decay", 2)
    assert {path.stem for path in here.glob("results/runs/damped-*/*.png")} == {"answers", "loss"}


@pytest.mark.long
def test_the_claim_of_the_readme_is_judged_as_it_says(outside, tmp_path):
    (tmp_path / "damped.py").write_text(QUESTION)
    printed = " ".join(outside("-c", COMMAND, "claims", "--claims=damped", "--seeds=16").stdout.split())
    (told,) = (line for line in text("README.md").splitlines() if line.startswith("Curves with other decay rates"))
    # The table is wider without recipes, and further digits depend on the processor.
    verdict_and_share = told.partition("  ")[2].partition("%")[0]
    assert " ".join(verdict_and_share.split()) in printed


@pytest.mark.long
def test_bits_are_remembered_for_ten_times_as_long(here):
    flipflop = importlib.import_module("flipflop")
    assert carry_out(flipflop.EXPERIMENT, ["--seeds=2", "--hidden=12", "--timesteps=20", "--steps=400", "--quiet"]) == 0
    (run,) = here.glob("results/runs/flipflop-*")
    long = lt.probed(lt.load(run).results, "ten times as long")
    assert long.answer.sizes["time"] == 200
    right = ((long.answer.values > 0) == (long.truth.values == 1)).all(-1)
    assert np.median(right.mean((1, 2))) > 0.9


def test_the_reference_has_every_public_name_once():
    pages = "".join(path.read_text() for path in (DOCS / "api").glob("*.md"))
    named = re.findall(r"^\.\. (?:autofunction|autoclass|autoexception|py:data):: (\S+)$", pages, re.MULTILINE)
    spaces = (lt.claims, lt.dynamics, lt.errors, lt.grids, lt.statistics)
    others = {
        "figures": "figures",
        "measures": "statistics.measures",
        "sequences": "tasks.sequences",
        "tables": "tables",
    }
    expected = {f"{each.__name__}.{name}" for each in spaces for name in each.__all__} | {*dir(lt)} - {*others}
    expected -= {each.__name__.removeprefix("lstm_toys.") for each in spaces}
    expected |= {"lstm_toys.sequences.accepted", "lstm_toys.sequences.right"}
    places = tuple(f"{each.__name__}." for each in (*spaces, lt.sequences))
    assert sorted(name for name in named if "." not in name or name.startswith(places)) == sorted(expected)
    for module in others.values():
        assert f".. automodule:: lstm_toys.{module}\n" in pages


def test_the_text_of_the_post_marks_every_conclusion_and_has_every_figure():
    marks = [*annotate.marks(text("docs/post.md"))]
    assert sorted(mark.name for mark in marks if mark.kind == "claim") == sorted(CLAIMS.ids)
    figures = [mark.name for mark in marks if mark.kind == "figure"]
    assert all((ROOT / "results" / name).is_file() for name in figures)
    numbers = re.findall(r"^!\[As figure (\d+) of the post", text("docs/post.md"), re.MULTILINE)
    assert numbers == [*map(str, range(1, 16))]
    assert len({*figures}) == 15


def test_the_reference_says_how_its_site_is_made():
    (folder,) = re.findall(r"which `make docs` builds in `(\S+)`", (ROOT / "docs" / "api" / "index.md").read_text())
    assert f" docs {folder}\n" in (ROOT / "Makefile").read_text()


def test_the_version_is_the_same_everywhere():
    assert f"\nversion: {lt.__version__}\n" in (ROOT / "CITATION.cff").read_text()
    assert re.findall(r"^## (\d.*)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)[0] == lt.__version__
