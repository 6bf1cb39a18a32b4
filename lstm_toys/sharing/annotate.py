"""Markdown texts as HTML in which marked sentences carry their evidence: one file that needs no network.

A mark is a link, ``[The valley stays untouched](claim:valley-amplitude)``. An image may be a figure of a run,
``![](figure:sine/frequency.png)``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

from lstm_toys.output import listed
from lstm_toys.runs.flags import UsageError
from lstm_toys.sharing import report
from lstm_toys.sharing.run_files import CLAIMS, RunFiles
from lstm_toys.studies.claims import exploring
from lstm_toys.studies.claims.declaration import Claims, verdict
from lstm_toys.studies.claims.report import number, sentences
from lstm_toys.studies.claims.table import Cell, Row, read, rows
from lstm_toys.text import did_you_mean

TEMPLATE, BADGE = (Path(__file__).with_name(f"{name}.html.jinja") for name in ("annotate", "badge"))

GENERATOR = '<meta name="generator" content="lstm-toys annotate">'
"""What pages say that they were made by."""

CLAIM, FIGURE = "claim", "figure"
"""What addresses of marks begin with, up to a colon."""

ANYWHERE = ("https", "http", "mailto")
"""What addresses of links begin with that lead somewhere from any place."""


class Mark(NamedTuple):
    """A mark in a text.

    Attributes:
        kind: `CLAIM` or `FIGURE`.
        name: the id of the claim, or the run and the file of the figure.
        line: the line of the text, from 1.
    """

    kind: str
    name: str
    line: int


@dataclass(frozen=True)
class Evidence:
    """What a badge and its note say about a claim.

    Attributes:
        about: a row of the table of claims, or the declared claim if it was not judged.
        answers: what networks say that it is about, by name; empty if it was not judged.
        sentences: what else was found.
    """

    about: Row
    answers: Mapping[str, Cell] = field(default_factory=dict)
    sentences: Sequence[str] = ()

    @property
    def verdict(self) -> str:
        """The verdict of the networks that the claim is about."""
        return str(self.about.verdict) if self.answers else "not judged"

    @property
    def marks(self) -> Iterator[str]:
        """Yields what a reader of the verdict should know: controls meet it, too; new recipes may not."""
        if self.verdict == "supported" and any(each.verdict == "supported" for each in self.about.controls.values()):
            yield "controls meet it, too"
        others = [*self.answers.values()][1:]
        if self.verdict != "undecided" and any(verdict(each.share) != self.verdict for each in others):
            yield "not shown for new recipes"


def judged(run: RunFiles, declared: Claims) -> dict[str, Evidence]:
    """The evidence in a run of claims, by id, and what their numbers go with."""
    every = rows(read(run.folder / CLAIMS))
    explored = exploring.explored(declared, run.metrics["flags"]["base_seed"], every)
    further = {each.row.id: goes_with(each.findings) for each in explored}
    return {
        row.id: Evidence(row, {"this recipe": row, **row.recipes}, [*sentences(row), *further.get(row.id, ())])
        for row in every
    }


def goes_with(findings: Sequence[exploring.Finding]) -> Iterator[str]:
    """Yields a sentence about the choices of recipes that a claim's number goes with, if there are any."""
    found = [
        f"{each.setting.replace('_', ' ')} {each.value}".strip()
        + f" ({'difference of medians' if each.value else 'rank correlation'} {number(each.effect)})"
        for each in findings
        if each.marked
    ]
    if found:
        yield f"Among new recipes, its number goes with {listed(found)}; this is exploratory."


