"""Verdicts under other choices: which trainings count, how a verdict stands them, and what is reported."""

import dataclasses
import json

import numpy as np
import pytest
import xarray as xr
from commands import claims

import lstm_toys as lt
from conftest import carry_out, located
from experiments import sine
from lstm_toys.cli import command
from lstm_toys.figures.style import COLORS, GRAY
from lstm_toys.runs import command_line
from lstm_toys.studies.claims import choices, figures, markdown, report, specifications, verdicts
from lstm_toys.studies.claims.declaration import NETWORKS, Column
from lstm_toys.studies.claims.entries import Choice, Robustness, Share, as_json, read
from lstm_toys.studies.claims.report import specified

RATE = lt.claims.Specification(choices.changed(learning_rate=3.0), {"rate": "three times"})


def number(curves):
    return curves.answer.values[:, 0, -1, 0]


def claim(**options):
    given = {"low": 0.5, "thresholds": lt.claims.Thresholds((0.2, 0.8), "Little.", "Much.")} | options
    return lt.claims.Claim("one", "It is", "last", number, (lt.claims.Source("a", "training"),), **given)


def results(numbers, learned):
    """Networks whose last answers are these numbers."""
    answers = np.stack([np.zeros(len(numbers)), numbers], axis=1)[:, None, :, None]
    training = {
        "answer": (("seed", "curve", "time", "feature"), answers),
        "train_loss": (("seed", "step"), np.linspace(1, 2, 2 * len(numbers)).reshape(-1, 2)),
    }
    networks = {"diverged": ("seed", np.zeros(len(numbers), bool)), "learned": ("seed", np.array(learned, bool))}
    return xr.DataTree.from_dict({"/": xr.Dataset(networks), "training": xr.Dataset(training)})


@pytest.mark.parametrize(
    ("learned", "options", "state", "share", "counted"),
    [
        ([True] * 10, {}, "judged", 0.4, 10),
        ([True] * 9 + [False], {}, "judged", 4 / 9, 9),
        ([True] * 8 + [False] * 2, {}, "shown", 0.5, 8),
        ([False] * 4 + [True] * 6, {}, "shown", 0.0, 6),
        ([True] * 4 + [False] * 6, {}, "few", 1.0, 4),
        ([True] * 2 + [False] * 8, {"learned": True}, "judged", 0.4, 10),
    ],
)
def test_networks_that_learned_count_and_trainings_where_most_did(learned, options, state, share, counted):
    columns = [(Column("faster", "specifications", "learned"), {"a": results([1.0] * 4 + [0.0] * 6, learned)})]
    ((one, _, networks, judgment),) = verdicts.judgments([claim(**options)], columns)
    found = specifications.by_training(one, RATE, networks, judgment)
    assert (found.state, found.share, found.counted) == (state, pytest.approx(share), counted)
    assert found.learned == np.mean(learned)
    assert found.loss == np.median(np.linspace(1, 2, 20)[1::2])


def trained(low, high, kind="rate", state="judged", share=None, **options):
    share = (low + high) / 2 if share is None else share
    return Choice(f"{kind}: {low} to {high}", kind, state, share, [float(low), float(high)], choices={}, **options)


def entry(one, others=(), verdict="supported", numbers=(0.9,) * 18 + (0.1,) * 2):
    """The entry of a claim with a share of 0.9, whose networks have some numbers, and that other trainings judge."""
    networks = {"a": results(numbers, [True] * len(numbers))}
    return specifications.robustness(one, verdict, 0.9, others, [*specifications.by_analysis(one, networks)])


def seeded(met):
    """What 24 networks of another base seed say."""
    share, *interval = lt.statistics.wilson(met, 24)
    return Choice(f"base seed: {met}", "base seed", "judged", share, interval, choices={}, counted=24)


STAYS, OPEN, TURNS = (trained(*ends, choices.COMBINATION) for ends in ((0.8, 0.9), (0.4, 0.9), (0.1, 0.2)))


