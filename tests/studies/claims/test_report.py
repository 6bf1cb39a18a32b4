"""The table of claims, whatever they are called."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from rendered import PLAIN, TEXTS, instead, rendered

import lstm_toys as lt
from lstm_toys.studies.claims import entries, figures, markdown
from lstm_toys.text import one_line

ENDS = [0.4, 0.6]
NUMBERS = {"per_seed": np.array([0.5]), "share": 0.5, "interval": ENDS, "median": 0.5, "median_interval": ENDS}
NETWORKS = {"seeds": 8, "counted": 6, "diverged": [], "unlearned": [1, 2], "excluded": [], "meaningless": 0}
JUDGED = {**NUMBERS, "verdict": "refuted", **NETWORKS, "against_per_seed": None}


def entry(text):
    """A claim that says the same everywhere."""
    judged = {**JUDGED, "baselines": {text: entries.Median(0.5, None)}}
    ranks = {"networks": [1, 0, 8], text: [1, 2, 8]}
    return entries.Entry(
        id="one.claim-of_mine",
        statement=text,
        origin=text,
        statistic=text,
        threshold=entries.Threshold(np.nan, np.nan, None),
        meets=f"above {text}'s",
        **judged,
        simultaneous=entries.SimultaneousInterval(ENDS, "undecided"),
        published=entries.SingleJudgment(0.5, True, {text: 0.5}, ranks=ranks),
        null={text: entries.SingleJudgment(0.5, True, {}, answers="true value")},
        controls={text: entries.Judgment(**judged)},
        variants={text: entries.Comparison(**judged, difference=0.5, difference_interval=ENDS)},
        during=None,
        remarks=[f"{text} meet it too"],
    )


def table(text):
    return rendered(markdown.claims([entry(text)], f"What {text} says", "Made.", {text: (text,)}))


@settings(max_examples=20, deadline=None)
@given(TEXTS.map(str.strip).filter(one_line))
def test_all_that_a_user_says_is_what_a_reader_sees(text):
    assert table(text) == instead(table(PLAIN), one_line(text))


def test_a_report_of_claims_alone_explains_nothing_that_it_does_not_have():
    """Nothing is published, no model and no control stands beside the networks, and there is one claim."""
    nothing = {name: {} for name in ("null", "controls", "variants", "baselines")}
    alone = dataclasses.replace(entry("a"), published=None, remarks=[], **nothing)
    told = markdown.claims([alone], "mine", "Made.")
    (head,) = (line for line in told.splitlines() if line.startswith("| claim"))
    assert head == "| claim | verdict | share of networks (95 % interval) | median (95 % interval) | met |"
    for word in ("publish", "copy", "control", "✓", "two populations", "several", "at once", "bonferroni"):
        assert word not in told.lower(), word
    rows = [line for line in told.splitlines() if line.startswith("|")]
    assert {line.count("|") for line in rows} == {6}
    whole = markdown.claims([entry("a"), alone], "mine", "Made.")
    assert "| met | the published | a | a |" in whole
    assert {line.count("|") for line in whole.splitlines() if line.startswith("|") and "points" not in line} >= {9}
    assert "at once" in whole


def test_sentences_say_what_there_is_to_say_about_a_claim():
    one = entry("a copy")
    said = [
        "3 of 6 networks meet it: 50% (95 % interval 40–60%).",
        "The median is 0.5 (95 % bootstrap interval 0.4 to 0.6).",
        "The published network has 0.5 and meets it; 1 of 8 networks are below it.",
        "A copy meet it too.",
    ]
    assert lt.claims.sentences(one) == said
    turned = {"a gru": dataclasses.replace(one.variants["a copy"], verdict="supported")}
    against = dataclasses.replace(one.threshold, against="hill")
    other = dataclasses.replace(
        one, threshold=against, interval=None, median_interval=None, published=None, remarks=[], variants=turned
    )
    assert lt.claims.sentences(other) == [
        "In 50% of all pairs the number of one of these networks is above that of one of hill.",
        "The median is 0.5.",
        "Among other networks the verdict turns: supported with a gru.",
    ]


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        (["input"], ["copy of the input", "copy of the input, clipped to (-1, 1)"]),
        (["true value"], ["true value", "true value, clipped to (-1, 1)"]),
        (
            ["input", "true value"],
            ["copy of the input or true value", "copy of the input or true value, clipped to (-1, 1)"],
        ),
    ],
)
def test_a_legend_names_what_models_without_a_network_answer(answers, told):
    alone = dataclasses.replace(entry("a"), published=None, null={})
    copies = [entries.SingleJudgment(0.5, True, {}, answers=each) for each in answers]
    every = [
        dataclasses.replace(alone, null={"copy": each, "clipped copy": dataclasses.replace(each, value=0.9)})
        for each in copies
    ]
    assert [*figures.single_names(every).values()] == told
    assert figures.single_names([alone]) == {}
    same = dataclasses.replace(alone, null=dict.fromkeys(("copy", "clipped copy"), copies[0]))
    assert [*figures.single_names([same])] == ["copy"]


def test_a_claim_is_linked_to_its_heading():
    """Headings are called as GitHub calls them: in lower case, without full stops."""
    told = table("a")
    assert '<a href="#oneclaim-of_mine">a</a>' in told
    assert "<h3>one.claim-of_mine</h3>" in told
