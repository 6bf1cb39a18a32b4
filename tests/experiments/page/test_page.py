"""The command that makes the page, and what is in the file."""

import json
import re
from html.parser import HTMLParser

import pytest
from colors import contrast, over
from hypothesis import given, settings
from rendered import PLAIN, TEXTS

import conftest
from experiments import line
from experiments.page import __main__ as command
from experiments.page import build, charts, runs
from experiments.page.parts import post
from experiments.post import sentences
from lstm_toys.files import sha256
from lstm_toys.markdown import one_line
from lstm_toys.runs.study import Study

ROOT = conftest.ROOT


def test_help_and_wrong_flags_load_nothing_heavy():
    first = "from experiments.page import __main__ as asked"
    printed = conftest.carry_out_without_jax("page", ("--help",), ("--seeds=3",), first=first)
    assert "usage" in printed
    assert printed.endswith("2\n")


def test_without_runs_there_is_no_page_and_one_is_kept(tmp_path, capsys):
    (tmp_path / command.NAME).write_text("an earlier one")
    assert conftest.carry_out(command, [f"--results_dir={tmp_path}"]) == 2
    printed, errors = capsys.readouterr()
    assert errors.count("\n") == 1
    assert "no finished run" in errors
    assert all(runs.told(commands[0]) in " ".join(printed.split()) for commands in runs.COMMANDS.values())
    assert (tmp_path / command.NAME).read_text() == "an earlier one"


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The folder of the only run that there is, of two lines."""
    folder = tmp_path_factory.mktemp("finished")
    assert conftest.carry_out(line.EXPERIMENT, ["--seeds=2", "--steps=60", "--quiet", f"--results_dir={folder}"]) == 0
    (run,) = (folder / "runs").iterdir()
    return run


@pytest.fixture
def results_dir(finished, tmp_path, monkeypatch):
    """A folder of results with that run, of which there is one more on the page."""
    commands = {name: ((name, "--seeds", "2", "--steps", "60"),) for name in ("line", "sine")}
    monkeypatch.setattr(runs, "COMMANDS", commands)
    folder = tmp_path / "results"
    (folder / "runs").mkdir(parents=True)
    (folder / "runs" / finished.name).symlink_to(finished)
    return folder


def test_a_page_is_made_of_the_runs_that_there_are(results_dir, capsys):
    assert conftest.carry_out(command, [f"--results_dir={results_dir}"]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "sine: not on the page, there is no finished run of `python -m experiments.sine --seeds 2" in printed
    text = (results_dir / command.NAME).read_text()
    assert text.count("<article") == 1
    assert "python -m experiments.sine --seeds 2 --steps 60" in text
    assert "data:image/png;base64," in text


def test_only_a_page_that_was_made_here_and_nobody_changed_is_replaced(results_dir, capsys):
    page, asked = results_dir / command.NAME, [f"--results_dir={results_dir}", "--quiet"]
    page.write_text("mine")
    assert conftest.carry_out(command, asked) == 1
    assert page.read_text() == "mine"
    page.unlink()
    assert conftest.carry_out(command, asked) == 0
    (results_dir / "runs" / "other").mkdir()
    assert conftest.carry_out(command, asked) == 0
    with page.open("a") as file:
        file.write("<!-- mine -->")
    assert conftest.carry_out(command, asked) == 1
    assert page.read_text().endswith("<!-- mine -->")
    told = f"{results_dir}: changed since they were published, or not published; move first: index.html\n"
    assert capsys.readouterr().err == 2 * told


def test_a_manifest_of_something_else_is_told_and_kept(results_dir, capsys):
    manifest = results_dir / "manifest.json"
    manifest.write_text('{"name": "mine"}')
    assert conftest.carry_out(command, [f"--results_dir={results_dir}", "--quiet"]) == 1
    errors = capsys.readouterr().err
    assert errors.startswith(f"{manifest}: ")
    assert errors.endswith("; move it elsewhere and run the same command again\n")
    assert manifest.read_text() == '{"name": "mine"}'
    assert not (results_dir / command.NAME).exists()


def test_a_damaged_run_is_told(finished, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(runs, "COMMANDS", {"line": (("line", "--seeds", "2", "--steps", "60"),)})
    copy = tmp_path / "runs" / finished.name
    copy.mkdir(parents=True)
    for path in finished.iterdir():
        if path.is_file():
            (copy / path.name).write_bytes(path.read_bytes())
    (copy / "metrics.json").write_text((copy / "metrics.json").read_text().replace('"seeds": 2', '"seeds": 3'))
    assert conftest.carry_out(command, [f"--results_dir={tmp_path}"]) == 2
    assert "damaged" in capsys.readouterr().err
    assert not (tmp_path / command.NAME).exists()


def test_a_page_that_is_too_large_is_refused(finished, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(runs, "COMMANDS", {"line": (("line", "--seeds", "2", "--steps", "60"),)})
    monkeypatch.setattr(command, "MOST", 1_000)
    (tmp_path / "runs").symlink_to(finished.parent)
    assert conftest.carry_out(command, [f"--results_dir={tmp_path}"]) == 2
    assert "at most 1,000" in capsys.readouterr().err
    assert not (tmp_path / command.NAME).exists()


def test_every_sentence_of_the_post_has_a_section():
    placed = [claim for section in post.SECTIONS for claim in section.claims]
    assert sorted(placed) == sorted(claim.id for claim in sentences.SENTENCES)


def test_every_run_that_is_asked_for_is_one_of_a_command(tmp_path):
    for commands in runs.COMMANDS.values():
        for arguments in commands:
            assert isinstance(runs.planned(arguments, tmp_path), Study)


def test_what_lies_in_an_element_cannot_end_it():
    told = {"label": "</script><!--<script>&"}
    text = str(build.embedded(told))
    assert not set("<>&") & set(text)
    assert json.loads(text) == told
    with pytest.raises(ValueError, match="JSON"):
        build.embedded([float("nan")])


class Elements(HTMLParser):
    """What a browser would find: elements with their attributes, and texts."""

    def __init__(self, page):
        super().__init__()
        self.found = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        self.found.append((tag, None))

    def handle_data(self, data):
        self.found.append(data)

    def handle_comment(self, data):
        self.found.append(("comment", data))


@pytest.fixture(scope="module")
def elements(entries, metrics):
    """Makes a page of one claim that says the same everywhere, and takes it apart."""
    found = runs.FinishedRun("python -m experiments.sine", runs.planned(("sine",), ROOT).run, metrics)
    (entry,) = (each for each in entries if each["id"] == "sine-learned")

    def make(text):
        columns = {kind: {text: next(iter(entry[kind].values()))} for kind in ("null", "controls", "variants")}
        said = dict.fromkeys(("quote", "statistic", "meets"), text)
        told = entry | said | columns | {"verdict": "refuted", "remarks": [f"but {text}"]}
        part = post.made({"sine": "data:,"}, [told], {"sine": found, "claims": found})
        page = build.html([(post.PART, part)], {"x": text})
        page.encode()
        return Elements(page).found

    return make


def instead(found, text):
    """The same elements with another text than the plain one."""
    if isinstance(found, str):
        return found.replace(PLAIN, text)
    if isinstance(found, dict):
        return {name: instead(value, text) for name, value in found.items()}
    return type(found)(instead(each, text) for each in found) if isinstance(found, (list, tuple)) else found


@settings(max_examples=30, deadline=None)
@given(TEXTS.map(str.strip).filter(one_line))
def test_text_is_what_a_reader_of_the_page_sees(elements, text):
    assert elements(text) == instead(elements(PLAIN), one_line(text))


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("ground", ["paper", "raised"])
def test_what_the_picture_draws_stands_out(ground, scheme):
    """From its ground, and from the band where it crosses it; the grid is no more than a help for the eye."""
    drawn = {"trained", "shown", "median", "single", "others", "published", "null", "ink"}
    own = [f"parts/{part.name}.js" for part in command.PARTS if part.script]
    scripts = "".join(str(build.source(name)) for name in ("chart.js", "picture.js", *own))
    blocks = re.findall(r":root \{(.*?)\}", str(build.source("page.css")), re.DOTALL)
    colors = dict(re.findall(r"--([a-z]+): ([^;]+);", blocks[scheme]))
    assert drawn | {"band", "grid", "quiet", "paper"} == colors.keys() & {*re.findall('"([a-z]+)"', scripts)}
    below = over(colors[ground], None)
    band = over(colors["band"], below)
    faint = {
        (name, behind)
        for name in (*drawn, "quiet")
        for behind in (below, band)
        if contrast(over(colors[name], behind), behind) < 3
    }
    assert not faint


def test_a_drawing_shows_every_network_and_says_what_lies_beyond():
    numbers = [*(0.1 + 0.001 * each for each in range(62)), 40.0, None]
    entry = {
        "per_seed": numbers,
        "counted": 64,
        "against_per_seed": None,
        "threshold": {"low": None, "high": 0.12, "against": None},
        "published": {"value": 0.3},
        "null": {"copy": {"value": 0.0}},
        "controls": {"untrained networks": {"per_seed": [0.2, 0.21]}},
    }
    drawn = charts.drawing(entry)
    networks, untrained = drawn["rows"]
    assert len(networks["dots"]) == 63
    assert len(untrained["dots"]) == 2
    assert (networks["beyond"], untrained["beyond"]) == (1, 0)
    left, right = drawn["region"]
    assert left == drawn["left"]
    inside = sum(x <= right for x, _ in networks["dots"])
    assert inside == pytest.approx(21, abs=3)  # Dots stand in columns.
    places = {mark["kind"]: mark["place"] for mark in drawn["marks"]}
    assert drawn["left"] <= places["null"] < right < places["published"] <= drawn["right"]
    assert all(drawn["left"] <= tick["place"] <= drawn["right"] for tick in drawn["ticks"])


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (-3e-7, 2e-7), (0.0, 14_000.0)])
def test_ticks_are_round_and_few(low, high):
    found = charts.ticks(charts.Scale(low, high))
    assert 3 <= len(found) <= 8
    assert all(low <= tick <= high for tick in found)


def test_the_committed_page_is_recognized_as_made_by_the_command():
    published = json.loads((ROOT / "results" / "manifest.json").read_text())
    assert published == {"origin": "page", "files": {command.NAME: sha256(ROOT / "results" / command.NAME)}}


def test_the_committed_page_is_of_todays_scripts():
    text = (ROOT / "results" / command.NAME).read_text(encoding="utf-8")
    own = (f"parts/{part.name}.js" for part in command.PARTS if part.script)
    for name in ("page.css", *build.SCRIPTS, *build.WORKERS, *own):
        assert str(build.source(name)).strip() in text, f"{name} has changed: python -m experiments.page"
