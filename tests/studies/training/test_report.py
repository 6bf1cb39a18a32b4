"""What a training prints of the seeds that did not learn, from metrics made by hand."""

import pytest

from conftest import reported
from experiments import sine
from lstm_toys import output
from lstm_toys.runs.experiment import parse
from lstm_toys.studies.training.study import Training

ROW = {"median": 0.1, "low": 0.1, "high": 0.2, "interval": "quartiles"}
METRICS = {
    "seeds": 40,
    "steps": 10,
    "diverged_seeds": [],
    "summary": {"train MSE": ROW},
    "published": [],
    "earlier_fingerprints": [],
    "continued": False,
    "seconds": {},
    "member_steps_per_second": 1,
}


def printed(metrics, capsys):
    settings, _ = parse(sine.EXPERIMENT, ["--seeds=40", "--early_stopping=2"])
    for each in reported(Training(sine.EXPERIMENT, settings), METRICS | metrics):
        output.console().print(each)
    return [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]


def failed(why, seeds, step=None):
    return [{"seed": seed, "why": why, "step": step and step + seed} for seed in seeds]


def test_seeds_that_did_not_learn_are_named_by_reason_and_of_many_the_first(capsys):
    unlearned = failed("never met the goal", range(20, 40)) + failed("diverged", (3, 5), 100)
    unlearned += failed("met the goal and lost it", (7,), 1_200)
    lines = printed({"goal": "it", "converged": 17, "unlearned": unlearned}, capsys)
    assert lines[0] == "17 of 40 networks learned it: it"
    first = lines.index("why seeds did not learn count seeds (after which step)")
    assert lines[first + 2 : first + 5] == [
        "never met the goal 20 20, 21, 22, 23, 24, 25, 26, 27 and 12 more",
        "diverged 2 3 (103), 5 (105)",
        "met the goal and lost it 1 7 (1,207)",
    ]


@pytest.mark.parametrize("metrics", [{"goal": "it", "converged": 40, "unlearned": []}, {}])
def test_where_all_learned_or_nobody_set_a_goal_nobody_is_said_to_have_failed(metrics, capsys):
    text = "\n".join(printed(metrics, capsys))
    assert "did not learn" not in text
    assert ("40 of 40 networks learned it: it" in text) == bool(metrics)
    assert metrics or "learned" not in text


def test_networks_that_diverged_or_stopped_and_another_fingerprint_are_told(capsys):
    happened = {"diverged_seeds": [3, 5], "last_sound_steps": [1_100, 7], "last_steps": [10, 9, 8]}
    lines = printed({**happened, "earlier_fingerprints": [{"processor": "another"}]}, capsys)
    assert "diverged (the last after step 1,100) and excluded from all statistics: seeds 3, 5" in lines
    assert "2 of them stopped early, after meeting the goal at 2 records in a row" in lines
    assert "started under another execution fingerprint; see metrics.json" in lines
