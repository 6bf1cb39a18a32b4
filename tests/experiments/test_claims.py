"""The command that judges the claims, over runs that were made by hand; and those of a module of one's own."""

import dataclasses
import json
import re
import shlex
import sys
from itertools import combinations
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from drawn import assert_legible, texts
from matplotlib.image import imread
from rendered import rendered

import lstm_toys as lt
from conftest import carry_out, finished_without_jax, located, rarely
from experiments import amplitude, sine
from experiments.post import claims as post_claims
from experiments.post import other_cells
from experiments.post.claims import CLAIMS
from lstm_toys.cli import claims
from lstm_toys.figures import COLORS
from lstm_toys.networks import training
from lstm_toys.networks.stack import Stack
from lstm_toys.populations.train import Population
from lstm_toys.results import arrays, storage
from lstm_toys.statistics import intervals
from lstm_toys.studies.claims import computation as judging
from lstm_toys.studies.claims import figures, report, trial
from lstm_toys.studies.claims.declaration import DURING, NETWORKS
from lstm_toys.studies.claims.kept import Kept
from lstm_toys.studies.claims.settings import ClaimSettings
from lstm_toys.studies.training import computation
from lstm_toys.tasks import families

README = Path(__file__).parents[2] / "README.md"
VARIED = ("seeds", "steps", "readout", "hidden", "numbers", "base_seed")


def test_the_command_is_told_whatever_files_are_called():
    asked = ClaimSettings("claims", 4, 0, False, (), ())
    told = rendered(claims.made_by(asked, "mine", {"sine": Path("a`b|<img src=x>*c*.nc")}, trained=False))
    assert told == (
        "<p>Made by <code>python -m experiments.claims --claims mine --seeds 4 --base_seed 0 --answers "
        "'sine=a`b|&lt;img src=x&gt;*c*.nc'</code>. The answers of sine are those in a`b|&lt;img src=x&gt;*c*.nc, "
        "without controls and variants.</p>\n"
    )


