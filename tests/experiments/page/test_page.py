"""The command that makes the page, and what is in the file."""

import errno
import webbrowser
from types import SimpleNamespace

import jax
import numpy as np
import pytest
from kinds import METRICS, SOUND
from one_number import changed

import conftest
import lstm_toys as lt
from experiments.page import __main__ as command
from experiments.page import build, charts, playground, post, runs, story

RESULTS = conftest.ROOT / "results"

MOST = 4 * 2**20
"""Largest page in bytes that is convenient to send and open."""


@pytest.fixture
def commands(world, monkeypatch):
    """The runs that a page may have: one of the sine, which is finished, and one of a line, which is not."""
    made = {"claims": (("sine", *world("sine").arguments[:-1]),), "line": (("line", "--seeds", "2"),)}
    monkeypatch.setattr(runs, "COMMANDS", made)
    return made


@pytest.fixture
def written(world, commands, tmp_path, monkeypatch):
    """Makes a page of the runs that there are in a folder of its own, with more flags; returns the exit code."""
    with jax.numpy_dtype_promotion("standard"):  # As in a command.
        found = runs.find(world("sine").results)
    assert [*map(len, found)] == [1, len(commands) - 1]
    claims = SimpleNamespace(checked=RESULTS.joinpath("claims").joinpath)  # As if the run were one of claims.
    found = {"claims": found[0]["claims"]._replace(run=claims)}, found[1]
    monkeypatch.setattr(runs, "find", lambda _: found)
    return lambda *flags: ended(f"--results_dir={tmp_path}", *flags)


def ended(*arguments):
    """The exit code of the command."""
    try:
        command.main(arguments)
    except SystemExit as end:
        return end.code
    return 0


def test_a_page_is_made_of_the_runs_that_there_are_and_replaced_unless_somebody_changed_it(
    written, tmp_path, monkeypatch, capsys
):
    page = tmp_path / command.NAME
    assert written() == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == "line: not on the page, there is no finished run of `lstm-toys line --seeds 2`"
    assert printed[1:] == [f"{page}: {page.stat().st_size:,} bytes; post, of 1 of 2 runs"]
    opened = []
    monkeypatch.setattr(webbrowser, "open", lambda address: opened.append(address) or True)
    assert written("--open", "--quiet") == 0
    assert opened == [page.as_uri()]
    assert capsys.readouterr().out == f"{page}\n"
    page.write_text(theirs := page.read_text() + "mine")
    assert written("--quiet") == 1
    assert "changed since it was written" in conftest.refusal(capsys)
    assert page.read_text() == theirs
    assert [*tmp_path.iterdir()] == [page]


def test_a_link_or_a_folder_is_not_replaced(written, tmp_path, capsys):
    page = tmp_path / command.NAME
    page.symlink_to(tmp_path / "elsewhere.html")
    assert written("--quiet") == 1
    assert "not written by this command" in capsys.readouterr().err
    page.unlink()
    page.mkdir()
    assert written("--quiet") == 1
    assert "Is a directory" in conftest.refusal(capsys)


def test_a_page_that_cannot_be_written_leaves_the_old_one(written, tmp_path, monkeypatch, capsys):
    assert written("--quiet") == 0
    before = (page := tmp_path / command.NAME).read_bytes()

    def full(path, _):
        path.touch()
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(command.Path, "write_bytes", full)
    capsys.readouterr()
    assert written("--quiet") == 1
    assert "No space left" in conftest.refusal(capsys)
    assert page.read_bytes() == before
    assert [*tmp_path.iterdir()] == [page]


@pytest.mark.parametrize(
    ("raised", "code", "said"),
    [
        (KeyboardInterrupt(), 130, "interrupted\n"),
        (lt.errors.UsageError("JAX does not start"), 2, "JAX does not start\n"),
        (OSError(errno.EACCES, "Permission denied", "runs"), 1, "[Errno 13] Permission denied: 'runs'\n"),
    ],
)
def test_whatever_ends_it_is_said_in_one_line(raised, code, said, monkeypatch, capsys):
    def find(_):
        raise raised

    monkeypatch.setattr(runs, "find", find)
    assert ended() == code
    assert conftest.refusal(capsys) == said


@pytest.mark.parametrize("wrong", ["--quie", "--what", "mine"])
def test_a_wrong_flag_is_said_and_help_describes_the_others(wrong, capsys):
    assert ended(wrong) == 2
    assert f"unrecognized arguments: {wrong}" in capsys.readouterr().err
    assert ended("--help") == 0
    assert capsys.readouterr().out.startswith(
        "usage: lstm-toys page [-h] [--results_dir RESULTS_DIR] [--quiet] [--open]"
    )


def test_without_a_finished_run_there_is_no_page(commands, tmp_path, capsys):
    assert ended(f"--results_dir={tmp_path}") == 2
    printed, errors = capsys.readouterr()
    assert "no finished run" in errors
    assert errors.count("\n") == 1
    assert all(runs.typed(words) in printed for (words,) in commands.values())
    assert not (tmp_path / command.NAME).exists()


