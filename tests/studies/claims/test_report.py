"""The table of claims, whatever they are called."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from one_number import changed
from rendered import PLAIN, TEXTS, instead, rendered

import lstm_toys as lt
from lstm_toys.statistics import Estimate
from lstm_toys.studies.claims import figures, markdown, report
from lstm_toys.text import one_line


def entry(text):
    """A claim that says the same everywhere."""
    half, nothing = Estimate(0.5, 0.4, 0.6), Estimate(np.nan, np.nan, np.nan)
    estimates = {"share": half, "median": half, "shift": nothing, "difference": half, "at_once": half}
    counts = {"known": 6, "counted": 6, "met": 3, "seeds": 8, "diverged": [], "unlearned": [1, 2], "undefined": 0}
    verdicts = {"verdict": "refuted", "verdict_at_once": "undecided", "answers": "true value"}
    more = {"bounds": None, "outside": None, "lacking": 0, "rank": [1, 0, 8], "value": 0.5, "meets": True}
    numbers = {
        "number": np.array([0.5]),
        "other_number": np.array([]),
        "baselines": {text: Estimate(0.5, np.nan, np.nan)},
    }
    cell = SimpleNamespace(**estimates, **counts, **verdicts, **more, **numbers)
    about = {"statement": text, "origin": text, "statistic": text, "meets": f"above {text}'s", "against": ""}
    every = {
        "null": {text: cell},
        "controls": {text: cell},
        "variants": {text: cell},
        "during": {},
        "published": cell,
        "recipes": {},
    }
    ends = {"low": -np.inf, "high": np.inf, "learned": False, "question": False}
    return changed(cell, **about, **every, **ends, id="one.claim-of_mine", remarks=[f"{text} meet it too"])


def table(text):
    return rendered(markdown.claims([entry(text)], f"What {text} says", "Made.", {text: (text,)}))


@settings(max_examples=20, deadline=None)
@given(TEXTS.map(str.strip).filter(one_line))
def test_all_that_a_user_says_is_what_a_reader_sees(text):
    assert table(text) == instead(table(PLAIN), one_line(text))


def test_a_report_of_claims_alone_explains_nothing_that_it_does_not_have():
    """Nothing is published, no model and no control stands beside the networks, and there is one claim."""
    nothing = {name: {} for name in ("null", "controls", "variants", "baselines")}
    alone = changed(entry("a"), published=None, remarks=[], **nothing)
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
        "The published answers have 0.5 and meet it; on the same curves, 1 of 8 networks are below them.",
        "A copy meet it too.",
    ]
    assert lt.claims.sentences(one) == said
    turned = {"a gru": changed(one.variants["a copy"], verdict="supported")}
    bare = Estimate(0.5, np.nan, np.nan)
    other = changed(one, against="hill", share=bare, median=bare, published=None, remarks=[], variants=turned)
    assert lt.claims.sentences(other) == [
        "In 50% of all pairs of one of these networks and one of hill, the first has the higher number.",
        "The median is 0.5.",
        "Among other networks the verdict turns: supported with a gru.",
    ]
    apart = changed(other, share=Estimate(0.0, 0.0, 0.1))
    assert lt.claims.sentences(apart)[0] == (
        "In no pair of one of these networks and one of hill, the first has the higher number (95 % interval 0–10%)."
    )


def test_a_report_begins_with_an_answer_in_words():
    low, high = entry("it is low"), changed(entry("it is high"), verdict="supported")
    asked = changed(entry("which is higher"), question=True, verdict="theirs higher")
    assert [*report.answer([low])] == ["it is low: refuted. 3 of 6 networks meet it: 50% (95 % interval 40–60%)."]
    assert [*report.answer([low, high, asked])] == [
        "1 of 2 claims hold for most networks; 1 of 1 comparison decided.",
        "Not true of most networks: it is low.",
        "Theirs are higher: which is higher.",
    ]
    assert report.heading([changed(asked, verdict="undecided")]) == "0 of 1 comparison decided"
    declared = SimpleNamespace(title="mine", aspects={})
    assert next(report.report(declared, [low, high], [])) == "1 of 2 claims hold for most networks."


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
    alone = changed(entry("a"), published=None, null={})
    copies = [changed(entry("a").published, answers=each) for each in answers]
    every = [changed(alone, null={"copy": each, "clipped copy": changed(each, value=0.9)}) for each in copies]
    assert [*figures.single_names(every).values()] == told
    assert figures.single_names([alone]) == {}
    same = changed(alone, null=dict.fromkeys(("copy", "clipped copy"), copies[0]))
    assert [*figures.single_names([same])] == ["copy"]


def test_a_claim_is_linked_to_its_heading():
    """Headings are called as GitHub calls them: in lower case, without full stops."""
    told = table("a")
    assert '<a href="#oneclaim-of_mine">a</a>' in told
    assert "<h3>one.claim-of_mine</h3>" in told
