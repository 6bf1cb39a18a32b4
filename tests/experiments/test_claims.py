"""The command that judges claims: what it needs, answers from elsewhere, claims of one's own, and its figures."""

import contextlib
import dataclasses
import io
import json
import shutil
import sys
from types import SimpleNamespace

import numpy as np
import pytest
import sine_claims
import xarray as xr
from commands import claims
from drawn import assert_legible, legend
from matplotlib.collections import LineCollection
from one_number import changed
from own_claims import declare

import lstm_toys as lt
from conftest import ROOT, carry_out, located, rarely, refusal
from experiments import sine
from experiments.post import claims as post_claims
from experiments.post.claims import CLAIMS
from lstm_toys.cli import command
from lstm_toys.figures import COLORS, GRAY
from lstm_toys.results import storage
from lstm_toys.studies.claims import figures, report, table
from lstm_toys.studies.claims.declaration import DURING, NETWORKS
from lstm_toys.studies.training.study import Training

TABLE = lt.claims.read(ROOT / "results" / "claims" / "claims.json")
PUBLISHED = lt.claims.rows(TABLE)


def entries_of(run):
    """What was judged in a run, by claim."""
    return {row.id: row for row in lt.claims.rows(lt.claims.read(run / "claims.json"))}


@pytest.fixture
def folder(world, tmp_path, monkeypatch):
    """A folder, where nothing is trained."""
    world("claims")
    monkeypatch.setattr(Training, "compute", None)
    return tmp_path


def planned(*arguments):
    """What a command would do: its run, and the settings of the runs that it needs, by column and population."""
    work = command.only(command.plan(claims, arguments))
    return work, {key: each.settings for key, each in work.needs.items()}


def test_the_columns_differ_in_what_they_are_named_after():
    _, needs = planned("--seeds=5", "--base_seed=7", "--variants")
    usual = {name: each for (column, name), each in needs.items() if column == NETWORKS}
    assert usual["hill_one_layer"] == dataclasses.replace(usual["hill"], hidden=())
    assert {(each.seeds, each.base_seed, each.readout) for each in usual.values()} == {(5, 7, "cell")}
    assert {(column, name) for column, name in needs if column in CLAIMS.controls} == {
        (column, "sine") for column in CLAIMS.controls
    }
    for column, name, changes in (
        ("untrained networks", "sine", {"steps": 0}),
        ("networks trained on A = 0.6", "sine", {"numbers": (("amplitude", 0.6),)}),
        ("dense readout", "line", {"readout": "dense", "hidden": (32,), "learning_rate": 0.3}),
    ):
        assert needs[column, name] == dataclasses.replace(usual[name], **changes)
    assert {column for column, _ in planned()[1]} - {DURING} == {NETWORKS, *CLAIMS.controls}