def make_by_hand(study, _, seconds):
    """Instead of training: networks that answer what they are shown, but for an error of a seed's own; one diverged."""
    run, experiment, settings = study.run, study.experiment, study.settings
    x = families.time_points(settings.timesteps)
    task = experiment.task(x)
    numbers = {name: jnp.float32(value) for name, value in settings.numbers}
    examples = task.examples(jax.random.key(0), numbers)
    probes = experiment.probes(x)
    errors = 0.01 * np.arange(settings.seeds)
    shown = np.concatenate([examples.inputs[:1], *(probe.inputs for probe in probes)])
    if not task.sequence:
        truth = [[probe.parameters[name] for name in task.output_features] for probe in probes]
        asked = np.concatenate([np.broadcast_arrays(*columns) for columns in truth], axis=1).T
        shown = np.concatenate([examples.targets[:1], asked])
    answers = shown + errors.reshape(-1, *[1] * shown.ndim)
    steps = np.unique([0, settings.steps])
    sound = training.LastGood(np.where(np.arange(settings.seeds) == 1, -1, steps[-1]), {}, np.ones(settings.seeds))
    loss = np.broadcast_to(errors[:, None], (settings.seeds, len(steps)))
    rmse = np.broadcast_to(loss[:, :, None], (*loss.shape, len(task.output_features)))
    kept = (np.empty(0, int), np.empty((len(loss), 0)))
    made = Population(task, Stack(1), {int(steps[-1]): sound}, steps, loss, rmse, *kept, 4, {}, 0)
    attributes = {"flags": settings.as_dict(), "fingerprint": {}, "earlier_fingerprints": []}
    probed = {"": answers[:, 1:]}
    labeled = arrays.dataset(made, np.asarray(x), experiment.span, examples, answers[:, 0], probes, probed, attributes)
    storage.save_results(labeled, run.results)
    seconds.clear()
    seconds["train"] = 2.0
    return {"files": [run.results.name], "train_mse": [], "seeds": settings.seeds}


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    """The arguments of a command that was carried out, and its folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(post_claims, "CLAIMS", dataclasses.replace(CLAIMS, during={}))  # What is kept is not made.
        folder = tmp_path_factory.mktemp("judged")
        arguments = ["--seeds=3", f"--results_dir={folder}"]
        with pytest.MonkeyPatch.context() as by_hand:
            by_hand.setattr(computation, "execute", make_by_hand)
            assert carry_out(claims, [*arguments, "--quiet"]) == 0
        (run,) = (folder / "runs").glob("claims-*")
        yield arguments, run


def test_every_claim_is_judged_in_every_column(judged):
    entries = json.loads((judged[1] / "claims.json").read_text())
    assert [entry["id"] for entry in entries] == [*CLAIMS.ids]
    told = {entry["id"]: entry for entry in entries}
    np.testing.assert_allclose(told["sine-learned"]["per_seed"][::2], [0.0, 0.02], atol=1e-6)
    assert told["sine-learned"]["per_seed"][1] is None
    assert (told["sine-learned"]["diverged"], told["sine-learned"]["excluded"]) == ([1], [])
    assert told["valley-phase"]["excluded"] == [1]
    assert list(told["sine-learned"]["controls"]) == list(CLAIMS.controls)
    assert told["line-one-layer"]["controls"] == {}
    assert all(entry["variants"] == {} for entry in entries)
    assert all(list(entry["null"]) == ["copy", "clipped copy"] for entry in entries if entry["id"] != "hill-y-longer")
    assert {name for name, entry in told.items() if entry["published"]} == {
        *("sine-learned", "lines-sine-phase", "lines-same-factor", "lines-nonlinear", "learned-between"),
        *("valley-amplitude", "valley-phase", "amplitude-inside", "amplitude-diverges", "slope-negative"),
        *("temporal-dependency", "amplitude-diverges-from", "slope-inside"),
    }


def test_the_table_and_the_figure_hold_every_claim(judged):
    table = (judged[1] / "claims.md").read_text()
    assert all(f"### {name}" in table for name in CLAIMS.ids)
    assert "made by `python -m experiments.claims --seeds 3 --base_seed 0`" in table
    assert "14 s (networks), 2 s (untrained networks)" in table
    height, width, _ = imread(judged[1] / "claims.png").shape
    assert height > width > 1_000
    figure = figures.draw_numbers(json.loads((judged[1] / "claims.json").read_text()))
    written = " ".join(text.get_text() for text in figure.texts)
    assert all(name in written for name in CLAIMS.ids)


def test_the_forest_has_a_row_a_claim_with_its_share_and_interval(judged):
    entries = json.loads((judged[1] / "claims.json").read_text())
    (axes,) = figures.draw(entries).axes
    rows = {}
    for line in axes.lines:
        if line.get_marker() == "s":
            rows[line.get_ydata()[0]] = (line.get_color(), None, line.get_xdata()[0])
    for line in axes.lines:
        if line.get_color() in figures.TINTS.values() and line.get_linewidth() == 2:
            color, _, share = rows[line.get_ydata()[0]]
            rows[line.get_ydata()[0]] = (color, list(line.get_xdata()), share)
    drawn = [rows[height] for height in sorted(rows, reverse=True)]
    expected = sorted(entries, key=lambda entry: ("supported", "refuted", "undecided").index(entry["verdict"]))
    assert drawn == [(figures.TINTS[entry["verdict"]], entry["interval"], entry["share"]) for entry in expected]
    written = [text.get_text() for text in figures.draw(entries).texts]
    places = [written.index(entry["id"]) for entry in expected]
    assert places == sorted(places)
    for place, entry in zip(places, expected, strict=True):
        assert written[place + 2] == f"{report.percent(entry['share'])} {report.percents(entry['interval'])}"


def test_the_forest_is_legible_where_a_page_is_830_pixels_wide(judged):
    figure = figures.draw(json.loads((judged[1] / "claims.json").read_text()))
    assert_legible(figure)
    shrunk = 830 / (figure.get_figwidth() * figure.dpi)
    assert min(text.get_fontsize() for text in texts(figure)) * figure.dpi / 72 * shrunk >= 12


def test_the_figure_shows_every_network_and_what_it_is_held_against(judged):
    entries = json.loads((judged[1] / "claims.json").read_text())
    (entry,) = (each for each in entries if each["id"] == "sine-learned")
    (axes,) = figures.draw_numbers([entry]).axes
    lines = {(line.get_marker(), line.get_color()): line.get_xdata() for line in axes.lines if len(line.get_xdata())}
    dots = lines["o", COLORS["b"]]
    np.testing.assert_array_equal(dots, [number for number in entry["per_seed"] if number is not None])
    np.testing.assert_array_equal(lines["D", COLORS["r"]], [entry["published"]["value"]])
    np.testing.assert_array_equal(lines["x", "black"], [0.0])
    assert entry["threshold"]["high"] in [
        places[0] for places in (line.get_xdata() for line in axes.lines) if len(places)
    ]
    assert axes.get_xlim()[0] < 0 < 0.03 < axes.get_xlim()[1]


@pytest.mark.long
def test_the_same_command_again_only_tells_without_jax(judged):
    before = (judged[1] / "claims.json").stat().st_mtime_ns
    told = finished_without_jax("claims", *judged[0])
    assert "already finished" in told
    assert all(name in told for name in CLAIMS.ids)
    table = told.split("the claims of the post")[1].split("the runs took")[0]
    assert max(map(len, table.splitlines())) <= 80
    assert "sine-learned: diverged and counted as not meeting it: seeds 1" in told
    controls = told.split("the share of controls that meet them")[1].split("\n\n")[0]
    assert all(word in controls for name in CLAIMS.controls for word in name.split())
    assert re.search(r"lines-nonlinear +0% +0% +0%", controls)
    assert (judged[1] / "claims.json").stat().st_mtime_ns == before


@pytest.mark.long
def test_it_is_drawn_again_and_published(judged, monkeypatch):
    monkeypatch.setattr(computation, "execute", None)
    before = {name: (judged[1] / name).stat().st_mtime_ns for name in ("claims.json", "claims.png")}
    assert carry_out(claims, [*judged[0], "--replot", "--quiet", "--publish"]) == 0
    after = {name: (judged[1] / name).stat().st_mtime_ns for name in before}
    assert after["claims.json"] == before["claims.json"]
    assert after["claims.png"] > before["claims.png"]
    published = judged[1].parents[1] / "claims"
    names = {"claims.json", "claims.md", "claims.png", "numbers.png", "metrics.json", "manifest.json"}
    assert {path.name for path in published.iterdir()} == names


@pytest.mark.long
def test_it_is_judged_again_from_runs_that_are_finished(judged, monkeypatch):
    metrics, populations = json.loads((judged[1] / "metrics.json").read_text()), []

    def judge(study, *_):
        assert not study.run.finished
        populations.extend(each.run.folder.name for each in study.needs.values())
        return {name: metrics[name] for name in metrics if name != "sha256"}

    monkeypatch.setattr(computation, "execute", None)
    monkeypatch.setattr(judging, "execute", judge)
    assert carry_out(claims, [*judged[0], "--restart", "--quiet"]) == 0
    assert len(populations) == 7 + 1 + 1


def planned(*arguments):
    """What a command would do: its run, and the settings of the runs that it needs, by column and population."""
    (work,) = claims.plan(arguments).studies
    return work.run, {key: each.run.settings for key, each in work.needs.items()}


def test_the_columns_differ_in_what_they_are_named_after():
    _, needs = planned("--seeds=5", "--base_seed=7", "--variants")
    usual = {name: each for (column, name), each in needs.items() if column == NETWORKS}
    assert usual["hill_one_layer"] == dataclasses.replace(usual["hill"], hidden=())
    assert {(each.seeds, each.base_seed, each.readout) for each in usual.values()} == {(5, 7, "cell")}
    needs = {key: each for key, each in needs.items() if key[0] != DURING}
    changes = {
        (column, name): {
            field: getattr(each, field) for field in VARIED if getattr(each, field) != getattr(usual[name], field)
        }
        for (column, name), each in needs.items()
    }
    equal = {column for column, _ in changes if column.endswith(" at equal loss")}
    assert {needs[column, name] for column, name in needs if column in equal} == {
        needs[column, name] for column, name in needs if f"{column} at equal loss" in equal
    }
    # Two populations have no layer that could be larger.
    cells = 3 * 7 + 2 * 5 - len(other_cells.UNLEARNED)
    assert len(changes) == 7 * 4 + 2 + 2 * cells
    assert changes["untrained networks", "sine"] == {"steps": 0}
    assert changes["networks trained on A = 0.6", "sine"] == {"numbers": (("amplitude", 0.6),)}
    assert changes["dense readout", "sine"] == {"readout": "dense"}
    assert changes["dense readout", "line"] == {"readout": "dense", "hidden": (32,)}
    assert needs["dense readout", "hill"].learning_rate == 0.3
    assert changes["a tenth of the steps", "amplitude"] == {"steps": 150}
    assert changes["ten times the steps", "slope_intercept"] == {"steps": 50_000, "seeds": 2}
    assert {column for column, _ in planned()[1]} - {DURING} == {NETWORKS, *CLAIMS.controls}


NEEDS = {
    "line-one-layer": {(NETWORKS, "line")},
    "hill-second-layer": {(NETWORKS, "hill"), (NETWORKS, "hill_one_layer")},
    "hill-y-longer": {(NETWORKS, "hill"), (NETWORKS, "hill_y")},
    "slope-large,line-one-layer": {(NETWORKS, "line"), (NETWORKS, "slope_intercept")},
    "valley-phase": {(column, "sine") for column in (NETWORKS, *CLAIMS.controls)},
}


@pytest.mark.parametrize("only", ["hill-y-longer", *rarely(*sorted({*NEEDS} - {"hill-y-longer"}))])
def test_only_what_some_claims_need_is_trained(only):
    run, needs = planned(f"--only={only}")
    assert needs.keys() - {(DURING, "sine")} == NEEDS[only]
    assert {*run.settings.only} == {*only.split(",")}
    assert run != planned()[0]


def test_networks_that_learned_nothing_are_not_trained_for_a_claim_that_networks_fail():
    _, needs = planned("--claims=experiments.papers.counting", "--only=gru-does-not-count-on")
    assert needs.keys() == {(NETWORKS, "gru")}


@pytest.mark.long
def test_all_claims_by_name_are_all_claims():
    reordered = ",".join(reversed(CLAIMS.ids))
    assert planned(f"--only={reordered}")[0] == planned()[0] == planned("--only=all")[0]
    assert planned("--claims=experiments.post.claims")[0] == planned()[0]


def judgment(folder, *arguments, seeds=3):
    """The entries of claims that a command judged, by id, its table, and the folder of its run."""
    before = {*(folder / "runs").glob("*")}
    assert carry_out(claims, [*arguments, f"--seeds={seeds}", f"--results_dir={folder}", "--quiet"]) == 0
    (run,) = {*(folder / "runs").glob("claims*")} - before
    entries = json.loads((run / "claims.json").read_text())
    return {entry["id"]: entry for entry in entries}, (run / "claims.md").read_text(), run


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder, where nothing is trained."""
    monkeypatch.setattr(computation, "execute", None)
    return tmp_path


