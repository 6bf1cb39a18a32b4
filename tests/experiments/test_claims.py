"""The command that judges claims: what it needs, answers from elsewhere, claims of one's own, and its figures."""

import contextlib
import dataclasses
import io
import json
import shutil
import sys
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import sine_claims
from drawn import assert_legible, texts
from rendered import rendered

import lstm_toys as lt
from conftest import ROOT, carry_out, located, rarely, refusal
from experiments import sine
from experiments.post import claims as post_claims
from experiments.post.claims import CLAIMS
from lstm_toys.cli import claims
from lstm_toys.figures import COLORS
from lstm_toys.results import storage
from lstm_toys.studies.claims import ask as report
from lstm_toys.studies.claims import figures
from lstm_toys.studies.claims.ask import ClaimSettings
from lstm_toys.studies.claims.declaration import DURING, NETWORKS
from lstm_toys.studies.training.study import Training

PUBLISHED = json.loads((ROOT / "results" / "claims" / "claims.json").read_text())
"""The published verdicts on the claims of the post."""


def entries_of(run):
    """What was judged in a run, by claim."""
    return {entry["id"]: entry for entry in json.loads((run / "claims.json").read_text())}


@pytest.fixture
def folder(world, tmp_path, monkeypatch):
    """A folder, where nothing is trained."""
    world("claims")
    monkeypatch.setattr(Training, "compute", None)
    return tmp_path


def planned(*arguments):
    """What a command would do: its run, and the settings of the runs that it needs, by column and population."""
    (work,) = claims.plan(arguments).asks
    return work, {key: each.settings for key, each in work.needs.items()}


def test_the_columns_differ_in_what_they_are_named_after():
    _, needs = planned("--seeds=5", "--base_seed=7", "--variants")
    usual = {name: each for (column, name), each in needs.items() if column == NETWORKS}
    assert usual["hill_one_layer"] == dataclasses.replace(usual["hill"], hidden=())
    assert {(each.seeds, each.base_seed, each.readout) for each in usual.values()} == {(5, 7, "cell")}
    assert {(column, name) for column, name in needs if column in CLAIMS.controls} == {
        (column, "sine") for column in CLAIMS.controls
    }
    for column, name in needs:
        if f"{column} at equal loss" in CLAIMS.variants:  # Both from one run.
            assert needs[column, name] == needs[f"{column} at equal loss", name]
    # Two populations have no layer that could be larger.
    assert sum(column in CLAIMS.variants for column, _ in needs) == 7 + 2 * (2 * 7 + 2 * 5 - len(post_claims.UNLEARNED))
    for column, name, changes in (
        ("untrained networks", "sine", {"steps": 0}),
        ("networks trained on A = 0.6", "sine", {"numbers": (("amplitude", 0.6),)}),
        ("dense readout", "sine", {"readout": "dense"}),
        ("dense readout", "line", {"readout": "dense", "hidden": (32,), "learning_rate": 0.3}),
        ("dense readout", "hill", {"readout": "dense", "learning_rate": 0.3}),
    ):
        assert needs[column, name] == dataclasses.replace(usual[name], **changes)
    assert {column for column, _ in planned()[1]} - {DURING} == {NETWORKS, *CLAIMS.controls}


COUNTING = "--claims=experiments.papers.counting"
NEEDS = {
    ("--only=hill-y-longer",): {(NETWORKS, "hill"), (NETWORKS, "hill_y")},
    ("--only=line-one-layer",): {(NETWORKS, "line")},
    ("--only=hill-second-layer",): {(NETWORKS, "hill"), (NETWORKS, "hill_one_layer")},
    ("--only=slope-large,line-one-layer",): {(NETWORKS, "line"), (NETWORKS, "slope_intercept")},
    ("--only=valley-phase",): {(column, "sine") for column in (NETWORKS, *CLAIMS.controls)},
    (COUNTING, "--only=gru-does-not-count-on"): {(NETWORKS, "gru")},  # Untrained networks fail at it, too.
}


@pytest.mark.parametrize("arguments", NEEDS)
def test_only_what_some_claims_need_is_trained(arguments):
    run, needs = planned(*arguments)
    assert needs.keys() - {(DURING, "sine")} == NEEDS[arguments]
    assert run != planned()[0]