def test_every_run_has_a_command():
    for arguments in (arguments for commands in runs.COMMANDS.values() for arguments in commands):
        assert runs.planned(arguments).name.startswith(arguments[0])


def test_verdicts_are_counted_as_the_claims_have_them(entries):
    supported = [each for each in entries if each.verdict == "supported"]
    controls = [each.controls["untrained networks"] for each in supported if each.controls]
    untrained = sum(each.verdict == "supported" for each in controls)
    page = build.html({"post": post.lay_out(entries, "lstm-toys claims")}, {})
    assert f"{len(supported)} of {len(entries)} conclusions hold" in page
    assert f"{untrained} also hold for most untrained networks" in page
    assert page.count("<small>also for most untrained networks</small>") == untrained
    assert page.count("<small>only says that a task was learned</small>") == sum(each.learned for each in supported)
    rows = {row["id"]: row for row in map(post.claim, entries)}
    assert "(91–100%) of pairs; new recipes: " in rows["hill-y-longer"]["notes"][0]
    for each in entries:
        assert rows[each.id]["notes"][0].startswith(f"{each.share.value:.0%} (")
        assert ("gru" in rows[each.id]["turns"]) == ("gru" in lt.claims.sentences(each)[-1])
    assert [name for name, row in rows.items() if "new recipes" in row["turns"]] == ["only-amplitude-wrong"]


def test_a_drawing_shows_every_network_and_says_what_lies_beyond(entries):
    known = next(each for each in entries if each.id == "sine-learned")
    copy = known.null["copy"]
    entry = changed(
        known,
        number=np.array([*(0.1 + 0.001 * each for each in range(62)), 40.0, np.nan]),
        high=0.12,
        published=changed(copy, value=0.3),
        null={"copy": changed(copy, value=1e-6)},
        controls={"untrained networks": changed(known, number=np.array([0.2, 0.21]))},
    )
    drawn = charts.drawing(entry)
    assert [(len(row["dots"]), row["beyond"]) for row in drawn["rows"]] == [(63, 1), (2, 0)]
    left, right = drawn["region"]
    dots = drawn["rows"][0]["dots"]
    assert len({*dots}) == 63  # None hides another one,
    assert sum(x < right for x, _ in dots) == (entry.number[:-2] <= 0.12).sum()  # nor leaves its side.
    same = charts.drawing(changed(entry, number=np.full(64, 0.05)))
    assert len({*same["large"]}) == len({*same["rows"][0]["dots"]}) == 64
    assert left == drawn["margin"]
    places = {mark["kind"]: mark["place"] for mark in drawn["marks"]}
    assert left <= places["null"] < right < places["published"] <= drawn["width"] - drawn["margin"]
    assert drawn["marks"][1]["text"] == "a copy of the input: 0"
    compared = changed(entry, other_number=np.full(64, -3.0), high=np.inf, against="hill")
    assert [row["beyond"] for row in charts.drawing(compared)["rows"]] == [1, 0, 0]


def test_numbers_of_the_story_are_those_of_the_networks_that_did_not_diverge(saved):
    published = saved("published")
    x = published.results.training.time.values
    made = playground.lay_out({"published": published}, {"published": METRICS})
    told = " ".join(text for step in made.values["steps"] for text in (*step["texts"], *step.get("seen", ())))

    def answers(curve):
        shown = np.float32(curve)[None, :, None]
        return np.asarray(lt.answers(published, shown))[SOUND, 0, :, 0]

    peaks = answers(0.6 + 0.6 * np.sin(10 * x))[:, 10:].max(axis=1)
    assert f"reaches 1.2, and half of them stop below {np.median(peaks):.2f}." in told
    assert "90 % of all {} peak between {:.2f} and {:.2f}".format(len(SOUND), *np.percentile(peaks, [5, 95])) in told
    assert (
        "(networks 0, 1, 2) began with other random numbers, and peak at {:.2f}, {:.2f}, {:.2f};".format(*peaks) in told
    )


def test_a_verdict_that_is_another_one_where_all_steps_are_judged_at_once_says_so(entries, monkeypatch):
    monkeypatch.setattr(
        story, "judge", lambda _: {"verdict": "supported", "words": "It holds", "met": 1, "networks": 2}
    )
    during = next(entry.during for entry in entries if entry.id == story.VALLEY.id)
    further = {name: (name, None) for name in ("published", *runs.FURTHER)}
    step = story.verdicts(further, {"rate": 0.001, "steps": 1_500}, during)
    said = [choice["ask"] for choice in step["choices"] if "stricter: it is not decided." in choice["text"]]
    assert said == ["steps-3000"]


def test_the_committed_page_is_small_and_recognized_as_made_by_the_command():
    page = RESULTS / command.NAME
    assert command.ours(page)
    assert page.stat().st_size <= MOST