def alike(first, second):
    """What given answers cannot change; there are fewer claims."""
    others = ("controls", "remarks", "simultaneous")
    return [{name: each[name] for name in each if name not in others} for each in (first, second)]


@pytest.mark.parametrize(
    ("population", "experiment", "ids"),
    [
        ("sine", sine.EXPERIMENT, ("sine-learned", "lines-nonlinear", "valley-phase", "frequency-copied")),
        *rarely(("amplitude", amplitude.EXPERIMENT, ("amplitude-inside", "amplitude-diverges"))),
    ],
)
def test_given_answers_are_judged_as_those_of_networks(judged, folder, population, experiment, ids):
    """Those of the run itself, and the same numbers as any model would give them."""
    reference = {entry["id"]: entry for entry in json.loads((judged[1] / "claims.json").read_text())}
    path = located(claims.plan(judged[0]).studies[0].needs[NETWORKS, population]) / "results.nc"
    results = storage.load_results(path)
    answers = np.concatenate([results.train_answer.values[:, None], results.answer.values], axis=1)
    answers[results.diverged.values] = np.nan
    labeled = folder / "labeled.nc"
    lt.save_results(lt.labeled(experiment, answers), labeled)
    np.testing.assert_array_equal(lt.curves_of(experiment)[1:], results.input)
    for file in (path, labeled):
        entries, table, run = judgment(folder, f"--only={','.join(ids)}", f"--answers={population}={file}")
        assert {*entries} == {*ids}
        for name, entry in entries.items():
            ours, theirs = alike(entry, reference[name])
            assert ours == theirs
            assert entry["controls"] == {}
        assert f"--answers {shlex.quote(f'{population}={file}')}`" in table
        assert f"The answers of {population} are those in {file.name}, without controls and variants" in table
        assert not [*folder.glob(f"runs/{population}-*")]
    assert json.loads((run / "config.json").read_text())["answers"] == [[population, lt.files.sha256(labeled)]]


