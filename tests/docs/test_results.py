"""All results by one command: computed first, then published, and continued after an interruption."""

import json
import re
from types import SimpleNamespace

import pytest

from conftest import ROOT
from docs.maintenance import picture, results, steps
from experiments.page import build

MADE = """
import pathlib, sys
words = sys.argv[1:]
with open("log", "a") as log:
    print(*words, file=log)
if pathlib.Path("broken").exists() and words == ["b"]:
    sys.exit(3)
if words[0] == "measured":
    pathlib.Path("results/runs/benchmarks").mkdir(exist_ok=True)
    pathlib.Path("results/runs/benchmarks/made.json").write_text("{}")
elif "--publish" not in words:
    pathlib.Path(f"results/runs/{words[0]}").write_text("numbers")
"""


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """A folder with two commands that leave something, one that measures, and what they took the last time."""
    (tmp_path / "made.py").write_text(MADE)
    (tmp_path / "costs.json").write_text(
        json.dumps(
            {name: {"seconds": 7200, "bytes": 2**30} for name in ("made a", "made b", "made c", "made measured")}
        )
    )
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{ROOT}")
    made = {steps.POST: (steps.Step("made a"), steps.Step("made b", "b")), "other": (steps.Step("made c"),)}
    monkeypatch.setattr(steps, "GROUPS", made)
    monkeypatch.setattr(steps, "NAMES", (*made, steps.BENCHMARKS))
    monkeypatch.setattr(steps, "SPEEDS", ("made measured",))
    monkeypatch.setattr(steps, "PAGES", ("made page --publish", "made post --publish"))
    monkeypatch.setattr(steps, "COSTS", tmp_path / "costs.json")
    monkeypatch.setattr(results, "NEEDED", {"statsmodels": "test"})
    monkeypatch.setattr(picture, "draw_from_run", lambda folder, to: to.write_text(folder.name))
    return tmp_path


PUBLISHED = ["b --publish --quiet", "page --publish", "post --publish"]


def log(clone):
    """The commands that were carried out, without the folder that a benchmark writes to."""
    return [line.partition(" --output")[0] for line in (clone / "log").read_text().splitlines()]


def test_what_it_takes_is_said_and_a_group_is_computed_before_it_is_published(clone, capsys):
    results.main(clone, steps.NAMES)
    assert log(clone) == ["a", "b", *PUBLISHED, "c", "measured"]
    assert re.search(r"all of them +8.00  4.00\n", capsys.readouterr().out)
    assert (clone / "results/index.png").read_text() == "results"
    assert (clone / "results/benchmarks/made.json").exists()
    assert {path.name for path in (clone / "results/runs").iterdir()} == {"a", "b", "c", "elnino.csv"}
    assert (clone / "results/runs/elnino.csv").read_text().startswith("t (months),year 1950,")


def test_an_interruption_publishes_nothing_and_the_same_command_continues_with_what_there_is(clone, capsys):
    (clone / "broken").touch()
    (clone / "results/runs/benchmarks").mkdir(parents=True)
    for name, content in {"a": "numbers", "benchmarks/made.json": "earlier"}.items():
        (clone / "results/runs" / name).write_text(content)
    with pytest.raises(SystemExit) as ended:
        results.main(clone, steps.NAMES)
    assert ended.value.code == 3
    assert "made b ended with 3" in capsys.readouterr().err
    assert log(clone) == ["a", "b"]
    (clone / "broken").unlink()
    results.main(clone, steps.NAMES)
    assert log(clone) == ["a", "b", "a", "b", *PUBLISHED, "c"]
    assert (clone / "results/benchmarks/made.json").read_text() == "earlier"
    kept = steps.costs()  # Not what commands took that found finished runs.
    assert kept["made a"] == (7200, 2**30)
    assert kept["made b"].seconds < 7200
    assert kept["made b"].bytes >= len("numbers")


def test_only_named_groups_are_made(clone, monkeypatch):
    results.main(clone, ["other"])
    assert log(clone) == ["c"]
    with pytest.raises(SystemExit, match="no group 'otter'; there are post, other, benchmarks"):
        results.main(clone, ["other", "otter"])
    monkeypatch.setattr(results, "NEEDED", {"no_such_library": results.PEERS})
    results.main(clone, ["other"])
    assert log(clone) == ["c", "c"]


def test_too_little_disk_or_a_missing_library_ends_it_before_anything_is_done(clone, monkeypatch):
    monkeypatch.setattr(results.shutil, "disk_usage", lambda _: SimpleNamespace(free=2**30))
    with pytest.raises(SystemExit, match="not enough"):
        results.main(clone, steps.NAMES)
    monkeypatch.setattr(results, "NEEDED", {"no_such_library": "peers"})
    with pytest.raises(SystemExit, match=r"pip install '.\[peers\]'"):
        results.main(clone, steps.NAMES)
    assert not (clone / "results").exists()


def test_what_an_interrupted_attempt_has_left_counts_as_disk_that_there_is(tmp_path, monkeypatch):
    monkeypatch.setattr(results.shutil, "disk_usage", lambda _: SimpleNamespace(free=2**30))
    (tmp_path / "results" / "runs").mkdir(parents=True)
    with pytest.raises(SystemExit, match="not enough"):
        results.announce(tmp_path)
    with (tmp_path / "results" / "runs" / "kept.nc").open("wb") as kept:
        kept.truncate(sum(each.bytes for each in steps.costs().values()))  # Without using any.
    results.announce(tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("step", steps.STEPS, ids=lambda step: step.command)
def test_a_command_publishes_the_sets_that_it_is_said_to(step, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / steps.SEA).parent.mkdir(parents=True)
    results.write_sea(tmp_path / steps.SEA)
    assert step.published in ("", steps.study_of(step).published)


def test_what_every_command_takes_is_known_and_they_publish_every_set_there_is():
    every = [*(step.command for step in steps.STEPS), *steps.SPEEDS]
    assert steps.costs().keys() == {*every}
    folder = ROOT / "results"
    published = {path.parent.relative_to(folder).as_posix() for path in folder.glob("*/**/manifest.json")}
    assert published <= {step.published for step in steps.STEPS}
    assert [cell.plain for cell in steps.overview().columns[0].cells] == [*every, steps.PAGES[0]]


@pytest.mark.parametrize(("changed", "which"), [(None, ""), ("page.css", "not "), ("worker.js", "not ")])
def test_the_page_is_listed_as_of_other_code_once_a_script_or_its_style_has_changed(changed, which, tmp_path):
    names = ("page.css", *build.SCRIPTS, *build.WORKERS, build.START)
    texts = [build.source(name) for name in names if name != changed]
    (tmp_path / "index.html").write_text("\n".join(texts), encoding="utf-8")
    assert steps.page(tmp_path / "index.html") == ("–", "–", f"{which}of today's scripts and style")
    assert len(steps.page(steps.RESULTS / "index.html")[0]) == len("2026-12-01")