COUNTING = "--claims=experiments.papers.counting"
NEEDS = {
    ("--only=hill-y-longer",): {(NETWORKS, "hill"), (NETWORKS, "hill_y")},
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
def test_every_claim_of_the_post_is_judged_in_every_column(tmp_path, monkeypatch, capsys):
    few = {name: (experiment, [*changes, "--steps=2"]) for name, (experiment, changes) in CLAIMS.populations.items()}
    changed = dataclasses.replace(CLAIMS, populations=few, during={"sine": (1, 2)})
    monkeypatch.setattr(post_claims, "CLAIMS", changed)
    assert carry_out(claims, ["--seeds=3", f"--results_dir={tmp_path}"]) == 0
    (run,) = tmp_path.glob("runs/claims-*")
    entries, printed = entries_of(run), capsys.readouterr().out
    assert [*entries] == [*CLAIMS.ids]
    for name, entry in entries.items():
        assert (len(entry.number), entry.variants) == (3, {})
        assert [*entry.null] == ([] if name == "hill-y-longer" else ["copy", "clipped copy"])
        assert name in printed
        if entry.during:  # Those of two steps are those that the claims are about.
            assert [*entry.during] == ["1", "2"]
            np.testing.assert_array_equal(entry.during["2"].number, entry.number)
    assert [*entries["sine-learned"].controls] == [*CLAIMS.controls]
    assert entries["sine-learned"].during


def test_flags_of_trainings_change_all_networks():
    run, needs = planned("--cell=gru", "--timesteps=50", "--only=valley-phase")
    assert {(each.cell, each.timesteps) for each in needs.values()} == {("gru", 50)}
    assert run.settings.flags == ("--cell=gru", "--timesteps=50")
    assert run.settings != planned("--only=valley-phase")[0].settings


def test_one_population_is_judged_by_what_it_can_answer():
    gru = CLAIMS.on("sine", "--cell=gru")
    assert gru.ids == tuple(claim.id for claim in CLAIMS.claims if claim.populations == ("sine",))
    assert gru.populations["sine"][1] == ["--cell=gru"]


def test_given_answers_are_judged_as_those_of_networks(world, folder):
    """Those of the run itself, and the same numbers as any model would give them; one model gives none."""
    results, reference = lt.load(world("sine").run).results, entries_of(world("claims").run)
    shown = np.concatenate([each.input for each in results.children.values()])
    np.testing.assert_array_equal(lt.claims.curves_of(sine.EXPERIMENT, 20), shown)
    answers = np.concatenate([each.answer for each in results.children.values()], axis=1)
    answers[1] = np.nan
    labeled = lt.claims.labeled(sine.EXPERIMENT, answers, 20)
    labeled["amplitude"].input.values[2, 7] += 1e-7  # As another processor would compute it.
    lt.save_results(labeled, folder / "labeled.nc")
    for file in (world("sine").run / "results.nc", folder / "labeled.nc"):
        arguments = ["--claims=sine_claims", "--seeds=3", f"--answers=sine={file}"]
        assert carry_out(claims, [*arguments, f"--results_dir={folder / file.stem}"]) == 0
        (run,) = (folder / file.stem / "runs").iterdir()
        assert f"--answers=sine={file.name}`." in (run / "claims.md").read_text()
        assert json.loads((run / "config.json").read_text())["answers"] == [["sine", lt.files.sha256(file)]]
        entries = entries_of(run)
        if file.stem == "results":
            xr.testing.assert_identical(*(lt.claims.read(each / "claims.json") for each in (run, world("claims").run)))
        else:
            first, _, last = reference["learned"].number
            np.testing.assert_array_equal(entries["learned"].number, [first, np.nan, last])
            assert entries["learned"].diverged == [1]


@pytest.mark.parametrize(
    ("spoiled", "said"),
    [
        (lambda right: right.assign(input=right.input + 1e-3), "has other curves than sine with 20 time points"),
        (lambda right: right.drop_vars("answer"), "has no answers to training"),
    ],
)
def test_answers_to_other_curves_are_refused_before_anything_is_trained(folder, capsys, spoiled, said):
    right = lt.claims.labeled(sine.EXPERIMENT, 0.5 * lt.claims.curves_of(sine.EXPERIMENT, 20)[None], 20)
    right["training"] = spoiled(right.training.to_dataset())
    lt.save_results(right, folder / "mine.nc")
    arguments = ["--claims=sine_claims", f"--answers=sine={folder / 'mine.nc'}", f"--results_dir={folder / 'results'}"]
    assert carry_out(claims, arguments) == 2
    assert f"answers of sine: {folder / 'mine.nc'} {said}" in refusal(capsys)
    assert not (folder / "results" / "runs").exists()


def faster(_, settings):
    return dataclasses.replace(settings, learning_rate=0.015, keep_steps=(100, 200))


VARIANTS = {
    "faster": faster,
    "faster that learned": lt.claims.Variant(faster, "learned"),
    "faster at equal loss": lt.claims.Variant(faster, "equal loss"),
}
UNTRAINED = {"untrained networks": lambda _, settings: dataclasses.replace(settings, steps=0)}
OWN = dataclasses.replace(sine_claims.CLAIMS, controls=UNTRAINED, variants=VARIANTS)


@pytest.fixture(scope="module")
def own(world, tmp_path_factory):
    """These claims, judged: entries, folders and what was printed; and what was trained, by column."""
    folder = shutil.copytree(world("sine").results, tmp_path_factory.mktemp("mine") / "results")
    arguments = ["--claims=mine_claims", "--variants", "--seeds=3", f"--results_dir={folder}"]
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(io.StringIO()) as printed:
        declare(patch, "mine_claims", OWN)
        assert carry_out(claims, arguments) == 0
        work = command.only(command.plan(claims, arguments))
    (run,) = (folder / "runs").glob("claims_mine_claims-*")
    trained = {column: located(each, folder) for (column, _), each in work.needs.items()}
    return SimpleNamespace(entries=entries_of(run), run=run, printed=printed.getvalue(), trained=trained)


def test_claims_of_ones_own_are_judged(own):
    assert [*own.entries] == ["learned", "bounded"]
    assert {*own.run.parent.glob("sine-*")} == {*own.trained.values()}
    entry, labeled = own.entries["bounded"], storage.load_results(own.trained["untrained networks"] / "results.nc")
    np.testing.assert_allclose(entry.controls["untrained networks"].number, sine_claims.largest(labeled["line"]))
    variant = entry.variants["faster"]
    assert variant.difference.value == pytest.approx(variant.share.value - entry.share.value)
    assert {path.name for path in own.run.glob("*.png")} == {"claims.png", "numbers.png"}
    assert "small, in 3 networks each" in own.printed


def test_a_network_at_equal_loss_is_the_first_kept_one_that_is_as_good(own):
    usual, faster = (lt.load(own.trained[column]) for column in (NETWORKS, "faster at equal loss"))
    goal, losses = np.median(usual.results.training.train_loss.values[:, -1]), faster.results.training.train_loss
    expected = np.full(3, np.nan)
    for step in reversed(faster.steps):
        answers = lt.answers(faster.at(step), faster.results["line"].input.values)
        expected = np.where(losses.sel(step=step) <= goal, answers.max(axis=(1, 2, 3)), expected)
    assert np.isfinite(expected).any()
    variants = own.entries["bounded"].variants
    np.testing.assert_allclose(variants["faster at equal loss"].number, expected, rtol=1e-5)
    assert variants["faster at equal loss"].unlearned == [*np.flatnonzero(np.isnan(expected))]
    (unlearned,) = np.nonzero(faster.results.training.train_rmse.values[:, -1, 0] > sine.GOAL.rmse)
    assert variants["faster that learned"].unlearned == [*unlearned]
    assert 0 < len(unlearned) < 3


FLAGS = '"--learning_rate=0.01"])},'


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('Source("sine", "line")', 'Source("sine", "steep")', "sine has no curves 'steep', but line,"),
        ("largest_late}", "lambda _: [0.0]}", "claim bounded (window: second half): <lambda> returns numbers"),
        *rarely(
            (".mean(axis=1)", ".mean(axis=0)", "final_error returns numbers of type float32 and shape (18,) for 2"),
            ("--steps=300", "--stps=3", "--claims=other_claims: population sine: unknown flag --stps"),
            (FLAGS, f"{FLAGS} controls={{'a': lambda *_: 1 / 0}},", "a: the change of sine raises ZeroDivisionError"),
            (FLAGS, f"{FLAGS} published=lambda: 1 / 0,", "the published answers: ZeroDivisionError"),
        ),
    ],
)
def test_claims_of_ones_own_that_are_wrong_are_told_in_one_line(folder, monkeypatch, capsys, old, new, said):
    """Before anything is trained."""
    text = (ROOT / "tests" / "modules" / "sine_claims.py").read_text()
    assert old in text
    (folder / "other_claims.py").write_text(text.replace(old, new, 1))
    monkeypatch.syspath_prepend(folder)
    monkeypatch.delitem(sys.modules, "other_claims", raising=False)
    assert carry_out(claims, ["--claims=other_claims", "--seeds=6", "--quiet", f"--results_dir={folder}"]) == 2
    assert said in refusal(capsys)