@pytest.mark.parametrize(
    ("verdict", "others", "said"),
    [
        ("supported", [trained(0.51, 0.7), trained(0.8, 1.0, "units")], "not contradicted: 4 of 4 agree"),
        (
            "supported",
            [trained(0.1, 0.3, state="shown"), trained(0.1, 0.3, state="few")],
            "not contradicted: 2 of 2 agree",
        ),
        ("supported", [trained(0.31, 0.69)], "not contradicted: 2 of 3 agree; undecided under rate (0.31 to 0.69)"),
        ("supported", [trained(0.2, 0.5)], "not contradicted: 2 of 3 agree; undecided under rate (0.2 to 0.5)"),
        ("supported", [trained(0.2, 0.49)], "depends on rate (0.2 to 0.49)"),
        (
            "supported",
            [trained(0.1, 0.3), trained(0.1, 0.4, "units"), trained(0.4, 0.6), trained(0.45, 0.6, "steps")],
            "depends on rate (0.1 to 0.3), units (0.1 to 0.4); undecided under rate (0.4 to 0.6), steps (0.45 to 0.6)",
        ),
        (
            "supported",
            [trained(np.nan, np.nan, share=1.0)],
            "not contradicted: 2 of 3 agree; undecided under rate (nan to nan)",
        ),
        ("supported", [STAYS] * 9 + [TURNS], "not contradicted: 11 of 12 agree"),
        (
            "supported",
            [STAYS] * 8 + [OPEN, TURNS],
            "not contradicted: 10 of 12 agree; undecided under combinations (1 of 10)",
        ),
        ("supported", [STAYS] * 8 + [TURNS] * 2, "depends on combinations (2 of 10)"),
        ("supported", [trained(0.1, 0.2)] + [trained(0, 1, state="few")] * 3, "depends on rate (0.1 to 0.2)"),
        ("supported", [trained(0, 1, state="few")] * 3, "not tested: 2 of 5 choices could be judged"),
        (
            "supported",
            [trained(0.1, 0.2)] + [trained(0, 1, state="few")] * 4,
            "not tested: 3 of 7 choices could be judged; turned by rate (0.1 to 0.2)",
        ),
        ("supported", [seeded(24), seeded(20)], "replicated: 4 of 4 agree"),
        ("supported", [seeded(24), seeded(13)], "not contradicted: 3 of 4 agree; undecided under base seed (13)"),
        (
            "supported",
            [seeded(24), seeded(13), *[trained(0.6, 0.7)] * 6],
            "replicated: 9 of 10 agree; undecided under base seed (13)",
        ),
        (
            "supported",
            [seeded(13), *[trained(0.6, 0.7)] * 6],
            "not contradicted: 8 of 9 agree; undecided under base seed (13)",
        ),
        ("undecided", [trained(0.1, 0.2)], "undecided"),
    ],
)
def test_how_a_verdict_stands_other_choices(verdict, others, said):
    found = entry(claim(), others, verdict)
    assert specified(found) == said
    assert json.dumps(as_json(found), allow_nan=False)
    if verdict == "supported":  # The same of the share of networks that do not meet the claim.
        mirrored = [
            dataclasses.replace(each, share=1 - each.share, interval=[1 - end for end in reversed(each.interval)])
            for each in others
        ]
        assert specified(entry(claim(), mirrored, "refuted", [0.1] * 20)) == said


def test_base_seeds_of_pairs_and_of_networks_without_a_number_are_pooled():
    two, others = lt.claims.Source("a", "training"), [seeded(16), seeded(16)]
    compared = lt.claims.Claim("one", "It is", "last", number, (two,), against="b")
    found = specifications.robustness(compared, "supported", 0.9, others, [])
    assert (found.level, found.agree) == ("not contradicted", 0)  # Each is undecided by itself.
    wide = [trained(0.51, 0.99, choices.BASE_SEED, share=0.75), trained(0.55, 0.95, choices.BASE_SEED, share=0.75)]
    assert specifications.robustness(compared, "supported", 0.9, wide, []).level == "replicated"
    lacking = [dataclasses.replace(each, bounds=[Share(0.3, [0.2, 0.4], 40), each.own]) for each in wide]
    assert {each.verdict for each in lacking} == {"undecided"}
    assert specifications.robustness(compared, "supported", 0.9, lacking, []).level == "not contradicted"


