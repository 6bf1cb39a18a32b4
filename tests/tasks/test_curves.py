"""Curves from a file."""

import pytest

from lstm_toys.tasks.curves import read_curves


def test_curves_are_the_columns_of_a_table(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("up, down\n0,1\n0.5,0.5\n\n1,0\n")
    assert read_curves(path) == {"up": (0, 0.5, 1), "down": (1, 0.5, 0)}
    path.write_text("0.1\n0.2\n")
    assert read_curves(path) == {"curve 1": (0.1, 0.2)}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "at least 2 rows"),
        (b"y\n0.1\n", "at least 2 rows of numbers, the y of successive time points; has 1"),
        (b"0.1,0.2\n0.3\n", "row 2 has 1 columns, and the first has 2"),
        (b"y\n0.1\nhigh\n", "row 3 holds 'high'"),
        (b"0.1\nnan\n", "row 2 holds 'nan'"),
        (b"0.1\ninf\n", "row 2 holds 'inf'"),
        (b"a,a\n1,2\n3,4\n", "the same name"),
        (b"\xff\xfe\x00", "is no CSV file"),
    ],
)
def test_a_bad_table_is_told_in_one_line(tmp_path, content, told):
    (tmp_path / "mine.csv").write_bytes(content)
    with pytest.raises(ValueError, match=r"^[^\n]*$") as raised:
        read_curves(tmp_path / "mine.csv")
    assert told in str(raised.value)