def spoiled(results):
    """Answers to other curves, in several ways, and what is said of them."""
    other = results.copy(deep=True)
    other.input.values[3, 7] += 1e-3
    yield other, "input has different values"
    other = results.copy(deep=True)
    other.input.values[3, 7] += 1e-8
    yield other, None
    yield results.assign_coords(feature=["z"]), "feature has different values"
    yield results.isel(curve=slice(1, None)), "input has the axes (curve 28, time 100, feature 1), not (curve 29,"
    yield results.isel(seed=0), "answer has the axes (curve 29, time 100, feature 1), not (seed, curve 29,"
    yield results.isel(time=slice(50)), "has the axes (curve 29, time 50, feature 1), not (curve 29, time 100,"
    yield results.drop_vars("family"), "family is missing"
    yield results.drop_vars("train_answer"), "is not a file of answers: train_answer is missing"


def test_answers_to_other_curves_are_refused_before_anything_is_trained(folder, capsys):
    right = lt.labeled(sine.EXPERIMENT, 0.5 * lt.curves_of(sine.EXPERIMENT)[None])
    for results, said in spoiled(right):
        lt.save_results(results, folder / "mine.nc")
        arguments = ["--only=valley-phase,sine-learned", f"--answers=sine={folder / 'mine.nc'}", "--quiet"]
        code = carry_out(claims, [*arguments, f"--results_dir={folder / 'results'}"])
        error = capsys.readouterr().err
        if said is None:
            assert code == 0
            continue
        assert code == 2
        assert error.startswith(f"answers of sine: {folder / 'mine.nc'}")
        assert said in error
        assert error.count("\n") == 1
    assert len([*(folder / "results" / "runs").iterdir()]) == 1


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--steps", "10"], "steps"),
        (["--replot"], "there is no finished run to redraw"),
        (["--only=sine-learned,valley"], "unknown claim 'valley'; available: line-one-layer, hill-second-layer,"),
        (["--only="], "flag --only=: takes names of claims"),
        (["--claims=experiments.line"], "experiments.line declares no CLAIMS"),
        (["--answers=sine=a.nc", "--answers=sine=b.nc"], "flag --answers: population sine has two files; give one"),
        (["--answers=sine"], "flag --answers=sine: takes NAME=FILE"),
        (["--answers=sine=nowhere.nc"], "flag --answers=sine=nowhere.nc: No such file or directory"),
        (["--answers=sine=/dev/zero"], "flag --answers=sine=/dev/zero: is not a regular file"),
        (["--answers=cosine=README.md"], "no claim uses a population 'cosine'; the claims use line, hill,"),
        (
            ["--only=slope-large", "--answers=sine=README.md"],
            "uses a population 'sine'; the claims use slope_intercept",
        ),
        (["--only=sine-learned", f"--answers=sine={README}"], "README.md is not a file of answers: "),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(arguments, told, tmp_path, capsys):
    assert carry_out(claims, [*arguments, f"--results_dir={tmp_path / 'results'}"]) == 2
    error = capsys.readouterr().err
    assert told in error
    assert error.count("\n") == 1
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize("only", ["hill-y-longer", "identity"])
def test_claims_that_given_answers_cannot_serve_are_refused(folder, capsys, only):
    """They have no history; and seed i of one population is held beside seed i of another."""
    hill = CLAIMS.populations["hill"][0]
    lt.save_results(lt.labeled(hill, lt.curves_of(hill)[None]), folder / "hill.nc")
    arguments = [f"--only={only}", f"--answers=hill={folder / 'hill.nc'}", "--seeds=3", f"--results_dir={folder}"]
    assert carry_out(claims, arguments) == 2
    said = {
        "hill-y-longer": f"claim hill-y-longer: {folder / 'hill.nc'} lacks history of hill; use --only to select",
        "identity": "claim identity combines populations, which must have equally many networks, not 3 of",
    }[only]
    assert capsys.readouterr().err.startswith(said)
    assert not (folder / "runs").exists()