def test_how_many_choices_of_each_kind_were_tried_and_judged_is_counted():
    others = [trained(0.6, 0.7), trained(0.4, 0.6), trained(0.1, 0.2, state="unlearned"), trained(0, 1, "units", "few")]
    found = entry(claim(), others)
    assert as_json(found.kinds) == {
        "rate": {"tried": 3, "judged": 2, "turning": 0, "undecided": 1},
        "units": {"tried": 1, "judged": 0, "turning": 0, "undecided": 0},
        "threshold": {"tried": 2, "judged": 2, "turning": 0, "undecided": 0},
    }
    assert "| 50% to 65%, 2 of 3 | 0 of 1 | 90% to 90%, 2 of 2 |" in markdown.specifications([found], "mine")


def test_thresholds_judge_the_same_networks_and_can_turn_a_verdict():
    found = entry(claim(thresholds=lt.claims.Thresholds((0.05, 0.95), "Little.", "Much.")))
    assert {each.name: each.share for each in found.thresholds} == {"at least 0.05": 1, "at least 0.95": 0}
    assert specified(found) == "depends on threshold (at least 0.95)"
    assert found.ranges == {"threshold": [0, 1]}
    refuted = entry(claim(), [trained(0, 0.1)], "refuted", [0.3] * 20)
    assert refuted.depends == {"threshold": ["at least 0.2"]}
    assert specified(entry(claim(thresholds=None))) == "not tested: 0 of 0 choices could be judged"
    assert specified(entry(claim(), numbers=[0.9] * 4)) == "not tested: 0 of 2 choices could be judged"
    both = claim(high=0.8, thresholds=lt.claims.Thresholds(((0.1, 0.9), (0.6, 0.7)), "Little.", "Much."))
    assert [(each.low, each.high) for each in both.others] == [(0.1, 0.9), (0.6, 0.7)]


def test_infinite_numbers_meet_lower_thresholds_too():
    one = claim(low=2.0, thresholds=lt.claims.Thresholds((1.0, 2.5), "Little.", "Much."))
    networks = {"a": results([np.inf] * 10 + [3.0, 4.0], [True] * 12)}
    assert [each.share for each in specifications.by_analysis(one, networks)] == [1.0, 1.0]
    never = {"a": results([np.nan] * 10 + [3.0, 4.0], [True] * 12)}
    assert {(each.share, each.counted, each.state) for each in specifications.by_analysis(one, never)} == {
        (1.0, 2, "few")
    }


def test_alternative_numbers_judge_the_same_networks_by_the_same_thresholds():
    def first(curves):
        return curves.answer.values[:, 0, 0, 0]

    def twice(curves):
        return np.where(number(curves) > 0.95, np.nan, 2 * number(curves))

    one = claim(alternatives={"window": {"the first": first}, "unit": {"half": twice, "itself": number}})
    networks = {"a": results([0.3] * 12 + [0.6] * 4 + [1.0] * 4, [True] * 20)}
    networks["a"].diverged[0] = True
    found = [each for each in specifications.by_analysis(one, networks) if each.kind != "threshold"]
    shares = {each.name: each.share for each in found}
    assert shares == {"the first": 0.0, "half": 1.0, "itself": pytest.approx(8 / 19)}
    assert [each.kind for each in found] == ["window", "unit", "unit"]
    np.testing.assert_array_equal(found[1].per_seed, [np.nan, *[0.6] * 11, *[1.2] * 4, *[np.nan] * 4])
    for each, known in zip(found, (19, 15, 19), strict=True):
        assert (each.share, *each.interval) == lt.statistics.wilson(round(known * each.share), known)
    whole = specifications.robustness(one, "supported", 0.9, [], [*entry(claim()).thresholds, *found])
    assert specified(whole) == "depends on window (the first); undecided under unit (itself)"
    assert whole.alternatives == found
    table = markdown.specifications([whole], "mine")
    assert "| 0% to 0%, 1 of 1 | 42% to 100%, 2 of 2 |" in table
    assert (
        "at least 0.8: 90% (70–97%); the first: 0% (0–17%); half: 100% (80–100%); itself: 42% (23–64%). Little" in table
    )
    few = [*specifications.by_analysis(one, {"a": networks["a"].isel(seed=slice(5))})]
    assert {each.state for each in few} == {"few"}


