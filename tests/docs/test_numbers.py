"""Numbers in the documentation are those of the published results."""

import re

import pytest

from docs.maintenance import api, index, numbers

RESULTS = {"sine": {"metrics": {"converged": 15, "seeds": 16, "error": -0.25}}}
TEMPLATE = """\
{{ sine.metrics.converged }} of {{ sine.metrics.seeds }} networks learn the sine
an error of {{ "%.2f" | format(sine.metrics.error) }}.

| task | networks |
|---|--:|
{% for name in ["sine"] %}
| {{ name }} | {{ sine.metrics.converged }} |
{% endfor %}
"""
PAGE = """\
# Sines

Of two curves, one is a sine: 15 of 16 networks
learn the sine, with an error of -0.25.

| task | networks |
|---|--:|
| sine | 15 |

More follows.
"""


@pytest.mark.parametrize(("path", "template"), numbers.pages().items(), ids=lambda path: path.name)
def test_numbers_are_those_of_the_published_results(path, template):
    assert numbers.page(path, template, numbers.published(numbers.ROOT / "results")) == path.read_text()


@pytest.mark.parametrize("path", api.PAGES, ids=lambda path: path.name)
def test_the_reference_has_the_first_lines_of_the_docstrings(path):
    assert api.with_names(path) == path.read_text()


def test_every_published_set_has_a_line_in_the_list_of_results():
    assert index.text() == index.INDEX.read_text()
    links = re.findall(r"\]\(([^)]+)\)", index.INDEX.read_text())
    linked = {link if link.startswith("benchmarks/") else link.rpartition("/")[0] for link in links}
    folders = {path.parent.relative_to(index.RESULTS).as_posix() for path in index.RESULTS.rglob("manifest.json")}
    pages = {path.relative_to(index.RESULTS).as_posix() for path in (index.RESULTS / "benchmarks").glob("*.md")}
    assert {folder for folder in folders if not folder.startswith("runs/")} | pages <= linked
    assert all((index.RESULTS / link).exists() for link in links if link != "post.html")


@pytest.fixture
def files(tmp_path):
    """A page and its template."""
    template = tmp_path / "page.jinja"
    template.write_text(TEMPLATE)
    return tmp_path / "page.md", template


@pytest.mark.parametrize(
    "stale",
    [
        PAGE,
        PAGE.replace("15 of 16", "4 of 8").replace("-0.25", "1.5e-3"),
        PAGE.replace("| sine | 15 |", "| sine | 14 |\n| line | 3 |"),
        PAGE.replace("one is a sine: ", "one is\na sine:\n"),
    ],
)
def test_old_numbers_are_replaced_and_all_else_stays(files, stale, capsys):
    page, template = files
    page.write_text(stale)
    numbers.main({page: template}, RESULTS)
    assert page.read_text().split() == PAGE.split()
    assert ("filled anew" in capsys.readouterr().out) == (stale.split() != PAGE.split())
    assert page.read_text().count("\n") == stale.count("\n") - stale.count("| line |")


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ("networks\nlearn the sine", "nets learn the sine", "networks learn the sine', .* 0 times"),
        ("More follows", "3 of 4 networks learn the sine", "2 times"),
        ("| task |", "| curve |", "task .* 0 times"),
    ],
)
def test_a_page_without_a_phrase_or_table_is_reported_and_kept(files, before, after, reason):
    page, template = files
    page.write_text(PAGE.replace(before, after))
    with pytest.raises(SystemExit, match=reason):
        numbers.main({page: template}, RESULTS)
    assert page.read_text() == PAGE.replace(before, after)


@pytest.mark.parametrize(("before", "after"), [("converged", "unknown"), ("{{ sine", "{{ cosine"), ("}}", "}")])
def test_a_template_without_its_results_is_reported(files, before, after):
    page, template = files
    page.write_text(PAGE)
    template.write_text(TEMPLATE.replace(before, after))
    with pytest.raises(SystemExit, match=r"unknown|cosine|unexpected"):
        numbers.main({page: template}, RESULTS)
    assert page.read_text() == PAGE