@pytest.mark.long
def test_a_damaged_list_is_told(judged, capsys):
    path = judged[1] / "claims.json"
    whole = path.read_text()
    path.write_text(whole[:100])
    assert carry_out(claims, judged[0]) == 1
    path.write_text(whole)
    said = f"{path}: is damaged or belongs to another run: it is not what this run wrote; --restart runs it again"
    assert said in capsys.readouterr().err


@pytest.mark.long
def test_a_damaged_population_is_told(judged, capsys):
    """Which claims cannot run again; but once it is gone, it is made again."""
    path = next(judged[1].parent.glob("line-*/results.nc"))
    whole = path.read_bytes()
    path.write_bytes(whole[:100])
    assert carry_out(claims, [*judged[0], "--restart", "--quiet"]) == 1
    path.write_bytes(whole)
    errors = capsys.readouterr().err
    assert errors.count("\n") == 1
    assert f"{path}: is damaged" in errors
    assert "remove its folder and run the same command again" in errors
    assert carry_out(claims, [*judged[0], "--quiet"]) == 0


def test_help_tells_the_flags_that_it_takes(capsys):
    assert carry_out(claims, ["--help"]) == 0
    output = capsys.readouterr().out
    assert "--[no]variants" in output
    assert "declares CLAIMS: experiments.papers.counting, experiments.papers.memory, experiments.post.claims" in output
    assert "--steps" not in output


MINE = """
import dataclasses

import numpy as np

import lstm_toys as lt


def task(x):
    return lt.reproduce("line", {"slope": 0.3, "intercept": 0.1}, x)


def probes(x):
    return [lt.probe("steeper", "line", {"slope": np.array([0.6, 0.9]), "intercept": 0.1}, x)]


EXPERIMENT = lt.Experiment(
    name="mine",
    doc="One line.",
    defaults={"steps": 3, "learning_rate": 0.1, "hidden": "2", "timesteps": 12},
    goal=lt.Goal(rmse=0.03),
    task=task,
    probes=probes,
    draw=lambda results, companions: {},
)


def error(lines):
    return lt.per_curve(lines, lt.measures.rmse).mean(axis=1)


def last(*sets):
    return np.concatenate([lines.answer.values[:, :, -1, 0] for lines in sets], axis=1).max(axis=1)


def loss(history):
    return history.train_loss.values[:, -1]


def three_units(name, settings):
    return dataclasses.replace(settings, hidden=(3,), keep_steps=(1, 2)) if name == "few" else None


def untrained(name, settings):
    return dataclasses.replace(settings, steps=0) if name == "few" else None


STEEPER = lt.Source("few", "steeper")
CLAIMS = lt.Claims(
    title="what I think of lines in $x$",
    claims=(
        lt.Claim("steeper", "Steeper lines cost $1", "mean RMSE", error, (STEEPER,), high=1e-3),
        lt.Claim("small", "Answers are small", "last", last, (STEEPER, lt.Source("few", "training")), high=0.999),
        lt.Claim("sooner", "More steps, less loss", "loss", loss, (lt.Source("few", "history"),), against="more"),
    ),
    populations={"few": (EXPERIMENT, []), "more": (EXPERIMENT, ["--steps=6"]), "none": (EXPERIMENT, ["--steps=0"])},
    about="lines",
    controls={"untrained networks": untrained},
    variants={
        "three units": three_units,
        "three units that learned": lt.Variant(three_units, "learned"),
        "three units at equal loss": lt.Variant(three_units, "equal loss"),
    },
    during={"few": (1, 2, 3)},
)
"""