@pytest.mark.long
def test_all_claims_by_name_are_all_claims():
    reordered = ",".join(reversed(CLAIMS.ids))
    assert planned(f"--only={reordered}")[0] == planned()[0] == planned("--claims=experiments.post.claims")[0]


@pytest.mark.long
def test_every_claim_of_the_post_is_judged_in_every_column(tmp_path, monkeypatch, capsys):
    few = {name: (experiment, [*changes, "--steps=2"]) for name, (experiment, changes) in CLAIMS.populations.items()}
    changed = dataclasses.replace(CLAIMS, populations=few, during={"sine": (1, 2)})
    monkeypatch.setattr(post_claims, "CLAIMS", changed)
    assert carry_out(claims, ["--seeds=3", f"--results_dir={tmp_path}"]) == 0
    (run,) = tmp_path.glob("runs/claims-*")
    entries, table, printed = entries_of(run), (run / "claims.md").read_text(), capsys.readouterr().out
    assert [*entries] == [*CLAIMS.ids]
    for name, entry in entries.items():
        assert (len(entry["per_seed"]), entry["variants"]) == (3, {})
        assert [*entry["null"]] == ([] if name == "hill-y-longer" else ["copy", "clipped copy"])
        assert f"### {name}" in table
        assert name in printed
        if during := entry["during"]:  # Those of two steps are those that the claims are about.
            assert during["steps"] == [1, 2]
            assert (during["share"][-1], during["median"][-1]) == (entry["share"], entry["median"])
    assert [*entries["sine-learned"]["controls"]] == [*CLAIMS.controls]
    assert entries["sine-learned"]["during"]
    assert entries["line-one-layer"]["controls"] == {}
    assert "made by `python -m experiments.claims --seeds 3 --base_seed 0`" in table


def judge_again(folder, *more):
    """The exit code of the command of `world("claims")` over a copy of its results."""
    return carry_out(claims, ["--claims=sine_claims", "--seeds=3", f"--results_dir={folder / 'copy'}", *more])


@pytest.fixture
def copied(world, folder):
    """The run of claims in a copy of its results."""
    shutil.copytree(world("claims").results, folder / "copy")
    return folder / "copy" / "runs" / world("claims").run.name


def test_flags_of_trainings_change_all_networks():
    run, needs = planned("--cell=gru", "--timesteps=50", "--only=valley-phase")
    assert {(each.cell, each.timesteps) for each in needs.values()} == {("gru", 50)}
    assert run.settings.flags == ("--cell=gru", "--timesteps=50")
    assert "--only valley-phase --cell=gru --timesteps=50`" in run.subject.made_by
    assert run.key != planned("--only=valley-phase")[0].key


def test_one_population_is_judged_by_what_it_can_answer_and_the_report_names_the_rest(copied, monkeypatch, capsys):
    gru = CLAIMS.on("sine", "--cell=gru")
    assert {claim.populations for claim in gru.claims} == {("sine",)}
    assert sorted([*gru.ids, *gru.unanswered]) == sorted(CLAIMS.ids)
    assert (gru.populations["sine"][1], {*gru.published()}) == (["--cell=gru"], {"sine"})
    with pytest.raises(ValueError, match="no claim is about 'tangent' alone"):
        CLAIMS.on("tangent")
    monkeypatch.setattr(sine_claims, "CLAIMS", dataclasses.replace(sine_claims.CLAIMS, unanswered=("steep", "wide")))
    assert judge_again(copied.parents[2]) == 0
    assert "not judged, since they are about other networks as well: steep, wide" in capsys.readouterr().out


def test_claims_are_drawn_and_judged_again_from_runs_that_are_finished(world, copied, folder):
    def times():
        return [(copied / name).stat().st_mtime_ns for name in ("claims.json", "claims.png")]

    judged, drawn = times()
    assert judge_again(folder, "--replot", "--quiet", "--publish") == 0
    assert times()[0] == judged
    assert times()[1] > drawn
    names = {"claims.json", "claims.md", "claims.png", "numbers.png", "metrics.json", "manifest.json"}
    assert {path.name for path in (folder / "copy" / "claims_sine_claims").iterdir()} == names
    assert judge_again(folder, "--restart", "--quiet") == 0
    assert times()[0] > judged
    assert entries_of(copied) == entries_of(world("claims").run)


