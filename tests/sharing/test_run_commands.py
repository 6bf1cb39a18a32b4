"""Commands about finished runs: pages, comparisons and lists, of every kind of run."""

import getpass
import json
import os
import re
import shutil
import socket
import sys
import tempfile
import types
from itertools import pairwise
from pathlib import Path

import majority
import numpy as np
import pytest
from PIL import Image
from rendered import Page
from rich.text import Text

import lstm_toys as lt
from conftest import carry_out, rarely, refusal
from lstm_toys import output
from lstm_toys.cli import run_commands
from lstm_toys.files import read_sealed, sha256, write_sealed
from lstm_toys.runs import listing, origin
from lstm_toys.runs.identity import Options
from lstm_toys.sharing import run_files
from lstm_toys.studies.claims import table

KINDS = ("sine", "claims", *rarely("own", "sweep", "generalization", "dynamics"))


def recorded(run, **changed):
    """Records the files of a run as they are now, and changed entries of its summary."""
    metrics = read_sealed(run / "metrics.json")
    files = {name: sha256(run / name) for name in metrics["files"] if (run / name).exists()}
    write_sealed(run / "metrics.json", {**metrics, "files": {**metrics["files"], **files}, **changed})


@pytest.mark.parametrize("name", KINDS)
def test_a_report_is_one_page_with_all_that_a_reader_asks(name, copied, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    run = copied(name)
    assert run_commands.main("report", [str(run)]) == 0
    assert capsys.readouterr().out == f"{run.name}.html: {run.name}\n"
    text = (tmp_path / f"{run.name}.html").read_text()
    page = Page(text)
    assert not page.open
    tags = [tag for tag, _ in page.elements]
    assert tags[:2] == ["html", "head"]
    assert tags.count("h1") == tags.count("main") == 1
    levels = [int(tag[1]) for tag in tags if re.fullmatch("h[1-6]", tag)]
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert all(each.get("alt") for tag, each in page.elements if tag == "img")
    assert all(each.get("scope") for tag, each in page.elements if tag == "th")
    addresses = [each[key] for _, each in page.elements for key in ("src", "href") if key in each]
    assert all(each.startswith("data:image/") for each in addresses)
    assert len(addresses) == len([path for path in run.iterdir() if path.suffix in (".png", ".gif")])
    known = origin.read(run)
    for expected in (
        known["command"],
        listing.on_one_line(known["differs"]),
        known["question"].splitlines()[0],
        run.name,
    ):
        assert expected in page.text
    for line in json.loads((run / "report.json").read_text()):
        assert (line if isinstance(line, str) else line["title"]) in page.text
    if name == "sine":  # The answer, the main figure and results come before the rest.
        first, main = json.loads((run / "report.json").read_text())[0], "sines_with_comp.png"
        places = [page.text.index(each) for each in (first, "recipe: lstm, hidden", main, "Results", "loss.png")]
        assert places == sorted(places)
        assert "Answers to A + A sin(10 x)" in page.text
    for claim in lt.claims.rows(lt.claims.read(run / "claims.json")) if name == "claims" else ():
        assert claim.statement in page.text
        assert lt.claims.sentences(claim)[0] in page.text


def test_a_run_knows_its_question_command_and_modules_and_no_path_or_user(copied, tmp_path):
    run = copied("claims")
    known = origin.read(run)
    assert known["command"].split() == [*known["command"].split()[:-2], "--claims=sine_claims", "--seeds=3"]
    assert known["differs"] == {"seeds": 3}
    assert known["modules"]["jax"]
    assert {*known["sources"]} >= {"experiments/sine.py"}
    for name in known["sources"]:
        assert (run / "source" / name).is_file()
    private = {getpass.getuser(), socket.gethostname(), str(tmp_path)}
    for path in run.rglob("*"):
        if path.is_file() and path.suffix in (".json", ".md", ".txt"):
            words = {*re.findall(r"[\w./-]+", path.read_text())}
            assert not words & private, path
            assert not any(
                word.startswith(("/home/", f"{Path.home()}/", f"{tempfile.gettempdir()}/")) for word in words
            ), path


def test_command_lines_lose_options_and_folders(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    for name in ("sub/a.csv", "b.csv"):
        (tmp_path / name).write_text("x")
    line = ["--results_dir=/x", "--results_dir", "/y", "--publish", "--noquiet", "--cluster", "local:2", "--seeds", "4"]
    line += [f"--train={tmp_path}/sub/a.csv", "--ask=next", f"{tmp_path}/b.csv"]
    asked = origin.Command(Options(), called="lstm-toys own", arguments=line)
    assert asked.text == "lstm-toys own --seeds 4 --train=sub/a.csv --ask=next b.csv"
    assert [path.name for path in asked.files] == ["a.csv", "b.csv"]


def test_a_run_is_handed_on_as_its_folder_and_no_zip_is_read(copied, tmp_path, capsys):
    run, target = copied("sine"), tmp_path / "made.zip"
    (run / "mine.png").write_text("mine")
    shutil.make_archive(str(target.with_suffix("")), "zip", run.parent, run.name)
    shutil.unpack_archive(target, tmp_path / "theirs")
    unpacked = tmp_path / "theirs" / run.name
    assert run_commands.main("compare", [str(run), str(unpacked)]) == 0
    same = f"the 3 networks are those of {unpacked}, bit by bit"
    assert capsys.readouterr().out.splitlines() == ["the same bits", same]
    assert run_commands.main("report", [str(unpacked), str(tmp_path / "page.html")]) == 0
    assert "mine.png" not in (tmp_path / "page.html").read_text()
    capsys.readouterr()
    for command, names in (("show", [target]), ("report", [target]), ("compare", [run, target])):
        assert run_commands.main(command, [*map(str, names)]) == 2
        assert refusal(capsys) == f"{target}: neither the folder of a run, nor a published one\n"


def changed_bit(path):
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))