def dots(axes):
    """The shares of choices, and their colors, outside and inside."""
    drawn = [line for line in axes.lines if line.get_marker() == "o"]
    return [(float(line.get_xdata()[0]), line.get_color(), line.get_markerfacecolor()) for line in drawn]


def test_the_figure_of_choices_tells_opposite_from_undecided_and_begins_with_the_most_fragile():
    figure = figures.draw_choices(
        [entry(claim(), [trained(*ends, "steps")]) for ends in ((0.8, 1.0), (0.4, 0.6), (0, 0.2))]
    )
    axes = figure.axes[0]
    green, red = COLORS["g"], COLORS["r"]
    assert dots(axes) == [(0.1, red, red), (0.5, GRAY, "white"), (0.9, green, green)]
    levels = ["depends", "not contradicted", "not contradicted"]
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert [label.partition("\n")[2] for label in labels] == [f"supported, {each}" for each in levels]
    assert all(label.startswith("It is\n") for label in labels)
    assert figure.get_suptitle().startswith("1 of 3 verdicts depend on other choices (2 not contradicted)")


def test_figures_show_every_training_and_threshold():
    chosen = {"sgd 0.1": 0.2, "sgd 1": 0.4, "adam 0.1": 0.9, "half": 1.0}
    others = [trained(share, share, "units" if level == "half" else "optimizer") for level, share in chosen.items()]
    found = entry(claim(), others)
    optimizer, units, threshold = figures.draw_choices([found]).axes
    assert [axes.get_title() for axes in (optimizer, units, threshold)] == ["optimizer", "units", "threshold"]
    assert dots(optimizer) == [
        (0.2, COLORS["r"], COLORS["r"]),
        (0.4, COLORS["r"], COLORS["r"]),
        (0.9, COLORS["g"], COLORS["g"]),
    ]
    assert dots(units) == [(1.0, COLORS["g"], COLORS["g"])]
    (label,) = optimizer.get_yticklabels()
    assert label.get_text().endswith("\nsupported, depends")
    assert dots(threshold) == 2 * [(0.9, COLORS["g"], COLORS["g"])]
    table = markdown.specifications([found], "mine")
    assert "| It is (`one`) | supported, 90% | depends on optimizer (0.2 to 0.2; 0.4 to 0.4) |" in table
    assert "at least 0.2: 90% (70–97%)" in table


def test_usual_choices_change_one_setting_each():
    settings, _ = command_line.parse(sine.EXPERIMENT, ["--hidden=4", "--learning_rate=0.01"])
    changed = {each.name: each.change("sine", settings) for each in choices.usual()}
    expected = [{"learning_rate": 0.01 * (1 / 3)}, {"learning_rate": 0.03}, {"hidden": (2,)}, {"hidden": (8,)}]
    expected += [{"base_seed": 1001}, {"base_seed": 2002}]
    assert [*changed.values()] == [dataclasses.replace(settings, **each) for each in expected]
    bare = dataclasses.replace(settings, hidden=())
    assert [each.change("sine", bare) for each in choices.usual()[2:4]] == [None, None]
    with pytest.raises(ValueError, match="there is no setting 'learning_rat'; did you mean learning_rate"):
        choices.changed(learning_rat=3.0)


@pytest.mark.long
def test_the_command_judges_claims_under_other_choices(tmp_path, capsys):
    arguments = ["--claims=sine_claims", "--seeds=6", "--specifications", f"--results_dir={tmp_path}"]
    assert carry_out(claims, arguments) == 0
    (folder,) = (tmp_path / "runs").glob("claims*")
    assert {path.name for path in folder.glob("*.png")} == {"specifications.png"}
    found = read(folder / "specifications.json", Robustness)
    assert [len(each.trained) for each in found] == [6, 6]
    work = command.plan(claims, arguments).study
    lines = lt.probed(lt.load(located(work.needs[NETWORKS, "sine"], tmp_path)).results, "line").answer
    (late,) = found[1].alternatives
    np.testing.assert_allclose(late.per_seed, lines.values[:, :, 10:, 0].max(axis=(1, 2)), rtol=1e-6)
    assert late.share == np.mean(late.per_seed <= 0.9)
    printed = capsys.readouterr().out
    for each in found:
        assert f"{each.id}: {report.specified(each)}" in printed
    assert (folder / "specifications.md").read_text().count("\n| ") == 3