@pytest.fixture(scope="module")
def mine(tmp_path_factory):
    """A folder with claims of one's own, to be in, and what was printed when some were judged, with variants."""
    folder = tmp_path_factory.mktemp("mine")
    (folder / "mine_claims.py").write_text(MINE)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        patch.chdir(folder)
        yield folder
    sys.modules.pop("mine_claims", None)


def test_variants_that_none_are_declared_of_are_refused(mine, capsys):
    text = "import dataclasses, mine_claims\nCLAIMS = dataclasses.replace(mine_claims.CLAIMS, variants={})\n"
    (mine / "mine_plain.py").write_text(text)
    assert carry_out(claims, ["--claims=mine_plain", "--variants"]) == 2
    assert capsys.readouterr() == ("", "flag --variants: mine_plain declares no variants\n")


@pytest.fixture(scope="module")
def own(mine):
    """The entries of two claims of one's own, the table, and the folder of the run."""
    return judgment(mine, "--claims=mine_claims", "--only=small,steeper", "--variants", seeds=6)


def test_claims_of_ones_own_are_judged(mine, own):
    entries, table, run = own
    assert run.name.startswith("claims_mine_claims-")
    assert list(entries) == ["steeper", "small"]
    assert {each.name.rpartition("-")[0] for each in (mine / "runs").iterdir()} == {"mine", "claims_mine_claims"}
    assert len([*(mine / "runs").glob("mine-*")]) == 4
    files = mine.glob("runs/mine-*/*.nc")
    (file,) = (each for each in files if json.loads((each.parent / "config.json").read_text())["steps"] == 0)
    labeled = storage.load_results(file)
    rmse = np.sqrt(np.square(labeled.answer - labeled.input)[:, :, labeled.time >= 0.1].mean(["time", "feature"]))
    np.testing.assert_allclose(
        entries["steeper"]["controls"]["untrained networks"]["per_seed"], rmse.mean("curve"), rtol=1e-5
    )
    assert entries["steeper"]["verdict"] == "refuted"
    assert entries["steeper"]["remarks"] == ["a copy of the input meets it: the networks do not do what a copy does"]
    assert entries["small"]["verdict"] == "supported"
    assert "a clipped copy" not in str(entries["small"]["remarks"])
    assert entries["small"]["remarks"][-1] == "untrained networks meet it too"
    assert entries["small"]["variants"]["three units"]["difference"] == 0.0
    assert table.startswith("# What I think of lines in \\$x\\$\n")
    assert "--claims mine_claims --seeds 6 --base_seed 0 --only steeper,small --variants`" in table
    assert {path.name for path in run.glob("*.png")} == {"claims.png", "during.png", "numbers.png", "variants.png"}


def test_networks_during_training_are_those_of_a_training_of_their_own(own):
    """The networks of three steps are those that the claims are about; those of fewer are trained here."""
    entries, _, _ = own
    assert entries["steeper"]["during"]["steps"] == [1, 2, 3]
    at_once = intervals.simultaneous(3)
    for entry in entries.values():
        shares, numbers = entry["during"]["share"], np.array(entry["per_seed"])
        assert shares[-1] == entry["share"]
        assert entry["during"]["median"][-1] == entry["median"]
        met = int((numbers <= entry["threshold"]["high"]).sum())
        np.testing.assert_allclose(entry["during"]["interval"][-1], intervals.clopper_pearson(met, 6, at_once)[1:])


def test_a_network_at_equal_loss_is_the_first_kept_one_that_is_as_good(mine, own):
    """Against trainings of as many steps, of the seed alone."""
    assert own
    arguments = ["--claims=mine_claims", "--only=steeper,small", "--variants", "--seeds=6", f"--results_dir={mine}"]
    needs = claims.plan(arguments).studies[0].needs
    work, usual = needs["three units at equal loss", "few"], needs[NETWORKS, "few"]
    located(work), located(usual)
    experiment, labeled = work.experiment, storage.load_results(work.run.results)
    loss = float(np.median(storage.load_results(usual.run.results).train_loss.values[:, -1]))
    found = Kept(experiment, work.run).at_loss(loss)
    losses = labeled.train_loss.sel(step=[1, 2, 3]).values
    x = lt.time_points(12)
    (probe,) = experiment.probes(x)
    for seed in range(6):
        reached = np.flatnonzero(losses[seed] <= loss)
        assert found.learned.values[seed] == bool(len(reached))
        steps = int(reached[0]) + 1 if len(reached) else 3
        trained = lt.train(
            experiment.task(x), lt.Stack(features=1, hidden=(3,)), seeds=6, steps=steps, learning_rate=0.1
        )
        answers = lt.answers(trained.model, trained.params, probe.inputs)
        np.testing.assert_array_equal(found.answer.values[seed], answers[seed])