@pytest.mark.parametrize("file", ["results.nc", "parameters.npz", "population.json"])
@pytest.mark.parametrize("change", [Path.unlink, changed_bit])
def test_a_run_whose_files_were_changed_is_neither_reported_nor_compared(file, change, copied, tmp_path, capsys):
    run, same = copied("sine"), copied("sine", "elsewhere")
    change(run / file)
    for command, other in (("report", tmp_path / "page.html"), ("compare", same)):
        assert run_commands.main(command, [str(run), str(other)]) == 1
        assert refusal(capsys).startswith(f"{run / file}: ")
    assert not (tmp_path / "page.html").exists()
    if (file, change) == ("results.nc", changed_bit):
        with pytest.raises(lt.errors.Damaged, match=r"results\.nc: is damaged or belongs to another run"):
            lt.load_results(run / "results.nc")


def test_shares_that_were_changed_are_not_read(copied, tmp_path, capsys):
    run = copied("claims")
    lt.Run(run, {"experiment": "claims"}).publish(tmp_path / "published")
    for folder in (run, tmp_path / "published"):
        judged = lt.claims.read(folder / "claims.json")
        (folder / "claims.json").write_text(table.as_text(judged.assign(share=0 * judged.share + 0.777)))
        with pytest.raises(lt.errors.Damaged, match=r"claims\.json: is damaged or belongs to another run"):
            lt.claims.read(folder / "claims.json")
        assert run_commands.main("report", [str(folder), str(tmp_path / "page.html")]) == 1
        assert f"{folder / 'claims.json'}: is damaged" in refusal(capsys)
    (tmp_path / "mine.json").write_text((run / "claims.json").read_text())
    assert {row.share.value for row in lt.claims.rows(lt.claims.read(tmp_path / "mine.json"))} == {0.777}


