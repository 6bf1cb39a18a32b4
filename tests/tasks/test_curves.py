"""Curves from a file: what people, spreadsheets and instruments write, and what is told of the rest."""

import os
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import process
from lstm_toys.tasks import textfile
from lstm_toys.tasks.curves import LARGEST, read_curves
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
    "content",
    [
        "up,down\n0,1\n0.5,0.5\n1,-1.5\n",
        "up;down\n0;1\n0,5;,5\n1;-1,5\n",
        "# of an instrument, it's 3\" wide\n\nup,down\n#\n\n####\n0,1\n0.5,0.5\n  # late\n1,-1.5\n\n\n",
        "up,down,\n0,1,\n0.5,0.5,\n1,-1.5,\n",
        "up;down\n0;1;;\n0,5;0,5;;\n1;-1,5;;\n;;;\n",
        '\n,,\nup,down\n , \n"",""\n0,1\n0.5,0.5\n1,-1.5\n , \n"",""\n####\n',
        '"up",down\n0, "1"\n0.5, 0.5\n1,-1.5\n',
        "up,down\n\u00a00,1\n0.5,0.5\u00a0\n1,-1.5\n",
        b"\xfe\xff" + "up\tdown\n0\t1\n.5\t0.50\n1.\t-15E-1\n".encode("utf-16-be"),
    ],
)
def test_curves_are_the_columns_of_a_table(read, content):
    found = read(content)
    assert (found.names, found.span) == (("up", "down"), None)
    assert found.values.tolist() == [[0.0, 0.5, 1.0], [1.0, 0.5, -1.5]]


@pytest.mark.parametrize(
    ("content", "names", "values"),
    [
        ("0.1\n0.2\n", ("curve 1",), [[0.1, 0.2]]),
        ("0,1;2\n0,3;4\n", ("curve 1", "curve 2"), [[0.1, 0.3], [2.0, 4.0]]),
        ("5\n1\n", ("curve 1",), [[5.0, 1.0]]),
        (",5;,25\n1;2\n", ("curve 1", "curve 2"), [[0.5, 1.0], [0.25, 2.0]]),
        ("1,5\n2;7\n3;8\n".replace("1,5", "a,b;c"), ("a,b", "c"), [[2.0, 3.0], [7.0, 8.0]]),
        ('"a, b",c\n1,2\n3,4\n', ("a, b", "c"), [[1.0, 3.0], [2.0, 4.0]]),
        ('"a\r\nb"\n1\n3\n', ("a b",), [[1.0, 3.0]]),
        ("Länge (°C)\n1\n2\n".encode("latin-1"), ("Länge (°C)",), [[1.0, 2.0]]),
        ("Länge\n1\n2\n", ("Länge",), [[1.0, 2.0]]),
        ("[/b];$\\fracx$\n1;2\n3;4\n", ("[/b]", "$\\fracx$"), [[1.0, 3.0], [2.0, 4.0]]),
        ('"#1",b\n1,2\n3,4\n', ("#1", "b"), [[1.0, 3.0], [2.0, 4.0]]),
        ("1.0,2\n3,4\n", ("curve 1", "curve 2"), [[1.0, 3.0], [2.0, 4.0]]),
        ("# by me\n# time (s)\tup\tdown\n0\t1\t2\n1\t3\t4\n", ("up", "down"), [[1.0, 3.0], [2.0, 4.0]]),
        ("# 12.5 V\n0\t1\n1\t3\n", ("curve 1", "curve 2"), [[0.0, 1.0], [1.0, 3.0]]),
        ("% volts\nup\n1\n3\n", ("up",), [[1.0, 3.0]]),
        ("sep=;\nup;down\n1;2\n3;4\n", ("up", "down"), [[1.0, 3.0], [2.0, 4.0]]),
        ("infinite,nano,1st\n1,2,3\n4,5,6\n", ("infinite", "nano", "1st"), [[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]]),
    ],
)
def test_names_are_those_of_the_first_row_if_it_has_no_number(read, content, names, values):
    found = read(content)
    assert (found.names, found.values.tolist()) == (names, values)