class Renderer(RendererHTML):
    """Renders marks as what they stand for, which the environment has by kind and name."""

    def link_open(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        """Opens a marked sentence, or a link; a link that would lead nowhere becomes plain text."""
        opening, closing = tokens[idx], next(each for each in tokens[idx:] if each.type == "link_close")
        kind, name = _address(opening)
        if kind == CLAIM:
            closing.meta["badge"] = env[f"{kind}:{name}"]
        if kind not in ANYWHERE:
            opening.tag = closing.tag = "span"
            opening.attrs = {"class": "marked"} if kind == CLAIM else {}
        return self.renderToken(tokens, idx, options, env)

    def link_close(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        """Closes it, with the badge of a claim."""
        return self.renderToken(tokens, idx, options, env) + str(tokens[idx].meta.get("badge", ""))

    def image(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        """Embeds a figure; of another image, the description remains."""
        image = tokens[idx]
        if (address := ":".join(_address(image))) not in env:
            return escapeHtml(image.content)
        image.attrs["src"] = env[address]
        return super().image(tokens, idx, options, env)

    def paragraph_open(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        """Makes a figure with a caption of a paragraph that is nothing but a figure of a run."""
        opening, inline, closing = tokens[idx : idx + 3]
        children = inline.children or []
        if [_address(each)[0] for each in children] == [FIGURE]:
            opening.tag = closing.tag = "figure"
            caption = f"<figcaption>{escapeHtml(children[0].content)}</figcaption>"
            children.append(Token("html_inline", "", 0, content=caption))
        return self.renderToken(tokens, idx, options, env)


MARKDOWN = MarkdownIt("commonmark", {"html": False, "xhtmlOut": False}, renderer_cls=Renderer).enable("table")


def _address(token: Token) -> tuple[str, str]:
    """The address of a link or an image up to its colon, and the rest; two empty texts for other tokens."""
    kind, _, name = str(token.attrs.get("href", token.attrs.get("src", ""))).partition(":")
    return kind, unquote(name)


def marks(text: str) -> Iterator[Mark]:
    """Yields the marks of a text in their order."""
    lines = text.splitlines()
    for block in MARKDOWN.parse(text):
        first = (block.map or (0,))[0]
        for kind, name in map(_address, block.children or ()):
            if kind in (CLAIM, FIGURE):
                line = next((n for n, line in enumerate(lines[first:], first) if f"{kind}:{name}" in line), first)
                yield Mark(kind, name, line + 1)


def html(text: str, name: str, run: RunFiles, declared: Claims, figure: Callable[[str], str], command: str) -> str:
    """Makes the page of a text.

    Args:
        text: the text, in Markdown.
        name: the file's name, for errors.
        run: the run with the verdicts.
        declared: the claims that the text may name, judged or not.
        figure: makes an address that holds a figure, by the name of its run and its file; raises UsageError.
        command: judges claims, up to their ids.

    Raises:
        UsageError: a claim or a figure is unknown.
    """
    claims, shown = dict[str, Evidence](), dict[str, Any]()
    known = {claim.id: Evidence(claim) for claim in declared.claims} | judged(run, declared)
    for mark in marks(text):
        try:
            if mark.kind == FIGURE:
                shown[f"{FIGURE}:{mark.name}"] = figure(mark.name)
            elif mark.name in known:
                claims[mark.name] = known[mark.name]
            else:
                raise UsageError(f"unknown claim {mark.name!r}; {did_you_mean(mark.name, known) or ', '.join(known)}")
        except UsageError as error:
            raise UsageError(f"{name}:{mark.line}: {error}") from None
    badge = report.template(BADGE)
    for place, (id, claim) in enumerate(claims.items(), start=1):
        shown[f"{CLAIM}:{id}"] = badge.render(id=id, claim=claim, number=place)
    # The full stop of a sentence stands before its badge, which may fill a line.
    body = re.sub("(<button.*?</button>)([.,;:!?]+)", r"\2\1", MARKDOWN.render(text, shown), flags=re.DOTALL)
    heading = re.search(r"<h1>(.*?)</h1>", body, re.DOTALL)
    title = re.sub("<.*?>", "", heading[1]) if heading else name
    return report.template(TEMPLATE).render(
        title=title, body=body, claims=claims, run=run, command=command, generator=GENERATOR
    )