@pytest.mark.parametrize("file", ["report.json", "metrics.json", "loss.png"])
def test_a_published_set_that_was_changed_is_not_reported(file, copied, tmp_path, capsys):
    run = copied("sine")
    Image.new("RGB", (2, 2)).save(run / "loss.png")
    recorded(run, figures=["loss.png"])
    lt.Run(run, {"experiment": "sine"}).publish(published := tmp_path / "published")
    assert run_commands.main("show", [str(published)]) == 0
    assert f"published from {run.name}, computed " in capsys.readouterr().out
    assert run_commands.main("report", [str(published), str(tmp_path / "page.html")]) == 0
    with open(published / file, "a") as content:
        content.write("\n")
    capsys.readouterr()
    assert run_commands.main("report", [str(published), str(tmp_path / "other.html")]) == 1
    assert f"{published / file}: is damaged" in refusal(capsys)


def test_an_origin_that_was_changed_is_refused(copied, capsys):
    run = copied("sine")
    known = json.loads((run / "origin.json").read_text())
    for entry, value in (
        ("question", 3),
        ("command", ["lstm-toys", "sine"]),
        ("differs", "seeds"),
        ("environment", None),
    ):
        (run / "origin.json").write_text(json.dumps({**known, entry: value}))
        assert run_commands.main("report", [str(run)]) == 1
        assert "origin.json: is damaged" in refusal(capsys)
    (run / "origin.json").write_text(json.dumps({**known, "question": "\ud800"}))  # Half a character.
    assert run_commands.main("report", [str(run)]) == 1
    assert "surrogates not allowed" in refusal(capsys)


def test_comparisons_name_what_differs_and_agree_by_verdicts(copied, capsys):
    ours, theirs = copied("claims"), copied("claims", "elsewhere")
    claims = lt.claims.read(theirs / "claims.json")
    first = {"claim": 0, "column": claims.column.values.tolist().index("networks")}

    def compared(name, value):
        place = {axis: at for axis, at in first.items() if axis in claims[name].dims}
        claims[name][{**place, **({"counting": 0, "end": 0} if name == "share" else {})}] = value
        (theirs / "claims.json").write_text(table.as_text(claims))
        recorded(theirs, version="0.0.1")
        code = run_commands.main("compare", [str(ours), str(theirs)])
        return code, capsys.readouterr().out

    row, count = lt.claims.rows(claims)[0], claims.sizes["claim"]
    name, verdict = row.id, row.verdict
    code, printed = compared("share", row.share.value + 0.25)
    assert code == 0
    assert "versions and processor: lstm_toys" in printed
    assert f"{count} of {count} verdicts agree" in printed
    assert f"largest difference of a share: 0.25, of {name}" in printed
    code, printed = compared("verdict", "supported" if verdict != "supported" else "refuted")
    assert code == 1
    assert f"verdict on {name}: " in printed
    claims.verdict[first] = verdict
    code, printed = compared("high", 0.123)
    assert code == 1
    assert f"{count - 1} of {count} verdicts agree\n" in printed
    assert f"claims with another threshold: {name}\n" in printed


def other_answers(run):
    results = lt.load_results(run / "results.nc")
    results["line/answer"] = results["line/answer"] + 0.5
    lt.save_results(results, run / "results.nc")


def another_cell(run):
    results = lt.load_results(run / "results.nc")
    results.dataset = results.to_dataset(inherit=False).assign_coords(cell="minimal")
    lt.save_results(results, run / "results.nc")


def changed_parameters(run):
    arrays = dict(np.load(run / "parameters.npz"))
    name = next(iter(arrays))
    np.savez(run / "parameters.npz", **{**arrays, name: arrays[name] + 1})


def wider_parameters(run):
    arrays = np.load(run / "parameters.npz")
    np.savez(run / "parameters.npz", **{name: array.astype(float) for name, array in arrays.items()})