def test_only_networks_that_learned_are_compared(own):
    """None reaches the goal within three steps, so that nothing is left to compare."""
    entries, table, _ = own
    variant = entries["small"]["variants"]["three units that learned"]
    assert (variant["counted"], variant["unlearned"], variant["difference"]) == (0, [*range(6)], None)
    assert "Not counted, since they did not learn: 6 of three units that learned" in table


def test_claims_are_tried_on_results_as_those_of_runs_are(mine, own):
    assert own
    arguments = ["--claims=mine_claims", "--only=steeper,small", "--variants", "--seeds=6", f"--results_dir={mine}"]
    for work in claims.plan(arguments).studies[0].needs.values():
        made, trained = trial.made(work.experiment, work.settings), storage.load_results(located(work) / "results.nc")
        assert {name: (made[name].dims, made[name].dtype) for name in made.variables} == {
            name: (trained[name].dims, trained[name].dtype) for name in trained.variables
        }
        assert {**made.sizes, "seed": 6} == dict(trained.sizes)
        np.testing.assert_array_equal(made.step, trained.step)


def test_claims_of_ones_own_without_published_answers_mention_none(judged, own):
    for entries, table, mentioned in (
        (json.loads((judged[1] / "claims.json").read_text()), (judged[1] / "claims.md").read_text(), True),
        ([*own[0].values()], own[1], False),
    ):
        (legend,) = figures.draw_numbers(entries).legends
        told = {text.get_text() for text in legend.get_texts()}
        assert ("the published network" in told) == mentioned
        assert ("published" in table) == mentioned
        assert {"copy of the input", "one network each", "untrained networks"} <= told


def test_the_words_of_a_claim_have_room(judged):
    entries = json.loads((judged[1] / "claims.json").read_text())[:3]
    entries[0]["remarks"] = 9 * ["a remark that takes more than the height of a row"]
    for draw in (figures.draw, figures.draw_numbers):
        figure = draw(entries)
        figure.draw_without_rendering()
        boxes = [text.get_window_extent() for text in figure.texts]
        assert not [1 for one, other in combinations(boxes, 2) if one.overlaps(other)]


def with_variants(entry, **changes):
    """An entry with variants whose share differs by so many points of 100, in all cases by 5 more or less."""
    variants = {
        name.replace("_", " "): {"difference": each / 100, "difference_interval": [(each - 5) / 100, (each + 5) / 100]}
        for name, each in changes.items()
    }
    return entry | {"variants": variants}


def test_the_figure_of_variants_draws_changes_alone(own):
    first, second = own[0].values()
    entries = [
        with_variants(first, gru=-40, ten_times=2, gru_as_large=30, other_gates=0),
        with_variants(second, gru=1, ten_times=20, other_gates=-1),
        with_variants(first, gru=3, ten_times=1, other_gates=0) | {"id": "the same"},
    ]
    figure = figures.draw_variants(entries)
    (axes,) = figure.axes
    assert [label.get_text() for label in axes.get_xticklabels()] == ["gru", "gru as\nlarge", "ten times"]
    told = [label.get_text() for label in axes.get_yticklabels()]
    assert told == [f"“{entry['quote']}” {entry['share']:.0%}".replace("$", r"\$") for entry in entries[:2]]
    written = {text.get_position(): text.get_text() for text in axes.texts}
    assert written == {
        (0, -0.14): "−40",
        (0, 0.24): "−45 … −35",
        (1, -0.14): "+30",
        (1, 0.24): "+25 … +35",
        (2, 0): "·",
        (0, 1): "·",
        (2, 0.86): "+20",
        (2, 1.24): "+15 … +25",
    }
    assert "no change of the same; no change with other gates" in " ".join(figure.get_supxlabel().split())
    assert_legible(figure)


def test_a_figure_of_variants_without_a_change_is_drawn(own, tmp_path):
    figure = figures.draw_variants([with_variants(each, gru=0) for each in own[0].values()])
    assert_legible(figure)
    lt.figures.save(figure, tmp_path / "variants.png")
    assert [text.get_text() for text in figure.axes[0].texts] == ["·", "·"]


def test_what_was_judged_of_ones_own_claims_is_told_without_training(mine, own, capsys):
    assert own
    arguments = ["--claims=mine_claims", "--only=steeper,small", "--variants", "--seeds=6", f"--results_dir={mine}"]
    assert carry_out(claims, arguments) == 0
    told = capsys.readouterr().out
    assert "already finished" in told
    assert "with intervals for all 2 claims at once (Clopper-Pearson, Bonferroni)" in told
    assert "75% of 16, 62% of 64, 56% of 256 networks" in told
    assert "what I think of lines in $x$, in 6 networks each" in told
    assert "with three units no share differs" in told