def test_what_is_damaged_is_told(copied, folder, capsys):
    """Claims cannot run a population again; but once it is gone, it is made again."""
    path = copied / "claims.json"
    path.write_text(path.read_text()[:100])
    assert judge_again(folder) == 1
    said = f"{path}: is damaged or belongs to another run: it is not what this run wrote; --restart runs it again"
    assert said in capsys.readouterr().err
    (path,) = copied.parent.glob("sine-*/results.nc")
    path.write_bytes(path.read_bytes()[:100])
    assert judge_again(folder, "--restart", "--quiet") == 1
    errors = capsys.readouterr().err
    assert errors.count("\n") == 1
    assert f"{path}: is damaged" in errors
    assert "remove its folder and run the same command again" in errors


def test_given_answers_are_judged_as_those_of_networks(world, folder):
    """Those of the run itself, and the same numbers as any model would give them; one model gives none."""
    results, reference = lt.load(world("sine").run).results, entries_of(world("claims").run)
    np.testing.assert_array_equal(lt.curves_of(sine.EXPERIMENT, 20)[1:], results.input)
    answers = np.concatenate([results.train_answer.values[:, None], results.answer.values], axis=1)
    answers[1] = np.nan
    labeled = lt.labeled(sine.EXPERIMENT, answers, 20)
    labeled.input.values[3, 7] += 1e-8  # As another processor would compute it.
    lt.save_results(labeled, folder / "labeled.nc")
    for file in (world("sine").run / "results.nc", folder / "labeled.nc"):
        arguments = ["--claims=sine_claims", "--seeds=3", f"--answers=sine={file}"]
        assert carry_out(claims, [*arguments, f"--results_dir={folder / file.stem}"]) == 0
        (run,) = (folder / file.stem / "runs").iterdir()
        told = f"The answers of sine are those in {file.name}, without controls and variants"
        assert told in (run / "claims.md").read_text()
        assert json.loads((run / "config.json").read_text())["answers"] == [["sine", lt.files.sha256(file)]]
        entries = entries_of(run)
        if file.stem == "results":
            assert entries == reference
        else:
            first, _, last = reference["learned"]["per_seed"]
            assert (entries["learned"]["per_seed"], entries["learned"]["diverged"]) == ([first, None, last], [1])


@pytest.mark.parametrize(
    ("spoiled", "said"),
    [
        (lambda right: right.assign(input=right.input + 1e-3), "input has different values"),
        (lambda right: right.drop_vars("train_answer"), "is not a file of answers: train_answer is missing"),
        *rarely(
            (lambda right: right.assign_coords(feature=["z"]), "feature has different values"),
            (
                lambda right: right.isel(curve=slice(1, None)),
                "input has the axes (curve 28, time 20, feature 1), not (",
            ),
            (lambda right: right.isel(seed=0), "answer has the axes (curve 29, time 20, feature 1), not (seed, curve"),
            (lambda right: right.isel(time=slice(10)), "(curve 29, time 10, feature 1), not (curve 29, time 20,"),
            (lambda right: right.drop_vars("family"), "family is missing"),
        ),
    ],
)
def test_answers_to_other_curves_are_refused_before_anything_is_trained(folder, capsys, spoiled, said):
    right = lt.labeled(sine.EXPERIMENT, 0.5 * lt.curves_of(sine.EXPERIMENT, 20)[None], 20)
    lt.save_results(spoiled(right), folder / "mine.nc")
    arguments = ["--claims=sine_claims", f"--answers=sine={folder / 'mine.nc'}", f"--results_dir={folder / 'results'}"]
    assert carry_out(claims, arguments) == 2
    error = refusal(capsys)
    assert error.startswith(f"answers of sine: {folder / 'mine.nc'}")
    assert said in error
    assert not (folder / "results" / "runs").exists()