@pytest.mark.parametrize(
    ("content", "span", "names"),
    [
        ("x,y\n0,1\n0.5,2\n1,3\n", Span(0, 1), ("y",)),
        ("time (s),t,x\n-1,1,1\n1,2,2\n3,3,3\n", Span(-1, 3, unit="s", name="time"), ("t", "x")),
        ("Time [ ms ];y\n0,25;1\n0,5;2\n0,75;3\n", Span(0.25, 0.75, unit="ms", name="Time"), ("y",)),
        ("t ()\ty\n1700\t1\n1701\t2\n1702\t3\n", Span(1700, 1702, name="t"), ("y",)),
        ("t,y\n0.00,1\n0.33,2\n0.67,3\n", Span(0, 0.67, name="t"), ("y",)),
    ],
)
def test_a_first_column_called_x_t_or_time_holds_the_time_points(read, content, span, names):
    found = read(content)
    assert (found.span, found.names) == (span, names)
    assert found.values.tolist() == [[1.0, 2.0, 3.0]] * len(names)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"y\n0.1\n", "needs at least 2 rows of numbers, one per time point; has 1"),
        (b"0.1,0.2,0.3,0.4\n", "has 1; each curve must be a column, not a row"),
        # The first row.
        (b"1e30\n1\n2\n", "row 1, column 1: 1e+30 exceeds 1e+06 in size"),
        (b"nan\n1\n2\n", "row 1, column 1: 'nan' is not a number"),
        (b"y,0.5\n1,2\n3,4\n", "row 1, column 1: 'y' is not a number; a header must not contain numbers"),
        ("−1\n1\n2\n".encode(), "row 1, column 1: '−1' is not a number"),
        # Other rows.
        (b"0.1,0.2\n0.3\n", "row 2 has 1 columns, but the first has 2"),
        (b"# a\n\ny\r\n0.1\r\n\r\n#\nhigh\n", "row 7, column 1: 'high' is not a number"),
        (b'"a\nb",c\n1,2\n3,x\n', "row 4, column 2: 'x' is not a number"),
        (b"a,b\n1,2\n3,\n", "row 3, column 2: is empty"),
        (b"0.1 0.2\n0.3 0.4\n", "'0.1 0.2' is not a number; columns are separated by commas, semicolons"),
        (b"y\n1\n" + 50 * b"z" + b"\n", f"row 3, column 1: '{39 * 'z'}…' is not a number"),
        (b"y\n1\n2\n\ntotal\n", "row 5, column 1: 'total' is not a number"),
        (b"y\n1\na\x1b[31m\n", r"row 3, column 1: 'a\x1b[31m' is not a number"),
        # Decimal commas.
        (b"0,5\n0,7\n0,9\n", "commas may be decimal commas: name the columns in a first row, or separate them by"),
        (b"y\n0,5\n0,7\n", "row 2 has 2 columns, but the first has 1; numbers with decimal commas need semicolons"),
        (b'"0,5","0,7"\n"0,5","0,7"\n', "row 1, column 1: '0,5' has a comma; decimal commas need semicolons or tabs"),
        ("a\tb\n1,234\t1\n987\t2\n1,002\t3\n", "row 2, column 1: '1,234' may be 1234 or 1.234, and so may every other"),
        ("a;b\n5;-12,000\n987;+123,456\n", "row 2, column 2: '-12,000' may be -12000 or -12.000"),
        (b"0,5;1\n2;0.5\n", "has a decimal point in row 2, but a decimal comma in row 1"),
        # Names.
        (b"a,b,a\n1,2,3\n3,4,5\n", "row 1: columns 1 and 3 have the same name, 'a'"),
        (b"a,,b\n0,0.1,1\n1,0.2,2\n", "row 1, column 2: this column has no name, but others do"),
        (b"a\x00b\n1\n2\n", "contains NUL bytes"),
        (b"a\x07b\n1\n2\n", r"row 1, column 1: the name 'a\x07b' has characters that cannot be shown"),
        (101 * b"n" + b"\n1\n2\n", f"row 1, column 1: the name '{39 * 'n'}…' has more than 100 characters"),
        (b"y,time\n1,2\n3,4\n", "column 2 is named 'time'; time points must be in the first column"),
        # Time points.
        (b"x\n0\n1\n2\n", "has time points in the column 'x', but no curves"),
        (b"x,y\n0,1\n1,2\n3,3\n4,4\n5,5\n", "row 4, column 1, 'x': 2 after the previous one, but usually 1; time"),
        # No text.
        (b"\xff\xfe\x00", "is not text in UTF-8, UTF-16 or Latin-1"),
        ("y\n1\n2\n".encode("utf-16-le"), "contains NUL bytes: it is not text, or UTF-16 without a byte order mark"),
        (b'"y\n1\n2\n', "row 1 has an unclosed double quote, one within a cell"),
        # What helps.
        (b"t (months);1950;1951\n1;2;2\n", "a header must not contain numbers: put a letter before '1950'"),
        (b"time,up\ns,V\n0,1\n1,2\n", "row 2, column 1: 's' is not a number; put units next to the names"),
        (b"My table\nt;a;b\n0;1;2\n", "text above the table begins with #"),
        (b"t;a\n12:00:01;2\n12:00:02;3\n", "convert dates and times to numbers, such as seconds from the first"),
        (b"PK\x03\x04rest", "is a workbook or an archive; save the sheet as CSV"),
        (
            b"t;a\n1714560000;2\n1714560001;3\n",
            "a span is 1e-6 to 1e6 long and within 1e6 of 0; subtract the first time",
        ),
        # Names that look like numbers.
        ("1950\n0.5\n0.7\n", "row 1, 1950, may hold column names or values"),
        ("2010,2000,1990\n0.5,0.7,0.1\n0.5,0.7,0.1\n", "such as y2010; if values, name the columns"),
        ("0.1;0.2;0.3\n5.0;5.5;7\n5.1;5.6;8\n", "row 1, 0.1 to 0.3, may hold column names"),
        ('"1.5","2.5"\n0.5,0.7\n0.6,0.1\n', "row 1, 1.5 to 2.5, may hold column names"),
        # Missing values.
        ("a,b\n1,2\n#N/A,3\n2,4\n", "row 3, column 1: '#N/A' is not a number"),
        ("t,a\n0,0.1\n1,-9999\n2,0.3\n", "row 3, column 2: -9999 is far from all other values"),
        ("t,a\n0,0.1\n999,-999\n1998,0.3\n", "row 3, column 2: -999 is far from all other values"),
        ("a\n21.5\n999.9\n22.5\n21.9\n", "often marks missing values"),
        # An index.
        ("sample,y\n0,0.1\n1,0.2\n", "column 1, 'sample', counts the rows: leave it out if it is an index"),
        ("Unnamed: 0,y\n0,0.1\n1,0.2\n", "if it holds time points, name it x"),
        (",a\n0,0.1\n1,0.2\n", "row 1, column 1: this column has no name: leave it out if it is an index"),
        (",0,1\n0,0.1,0.2\n1,0.2,0.1\n", "row 1, column 1: is empty; leave it out if it is an index"),
        ('"a","b"\n"1",0.1,0.2\n"2",0.2,0.1\n', "row 2 has 3 columns, but the first has 2; the names may lack one"),
        ("0;0.5\n1;0.75\n2;0.25\n", "column 1 counts the rows: leave it out"),
        # Time points under another name, or under none.
        ("year,y\n1950,0.1\n1951,0.2\n", "column 1, 'year', goes from 1950 to 1951: name it x, t or time if it"),
        ("time_s,y\n0,0.1\n0.5,0.2\n", "with its unit as in time (s)"),
        ("0.0;0.1\n0.5;0.2\n1.0;0.7\n", "column 1 goes from 0 to 1 and may hold time points: name the columns"),
        # Long form.
        ("id,t,y\n1,0,0.1\n1,1,0.2\n2,0,0.3\n2,1,0.4\n", "column 1, 'id', counts curves or their rows: pivot a table"),
        ("t,y\n0,0.1\n0,0.2\n1,0.3\n", "row 3, column 1, 't': 0 after 0; time points rise, and a first column named"),
        ("who,y\nann,0.1\nann,0.2\nbob,0.3\n", "'ann' is not a number; convert text to numbers, or pivot a table in"),
        # What single precision cannot square.
        ("y\n1e-30\n-2e-30\n", "'y': no value exceeds 2e-30 in size, so that their squares are 0 in single"),
    ],
)
def test_a_bad_table_and_what_could_be_two_things_are_told_in_one_line_with_their_place(read, content, told):
    with pytest.raises(ValueError, match=r"^[^\n]*$") as raised:
        read(content)
    assert told in str(raised.value)
    assert str(raised.value).isprintable()