BASELINE = 'high=1e-3, baselines=(lt.Baseline("no", {}),))'
ZERO = "steps=0) if"
RETURNED = "return dataclasses.replace(settings, steps=0)"
LOSS = "history.train_loss.values[:, -1]"
WRONG = [
    ('STEEPER = lt.Source("few", "steeper")', 'STEEPER = lt.Source("few", "steep")', "few has no curves 'steep'; it"),
    *rarely(
        (LOSS, "history.loss", "claim sooner: loss raises AttributeError: 'Dataset' object"),
        ("--steps=6", "--stps=6", "flag --claims=other_claims: population more: Unknown command line flag 'stps'"),
        ('["--steps=6"]', '["--seeds=3"]', "population more: it changes --seeds or --base_seed"),
        ("hidden=(3,)", "units=3", "flag --claims=other_claims: three units: TypeError: "),
        ('against="more"', 'against="mor"', "claim 'sooner' uses 'mor', but the populations are few, more,"),
        (ZERO, "steps=-5) if", "other_claims: untrained networks: flag --steps=-5: takes a whole number"),
        (ZERO, 'optimizer="adm") if', "untrained networks: flag --optimizer=adm: takes"),
        (ZERO, 'learning_rate=float("nan")) if', "untrained networks: flag --learning_rate=nan: takes"),
        (RETURNED, "return {}", "untrained networks: TypeError: returns dict,"),
        (RETURNED, "return exit()", "untrained networks: SystemExit"),
        ("high=1e-3)", BASELINE.format('last, (lt.Source("few", "steep"),)'), "few has no curves 'steep'"),
        ("high=1e-3)", BASELINE.format("loss, (STEEPER,)"), "claim steeper: loss raises Attr"),
        ("    return lt.per_curve", "    exit(0)\n    return lt.per_curve", "claim steeper: error raises SystemExit"),
        ("high=1e-3", 'high=float("nan")', "ValueError: claim 'steeper': high must be a number, not nan"),
        (LOSS, "history.train_loss.values", "sooner: loss returns an array of shape"),
        (".mean(axis=1)", ".mean(axis=0)", "claim steeper: error returns an array of shape (2,) for 3 networks"),
        (".max(axis=1)", ".max(axis=1) * 1j", "claim small: last returns values of type complex64"),
        ('    about="lines",', "    published=task,", "the published answers cannot be made: TypeError"),
    ),
]


@pytest.mark.parametrize(("old", "new", "said"), WRONG)
def test_claims_of_ones_own_that_are_wrong_are_told_in_one_line(mine, own, capsys, old, new, said):
    assert own
    assert old in MINE
    (mine / "other_claims.py").write_text(MINE.replace(old, new))
    sys.modules.pop("other_claims", None)
    arguments = ["--claims=other_claims", "--seeds=6", "--quiet", f"--results_dir={mine}"]
    before = {*(mine / "runs").iterdir()}
    assert carry_out(claims, [*arguments, *(["--variants"] if "hidden" in old else [])]) == 2
    assert {*(mine / "runs").iterdir()} == before  # Nothing was trained.
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


PUBLISHED = {
    "None": "the published answers must be a dictionary of labeled results by population",
    '{"few": 3}': "the published answers must be a dictionary of labeled results by population",
    '{"other": lt.Results()}': "published returns answers of 'other', but the populations are few, more, none; "
    "leave them out, or declare claims with published=None",
    '{"few": lt.Results()}': "the published answers of few lack diverged; use lt.labeled to make them",
    '{"few": lt.labeled(EXPERIMENT, np.zeros((2, 3, 12, 1)))}': "answers of few must be from one network, not 2",
    "exit(0)": "the published answers cannot be made: SystemExit: 0",
}


@pytest.mark.parametrize("returned", ["None", *rarely(*[each for each in PUBLISHED if each != "None"])])
def test_published_answers_that_are_none_are_refused(mine, own, capsys, returned):
    assert own
    text = MINE.replace("STEEPER =", f"def published():\n    return {returned}\n\n\nSTEEPER =", 1)
    (mine / "other_published.py").write_text(text.replace("    about=", "    published=published,\n    about="))
    sys.modules.pop("other_published", None)
    before = {*(mine / "runs").iterdir()}
    arguments = ["--claims=other_published", "--only=steeper", "--seeds=6", "--quiet", f"--results_dir={mine}"]
    assert carry_out(claims, arguments) == 2
    assert {*(mine / "runs").iterdir()} == before
    error = capsys.readouterr().err
    assert PUBLISHED[returned] in error
    assert error.count("\n") == 1