@pytest.mark.parametrize(
    ("only", "said"),
    [
        ("hill-y-longer", "claim hill-y-longer: {} lacks history of hill; use --only to select"),
        *rarely(("identity", "claim identity combines populations, which must have equally many networks, not 3 of")),
    ],
)
def test_claims_that_given_answers_cannot_serve_are_refused(folder, capsys, only, said):
    """They have no history; and seed i of one population is held beside seed i of another."""
    hill, file = CLAIMS.populations["hill"][0], folder / "hill.nc"
    lt.save_results(lt.labeled(hill, lt.curves_of(hill)[None]), file)
    arguments = [f"--only={only}", f"--answers=hill={file}", "--seeds=3", f"--results_dir={folder}"]
    assert carry_out(claims, arguments) == 2
    assert capsys.readouterr().err.startswith(said.format(file))
    assert not (folder / "runs").exists()


def test_the_command_is_told_whatever_files_are_called():
    asked = ClaimSettings("claims", 4, 0, False, False, (), ())
    told = rendered(claims.made_by(asked, "mine", {"sine": Path("a`b|<img src=x>*c*.nc")}, trained=False))
    assert told == (
        "<p>Made by <code>python -m experiments.claims --claims mine --seeds 4 --base_seed 0 --answers "
        "'sine=a`b|&lt;img src=x&gt;*c*.nc'</code>. The answers of sine are those in a`b|&lt;img src=x&gt;*c*.nc, "
        "without controls and variants.</p>\n"
    )


MINE = """
import dataclasses

import numpy as np

import lstm_toys as lt
from experiments.sine import EXPERIMENT

SMALL = ["--timesteps=20", "--hidden=4", "--learning_rate=0.01", "--steps=300"]
LINES = lt.Source("few", "line")


def error(lines):
    return lt.per_curve(lines, lt.measures.rmse).mean(axis=1)


def last(*sets):
    return np.concatenate([each.answer.values[:, :, -1, 0] for each in sets], axis=1).max(axis=1)


def loss(history):
    return history.train_loss.values[:, -1]


def faster(name, settings):
    return dataclasses.replace(settings, learning_rate=0.015, keep_steps=(100, 200)) if name == "few" else None


def untrained(name, settings):
    return dataclasses.replace(settings, steps=0) if name == "few" else None


CLAIMS = lt.Claims(
    title="what I think of sines in $x$",
    claims=(
        lt.Claim("lines", "Lines cost $1", "mean RMSE", error, (LINES,), high=1e-3),
        lt.Claim("small", "Answers are small", "last", last, (LINES, lt.Source("few", "training")), high=0.999),
        lt.Claim("sooner", "More steps, less loss", "loss", loss, (lt.Source("few", "history"),), against="more"),
    ),
    populations={"few": (EXPERIMENT, SMALL), "more": (EXPERIMENT, [*SMALL[:3], "--steps=600"])},
    about="sines",
    controls={"untrained networks": untrained},
    variants={
        "faster": faster,
        "faster that learned": lt.Variant(faster, "learned"),
        "faster at equal loss": lt.Variant(faster, "equal loss"),
    },
)
"""


class Own(NamedTuple):
    """Two claims of one's own, judged: their entries, table, folder and what was printed; and what was trained."""

    entries: dict
    table: str
    run: Path
    printed: str
    trained: dict


@pytest.fixture(scope="module")
def mine(world, tmp_path_factory):
    """A folder with claims of one's own, which can be imported, and with networks that they need."""
    folder = tmp_path_factory.mktemp("mine")
    shutil.copytree(world("sine").results, folder, dirs_exist_ok=True)
    (folder / "mine_claims.py").write_text(MINE)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        yield folder
    sys.modules.pop("mine_claims", None)


@pytest.fixture(scope="module")
def own(mine):
    arguments = ["--claims=mine_claims", "--only=small,lines", "--variants", "--seeds=3", f"--results_dir={mine}"]
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        assert carry_out(claims, arguments) == 0
    (run,) = (mine / "runs").glob("claims_mine_claims-*")
    (work,) = claims.plan(arguments).asks
    trained = {column: (each, located(each)) for (column, _), each in work.needs.items()}
    return Own(entries_of(run), (run / "claims.md").read_text(), run, printed.getvalue(), trained)