@pytest.mark.parametrize("name", ["claims.json", "choices.json"])
def test_tables_that_are_read_are_written_as_they_were(name):
    for path in (ROOT / "results").glob(f"claims*/{name}"):
        assert json.loads(table.as_text(lt.claims.read(path))) == json.loads(path.read_text())


def test_the_forest_has_a_row_a_claim_with_its_share_and_interval():
    figure = figures.draw_shares(PUBLISHED)
    (axes,) = figure.axes
    ends = [[*line.get_xdata()] for line in axes.lines if line.get_linewidth() == 2]
    expected = sorted(PUBLISHED, key=lambda entry: ("supported", "refuted", "undecided").index(entry.verdict))
    assert ends == [[*each.share[1:]] for each in expected]
    labels = [label.get_text().partition(":")[0] for label in axes.get_yticklabels()]
    assert [" ".join(label.split()) for label in labels] == [each.statement for each in expected]
    shares = [
        (row + down, f"{table.percent(cell.share.value)} {table.percents(cell.share)} of {of}".replace("%", " %"))
        for row, each in enumerate(expected)
        for down, cell, of in (
            *((0.38, cell, cell.known) for cell in each.recipes.values()),
            (0, each, "pairs" if each.against else each.counted),
        )
    ]
    assert [(text.get_position()[1], text.get_text()) for text in axes.texts] == shares
    assert figure.get_suptitle() == report.heading(PUBLISHED)
    assert_legible(figure)


def test_the_figure_of_numbers_shows_every_network_and_what_it_is_held_against():
    entry = next(each for each in PUBLISHED if each.id == "sine-learned")
    (axes,) = figures.draw_numbers([entry]).axes
    lines = {(line.get_marker(), line.get_color()): line.get_xydata() for line in axes.lines}
    own = lines["o", COLORS["b"]]
    np.testing.assert_allclose(own[:, 0], np.sort(entry.number))
    assert (np.diff(own[:, 1]) < 0).all()  # The axis is inverted.
    assert lines["D", COLORS["k"]][0, 0] == entry.published.value
    assert lines["x", COLORS["k"]][0, 0] == 0.0
    (threshold,) = (each for each in axes.collections if isinstance(each, LineCollection))
    assert threshold.get_segments()[0][0, 0] == entry.high
    untrained, (left, right) = lines["o", COLORS["c"]], axes.get_xlim()
    assert (entry.controls["untrained networks"].number > right).all()
    np.testing.assert_allclose(untrained[:, 0], right, atol=0.01 * (right - left))