MISSING = "has no number, unlike the rows around it; write the missing values, or delete the row if nothing is missing"


@pytest.mark.parametrize(
    ("content", "row"),
    [
        *((f"y\n1.5\n{gap}\n3.0\n2.5\n", 3) for gap in ("", '""', '" "', ",", ",,", "  \t")),
        ("y\n1.5\n# hidden\n####\n3.0\n2.5\n", 4),
        ("a;b\n1;2\n;\n\n3;4\n", 3),
        ("a\tb\n1\t2\n\t\n3\t4\n", 3),
        ('x,y\n0,1\n"",""\n1,2\n', 3),
        ("y\n\n1\n2\n\n\n3\n\n", 5),
        (b"y\r\r\n1\r\r\n2\r\r\n", 4),
        ("0.1,0.2\n\n\n0.3,0.5\n\n0.1,0.2\n", 2),
    ],
)
def test_a_gap_between_two_rows_of_numbers_is_reported(read, content, row):
    with pytest.raises(ValueError, match=f"^row {row}, column 1: {re.escape(MISSING)}$"):
        read(content)


def test_one_number_shows_that_commas_are_decimal(read):
    forms = {",234": 0.234, "1,": 1.0, "1,23": 1.23, "1,2345": 1.2345, "1234,567": 1234.567, "012,345": 12.345}
    for number, value in {**forms, "0,234": 0.234, "1,234e1": 12.34}.items():
        assert read(f"a;b\n1,234;2\n{number};987\n").values.tolist() == [[1.234, value], [2.0, 987.0]]