def test_claims_of_ones_own_are_judged(mine, own):
    entries, table, run, printed, trained = own
    assert [*entries] == ["lines", "small"]
    assert {*(mine / "runs").glob("sine-*")} == {folder for _, folder in trained.values()}
    labeled = storage.load_results(trained["untrained networks"][1] / "results.nc")
    lines = labeled.isel(curve=labeled.family.values == "line", time=labeled.time.values >= 0.1)
    rmse = np.sqrt(np.square(lines.answer - lines.input).mean(["time", "feature"])).mean("curve")
    np.testing.assert_allclose(entries["lines"]["controls"]["untrained networks"]["per_seed"], rmse, rtol=1e-5)
    assert entries["lines"]["share"] == 0
    assert entries["lines"]["null"]["copy"]["meets"]
    assert entries["small"]["share"] == 1
    assert entries["small"]["controls"]["untrained networks"]["share"] == 1
    assert entries["small"]["variants"]["faster"]["difference"] == 0.0
    assert table.startswith("# What I think of sines in \\$x\\$\n")
    assert "--claims mine_claims --seeds 3 --base_seed 0 --only lines,small --variants`" in table
    assert {path.name for path in run.glob("*.png")} == {"claims.png", "numbers.png", "variants.png"}
    assert "with intervals for all 2 claims at once (Clopper-Pearson, Bonferroni)" in printed
    assert "75% of 16, 62% of 64, 56% of 256 networks" in printed
    assert "what I think of sines in $x$, in 3 networks each" in printed
    assert "with faster no share differs" in printed


def test_only_networks_that_learned_are_compared(own):
    faster = storage.load_results(own.trained["faster"][1] / "results.nc")
    (unlearned,) = np.nonzero(faster.train_rmse.values[:, -1, 0] > sine.GOAL.rmse)
    variant = own.entries["small"]["variants"]["faster that learned"]
    assert (variant["counted"], variant["unlearned"]) == (3 - len(unlearned), [*unlearned])
    assert 0 < len(unlearned) < 3
    assert f"Not counted, since they did not learn: {len(unlearned)} of faster that learned" in own.table


@pytest.mark.long
def test_a_network_at_equal_loss_is_the_first_kept_one_that_is_as_good(own):
    """Against trainings of as many steps."""
    asked, folder = own.trained["faster at equal loss"]
    faster, usual = (storage.load_results(each / "results.nc") for each in (folder, own.trained[NETWORKS][1]))
    loss = float(np.median(usual.train_loss.values[:, -1]))
    reached = faster.train_loss.sel(step=[100, 200, 300]).values <= loss
    settings, x = asked.settings, lt.time_points(20)
    task, model = asked.subject.task(x), lt.Stack(features=1, hidden=(4,), gates=settings.gates)
    (lines,) = (probe.inputs for probe in asked.subject.probes(x) if probe.name == "line")
    recipe = {"optimizer": settings.optimizer, "learning_rate": 0.015, "numbers": dict(settings.numbers)}
    errors = {}
    for place in {int(np.argmax(each)) for each in reached}:
        params = lt.train(task, model, seeds=3, steps=100 * (place + 1), **recipe).params
        wrong = (lt.answers(model, params, lines) - lines)[:, :, np.asarray(x) >= 0.1]
        errors[place] = np.sqrt(np.square(wrong).mean(axis=(2, 3))).mean(axis=1)
    expected = [errors[int(np.argmax(each))][seed] if each.any() else np.nan for seed, each in enumerate(reached)]
    assert np.isfinite(expected).any()
    variant = own.entries["lines"]["variants"]["faster at equal loss"]
    np.testing.assert_allclose(np.array(variant["per_seed"], float), expected, rtol=1e-5)
    assert variant["unlearned"] == [*np.flatnonzero(~reached.any(axis=1))]


