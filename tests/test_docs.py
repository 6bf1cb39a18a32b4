"""The documentation: its Python runs as it stands there, its commands are valid, its links lead somewhere."""

import dataclasses
import importlib
import importlib.util
import json
import re
import shlex
import sys
import tomllib
from functools import cache, partial
from pathlib import Path

import jax
import numpy as np
import pytest

import lstm_toys as lt
from conftest import carry_out, rarely
from experiments import claims, generalization, sweep
from lstm_toys.cli import command, flags, script
from lstm_toys.cli.home import home

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = {str(path.relative_to(ROOT)): path for path in (*sorted(ROOT.glob("*.md")), *sorted(DOCS.rglob("*.md")))}

FILE = re.compile(r"This is `(\w+)\.py`.*?```python\n(.*?)```", re.DOTALL)
"""A block that is a file, and the sentence before it that names the file."""

DATA = ("mine.csv", "other.csv", "longer.csv", "elnino.csv")
"""Files of curves that commands of the documentation read."""


def text(page):
    """The text of a page without comments, which hold templates of numbers."""
    return re.sub(r"<!--.*?-->", "", PAGES[page].read_text(), flags=re.DOTALL)


def fences(page, language):
    """The fenced blocks of a language."""
    found = re.findall(r"^```(.*?)\n(.*?)^```$", text(page), re.DOTALL | re.MULTILINE)
    return [block for name, block in found if name == language]


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A folder with the files that guides write, on the path of modules, and files of curves."""
    folder = tmp_path_factory.mktemp("written")
    files = [pair for page in PAGES if page.startswith("docs/") for pair in FILE.findall(text(page))]
    for name, block in files:
        assert block.count("\n") <= 60
        (folder / f"{name}.py").write_text(block)
    rows = ["time (s),a,b,c,d,e,f", *(",".join(f"{t + k / 10:g}" for k in range(7)) for t in range(12))]
    for name in DATA:
        (folder / name).write_text("\n".join(rows))
    (folder / "t.csv").write_text("\n".join(["size", *"123456"]))
    for name in ("other.nc", "scheduler.json"):
        (folder / name).write_text("{}")
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
    asked = importlib.import_module(module)
    if hasattr(asked, "__path__"):  # A command that is a folder.
        asked = importlib.import_module(f"{module}.__main__")
    plan = getattr(asked, "plan", None) or partial(command.plan, asked.EXPERIMENT)
    if not arguments:  # Nothing to check, and some commands plan for seconds.
        return
    try:
        plan(arguments)
    except flags.Help:
        assert "--help" in arguments


@cache
def check_command(line):
    """Expects that a command of the documentation exists and takes its arguments; ``...`` stands for more of them."""
    match [word for word in shlex.split(line, comments=True) if word != "..."]:
        case []:
            pass
        case ["python", "-m", module, *arguments]:
            check_python(module, arguments)
        case ["lstm-toys"]:
            pass
        case ["lstm-toys", "help", name]:
            assert name in script.commands(home()[1])
        case ["lstm-toys", name, *arguments]:
            check_python(f"experiments.{name}", arguments)
        case ["make", *targets]:
            assert {*targets} <= {*re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)}
        case ["pip", "install", *packages]:
            extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
            named = [name for each in packages for name in re.findall(r"\[(.*?)\]", each)]
            assert {*named} <= extras.keys()
        case ["dask", "scheduler" | "worker", *_]:
            pass
        case _:
            raise AssertionError("a block without a language holds commands only")


@pytest.mark.usefixtures("written")
@pytest.mark.parametrize("page", PAGES)
def test_commands_are_valid(page):
    for block in fences(page, ""):
        for line in block.splitlines():
            try:
                check_command(line)
            except (Exception, SystemExit) as error:
                pytest.fail(f"{line}: {error}")


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    targets = [each or other for each, other in re.findall(r"\]\(([^)\s]+)\)|(?:src|href)=\"([^\"]+)\"", text(page))]
    for target in targets:
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        found = PAGES[page].parent / path if path else PAGES[page]
        assert found.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.*)$", found.read_text(), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", each).strip().lower().replace(" ", "-") for each in headings}


@pytest.mark.usefixtures("written")
@pytest.mark.parametrize("page", ["claims", *rarely("start", "own-data", "sweeps-and-recipe", "dynamics")])
def test_python_of_a_guide_runs(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(lt, "configure", lambda: None)
    names: dict = {}
    for block in fences(f"docs/{page}.md", "python"):
        exec(block, names)


def test_the_cell_of_a_guide_begins_with_biases_of_one(written):
    assert (written / "twist.py").is_file()
    model = lt.Stack(features=1, hidden=(3,), cell="twist:TwistedGRU", readout="dense")
    params = model.init(jax.random.key(0), jax.numpy.zeros((1, 2, 1)))["params"]
    (layer,) = (each for each in params.values() if "recurrent_kernel" in each)
    assert (layer["bias"] == 1).all()


@pytest.mark.long
def test_the_question_of_a_guide_is_run_and_judged(written):
    damped = importlib.import_module("damped")
    assert carry_out(damped.EXPERIMENT, [*SMALL, "--timesteps=20", "--steps=40", "--train_decay=0.7"]) == 0
    assert carry_out(claims, ["--claims=damped", "--seeds=2", "--quiet"]) == 0
    (judged,) = written.glob("results/runs/claims_damped-*/claims.json")
    assert len(json.loads(judged.read_text())[0]["per_seed"]) == 2


def test_the_reference_has_every_public_name_once():
    pages = "".join(path.read_text() for path in (DOCS / "api").glob("*.md"))
    named = re.findall(r"^\.\. (?:autofunction|autoclass|autoexception|py:data):: (\w+)$", pages, re.MULTILINE)
    modules = {"figures", "measures", "sequences"}
    assert sorted(named) == sorted({*dir(lt)} - modules)
    for name in modules:
        assert f".. automodule:: {getattr(lt, name).__name__}\n" in pages


POST = [
    *("line.png", "lstm_hill.gif", "hill.png", "sine_target.png", "sine.png", "not_identity.png", "not_identity_2.png"),
    *("sines.png", "sines_with_comp.png", "phase_displacement.png", "frequency.png"),
    *("sines_with_different_amplitudes.png", "predicted_amplitude.png", "lines.png", "predicted_lines_1.png"),
]
"""The figures of the post, in its order."""


def test_every_figure_of_the_post_is_listed_and_every_other_one_of_its_experiments():
    listed = text("docs/figures.md").split("## Figures of the post")[1].split("\n## ")[0]
    tables = [re.findall(r"^\| `(\S+)` \|", part, re.MULTILINE) for part in listed.split("\n\n")]
    own, further = filter(None, tables)
    published = {
        file
        for name in ("line", "hill", "hill_y", "sine", "amplitude", "slope_intercept")
        for file in json.loads((ROOT / "results" / name / "manifest.json").read_text())["files"]
        if file.endswith((".png", ".gif"))
    }
    assert own == POST
    assert {*further} == published - {*POST}


def test_the_version_is_the_same_everywhere():
    assert f"\nversion: {lt.__version__}\n" in (ROOT / "CITATION.cff").read_text()
    assert re.findall(r"^## (\d.*)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)[0] == lt.__version__


@pytest.fixture
def sequences(written):
    """The folder of the two files about sequences, and their modules."""
    return written, *(importlib.import_module(name) for name in ("flipflop", "counting"))


SMALL = ["--seeds=2", "--hidden=6", "--quiet"]


def test_bits_are_remembered_for_ten_times_as_long(sequences):
    folder, flipflop, _ = sequences
    arguments = ["--seeds=2", "--hidden=12", "--timesteps=20", "--steps=400", "--quiet"]
    assert carry_out(flipflop.EXPERIMENT, arguments) == 0
    (run,) = folder.glob("results/runs/flipflop-*")
    long = lt.probed(lt.load(run).results, "ten times as long")
    assert long.answer.sizes["time"] == 200
    right = ((long.answer.values > 0) == (long.truth.values == 1)).all(-1)
    assert np.median(right.mean((1, 2))) > 0.9


@pytest.mark.long
def test_a_claim_judges_how_far_networks_count(sequences, monkeypatch):
    folder, _, counting = sequences
    small = {"counting": (counting.EXPERIMENT, ["--steps=30"])}
    monkeypatch.setattr(counting, "CLAIMS", dataclasses.replace(counting.CLAIMS, populations=small))
    assert carry_out(claims, ["--claims=counting", "--seeds=2", "--quiet"]) == 0
    (run,) = folder.glob("results/runs/counting-*")
    (judged,) = folder.glob("results/runs/claims_counting-*/claims.json")
    strings = lt.probed(lt.load(run).results, "strings")
    assert strings.answer.sizes["time"] == 10 * 61
    assert json.loads(judged.read_text())[0]["per_seed"] == lt.accepted(strings, by="n").tolist()


@pytest.mark.long
def test_sequences_are_swept_and_measured_at_several_lengths(sequences):
    folder, *_ = sequences
    small = ["--task=flipflop", *SMALL, "--steps=30", "--timesteps=20"]
    assert carry_out(sweep, [*small, "--grid=cell=lstm gru rnn"]) == 0
    assert carry_out(generalization, [*small, "--length=20:60:3"]) == 0
    (run,) = folder.glob("results/runs/generalization_flipflop-*")
    assert "60 time points, accuracy over points" in json.loads((run / "metrics.json").read_text())["summary"]
