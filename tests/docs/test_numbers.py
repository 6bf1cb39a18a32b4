"""Numbers in the documentation are those of the published results."""

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


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        (PAGE.replace("converged", "unknown"), "unknown"),
        (PAGE.replace("{{ sine", "{{ cosine"), "cosine"),
        (PAGE.replace(numbers.END, ""), "has no end"),
        (PAGE.replace("-->\n\n15", "\n15"), "has no end"),
        (PAGE.replace("}}", "}"), "template"),
    ],
)
def test_a_template_that_cannot_be_filled_is_reported(page, reason, tmp_path):
    path = tmp_path / "page.md"
    path.write_text(page)
    with pytest.raises(SystemExit, match=reason):
        numbers.main([path], RESULTS)
    assert path.read_text() == page


def test_published_results_are_found_by_folder_and_file(tmp_path):
    for name in ("sine/metrics.json", "runs/sine-0/metrics.json", "runs/a.json", "papers/counting/claims.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text('{"seeds": 3}')
    (tmp_path / "manifest.json").write_text("{}")
    three = {"seeds": 3}
    assert numbers.published(tmp_path) == {"papers/counting": {"claims": three}, "sine": {"metrics": three}}
