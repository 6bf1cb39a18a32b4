"""Texts whose sentences carry verdicts: what a page has of a text, and which texts are refused."""

import shutil
from types import SimpleNamespace

import pytest
from hypothesis import assume, given
from PIL import Image
from rendered import TEXTS, Page

import lstm_toys as lt
from lstm_toys.cli import run_commands
from lstm_toys.sharing import annotate
from lstm_toys.statistics.intervals import Estimate

TEXT = """\
# On *sines*

[The sine is learned](claim:learned), and [once more](claim:learned); [a page](https://example.org),
[a neighbor](other.md), <b>raw</b>, ![another image](https://example.org/x.png).

![All answers](figure:sine/frequency.png)

- [Answers stay below 0.9](claim:bounded)
"""


@pytest.fixture
def here(world, tmp_path, monkeypatch):
    """A folder with the text, and results with runs of claims and of the sine; a figure stands for the sine's."""
    made = world("claims")
    shutil.copytree(made.results, tmp_path / "results")
    monkeypatch.chdir(tmp_path)
    (run,) = (tmp_path / "results/runs").glob("sine-*")
    Image.new("L", (2, 2)).save(run / "frequency.png")
    (tmp_path / "text.md").write_text(TEXT)
    return tmp_path


def annotated(*arguments):
    """The exit code of the command with the claims of the small world."""
    return run_commands.main("annotate", [*arguments, "--claims=sine_claims"])


def test_a_text_becomes_one_page_with_the_verdicts_of_a_run(here, capsys):
    assert annotated("text.md") == 0
    assert capsys.readouterr().out.startswith("text.html: text.md, with verdicts of claims_sine_claims-")
    text = (here / "text.html").read_text()
    page = Page(text)
    assert not page.open
    assert "<title>On sines</title>" in text
    addresses = [each.get("href") or each["src"] for _, each in page.elements if "href" in each or "src" in each]
    assert (addresses[0], addresses[1][:22]) == ("https://example.org", "data:image/png;base64,")
    assert len(addresses) == 2
    assert "<b>raw</b>" in page.text
    assert "another image" in page.text
    assert "<figcaption>All answers</figcaption></figure>" in text
    learned, again, bounded = (each for tag, each in page.elements if "badge" in each.get("class", ""))
    assert learned == again
    assert '<span class="marked">once more</span>;<button' in text  # Punctuation is not moved to the next line.
    (run,) = here.glob("results/runs/claims_sine_claims-*")
    for claim, badge in zip(lt.claims.rows(lt.claims.read(run / "claims.json")), (learned, bounded), strict=True):
        assert claim.verdict in badge["class"]
        assert any(each.get("id") == badge["popovertarget"] and "popover" in each for _, each in page.elements)
        for expected in (claim.statement, claim.statistic, claim.meets, *lt.claims.sentences(claim)):
            assert expected in page.text
        assert f"lstm-toys claims --claims=sine_claims --seeds=3 --only={claim.id}" in page.text


def test_a_page_is_written_again_but_another_file_stays(here, capsys):
    assert annotated("text.md", "page.html") == annotated("text.md", "page.html") == 0
    (here / "text.html").write_text("mine")
    assert annotated("text.md") == 2
    assert (here / "text.html").read_text() == "mine"
    assert capsys.readouterr().err == "text.html: exists; move it elsewhere, or name another file\n"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("[x](claim:learnedd)", "unknown claim 'learnedd'; did you mean learned?"),
        ("![](figure:sine/frequencyy.png)", "has no figure 'frequencyy.png'; did you mean frequency.png?"),
        ("![](figure:sien/frequency.png)", "did you mean sine?"),
    ],
)
def test_an_unknown_mark_is_one_line_with_its_line_and_the_nearest_name(line, expected, here, capsys):
    (here / "text.md").write_text(f"# A text\n\nwith words\nand {line}\n")
    assert annotated("text.md") == 2
    message = capsys.readouterr().err
    assert message.startswith("text.md:4: ")
    assert message.endswith(f"{expected}\n")
    assert message.count("\n") == 1


def test_a_claim_that_was_not_judged_and_drawn_recipes_are_told_in_badges(here, monkeypatch):
    judged = annotate.judged

    def changed(run, declared):
        known = judged(run, declared)
        new, meets = (SimpleNamespace(share=Estimate(0.25, 0.07, 0.59), verdict=each) for each in ("", "supported"))
        known["bounded"].answers["new recipes"] = new
        vars(known["bounded"].about).update(verdict="supported", controls={"untrained": meets})
        return {"bounded": known["bounded"]}

    monkeypatch.setattr(annotate, "judged", changed)
    assert annotated("text.md") == 0
    badges = [each.partition("</button>")[0] for each in (here / "text.html").read_text().split("<button")[1:]]
    assert "not-judged" in badges[0]
    assert "<b>not judged</b>" in badges[0]
    assert "this recipe " in badges[2]
    assert "new recipes 25% (7–59%)" in badges[2]
    assert "<span>controls meet it, too</span> <span>not shown for new recipes</span>" in badges[2]


def test_without_a_run_the_command_that_judges_is_named(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.md").write_text(TEXT)
    assert annotated("text.md") == 2
    expected = "flag --claims=sine_claims: no finished run; lstm-toys claims --claims=sine_claims judges them\n"
    assert capsys.readouterr().err == expected
    (tmp_path / "text.md").write_bytes(b"\xff")
    assert annotated("text.md") == 2
    assert capsys.readouterr().err == "text.md: is not text in UTF-8\n"


def test_marks_know_their_lines():
    assert [*annotate.marks(TEXT)] == [
        ("claim", "learned", 3),
        ("claim", "learned", 3),
        ("figure", "sine/frequency.png", 6),
        ("claim", "bounded", 8),
    ]


@given(TEXTS)
def test_no_text_brings_elements_or_scripts_of_its_own(text):
    assume(not any(mark in text for mark in ("claim:", "figure:")))
    page = Page(annotate.MARKDOWN.render(text.encode(errors="replace").decode(), {}))
    assert not {tag for tag, _ in page.elements} & {"script", "b", "img"}
    assert not page.open
