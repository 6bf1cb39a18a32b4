"""The commands of studies: what they refuse, and what their help lists."""

import re

import pytest
from commands import claims, dynamics, generalization, sweep

from conftest import carry_out, refusal
from experiments import line, own, recipe, sine, timeline
from lstm_toys.runs.experiment import FLAGS
from lstm_toys.studies.sweep.settings import MOST_SETTINGS

LARGE = [f"--grid={name}=" + " ".join(map(str, range(1, 102))) for name in ("learning_rate", "steps")]

REFUSED = [
    (
        claims,
        [
            (["--hidden=8"], "the population hill_one_layer is defined by --hidden=none; leave its claims"),
            (["--only=sine-learned,valley"], "unknown claim 'valley'; available: line-one-layer, hill-second-layer,"),
            (["--only=sine-learned,identity,sine-learned"], "flag --only: names the claim 'sine-learned' twice"),
            (["--claims=experiments.line"], "experiments.line declares no CLAIMS"),
            (["--claims=sine_claims", "--variants"], "flag --variants: sine_claims declares no variants"),
            (["--claims=sine_claims", "--recipes=4"], "flag --recipes: sine_claims declares no recipes"),
            (["--claims=recipe_claims", "--recipes=4", "--optimizer=adam"], "flag --optimizer: the recipes of"),
            (["--claims=recipe_claims", "--recipes=-1"], "flag --recipes=-1"),
            (["--answers=sine=a.nc", "--answers=sine=b.nc"], "flag --answers: names the population 'sine' twice"),
            (["--answers=sine=nowhere.nc"], "flag --answers=sine=nowhere.nc: No such file or directory"),
            (["--only=sine-learned", f"--answers=sine={__file__}"], ".py is not a file of answers: "),
        ],
    ),
    (
        sweep,
        [
            (["--task=nope"], "--task=nope: no module named nope"),
            (["--gird=steps=1"], "unknown flag --gird; did you mean grid? --help lists the flags"),
            (["--grid=steps"], "flag --grid=steps: takes 'flag=value value ...'"),
            (["--grid=steps=1 2 1"], "each value once"),
            (["--grid=nonsense=1 2"], "the flag is one of optimizer"),
            (["--grid=steps=4 5", "--keep_steps=1"], "a sweep keeps networks after the steps of --grid"),
            (["--grid=steps=1 2", "--steps=3"], "flag --steps: also given by --grid; give one of the two"),
            (["--grid=momentum=0.5 0.9"], "has no effect with --optimizer=rmsprop_keras (the default of sine)"),
            (LARGE, f"flag --grid: 10,201 settings; at most {MOST_SETTINGS:,} are allowed"),
            (["--grid=steps=1", "--seeds=1e7"], "10,000,000 seeds are 10,000,000 networks; at most 1,000,000"),
        ],
    ),
    (
        generalization,
        [
            (["--amplitude", "2:1:3"], "--amplitude=2:1:3: takes low:high:count"),
            (["--amplitude=0.1:1:1_0"], "takes low:high:count"),
            (["--task=experiments.papers.counting", "--limit=0.1"], "for grids of curves; counting is measured at"),
            (["--spacing", "0"], "from 1e-05 to 0.5"),
        ],
    ),
    (
        dynamics,
        [
            (["--inputs=1:0:5"], "low:high:count"),
            (["--inputs=0:1:1"], "--inputs=0:1:1"),
            (["--starts=1"], "--starts=1"),
            (["--weight_scale=0"], "--weight_scale=0"),
            (["--task=majority", "--hold=zero"], "takes NAME=number,number,..."),
            (["--task=majority", "--hold=zero=0", "--hold=zero=1"], "the period zero is given twice"),
            (["--task=majority", "--hold=zero=0", "--inputs=0:1:2"], "flag --inputs: has no effect with --hold"),
            (["--task=majority", "--hold=zero=0,1"], "the input of the period zero must be 1 number, for bit, not 2"),
        ],
    ),
    # Numbers that none are, or that mean something else in single precision, and flags that there are not.
    (
        line.EXPERIMENT,
        [
            (["--seeds=1_6"], "flag --seeds=1_6: '1_6' is not an integer in the range [1, 10000000]"),
            (["--seeds=３"], "is not an integer in the range"),
            (["--train_amplitude=1"], "unknown flag --train_amplitude; "),
            (["--cell=json:dumps"], "json"),
            (["--cluster=local:0"], "takes local:N"),
        ],
    ),
    (
        sine.EXPERIMENT,
        [
            (["--optimizer=momentum", "--momentum=0.99999999999"], "takes a number in the range [0.0, 0.999999]"),
            (["--train_amplitude=1e38"], "1e+38 is not a number in the range [-1000000.0, 1000000.0]"),
            (["--learning-rate=0.1"], "unknown flag --learning-rate; did you mean learning_rate?"),
            (["--lr=0.1"], "unknown flag --lr; did you mean learning_rate?"),
            (["--keep_steps=5,3"], "ascending"),
        ],
    ),
    (recipe.recipe, [(["--seeds=1"], "an integer in the range [2, ")]),
    (timeline.timeline, [(["--seeds=15"], "flag --seeds=15: 15 is not an integer")]),
]


@pytest.mark.parametrize(
    ("asked", "arguments", "said"), [(asked, *each) for asked, several in REFUSED for each in several]
)
def test_a_wrong_command_line_is_refused_in_one_line(asked, arguments, said, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert carry_out(asked, arguments) == 2
    assert said in refusal(capsys)
    assert not any(tmp_path.iterdir())


@pytest.mark.usefixtures("as_users_have_it")
@pytest.mark.parametrize(
    ("asked", "arguments", "names"),
    [
        (claims, [], ("variants", "only", "answers", "seeds", "cell", "steps")),
        (sweep, ["--grid=x"], ("task", "grid", *FLAGS)),
        (sweep, ["--task=own"], ("task", "grid", "hold_out", "seeds", "steps")),
        (generalization, ["--task", "amplitude"], ("task", "limit", "phase", "seeds", "steps")),
        (own.EXPERIMENT, [], ("hold_out", "seeds", "steps")),
    ],
)
def test_help_lists_every_flag_whatever_else_is_wrong(asked, arguments, names, capsys):
    assert carry_out(asked, [*arguments, "--help"]) == 0
    output, errors = capsys.readouterr()
    assert errors == ""
    assert {*names} <= {*re.findall(r"^  --(?:\[no\])?(\w+)$", output, re.MULTILINE)}
    assert ("--timesteps" in output) == ("hold_out" not in names)  # Files have time points of their own.