ZERO, RETURNED = "steps=0) if", "return dataclasses.replace(settings, steps=0)"
LOSS = "history.train_loss.values[:, -1]"
ABOUT = '    about="sines",'
ANSWERED = "    published=lambda: {},"
WRONG = [
    ('lt.Source("few", "line")', 'lt.Source("few", "steep")', "few has no curves 'steep'; it has"),
    *rarely(
        (LOSS, "history.loss", "claim sooner: loss raises AttributeError: 'Dataset' object"),
        (LOSS, "history.train_loss.values", "sooner: loss returns an array of shape"),
        (".mean(axis=1)", ".mean(axis=0)", "claim lines: error returns an array of shape (5,) for 2 networks"),
        ("    return lt.per_curve", "    exit(0)\n    return lt.per_curve", "claim lines: error raises SystemExit"),
        ("--steps=600", "--stps=6", "flag --claims=other_claims: population more: Unknown command line flag 'stps'"),
        ('"--steps=600"', '"--seeds=3"', "population more: it changes --seeds or --base_seed"),
        ("learning_rate=0.015", "units=3", "flag --claims=other_claims: faster: TypeError: "),
        (ZERO, "steps=-5) if", "other_claims: untrained networks: flag --steps=-5: -5 is not an integer"),
        (RETURNED, "return {}", "untrained networks: TypeError: must return settings or None, not dict"),
        ("high=1e-3", 'high=float("nan")', "ValueError: claim 'lines': high must be a number, not nan"),
        (ABOUT, ANSWERED.format(None), "the published answers must be a dictionary of labeled results by population"),
        (ABOUT, ANSWERED.format("exit(0)"), "the published answers cannot be made: SystemExit: 0"),
        (
            ABOUT,
            ANSWERED.format('{"other": lt.Results()}'),
            "published returns answers of 'other', but the populations are few, more; leave them out, or declare "
            "claims with published=None",
        ),
        (ABOUT, ANSWERED.format('{"few": lt.Results()}'), "published answers of few lack diverged; use lt.labeled"),
        (
            ABOUT,
            ANSWERED.format('{"few": lt.labeled(EXPERIMENT, np.zeros((2, 30, 100, 1)))}'),
            "answers of few must be from one network, not 2",
        ),
    ),
]


@pytest.mark.parametrize(("old", "new", "said"), WRONG)
def test_claims_of_ones_own_that_are_wrong_are_told_in_one_line(mine, folder, capsys, old, new, said):
    """Before anything is trained."""
    assert old in MINE
    (mine / "other_claims.py").write_text(MINE.replace(old, new, 1))
    sys.modules.pop("other_claims", None)
    arguments = ["--claims=other_claims", "--seeds=6", "--quiet", f"--results_dir={folder}"]
    assert carry_out(claims, [*arguments, *(["--variants"] if "units" in new else [])]) == 2
    assert said in refusal(capsys)


def test_the_forest_has_a_row_a_claim_with_its_share_and_interval_and_is_legible_on_a_page_of_830_pixels():
    figure = figures.draw(PUBLISHED)
    (axes,) = figure.axes
    squares = {line.get_ydata()[0]: line for line in axes.lines if line.get_marker() == "s"}
    ends = {line.get_ydata()[0]: [*line.get_xdata()] for line in axes.lines if line.get_linewidth() == 2}
    drawn = [(squares[y].get_color(), squares[y].get_xdata()[0], ends[y]) for y in sorted(squares, reverse=True)]
    expected = sorted(PUBLISHED, key=lambda entry: ("supported", "refuted", "undecided").index(entry["verdict"]))
    assert drawn == [(figures.TINTS[each["verdict"]], each["share"], each["interval"]) for each in expected]
    written = [text.get_text() for text in figure.texts]
    places = [written.index(entry["id"]) for entry in expected]
    assert places == sorted(places)
    for place, entry in zip(places, expected, strict=True):
        assert written[place + 2] == f"{report.percent(entry['share'])} {report.percents(entry['interval'])}"
    assert_legible(figure)
    shrunk = 830 / (figure.get_figwidth() * figure.dpi)
    assert min(text.get_fontsize() for text in texts(figure)) * figure.dpi / 72 * shrunk >= 12


