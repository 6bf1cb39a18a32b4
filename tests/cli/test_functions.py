"""Functions as commands: their parameters are flags, and what they return is computed and reported."""

import json
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import pytest

import lstm_toys as lt
from conftest import carry_out, refusal
from lstm_toys.cli import command
from lstm_toys.runs import flags


def counted(
    most: Annotated[int, range(2, 10)] = 4,
    share: float = 0.5,
    word: str = "some",
    kind: Literal["even", "odd"] = "even",
    file: Path | None = None,
    names: tuple[str, ...] = (),
    loud: bool = False,
):
    """Counts.

    Args:
        most: the number up to which is counted,
            itself included.
        kind: which numbers count.
    """
    own = {"share": share, "word": word, "kind": kind, "file": str(file), "names": names, "loud": loud}
    values = np.arange(most + 1.0)
    return lt.Analysis(
        name="counted",
        settings={"most": most, **own},
        needs={},
        score=lambda *_: {"values": values, "none": np.nan, "half": np.float32(0.5), "any": np.bool_(True)},
        report=lambda numbers: [f"{numbers['values'][-1]:g} {word} {kind} {file} {','.join(names)} {loud}"],
    )


def test_the_parameters_of_a_function_are_flags(tmp_path, capsys):
    line = ["--most=6", "--word=many", "--kind=odd", "--file=a.csv", "--names=x", "--names=y", "--loud"]
    assert carry_out(counted, [*line, f"--results_dir={tmp_path}"]) == 0
    assert "6 many odd a.csv x,y True" in capsys.readouterr().out
    (metrics,) = tmp_path.glob("runs/counted-*/metrics.json")
    numbers = json.loads(metrics.read_text())["numbers"]
    assert numbers == {"values": [0, 1, 2, 3, 4, 5, 6], "none": None, "half": 0.5, "any": True}


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("--most=1", "flag --most=1: 1 is not an integer in the range [2, 9]"),
        ("--kind=all", "flag --kind=all: value should be one of <even|odd>"),
        ("--share=half", "flag --share=half: 'half' is not a number"),
        ("--word=", "flag --word=: takes text"),
        ("--mos=3", "unknown flag --mos; did you mean most?"),
    ],
)
def test_a_value_that_an_annotation_does_not_allow_is_refused_in_one_line(line, told, capsys):
    assert carry_out(counted, [line]) == 2
    assert refusal(capsys).startswith(told)


def test_help_is_what_the_module_and_the_arguments_say():
    with pytest.raises(flags.Help) as asked:
        command.plan(counted, ["--help"])
    told = asked.value.text("mine")
    assert told.startswith("Functions as commands: their parameters are flags")
    assert "  --most\n      the number up to which is counted, itself included\n" in told
    assert "(default: 4)" in told
    assert "  --[no]loud\n" in told


def of_list(values: list[int] = []):  # noqa: B006
    """No flag takes lists."""


def undecided(most):
    """Has no default."""


def untyped(most=3):
    """Has no annotation."""


@pytest.mark.parametrize(
    ("function", "told"),
    [
        (of_list, "of_list: the parameter values: no flag takes list[int]; lt.main says what does"),
        (undecided, "undecided: the parameter most has no default, which a flag needs"),
        (untyped, "untyped: the parameter most: no flag takes anything; lt.main says what does"),
    ],
)
def test_a_parameter_that_no_flag_can_set_is_refused_in_one_line(function, told, capsys):
    assert carry_out(function, []) == 2
    assert refusal(capsys) == f"{told}\n"


def test_what_score_returns_has_to_be_json(tmp_path, capsys):
    analysis = lt.Analysis("odd", {}, {}, score=lambda *_: {"set": {1}}, report=lambda _: [])
    assert carry_out(analysis, [f"--results_dir={tmp_path}"]) == 2
    assert "odd: what score returns: Object of type set is not JSON serializable" in capsys.readouterr().err


def test_any_study_can_be_asked_for_and_found(world):
    made = world("sine")
    asked = lt.ask("sine", *made.arguments)
    assert [run.folder for run in lt.find([asked], made.results)] == [made.run]
    assert lt.find([lt.ask("sine", *made.arguments, "--base_seed=9")], made.results) == [None]
    sweep = lt.ask("sine", "--grid=learning_rate=0.001 0.01", "--seeds=2", study="sweep")
    assert [each.learning_rate for each in sweep.settings.settings] == [0.001, 0.01]
    claims = lt.ask("post.claims", "--only=valley-phase", "--seeds=3", study="claims")
    assert {each.settings.seeds for each in claims.needs.values()} == {3}
    with pytest.raises(lt.errors.UsageError, match=r"no module named sin; did you mean sine"):
        lt.ask("sin")
