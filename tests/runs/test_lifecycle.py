"""The lifecycle of a run, where a command line alone does not reach."""

import dataclasses
import errno
import sys

import pytest
from matplotlib.figure import Figure
from world import SINE, SMALL

import lstm_toys as lt
from conftest import carry_out, rarely, refusal
from experiments import all as every
from experiments import sine
from experiments.line import EXPERIMENT as LINE
from lstm_toys import execution
from lstm_toys.files import read_json
from lstm_toys.runs.folder import Run
from lstm_toys.runs.study import Failed
from lstm_toys.studies.training.study import Training

TINY = ["--seeds=2", "--timesteps=5", "--steps=3"]
SINE_OF_ONE_FIGURE = dataclasses.replace(sine.EXPERIMENT, draw=lambda *_: {"loss.png": Figure()})


UNDRAWN = [
    (lambda *_: None, "returned NoneType, no dictionary of drawings"),
    (lambda *_: {"loss": Figure()}, "returned Figure under 'loss'; a Figure goes under NAME.png"),
    (lambda *_: {"../loss.png": Figure()}, "returned Figure under '../loss.png'"),
    (lambda *_: {"loss.png": "loss"}, "returned str under 'loss.png'"),
    (
        lambda results, _: {"a.png": lt.figures.probe_answers(results, {"unknown": {}}, "")},
        "raised ValueError: there are no answers to 'unknown'; the probes are line, line_origin, ",
    ),
]


@pytest.mark.parametrize(("draw", "told"), [UNDRAWN[0], *rarely(*UNDRAWN[1:])])
def test_what_cannot_be_drawn_is_told_in_one_line_and_the_run_is_kept(draw, told, copied, tmp_path, capsys):
    copied("sine", ".")
    arguments = [*SINE, f"--results_dir={tmp_path}", "--quiet"]
    assert carry_out(dataclasses.replace(sine.EXPERIMENT, draw=draw), arguments) == 1
    errors = refusal(capsys)
    assert told in errors
    assert errors.endswith("; the trained run is kept, and the same command draws it\n")
    assert carry_out(SINE_OF_ONE_FIGURE, arguments) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.usefixtures("drawing")
def test_what_is_finished_is_drawn_although_a_later_training_fails(tmp_path, capsys, monkeypatch):
    compute = Training.compute

    def fail_later(study, context):
        if study.name.startswith("hill"):
            raise Failed("no more")
        return compute(study, context)

    monkeypatch.setattr(Training, "compute", fail_later)
    assert carry_out([*every.EXPERIMENTS.values()], [*TINY, f"--results_dir={tmp_path}"]) == 1
    assert capsys.readouterr().err == "no more\n"
    (made,) = (path.parent for path in tmp_path.glob("runs/*/metrics.json"))
    assert made.name.startswith("line-")
    assert (made / "loss.png").exists()


def test_a_missing_package_of_clusters_is_told_before_anything_is_computed(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "distributed", None)
    monkeypatch.delitem(sys.modules, "lstm_toys.execution.cluster", raising=False)
    monkeypatch.delattr(execution, "cluster", raising=False)
    monkeypatch.setattr(Training, "compute", None)
    assert carry_out(LINE, [*SMALL, "--cluster=local:1", f"--results_dir={tmp_path / 'results'}"]) == 2
    assert refusal(capsys) == "flag --cluster=local:1: needs distributed; run pip install 'lstm_toys[cluster]'\n"
    assert not [*tmp_path.iterdir()]


ROW = {"curve": "mine", "points": 4, "inside_share": 0.5, "rmse_of_median": 0.1}


def test_comparisons_are_made_again_and_written_or_only_printed_where_a_folder_cannot_be(
    copied, tmp_path, capsys, monkeypatch
):
    run = copied("sine", ".")
    other = dataclasses.replace(SINE_OF_ONE_FIGURE, compare=lambda _: [ROW])
    assert carry_out(other, [*SINE, f"--results_dir={tmp_path}", "--no_training"]) == 0
    assert "50%" in capsys.readouterr().out
    assert read_json(run / "metrics.json")["published"] == [ROW]
    assert "50%" in (run / "report.json").read_text()

    def refuse(*_, **__):
        raise PermissionError(errno.EACCES, "Permission denied", str(run))

    monkeypatch.setattr(Run, "locked", refuse)
    before = {path: path.stat().st_mtime_ns for path in run.iterdir()}
    harder = dataclasses.replace(other, compare=lambda _: [{**ROW, "inside_share": 0.25}])
    assert carry_out(harder, [*SINE, f"--results_dir={tmp_path}"]) == 0
    told, errors = capsys.readouterr()
    assert errors == ""
    assert f"{run} cannot be written; figures are not drawn\n" in told
    assert "25%" in told
    assert {path: path.stat().st_mtime_ns for path in run.iterdir()} == before