def test_the_figure_of_numbers_shows_every_network_and_what_it_is_held_against(world):
    (entry,) = (each for each in PUBLISHED if each["id"] == "sine-learned")
    own = [*entries_of(world("claims").run).values()]
    figure = figures.draw_numbers([entry])
    (axes,) = figure.axes
    lines = {(line.get_marker(), line.get_color()): line.get_xdata() for line in axes.lines if len(line.get_xdata())}
    np.testing.assert_array_equal(lines["o", COLORS["b"]], entry["per_seed"])
    np.testing.assert_array_equal(lines["D", COLORS["r"]], [entry["published"]["value"]])
    np.testing.assert_array_equal(lines["x", "black"], [0.0])
    assert entry["threshold"]["high"] in [line.get_xdata()[0] for line in axes.lines if len(line.get_xdata())]
    beyond = sum(each > axes.get_xlim()[1] for each in entry["controls"]["untrained networks"]["per_seed"])
    assert next(text.get_text() for text in axes.texts) == str(beyond) != "0"
    for entries, mentioned in (([entry], True), (own, False)):
        told = {text.get_text() for text in figures.draw_numbers(entries).legends[0].get_texts()}
        assert ("the published network" in told) == mentioned
        assert {"copy of the input", "one network each"} <= told


def test_equal_numbers_do_not_stretch_an_axis_beyond_what_there_is():
    """All right answers, of networks and untrained ones that are right half of the time."""
    entry = PUBLISHED[0] | {"per_seed": [1.0] * 9, "median": 1.0, "published": None, "null": {}}
    entry |= {"threshold": {"low": 1.0, "high": None, "against": None}, "against_per_seed": None}
    (axes,) = figures.draw_numbers([entry | {"controls": {"untrained": {"per_seed": [0.5] * 9}}}]).axes
    assert axes.get_xlim() == pytest.approx((0.48, 1.02))


def test_the_words_of_a_claim_have_room():
    entries = [PUBLISHED[0] | {"remarks": 9 * ["a remark that takes more than the height of a row"]}, *PUBLISHED[1:3]]
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


def test_the_figure_of_variants_draws_changes_alone():
    first, second = PUBLISHED[0] | {"id": "costs-1"}, PUBLISHED[1] | {"id": "fails"}
    entries = [
        with_variants(first, gru=-40, ten_times=2, gru_as_large=30, other_gates=0),
        with_variants(second, gru=1, ten_times=20, other_gates=-1),
        with_variants(first, gru=3, ten_times=1, other_gates=0) | {"id": "the same"},
    ]
    figure = figures.draw_variants(entries)
    (axes,) = figure.axes
    assert [label.get_text() for label in axes.get_xticklabels()] == ["gru", "gru as large", "ten times"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["costs-1 100%", "fails 0%"]
    written = {text.get_position(): text.get_text() for text in axes.texts}
    changes = {(0, -0.12): "-40", (1, -0.12): "+30", (2, 0.88): "+20"}
    assert written == changes | dict.fromkeys([(2, 0), (0, 1)], "·")
    ends = {tuple(line.get_xdata()) for line in axes.lines if line.get_linewidth() == 1.6}
    assert ends == {(-0.225, -0.175), (1.125, 1.175), (2.075, 2.125)}
    assert figure.get_suptitle().startswith(
        "With other networks, the share that meets a claim changes for 2 of 3 claims"
    )
    assert "no change of the same; no change with other gates" in " ".join(figure.get_supxlabel().split())
    unchanged = figures.draw_variants([with_variants(each, gru=0) for each in (first, second)])
    assert [text.get_text() for text in unchanged.axes[0].texts] == ["·", "·"]
    for each in (figure, unchanged):
        assert_legible(each)


def test_verdicts_that_change_during_training_are_named_and_marked_without_color():
    entries = [each for each in PUBLISHED if each["during"]]
    figure = figures.draw_during(entries)
    turned = [each["id"] for each in entries if len({*each["during"]["verdict"]}) > 1]
    title = " ".join(figure.get_suptitle().split())
    assert title == f"{len(turned)} of {len(entries)} verdicts change in the course of training: {', '.join(turned)}"
    for axes, each in zip(figure.axes, entries, strict=True):
        marks = [line.get_marker() for line in axes.lines if line.get_ydata()[0] == -0.12]
        assert marks == [figures.SIGNS[verdict] for verdict in each["during"]["verdict"]]
    assert_legible(figure)