def test_the_figure_of_numbers_counts_the_claims_on_which_networks_agree():
    entries = [*PUBLISHED, *(changed(each, statement=f"{each.statement} again") for each in PUBLISHED[:2])]
    figure = figures.draw_numbers(entries)
    assert_legible(figure)
    assert len(figure.axes) == len({each.statistic for each in entries})
    for axes in figure.axes:
        assert max(each.get_window_extent().x1 for each in axes.texts) <= figure.bbox.x1
        labels = [" ".join(label.get_text().split()) for label in axes.get_yticklabels()]
        shown = [each for each in entries if " ".join(axes.get_xlabel().split()) == figures.plain(each.statistic)]
        assert {*labels} == {each.statement for each in shown}
        assert len(labels) == len(shown) > 0
    agree = sum(not 0.05 < each.share.value < 0.95 for each in entries)
    assert figure.get_suptitle().startswith(f"On {agree} of {len(entries)} claims, at least 95 % of networks")


def test_numbers_that_are_compared_are_drawn_with_the_others_median_as_the_threshold():
    (entry, *_) = COMPARED
    (axes,) = figures.draw_numbers([entry]).axes
    (own, theirs) = (
        next(line.get_xdata() for line in axes.lines if line.get_color() == color and line.get_marker() == "o")
        for color in (COLORS["b"], GRAY)
    )
    np.testing.assert_allclose(own, np.sort(entry.number))
    (threshold,) = (each for each in axes.collections if isinstance(each, LineCollection))
    assert threshold.get_segments()[0][0, 0] == np.median(theirs) == np.median(entry.other_number)


COMPARED = [each for each in PUBLISHED if each.against]


@pytest.mark.parametrize("entries", [COMPARED[:1], PUBLISHED[:1], PUBLISHED[:2], [*PUBLISHED[:6], *COMPARED[:1]]])
def test_the_legend_of_numbers_fits_however_many_claims_there_are(entries):
    figure = figures.draw_numbers(entries)
    assert_legible(figure)
    compared = any(each.against for each in entries)
    assert ("networks compared with, whose median is the threshold" in legend(figure)) == compared


@pytest.mark.parametrize("values", [[np.nan] * 4, [np.nan] * 3 + [0.1], [0.1] * 4, [-np.inf, 0.1, np.inf], []])
def test_few_equal_or_infinite_numbers_are_drawn(values):
    entry = next(each for each in PUBLISHED if each.id == "sine-learned")
    (axes,) = figures.draw_numbers([changed(entry, number=np.array(values))]).axes
    drawn = next(line.get_xdata() for line in axes.lines if line.get_color() == COLORS["b"])
    (left, right), known = axes.get_xlim(), [each for each in values if not np.isnan(each)]
    np.testing.assert_allclose(drawn, np.clip(known, left, right), atol=0.01 * (right - left))


def test_verdicts_that_change_during_training_are_counted_and_drawn_first():
    entries = [each for each in PUBLISHED if each.during]
    changing = [each for each in entries if len({moment.verdict_at_once for moment in each.during.values()}) > 1]
    others = [each for each in entries if each not in changing]
    figure = figures.draw_during(entries)
    assert f"{len(changing)} of {len(entries)} verdicts change in the course of training (" in figure.get_suptitle()
    for axes, each in zip(figure.axes, [*changing, *others], strict=True):
        np.testing.assert_array_equal(
            axes.lines[0].get_ydata(), [moment.share.value for moment in each.during.values()]
        )
        assert " ".join(axes.get_title().split()) == each.statement
        shown = {color: name for name, color in figures.TINTS.items()}
        assert [shown[line.get_color()] for line in axes.lines[1:-1]] == [
            moment.verdict_at_once for moment in each.during.values()
        ]
    assert_legible(figure)


def test_every_control_has_a_color_however_many_there_are():
    entry = next(each for each in PUBLISHED if each.id == "sine-learned")
    (control, *_) = entry.controls.values()
    many = changed(entry, controls={f"control {place}": control for place in range(7)})
    (axes,) = figures.draw_numbers([many]).axes
    assert len({line.get_color() for line in axes.lines if line.get_marker() == "o"}) == 8
