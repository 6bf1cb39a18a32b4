"""The command that judges the claims, over runs that were made by hand."""

import dataclasses
import json
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from matplotlib.image import imread

from conftest import carry_out, carry_out_without_jax
from experiments import claims
from experiments.post.claims import CLAIMS
from lstm_toys import studies
from lstm_toys.figures import COLORS
from lstm_toys.networks import training
from lstm_toys.networks.stack import Stack
from lstm_toys.populations.train import Population
from lstm_toys.results import arrays, storage
from lstm_toys.runs import execution
from lstm_toys.studies.claims import figures
from lstm_toys.tasks import families

ROOT = Path(__file__).parents[2]
VARIED = ("seeds", "steps", "readout", "hidden", "train_amplitude", "base_seed")


def make_by_hand(work, _, seconds):
    """Instead of training: networks that answer what they are shown, but for an error of a seed's own; one diverged."""
    run, experiment, settings = work.run, work.subject, work.run.settings
    x = families.time_points(settings.timesteps)
    task = experiment.task(x)
    examples = task.examples(jax.random.key(0), jnp.float32(settings.train_amplitude or 1))
    probes = experiment.probes(x)
    errors = 0.01 * np.arange(settings.seeds)
    shown = np.concatenate([examples.inputs[:1], *(probe.inputs for probe in probes)])
    if not task.sequence:
        truth = [[probe.parameters[name] for name in task.asked] for probe in probes]
        asked = np.concatenate([np.broadcast_arrays(*columns) for columns in truth], axis=1).T
        shown = np.concatenate([examples.targets[:1], asked])
    answers = shown + errors.reshape(-1, *[1] * shown.ndim)
    steps = np.unique([0, settings.steps])
    sound = training.Sound(np.where(np.arange(settings.seeds) == 1, -1, steps[-1]), {}, np.ones(settings.seeds))
    loss = np.broadcast_to(errors[:, None], (settings.seeds, len(steps)))
    rmse = np.broadcast_to(loss[:, :, None], (*loss.shape, len(task.asked)))
    made = Population(
        task, Stack(1), {int(steps[-1]): sound}, steps, loss, rmse, np.empty(0, int), np.empty((len(loss), 0)), 4, 0
    )
    attributes = {"flags": settings.as_dict(), "fingerprint": {}, "earlier_fingerprints": []}
    labeled = arrays.dataset(made, np.asarray(x), examples, answers[:, 0], probes, answers[:, 1:], attributes)
    storage.save_results(labeled, run.results)
    seconds.clear()
    seconds["train"] = 2.0
    return {"files": [run.results.name], "train_mse": [], "seeds": settings.seeds}


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    """The arguments of a command that was carried out, and its folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(execution, "execute", make_by_hand)
        folder = tmp_path_factory.mktemp("judged")
        arguments = ["--seeds=3", f"--results_dir={folder}"]
        assert carry_out(claims, [*arguments, "--quiet"]) == 0
    (run,) = (folder / "runs").glob("claims-*")
    return arguments, run


def test_every_claim_is_judged_in_every_column(judged):
    entries = json.loads((judged[1] / "claims.json").read_text())
    assert [entry["id"] for entry in entries] == [claim.id for claim in CLAIMS]
    told = {entry["id"]: entry for entry in entries}
    np.testing.assert_allclose(told["sine-learned"]["per_seed"][::2], [0.0, 0.02], atol=1e-6)
    assert told["sine-learned"]["per_seed"][1] is None
    assert (told["sine-learned"]["diverged"], told["sine-learned"]["excluded"]) == ([1], [])
    assert told["valley-phase"]["excluded"] == [1]
    assert list(told["sine-learned"]["controls"]) == list(claims.CONTROLS)
    assert told["line-one-layer"]["controls"] == {}
    assert all(entry["variants"] == {} for entry in entries)
    assert all(list(entry["null"]) == ["copy", "clipped copy"] for entry in entries if entry["id"] != "hill-y-longer")
    assert {name for name, entry in told.items() if entry["published"]} == {
        *("sine-learned", "lines-sine-phase", "lines-same-factor", "lines-nonlinear", "learned-between"),
        *("valley-amplitude", "valley-phase", "amplitude-inside", "amplitude-diverges", "slope-negative"),
    }


def test_the_table_and_the_figure_hold_every_claim(judged):
    table = (judged[1] / "claims.md").read_text()
    assert all(f"### {claim.id}" in table for claim in CLAIMS)
    assert "made by `python -m experiments.claims --seeds 3 --base_seed 0`" in table
    assert "14 s (networks), 2 s (untrained networks)" in table
    height, width, _ = imread(judged[1] / "claims.png").shape
    assert height > width > 1_000
    figure = figures.draw(json.loads((judged[1] / "claims.json").read_text()))
    written = " ".join(text.get_text() for text in figure.texts)
    assert all(claim.id in written for claim in CLAIMS)


def test_the_figure_shows_every_network_and_what_it_is_held_against(judged):
    entries = json.loads((judged[1] / "claims.json").read_text())
    (entry,) = (each for each in entries if each["id"] == "sine-learned")
    (axes,) = figures.draw([entry]).axes
    lines = {(line.get_marker(), line.get_color()): line.get_xdata() for line in axes.lines if len(line.get_xdata())}
    dots = lines["o", COLORS["b"]]
    np.testing.assert_array_equal(dots, [number for number in entry["per_seed"] if number is not None])
    np.testing.assert_array_equal(lines["D", COLORS["r"]], [entry["published"]["value"]])
    np.testing.assert_array_equal(lines["x", "black"], [0.0])
    assert entry["threshold"]["high"] in [
        places[0] for places in (line.get_xdata() for line in axes.lines) if len(places)
    ]
    assert axes.get_xlim()[0] < 0 < 0.03 < axes.get_xlim()[1]


def test_the_same_command_again_only_tells(judged, capsys, monkeypatch):
    monkeypatch.setattr(execution, "execute", None)
    before = (judged[1] / "claims.json").stat().st_mtime_ns
    assert carry_out(claims, judged[0]) == 0
    told = capsys.readouterr().out
    assert "this run is finished" in told
    assert all(claim.id in told for claim in CLAIMS)
    assert max(map(len, told.split("the runs took")[0].splitlines())) <= 80
    assert "sine-learned: diverged and counted as not meeting it: seeds 1" in told
    assert (judged[1] / "claims.json").stat().st_mtime_ns == before


def test_it_is_drawn_again_and_published(judged, monkeypatch):
    monkeypatch.setattr(execution, "execute", None)
    before = {name: (judged[1] / name).stat().st_mtime_ns for name in ("claims.json", "claims.png")}
    assert carry_out(claims, [*judged[0], "--replot", "--quiet", "--publish"]) == 0
    after = {name: (judged[1] / name).stat().st_mtime_ns for name in before}
    assert after["claims.json"] == before["claims.json"]
    assert after["claims.png"] > before["claims.png"]
    published = judged[1].parents[1] / "claims"
    assert {path.name for path in published.iterdir()} == {
        "claims.json",
        "claims.md",
        "claims.png",
        "metrics.json",
        "manifest.json",
    }


def test_it_is_judged_again_from_runs_that_are_finished(judged, monkeypatch):
    metrics, populations = json.loads((judged[1] / "metrics.json").read_text()), []

    def judge(work, *_):
        assert not work.run.finished
        populations.extend(each.run.folder.name for each in work.needs.values())
        return {name: metrics[name] for name in metrics if name != "sha256"}

    monkeypatch.setattr(execution, "execute", None)
    monkeypatch.setattr(studies.claims.execution, "execute", judge)
    assert carry_out(claims, [*judged[0], "--restart", "--quiet"]) == 0
    assert len(populations) == 7 + 1 + 1


def test_the_columns_differ_in_what_they_are_named_after():
    columns = claims.columns(5, 7, variants=True)
    usual = columns[claims.NETWORKS]
    assert usual["hill_one_layer"] == dataclasses.replace(usual["hill"], hidden=())
    assert {(each.seeds, each.base_seed, each.readout) for each in usual.values()} == {(5, 7, "cell")}
    changes = {
        column: {
            name: {
                field: getattr(each, field) for field in VARIED if getattr(each, field) != getattr(usual[name], field)
            }
            for name, each in populations.items()
        }
        for column, populations in columns.items()
    }
    assert changes["untrained networks"] == {"sine": {"steps": 0}}
    assert changes["networks trained on A = 0.6"] == {"sine": {"train_amplitude": 0.6}}
    assert changes["dense readout"]["sine"] == {"readout": "dense"}
    assert changes["dense readout"]["line"] == {"readout": "dense", "hidden": (32,)}
    assert changes["a tenth of the steps"]["amplitude"] == {"steps": 150}
    assert changes["ten times the steps"]["slope_intercept"] == {"steps": 50_000}
    assert list(claims.columns(5, 7, variants=False)) == [claims.NETWORKS, *claims.CONTROLS]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--seeds", "0"], "--seeds"),
        (["--steps", "10"], "steps"),
        (["--replot"], "there is no finished run to redraw"),
        (["--replot", "--restart"], "give one of the two"),
        (["variants"], "stray argument"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(arguments, told, tmp_path, capsys):
    assert carry_out(claims, [*arguments, f"--results_dir={tmp_path / 'results'}"]) == 2
    error = capsys.readouterr().err
    assert told in error
    assert error.count("\n") == 1
    assert not (tmp_path / "results").exists()


def test_a_damaged_list_is_told(judged, capsys):
    path = judged[1] / "claims.json"
    whole = path.read_text()
    path.write_text(whole[:100])
    assert carry_out(claims, judged[0]) == 1
    path.write_text(whole)
    assert (
        f"{path}: is damaged, or that of another run: it is not what this run wrote; --restart runs it again"
        in capsys.readouterr().err
    )


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
    assert "remove its folder, and the same command makes it again" in errors
    assert carry_out(claims, [*judged[0], "--quiet"]) == 0


def test_help_tells_the_flags_that_it_takes(capsys):
    assert carry_out(claims, ["--help"]) == 0
    output = capsys.readouterr().out
    assert "--[no]variants" in output
    assert "--steps" not in output


def test_what_is_finished_is_told_without_jax(judged):
    told = carry_out_without_jax("claims", judged[0])
    assert all(claim.id in told for claim in CLAIMS)
    assert told.endswith("\n0\n")