@pytest.mark.parametrize(
    ("change", "summary", "message"),
    [
        (changed_parameters, {}, "Max absolute difference among violations: 1"),
        (other_answers, {}, "/line/answer: Mismatched elements: 300 / 300 (100%); Max absolute difference among vio"),
        (wider_parameters, {}, "dtypes float32, float64 mismatch"),
        (another_cell, {}, "/cell: lstm and minimal"),
        (id, {"files": {}}, "parameters.npz: not in both"),
        (id, {"converged": 99}, "summary: converged"),
        (id, {"flags": {"noise": False}}, "noise 0.0 and false"),
    ],
)
def test_bits_are_the_same_only_if_nothing_at_all_differs(change, summary, message, copied, capsys):
    ours, theirs = copied("sine"), copied("sine", "elsewhere")
    change(theirs)
    recorded(theirs, **summary)
    assert run_commands.main("compare", [str(ours), str(theirs)]) == 1
    printed = capsys.readouterr().out
    assert message in printed
    assert "the same bits" not in printed


@pytest.mark.parametrize("name", KINDS)
def test_bits_are_those_of_the_published_set_whenever_and_however_fast_they_were_computed(
    name, copied, tmp_path, capsys
):
    run = copied(name)
    lt.Run(run, {"experiment": name}).publish(published := tmp_path / "published")
    recorded(run, computed="later", seconds={"train": 1.0}, member_steps_per_second=1, answers_per_second=1)
    for names in ((run, published), (published, run)):
        assert run_commands.main("compare", [*map(str, names)]) == 0
        same, networks = capsys.readouterr().out.splitlines()
        assert same == "the same bits"
        assert networks.endswith(f" are those of {names[1]}, bit by bit")
    if name == "sine":  # No file is named that is never published.
        changed_parameters(run)
        recorded(run)
        assert run_commands.main("compare", [str(run), str(published)]) == 1
        assert capsys.readouterr().out.splitlines()[0] == "parameters.npz: differs"


def test_comparisons_count_the_networks_that_are_the_same(world, tmp_path, capsys):
    for flags, line in (
        (["--seeds=5"], "3 of 3 networks are those of {}, bit by bit; the runs differ in seeds"),
        (["--seeds=3", "--noise=0.1"], "0 of 3 networks are those of {}, bit by bit; the runs differ in noise"),
    ):
        assert carry_out(majority.EXPERIMENT, [*flags, f"--results_dir={tmp_path}", "--quiet"]) == 0
        other = capsys.readouterr().out.strip()
        assert run_commands.main("compare", [str(world("majority").run), other]) == 1
        assert capsys.readouterr().out.splitlines()[-1] == line.format(other)


def test_runs_of_other_kinds_are_not_the_same(copied, capsys):
    assert run_commands.main("compare", [str(copied("sine")), str(copied("claims"))]) == 1
    assert capsys.readouterr().out == "these are different runs: sine and claims_sine_claims\n"


def test_runs_are_listed_newest_first_with_what_differs_and_how_far_they_are(copied, tmp_path, capsys):
    run, judged = copied("sine"), copied("claims")
    begun = tmp_path / "results" / "runs" / "sine-0123456789"
    (begun / "checkpoints" / "0").mkdir(parents=True)
    shutil.copy(run / "config.json", begun)
    (begun / "checkpoints" / "0" / "members-0-2-step-1200.checkpoint").touch()
    (judged / "metrics.json").write_text("{}")
    listed = lt.list_runs(tmp_path / "results").set_index("run")
    assert listed.state.to_dict() == {run.name: "finished", judged.name: "damaged", begun.name: "after step 1,200"}
    assert listed.loc[run.name, ["experiment", "seeds"]].tolist() == ["sine", 3]
    assert "seeds=3" in listed.loc[run.name, "differs"]
    assert listed.loc[run.name, "bytes"] == sum(path.stat().st_size for path in run.rglob("*") if path.is_file())
    assert run_commands.main("list", ["sine", f"--results_dir={tmp_path / 'results'}"]) == 0
    told = capsys.readouterr().out
    assert run.name in told
    assert judged.name not in told
    assert run_commands.main("show", [str(begun)]) == 0
    assert f"{begun}: after step 1,200\n" in capsys.readouterr().out


