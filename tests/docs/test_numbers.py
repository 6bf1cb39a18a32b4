"""Numbers in the documentation are those of the published results."""

import jinja2
import pytest

from docs.maintenance import numbers

RESULTS = {"sine": {"metrics": {"converged": 15, "seeds": 16}}}
TEMPLATE = "<!-- numbers\n{{ sine.metrics.converged }} of {{ sine.metrics.seeds }}\n-->\n"
PAGE = f"before\n\n{TEMPLATE}\n15 of 16\n\n{numbers.END}\n\nafter\n"


@pytest.mark.parametrize("path", numbers.pages(), ids=lambda path: str(path.relative_to(numbers.ROOT)))
def test_numbers_are_those_of_the_published_results(path):
    assert numbers.page(path, numbers.published(numbers.ROOT / "results")) == path.read_text()


def test_an_old_number_is_replaced_and_all_else_stays(tmp_path, capsys):
    page = tmp_path / "page.md"
    for stale in ("", "14 of 16", "14 of 16\n\nof which more follows"):
        page.write_text(PAGE.replace("\n15 of 16\n", stale))
        numbers.main([page], RESULTS)
        assert page.read_text() == PAGE
        assert "filled anew" in capsys.readouterr().out
    numbers.main([page], RESULTS)
    assert capsys.readouterr().out == ""
    other = PAGE.replace("converged", "seeds").replace("15 of", "16 of")
    assert numbers.filled(PAGE + other, RESULTS) == PAGE + other


@pytest.mark.parametrize(("old", "new"), [("converged", "unknown"), (numbers.END, ""), ("-->\n\n15", "\n15")])
def test_a_page_whose_template_cannot_be_filled_stays_as_it_is(old, new, tmp_path):
    path = tmp_path / "page.md"
    path.write_text(page := PAGE.replace(old, new))
    with pytest.raises((jinja2.TemplateError, ValueError)):
        numbers.main([path], RESULTS)
    assert path.read_text() == page