def test_a_table_beyond_all_bounds_is_told_where_it_passes_them(read, monkeypatch):
    for content, told in (
        (b"a,b\n" + b"1," * 2**19 + b"1\n", "row 2 has 1,048,576 characters or more; each curve must be a column"),
        (b"y" * 200_000 + b"\n1\n2\n", r"row 1 has an unclosed double quote, .*, or a cell that does not end"),
        (b"y\n1\n" + b"2" * 200_000, r"row 3, column 1: '2{39}…' is too large for a number"),
    ):
        with pytest.raises(ValueError, match=told):
            read(content)
    columns = 20_000
    wide = ";".join(f"c{number}" for number in range(columns)) + "\n" + ("0,5;" * columns + "\n") * 2
    assert read(wide).values.shape == (columns, 2)
    monkeypatch.setattr(textfile, "MOST_ROWS", 3)
    assert read("y\n1\n2\n3\n").values.shape == (1, 3)
    with pytest.raises(ValueError, match="has more than 3 rows of numbers"):
        read("y\n1\n2\n3\n4\n")


WAYS = {
    "separator and sign": [(",", "."), (";", "."), (";", ","), ("\t", "."), ("\t", ",")],
    "beside": [False, True],
    "quoted": [False, True],
    "pad": ["", " "],
    "end": ["\n", "\r\n", "\r"],
    "comment": [False, True],
    "encoding": ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252"],
}
WAY = st.fixed_dictionaries({name: st.sampled_from(each) for name, each in WAYS.items()})


@given(WAY, st.integers(1, 4), st.data())
def test_a_written_table_is_read_again(tmp_path_factory, way, curves, data):
    """A table in one of the ways in which programs write them."""
    (separator, sign), end = way["separator and sign"], way["end"]
    number = st.floats(-98, 98)  # None that may mark a missing value.
    form = data.draw(st.sampled_from(["{:.6f}".format, "{:.4e}".format, "{:+.9f}".format]))
    texts = data.draw(st.lists(st.lists(number.map(form), min_size=curves, max_size=curves), min_size=2, max_size=6))
    names = [f"ä {place}, „b“" for place in range(curves)]
    rows = [[f"{way['pad']}{text}{way['pad']}".replace(".", sign) for text in row] for row in texts]
    cells = [[f'"{cell}"' if way["quoted"] else cell for cell in row] for row in rows]
    beside = separator * (way["beside"] or curves == 1)
    lines = [separator.join(row) + beside for row in [[f'"{name}"' for name in names], *cells]]
    between = end + f"# '{end}" * way["comment"]
    path = tmp_path_factory.getbasetemp() / "written.csv"
    path.write_bytes(between.join([beside, *lines, ""]).encode(way["encoding"]))
    found = read_curves(path, least=0.0)
    assert found.values.T.tolist() == [[float(text) for text in row] for row in texts]
    assert list(found.names) == names


