"""Curves from a file: what people, spreadsheets and instruments write, and what is refused."""

import os

import pytest

from lstm_toys.tasks.curves import read_curves
from lstm_toys.tasks.parameters import Span


@pytest.fixture
def read(tmp_path):
    """Reads curves of some content."""

    def reading(content):
        path = tmp_path / "mine.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_curves(path)

    return reading


@pytest.mark.parametrize(
    ("content", "names", "values"),
    [
        *(
            (content, ("up", "down"), [[0.0, 0.5, 1.0], [1.0, 0.5, -1.5]])
            for content in (
                "t,up,down\n0,0,1\n1,0.5,0.5\n2,1,-1.5\n",
                "t;up;down\n0;0;1\n1;0,5;,5\n2;1;-1,5\n",
                "# of an instrument, it's 3\" wide\n\nt,up,down\n\n0,0,1\n1,0.5,0.5\n2,1,-1.5\n\n",
                't,up,down,,\n0,"0",1,\n 1,0.5,0.5,,\n2,1,-1.5\n,,,\n',
                ',,\n"t","up",down\n0,\u00a00,1\n1,0.5\u00a0,0.5\n2,1,-1.5\n',
                "% by NumPy\n# t,up,down\n0,0,1\n1,0.5,0.5\n2,1,-1.5\n",
                b"\xfe\xff" + "t\tup\tdown\r0\t0\t1\r1\t.5\t0.50\r2\t1.\t-15E-1\r".encode("utf-16-be"),
            )
        ),
        ("a,b;c\n2;7\n3;8\n", ("a,b", "c"), [[2.0, 3.0], [7.0, 8.0]]),
        ('"a, b",c\n1,2\n3,4\n', ("a, b", "c"), [[1.0, 3.0], [2.0, 4.0]]),
        ('"a\r\nb"\n1\n3\n', ("a b",), [[1.0, 3.0]]),
        ("Länge (°C)\n1\n2\n".encode("latin-1"), ("Länge (°C)",), [[1.0, 2.0]]),
        ("up,down\n1,3\n2,2\n4,1\n", ("up", "down"), [[1.0, 2.0, 4.0], [3.0, 2.0, 1.0]]),
    ],
)
def test_curves_are_the_columns_of_a_table(read, content, names, values):
    found = read(content)
    assert (found.names, found.values.tolist()) == (names, values)


@pytest.mark.parametrize(
    ("content", "span", "names"),
    [
        ("x,y\n0,1\n0.5,2\n1,3\n", Span(0, 1), ("y",)),
        ("time (s),a\n-1,1\n1,2\n3,3\n", Span(-1, 3, unit="s", name="time"), ("a",)),
        ("Time [ ms ];y\n0,25;1\n0,5;2\n0,75;3\n", Span(0.25, 0.75, unit="ms", name="Time"), ("y",)),
        ("t ()\ty\n1700\t1\n1701\t2\n1702\t3\n", Span(1700, 1702, name="t"), ("y",)),
    ],
)
def test_a_first_column_called_x_t_or_time_holds_the_time_points(read, content, span, names):
    found = read(content)
    assert (found.span, found.names) == (span, names)
    assert found.values.tolist() == [[1.0, 2.0, 3.0]]


