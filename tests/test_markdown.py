"""Text within Markdown, as a reader of the rendered page sees it."""

from hypothesis import given
from rendered import PLAIN, TEXTS, instead, rendered

from lstm_toys.text import code, escape, one_line

EVERYWHERE = """\
# {0}

said ({0}), **{0}**, [{0}](#there) and {0}

> {0}

- it is {0}; {0}.

| {0} | {0} |
|---|---|
| a | {0} |
"""


@given(TEXTS.filter(one_line))
def test_text_is_what_a_reader_sees_wherever_it_stands(text):
    assert rendered(EVERYWHERE.format(escape(text))) == instead(rendered(EVERYWHERE.format(PLAIN)), one_line(text))


@given(TEXTS.filter(one_line))
def test_code_is_what_a_reader_sees(text):
    made_by = "made by {}, as *usual*.\n"
    assert rendered(made_by.format(code(text))) == instead(rendered(made_by.format(code(PLAIN))), one_line(text))


@given(TEXTS)
def test_a_line_has_the_words_of_a_text_in_every_encoding_of_unicode(text):
    line = one_line(text)
    assert len(line.splitlines()) <= 1
    line.encode()
    for kept, word in zip(line.split(), text.split(), strict=True):
        assert all(
            letter == own or (letter == "\ufffd" and not own.isprintable())
            for letter, own in zip(kept, word, strict=True)
        )


def test_usual_text_stays_as_it_is_and_addresses_are_not_made_links_of():
    """The renderer of these tests makes no links of addresses; what GitHub looks for is broken by an escape."""
    for text in ("from -0.5 to 0.5", "AMD EPYC (avx2), 2.5 GHz", 'the XOR "problem"', "0.1 to 1.2: R² ≥ 0.9!"):
        assert escape(text) == text
    assert escape("https://a.b, www.a.b, a@b.c") == r"https\://a.b, www\.a.b, a\@b.c"