@given(st.text("0123456789+-.,eE_ xnaif١", min_size=1, max_size=8).filter(str.strip))
def test_a_number_is_one_of_those_that_float_takes(tmp_path_factory, text):
    path = tmp_path_factory.getbasetemp() / "number.csv"
    path.write_text(f"y;z\n0;0\n{text};0\n")
    plain = text.strip().replace(",", ".") if text.count(",") + text.count(".") < 2 else ""
    try:
        expected = float(plain) if plain.isascii() and "_" not in plain else None
    except ValueError:
        expected = None
    try:
        found, told = read_curves(path).values[0, 1], ""
    except ValueError as error:
        found, told = None, str(error)
    assert found == (expected if expected is not None and abs(expected) <= LARGEST else None)
    assert found is not None or "row 3, column 1" in told


def test_what_is_no_regular_file_is_told_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    for path, told in (
        (tmp_path / "fifo", "is not a regular file"),
        ("/dev/zero", "is not a regular file"),
        (tmp_path, "Is a directory"),
        (tmp_path / "none.csv", "No such file or directory"),
        (tmp_path / "none.csv" / "none.csv", "No such file or directory"),
        ("a\0b", "null"),
    ):
        with pytest.raises(ValueError, match=r"^[^\n]*$") as raised:
            read_curves(path)
        assert told in str(raised.value)


def test_a_file_is_judged_by_its_size_before_it_is_read(tmp_path, monkeypatch):
    with (tmp_path / "large.csv").open("wb") as file:
        file.truncate(2**40)
    with pytest.raises(ValueError, match=r"^has 1,099,511,627,776 bytes; files may have at most 67,108,864 bytes$"):
        read_curves(tmp_path / "large.csv")
    monkeypatch.setattr(textfile, "MOST_BYTES", 10)
    with pytest.raises(ValueError, match=r"^has more; files may have at most 10 bytes$"):
        read_curves("/proc/self/status")


LARGE = """
import sys
from benchmarks.footprint import peak
from lstm_toys.tasks.curves import read_curves
before = peak()
print(*read_curves(sys.argv[1]).values.shape, peak() - before)
assert not {'jax', 'matplotlib', 'scipy', 'xarray', 'pandas'} & sys.modules.keys()
"""


@pytest.mark.long
@pytest.mark.parametrize("shape", [(100_000, 1), (1_000, 300)])
def test_a_large_table_is_read_in_little_memory(tmp_path, shape):
    path, values = tmp_path / "large.csv", np.random.default_rng(0).normal(size=shape)
    np.savetxt(path, values, delimiter=";")
    np.testing.assert_array_equal(read_curves(path).values, values.T)
    *found, most = map(int, process("-c", LARGE, path).stdout.split())
    assert tuple(found) == shape[::-1]
    assert 0 < most < 14 * path.stat().st_size


def test_a_digest_is_that_of_the_numbers_and_names_however_they_are_written(read):
    one, same = read("t;a\n0;1,5\n1;0\n"), read(b"\xef\xbb\xbft,a\r\n0.0,15e-1\r\n1,-0\r\n")
    assert one == same
    assert hash(one) == hash(same)
    others = ["t,a\n0,1.5\n1,1e-9\n", *(f"{names}\n0,1.5\n1,0\n" for names in ("t,b", "a,b", "x,a", "t (s),a"))]
    digests = {read(content).digest for content in others} | {one.digest}
    assert len(digests) == 6
    with pytest.raises(ValueError, match="read-only"):
        one.values[0] = 1


WORDS = ("TRUE", "+1e 3", "1E 3", "NA", "nan", "None", "-", "?", ".", "", "1_0", "infinity", "'1'", "1\x1f2", "1|2")


def test_what_other_readers_would_convert_in_silence_is_refused(read):
    for text in WORDS:
        with pytest.raises(ValueError, match=r"^row 2, column 2: .*(is not a number|is empty)"):
            read(f"a;b;c\n1;{text};1\n2;{text};2\n")


@pytest.mark.parametrize(
    "content",
    [
        "up,down\n1,3\n2,2\n3,1\n",
        "sample,y\n512,1\n530,1\n499,1\n",
        "condition,y\n0.5,1\n0.5,1\n1,2\n",
        "5\n1.5\n2\n2.5\n3\n",
        "1990\n1995\n2003.5\n",
        "0;1\n1;2\n",
        "x,year\n0,1950\n1,1951\n",
        "a\n-999\n-1200.5\n-800\n",
        "a\n0\n99\n0\n0\n",
        '"a\nof b";c\n0,1;0,2\n0,3;0,4\n',
    ],
)
def test_what_can_be_one_thing_only_is_read(read, content):
    read(content)