def test_a_run_is_shown_by_the_name_that_the_list_prints(copied, tmp_path, monkeypatch, capsys):
    run, judged = copied("sine"), copied("claims")
    (judged / "metrics.json").unlink()
    monkeypatch.chdir(tmp_path)
    for flags in ([], ["--results_dir=results"], ["--results_dir=results/runs"]):
        assert run_commands.main("list", flags) == 0
        names = re.findall(r"^(\S+-[0-9a-f]{10}) ", capsys.readouterr().out, re.MULTILINE)
        assert {*names} == {run.name, judged.name}
        for name in names:
            assert run_commands.main("show", [name, *flags]) == 0
            assert f"results/runs/{name}: " in capsys.readouterr().out
        assert run_commands.main("show", ["sine", *flags]) == 0
        capsys.readouterr()


def test_runs_are_removed_after_they_were_shown_and_not_while_they_are_computed(copied, tmp_path, monkeypatch, capsys):
    run, judged = copied("sine"), copied("claims")
    flags = ["--remove", f"--results_dir={tmp_path / 'results'}"]
    assert run_commands.main("list", ["sine", *flags]) == 2
    assert "--yes removes without asking" in capsys.readouterr().err
    monkeypatch.setattr(run_commands.sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda _: "n")
    assert run_commands.main("list", ["sine", *flags]) == 0
    assert run.exists()
    with listing.locked(run / ".lock"):
        assert run_commands.main("list", [*flags, "--yes"]) == 1
    assert "is kept: another process is computing it" in capsys.readouterr().out
    assert (run.exists(), judged.exists()) == (True, False)
    monkeypatch.setattr("builtins.input", lambda _: "y")
    assert run_commands.main("list", ["sine", *flags]) == 0
    assert not run.exists()


def test_the_list_fits_a_terminal(copied, tmp_path, monkeypatch, capsys):
    run = copied("sine")
    monkeypatch.setattr(type(output.console()), "is_terminal", property(lambda _: True))
    for width in range(80, 90):
        monkeypatch.setenv("COLUMNS", str(width))
        assert run_commands.main("list", [f"--results_dir={tmp_path / 'results'}"]) == 0
        lines = Text.from_ansi(capsys.readouterr().out).plain.splitlines()
        assert max(len(line.rstrip()) for line in lines) <= width
        assert any(line.startswith(f"{run.name} ") and line.rstrip().endswith(" …") for line in lines)