GAP = "has no number, unlike the rows around it"
NAMES = "is not a name; the first row must name all columns"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "needs at least 2 rows of numbers, one per time point; has 0"),
        ("a,b,c,d\n0.1,0.2,0.3,0.4\n", "has 1; each curve must be a column, not a row"),
        # Numbers are never taken for names.
        *((f"{cell};y\n1;2\n3;4\n", f"row 1, column 1: {cell!r} {NAMES}") for cell in ("−1", "nan", "1e3", "N/A", "")),
        ("t (months);1950;1951\n1;2;2\n", f"row 1, column 2: '1950' {NAMES}"),
        (",a\n0,1\n1,2\n", "; pandas leaves out its index with to_csv(..., index=False)"),
        (b"a\x07b\n1\n2\n", rf"row 1, column 1: 'a\x07b' {NAMES}"),
        (101 * b"n" + b"\n1\n2\n", f"row 1, column 1: '{39 * 'n'}…' {NAMES}"),
        ("a,b,a\n1,2,3\n3,4,5\n", "row 1: two columns have the same name, 'a'"),
        # Neither are words and empty cells for numbers.
        *(
            (f"a;b;c\n1;{cell};1\n2;3;2\n", f"row 2, column 2: {cell!r} is not a number")
            for cell in ("TRUE", "1E 3", "NA", "nan", "-", "", "1_0", "'1'", "1|2", "12:00:01", "١", "1.000,5")
        ),
        ("y\n1\n2\n\ntotal\n", "row 5, column 1: 'total' is not a number"),
        ("y\n1\na\x1b[31m\n", r"row 3, column 1: 'a\x1b[31m' is not a number"),
        ("a,b\n0.1,0.2\n0.3\n", "row 3, column 2: '' is not a number"),
        ('"a","b"\n"1",0.1,0.2\n"2",0.2,0.1\n', "row 2 has 3 columns, but the first has 2"),
        ('"y\n1\n2\n', "row 3: unexpected end of data"),
        (b"\xff\xfe\x00", "is not text in UTF-8, UTF-16 or Latin-1"),
        # A row may be missing.
        *((f"y\n1.5\n{gap}\n3.0\n2.5\n", f"row 3, column 1: {GAP}") for gap in ("", '""', ",,", "  \t")),
        # Commas.
        ("y\n0,5\n0,7\n", "row 2 has 2 columns, but the first has 1"),
        ("a\tb\n1,234\t1\n987\t2\n1,002\t3\n", "'1,234' may be 1234 or 1.234, and so may every number with a comma"),
        ("a;b\n0,5;1\n2;0.5\n", "has decimal points, but also numbers with a comma, such as 0,5"),
        # Time points.
        ("y,time\n1,2\n3,4\n", "time points must be in the first column, which must be named x, t or time"),
        ("x\n0\n1\n2\n", "has time points in the column 'x', but no curves"),
        ("x,y\n0,1\n1,2\n3,3\n4,4\n5,5\n", "row 4, column 1, 'x': 2 after the previous one, but usually 1; time"),
        ("t,y\n0,0.1\n0,0.2\n1,0.3\n", "row 3, column 1, 't': 0 after 0; time points must rise"),
        (
            "t;a\n1714560000;2\n1714560001;3\n",
            "a span is 1e-6 to 1e6 long and within 1e6 of 0; subtract the first time",
        ),
        ("year,y\n1950,0.1\n1951,0.2\n1952,0.2\n", "column 1, 'year', rises evenly: name it x, t or time if it holds"),
        # What single precision cannot hold.
        ("y\n1e30\n1\n", "row 2, column 1: 1e+30 exceeds 1e+06 in size"),
        ("y\n1\n" + 40_000 * "9" + "x\n", "row 3, column 1: has 40,001 characters, more than 100"),
        ("y\n1\n1e999\n", "row 3, column 1: inf exceeds 1e+06 in size"),
        ("y\n1e-30\n-2e-30\n", "'y': no value exceeds 2e-30 in size, so that their squares are 0 in single"),
    ],
)
def test_a_broken_or_ambiguous_table_is_refused_in_one_line(read, content, told):
    with pytest.raises(ValueError, match=r"^[^\n]*$") as raised:
        read(content)
    assert told in str(raised.value)
    assert str(raised.value).isprintable()


def test_many_columns_are_read(read):
    names = [f"c{number}" for number in range(100_000)]
    rows = [",".join(names), ",".join("1" for _ in names), ",".join("2" for _ in names)]
    assert read("\n".join(rows)).names == tuple(names)


def test_one_number_shows_that_commas_are_decimal(read):
    forms = {",234": 0.234, "1,": 1.0, "1,23": 1.23, "1234,567": 1234.567, "012,345": 12.345, "1,234e1": 12.34}
    for number, value in forms.items():
        assert read(f"a;b\n1,234;2\n{number};987\n").values.tolist() == [[1.234, value], [2.0, 987.0]]


def test_only_a_regular_file_is_read(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    for path, told in (
        (tmp_path / "fifo", "not a regular file"),
        (tmp_path, "Is a directory"),
        (tmp_path / "none.csv", "No such file or directory"),
        ("a\0b", "null"),
    ):
        with pytest.raises(ValueError, match=rf"^[^\n]*{told}[^\n]*$"):
            read_curves(path)


def test_a_digest_is_that_of_the_numbers_and_names_however_they_are_written(read):
    one, same = read("t;a\n0;1,5\n1;0\n"), read(b"\xef\xbb\xbft,a\r\n0.0,15e-1\r\n1,-0\r\n")
    assert one == same
    assert hash(one) == hash(same)
    others = ["t,a\n0,1.5\n1,1e-9\n", *(f"{names}\n0,1.5\n1,0\n" for names in ("t,b", "a,b", "x,a", "t (s),a"))]
    digests = {read(content).digest for content in others} | {one.digest}
    assert len(digests) == 6
    with pytest.raises(ValueError, match="read-only"):
        one.values[0] = 1


def test_values_that_are_scaled_may_have_any_size(tmp_path):
    (tmp_path / "large.csv").write_text("y\n1e29\n-2e29\n")
    assert read_curves(tmp_path / "large.csv", scaled=True).values.tolist() == [[1e29, -2e29]]