def test_where_nothing_was_run_yet_the_list_says_so(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run_commands.main("list", ["sine"]) == 0
    assert capsys.readouterr().out == "No runs of sine here yet\n"
    assert run_commands.main("list", ["--results_dir=nowhere"]) == 2
    assert "nowhere: no such folder" in refusal(capsys)


def test_what_is_no_run_and_what_links_lead_to_is_never_removed(copied, tmp_path, capsys):
    run = copied("sine", "precious")
    runs = tmp_path / "results" / "runs"
    (runs / "model-0123456789").mkdir(parents=True)
    (runs / "model-0123456789" / "config.json").write_text('{"model_type": "other"}')
    (runs / run.name).symlink_to(run)
    (runs / "bert").mkdir()
    assert run_commands.main("list", ["--remove", "--yes", f"--results_dir={tmp_path / 'results'}"]) == 0
    assert capsys.readouterr().out == "No runs here yet\n"
    assert {path.name for path in runs.iterdir()} == {"model-0123456789", run.name, "bert"}
    assert (run / "metrics.json").exists()
    with pytest.raises(OSError, match="is a link"):
        listing.remove(runs / run.name)


def test_a_run_that_is_named_is_one_that_was_asked_for(copied, tmp_path, capsys):
    asked, needed = copied("sine"), copied("sine", "elsewhere")
    target = asked.with_name("sine-0123456789")
    shutil.copytree(needed, target)
    for run, told in ((asked, True), (target, False)):
        known = json.loads((run / "origin.json").read_text())
        (run / "origin.json").write_text(json.dumps({**known, "asked": told}))
    os.utime(target / "metrics.json", (2e9, 2e9))
    assert run_files.find("sine", tmp_path / "results") == [asked, target]
    assert run_commands.main("show", ["sin", f"--results_dir={tmp_path / 'results'}"]) == 2
    assert "did you mean sine?" in refusal(capsys)


@pytest.mark.parametrize(
    "text", ["[{}]", "[3]", "{}", '{"coords": {}, "data_vars": {}, "dims": {}, "attrs": {}}', '{"coords": 3}']
)
def test_claims_that_are_damaged_are_told_in_one_line(text, copied, capsys):
    run = copied("claims")
    (run / "claims.json").write_text(text)
    recorded(run)
    assert run_commands.main("report", [str(run)]) == 1
    assert refusal(capsys)


def renamed(run, name):
    """Names a finished run like a file of somebody else's."""
    target = run.rename(run.with_name(name))
    metrics = read_sealed(target / "metrics.json")
    write_sealed(target / "metrics.json", {**metrics, "run": name})
    return target


@pytest.mark.parametrize("name", ["thesis", "sine-0123456789x"])
def test_a_run_that_is_named_like_a_users_file_writes_none(name, copied, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    run = renamed(copied("sine"), name)
    (tmp_path / f"{name}.html").write_text("mine")
    assert run_commands.main("report", [str(run)]) == 1
    assert "is not the name of a run" in refusal(capsys)
    assert (tmp_path / f"{name}.html").read_text() == "mine"
    lt.Run(run, {"experiment": "sine"}).publish(tmp_path / "published")
    told = json.loads((tmp_path / "published" / "manifest.json").read_text())
    for origin_of_set in (name, str(tmp_path / name), f"../{name}", 3):
        (tmp_path / "published" / "manifest.json").write_text(json.dumps({**told, "origin": origin_of_set}))
        assert run_commands.main("report", ["published"]) == 1
        assert f"{origin_of_set!r} is not the name of a run" in refusal(capsys)
    assert (tmp_path / f"{name}.html").read_text() == "mine"


def test_only_a_page_of_the_same_run_is_replaced(copied, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    run = copied("sine")
    target = tmp_path / f"{run.name}.html"
    other = renamed(copied("sine", "elsewhere"), "sine-0123456789")
    assert run_commands.main("report", [str(other)]) == 0
    foreign = [(tmp_path / f"{other.name}.html").read_bytes(), b"", b"mine", b"\xff" * 5_000]
    for content in foreign:
        target.write_bytes(content)
        capsys.readouterr()
        assert run_commands.main("report", [str(run)]) == 2
        assert f"{run.name}.html: exists; move it elsewhere, or name another file" in refusal(capsys)
        assert target.read_bytes() == content
    target.unlink()
    target.symlink_to(tmp_path / "nowhere")
    assert run_commands.main("report", [str(run)]) == 2
    assert target.is_symlink()
    target.unlink()
    for _ in range(2):
        assert run_commands.main("report", [str(run)]) == 0
        assert target.stat().st_size > 5_000


def test_modules_that_name_no_file_are_left_out(tmp_path, monkeypatch):
    invented = types.ModuleType("invented")
    invented.__file__ = "_ops.py"
    monkeypatch.setitem(sys.modules, "invented", invented)
    study = lt.ask("sine", "--seeds=2")
    (tmp_path / "made").mkdir()
    origin.record(lt.Run(tmp_path / "made", {"experiment": "sine"}), study, origin.Command(Options()), {}, asked=True)
    assert "invented" not in origin.read(tmp_path / "made")["modules"]
