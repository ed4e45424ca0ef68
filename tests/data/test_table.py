"""Tables as people have them: every dialect is read back as it was meant, and what has two meanings is refused."""

import csv
import gzip
import io
import json
import math
import re
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mfsolve.data import source, table
from mfsolve.data.source import check_encoding
from mfsolve.data.table import Table
from mfsolve.models.frozen import InputError

NAMES = st.lists(
    st.text("abcxyzäß_", min_size=1, max_size=5).filter(lambda name: name.lower() == name),
    min_size=1,
    max_size=4,
    unique=True,
)
TEXTS = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\0"), max_size=20)
NUMBERS = st.floats(-1e6, 1e6, allow_subnormal=False) | st.integers(-999, 999).map(float)
TWO_WAYS = re.compile(r"-?[1-9]\d{0,2},\d{3}")
ONE_WAY = re.compile(r"-?(\d+,(\d{1,2}|\d{4,})|0,\d+|\d{4,},\d+)(e.*)?|.*e.*")


def content(path):
    found = Table.open(path)
    return found, [row for _, row in found.rows()]


def encoded(text, encoding, packed):
    data = text.encode(encoding)
    return gzip.compress(data, mtime=0) if packed else data


@st.composite
def dialects(draw):
    """Delimiter, line end, encoding, quoting, gzip, blank lines before the header."""
    return (
        draw(st.sampled_from(",;\t|")), draw(st.sampled_from(["\n", "\r\n", "\r"])),
        draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16"])), draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])),
        draw(st.booleans()), draw(st.integers(0, 2)),
    )  # fmt: skip


def written(rows, dialect):
    delimiter, end, encoding, quoting, packed, blank = dialect
    if end != "\r\n":  # the writer leaves the other line ends bare
        quoting = csv.QUOTE_ALL
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator=end, quoting=quoting).writerows(rows)
    return encoded(end * blank + out.getvalue(), encoding, packed)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=NAMES, dialect=dialects(), data=st.data())
def test_numbers_in_any_dialect_are_read_back_to_the_bit(tmp_path, names, dialect, data):
    rows = data.draw(st.lists(st.lists(NUMBERS, min_size=len(names), max_size=len(names)), min_size=1, max_size=6))
    decimal = data.draw(st.sampled_from(".,"))
    if decimal == "," and dialect[0] == "," and len(names) > 1:
        dialect = (";", *dialect[1:])

    def cell(value):  # the point is always written: thousands have none
        text = repr(value)
        return text.replace(".", decimal)

    whole = [[cell(value) for value in row] for row in rows]
    file = tmp_path / "t.csv"
    file.write_bytes(written([names, *whole], dialect))
    # cells such as 1,234 that no other cell explains are refused
    told = [text for row in whole for text in row]
    if (
        decimal == ","
        and any(TWO_WAYS.fullmatch(text) for text in told)
        and not any(ONE_WAY.fullmatch(text) for text in told)
    ):
        with pytest.raises(InputError, match="given, which is either"):
            list(Table.open(file).numbers(names))
    else:
        assert np.concatenate(list(Table.open(file).numbers(names))).tolist() == rows


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=NAMES.filter(lambda names: len(names) > 1), dialect=dialects(), data=st.data())
def test_texts_in_any_dialect_are_read_back(tmp_path, names, dialect, data):
    """Quotes, delimiters and line ends inside cells included; a row of blanks is none."""
    rows = data.draw(st.lists(st.lists(TEXTS, min_size=len(names), max_size=len(names)), min_size=1, max_size=6))
    file = tmp_path / "t.csv"
    file.write_bytes(written([names, *rows], dialect))
    found, back = content(file)
    assert found.header == tuple(names)
    assert back == [row for row in rows if any(cell.strip() for cell in row)]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=NAMES, lines=st.booleans(), packed=st.booleans(), data=st.data())
def test_json_records_are_read_back(tmp_path, names, lines, packed, data):
    cells = st.none() | st.booleans() | TEXTS | NUMBERS | st.integers()
    rows = data.draw(st.lists(st.fixed_dictionaries(dict.fromkeys(names, cells)), min_size=1, max_size=6))
    text = "\n".join(json.dumps(row) for row in rows) if lines else json.dumps(rows, indent=1)
    file = tmp_path / "t.json"
    file.write_bytes(encoded(text, "utf-8", packed))
    found, back = content(file)
    order = list(dict.fromkeys(name for row in rows for name in row))
    assert found.header == tuple(order)
    words = {None: "", True: "true", False: "false"}
    expected = [[words[v] if v is None or isinstance(v, bool) else str(v) for v in map(row.get, order)] for row in rows]
    assert back == [row for row in expected if any(cell.strip() for cell in row)]


@pytest.mark.parametrize("packed", [False, True])
def test_parquet_is_read_back(tmp_path, packed):
    arrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    columns = {"token": ["a", None, "é;"], "count": [1, 2, 3], "x": [0.1, 1e-300, None], "single": [1.5, 2.5, 3.5]}
    file = tmp_path / "t.parquet"
    parquet.write_table(arrow.table(columns), file)
    if packed:
        file.write_bytes(gzip.compress(file.read_bytes()))
    found, rows = content(file)
    assert found.header == ("token", "count", "x", "single")
    assert rows == [["a", "1", "0.1", "1.5"], ["", "2", "1e-300", "2.5"], ["é;", "3", "", "3.5"]]
    assert np.concatenate(list(found.numbers(["count", "single"]))).tolist() == [[1, 1.5], [2, 2.5], [3, 3.5]]
    with pytest.raises(InputError, match=r"row 3, column x: the cell is missing; a number is needed"):
        list(found.numbers(["x"]))


@pytest.mark.parametrize("name", ["t.parquet", "t.PQ"])
def test_a_file_that_is_no_parquet_file_is_not_read_as_text(tmp_path, name):
    (tmp_path / name).write_text("not_parquet\n1\n")
    with pytest.raises(InputError, match="is not a Parquet file, despite its name"):
        Table.open(tmp_path / name)


@pytest.mark.parametrize("packed", [False, True])
def test_the_byte_that_is_not_utf_8_is_named(tmp_path, packed):
    content = b"a,b\n" + b"1,2\n" * 100_000 + "3,né\n".encode("latin-1")
    (tmp_path / "t.csv").write_bytes(gzip.compress(content) if packed else content)
    with pytest.raises(InputError, match="line 100002, byte 4: 0xe9 given: not a UTF-8 text file; save it as UTF-8"):
        list(Table.open(tmp_path / "t.csv").rows())


def test_parquet_without_pyarrow_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    file = tmp_path / "t.parquet"
    file.write_bytes(b"PAR1 anything")
    with pytest.raises(
        InputError, match=r"t.parquet: is a Parquet file, which needs pyarrow: pip install 'mfsolve\[parquet\]'$"
    ):
        Table.open(file)


SEMICOLON = "generation;quality\n"
MEANT = {
    "semicolons and commas": (SEMICOLON + "0;3,9\n1;3,8\n", [3.9, 3.8]),
    "tabs": ("generation\tquality\n0\t3.9\n1\t3.8\n", [3.9, 3.8]),
    "commas among thousandths": (SEMICOLON + "0;3,912\n1;0,25\n", [3.912, 0.25]),
    "quoted commas": ('generation,quality\n0,"3,9"\n1,"3,8"\n', [3.9, 3.8]),
    "one column of decimal commas": ("quality\n3,9\n3,8\n", [3.9, 3.8]),
    "blank rows and columns": ("\n,,\ngeneration,quality,\n\n0,3.9,\n,,\n1,3.8,\n\n", [3.9, 3.8]),
    "exponents": (SEMICOLON + "0;3,9e-3\n1;-2E+2\n", [3.9e-3, -200.0]),
    "an index without a name": (",generation,quality\n0,0,3.9\n1,1,3.8\n", [3.9, 3.8]),
    "a date with commas beside": ('when;quality\n"1, May";3,9\n"2, May";3,8\n', [3.9, 3.8]),
    "both marks, each beyond doubt": (SEMICOLON + "0;3.9\n1;3,8\n", [3.9, 3.8]),
    "thousands and a point": ('generation,quality\n0,"19,934.94"\n1,"1,234"\n', [19934.94, 1234.0]),
    "thousands and a comma": (SEMICOLON + "0;19.934,94\n1;1.234\n", [19934.94, 1234.0]),
    "many thousands": ("generation\tquality\n0\t1,234,567\n1\t-1.234.567,5\n", [1234567.0, -1234567.5]),
    "thousands apart": (SEMICOLON + "0;19 934,94\n1;1\u00a0234\n2;1'234'567.5\n", [19934.94, 1234.0, 1234567.5]),
    "per cent": (SEMICOLON + "0;39 %\n1;-3,8%\n2;0,5\n", [0.39, -0.038, 0.5]),
    "a line on the delimiter": ("sep=;\n" + SEMICOLON + "0;3,9\n1;3,8\n", [3.9, 3.8]),
    "a line on an odd delimiter": ('"sep=^"\r\ngeneration^quality\r\n0^3.9\r\n1^3.8\r\n', [3.9, 3.8]),
    "bars": ("generation|quality\n0|3.9\n1|3.8\n", [3.9, 3.8]),
}


@pytest.mark.parametrize("name", MEANT)
def test_what_is_meant(tmp_path, name):
    text, expected = MEANT[name]
    file = tmp_path / "t.csv"
    file.write_text(text, encoding="utf-8")
    assert np.concatenate(list(Table.open(file).numbers(["quality"])))[:, 0].tolist() == pytest.approx(
        expected, rel=1e-15
    )


def test_rows_without_a_value_are_left_out_and_counted(tmp_path):
    (tmp_path / "t.csv").write_text("a,b,c\n1,,x\n2,5,\nNA,6,\n4,7,\n")
    whole = Table.open(tmp_path / "t.csv")
    some = whole.complete(["a", "b"])
    assert whole.left_out() is None
    assert [row for _, row in some.rows()] == [["2", "5", ""], ["4", "7", ""]]
    for _ in range(2):  # counts are those of the last pass
        assert np.concatenate(list(some.numbers(["b"]))).tolist() == [[5.0], [7.0]]
        assert some.left_out() == f"{tmp_path / 't.csv'}: left out: 2 rows without a value in a, b"
    (tmp_path / "t.csv").write_text("a,b\n1,\n,\n3,\n")
    with pytest.raises(InputError, match="every row lacks a value, most of them in b; --ignore b leaves it out"):
        list(Table.open(tmp_path / "t.csv").complete(["a", "b"]).rows())


def test_lines_are_counted_from_the_one_on_the_delimiter(tmp_path):
    (tmp_path / "t.csv").write_text("sep=;\na;b\n1;2\n3;x\n")
    with pytest.raises(InputError, match="line 4, column b: 'x' given"):
        list(Table.open(tmp_path / "t.csv").numbers(["b"]))


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("json", [False, True])
def test_an_encoding_is_that_of_files_that_are_not_utf_8(tmp_path, packed, json):
    """With one option for several files, those in UTF-8 are still read as such."""
    text = '[{"a": 1, "b": "né"}]' if json else "a,b\n1,né\n"
    for coded in ("utf-8", "cp1252"):
        content = text.encode(coded)
        (tmp_path / "t.csv").write_bytes(gzip.compress(content) if packed else content)
        ((_, cells),) = Table.open(tmp_path / "t.csv", encoding="cp1252").rows()
        assert cells == ["1", "né"]
    with pytest.raises(InputError, match="not a text file in --encoding ascii"):
        list(Table.open(tmp_path / "t.csv", encoding="ascii").rows())


def test_an_encoding_that_is_none_is_refused():
    assert check_encoding("Latin-1") == "iso8859-1"
    for name in ("base64", "nothing", "", "a" * 999):
        with pytest.raises(InputError, match=r"--encoding: '.*' given; allowed: encodings such as cp1252"):
            check_encoding(name)


REFUSED = {
    "surplus": (b"generation,quality\n0,3,9\n", "line 2: 3 cells given; allowed: 2, one per column; beside decimal commas"),
    "surplus with semicolons": (b"generation;quality\n0;3;9\n", "line 2: 3 cells given; allowed: 2, one per column$"),
    "either": (b"generation;quality\n0;1,234\n", "line 2, column quality: '1,234' given, which is either 1.234 or 1234"),
    "thousands": (b"generation;quality\n0;1,234\n1;0.5\n", "'1,234' given; write thousands without a comma"),
    "points beside commas": (b"generation;quality\n0;1.234\n1;0,5\n", "'1.234' given beside decimal commas"),
    "blank": (b"\n\n", "is empty; a header is needed"),
    "blank cells": (b",,\n,\n", "is empty; a header is needed"),
    "text": (b"It was the best of times " * 100, r"line 1: 'It was .*\.\.\.' \(2500 characters\) given; a header"),
    "no header": (b"0,1\n2,3\n", "line 1: 0 given; a header with the columns' names is needed"),
    "no name": (b",quality\n,1\nx,\n", "line 3, column quality: the cell is missing"),
    "open quote": (b'generation,quality\n0,"1\n1,2\n', "line 2: a cell begins with a quote that is not closed"),
    "early quote": (b'generation,quality\n0,1\n1,"2" m\n', "line 3: a quote closes before its cell ends"),
    "zero byte": (b"generation,quality\n0,\x001\n", "line 2: not a text file: it holds a zero byte"),
    "zip": (b"PK\x03\x04rest", "is a zip archive, as Excel files are; save it as CSV"),
    "cut gzip": (gzip.compress(b"generation,quality\n" * 99)[:-12], "is truncated or damaged: it does not decompress"),
    "damaged gzip": (gzip.compress(b"a,b\n")[:10] + b"\xff" * 20, "is truncated or damaged: it does not decompress"),
    "no JSON": (b'{"a": 1}\n{"a": \n', "line 2: not JSON; one record per line or a list of records is needed"),
    "a cell twice in a line": (b'{"a": 1}\n{"a": 1, "a": 2}\n', "line 2, column 'a': given twice"),
    "a cell twice in a list": (b'[{"a": 1}, {"a": 1, "a": 2}]', "in a record, column 'a': given twice"),
    "underscores": (b"generation,quality\n0,0.5\n1,2020_01\n", "line 3, column quality: '2020_01' given; a number is needed"),
    "no list": (b'[{"a": 1},\n', "line 2: not JSON; a list of records is needed"),
    "no records": (b"[1, 2]", "record 1: int given; named cells are needed"),
    "late column": (b'{"quality": 1}\n' * 1000 + b'{"x": 2}\n', "record 1001, column 'x': not in the first 1000"),
    "Latin": ("generation,qualität\n".encode("latin-1"), r"line 1, byte 18: 0xe4 given: not a UTF-8 text file; save it as UTF-8"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(tmp_path, name):
    data, expected = REFUSED[name]
    file = tmp_path / "t.csv"
    file.write_bytes(data)
    with pytest.raises(InputError, match=expected) as caught:
        list(Table.open(file).numbers(["quality"]))
    assert str(caught.value).startswith(f"{file}: ")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


def test_a_nameless_column_is_no_number(tmp_path):
    file = tmp_path / "t.csv"
    file.write_text(",x\n0,1\n")
    found = Table.open(file)
    assert found.header == ("unnamed_0", "x")
    with pytest.raises(InputError, match="column 1 of 2: has no name"):
        list(found.numbers(found.header))


def test_a_cell_may_be_long(tmp_path):
    """The csv module alone stops at 131 072 characters."""
    file = tmp_path / "t.csv"
    text = 'He said ""no"".\n' * 20_000
    file.write_text(f'text,x\n"{text}",1\n')
    found, rows = content(file)
    assert rows == [[text.replace('""', '"'), "1"]]
    assert next(found.numbers(["x"])).tolist() == [[1.0]]


def test_a_pipe_is_read_as_often_as_needed(tmp_path):
    """Twice the same rows from standard input and from a path of its device, which can be read once only."""
    program = (
        "import sys; from pathlib import Path; from mfsolve.data.table import Table\n"
        "t = Table.open(Path(sys.argv[1])); print(t.stream, [list(r) for _, r in t.rows()] * 1 == [list(r) for _, r in t.rows()],"
        " sum(1 for _ in t.rows()), next(t.numbers(['x']))[-1].tolist())"
    )
    text = "x,y\n" + "".join(f"{i},2\n" for i in range(20_000))
    for name in ("-", "/dev/stdin"):
        done = subprocess.run(
            [sys.executable, "-c", program, name], input=text, capture_output=True, text=True, check=True
        )
        assert done.stdout == "True True 20000 [19999.0]\n"


@pytest.mark.parametrize("packed", [False, True])
def test_memory_stays_flat(tmp_path, monkeypatch, packed):
    monkeypatch.setattr(table, "BLOCK", 2**10)
    peaks = []
    for rows in (5_000, 50_000):
        file = tmp_path / "t.csv"
        file.write_bytes(encoded("x;y\n" + "".join(f"{i},5;{i}\n" for i in range(rows)), "utf-8", packed))
        tracemalloc.start()
        total = sum(block.sum() for block in Table.open(file).numbers(["x", "y"]))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert total == rows * (rows - 1) + rows / 2
    assert peaks[1] < 1.2 * peaks[0]


def test_a_missing_file_and_a_folder_are_one_line(tmp_path):
    for path, words in ((tmp_path / "no.csv", "No such file"), (tmp_path, "Is a directory")):
        with pytest.raises(InputError, match=words):
            Table.open(path)
    assert source.Source.of(tmp_path / "..").stream is False
    assert math.isnan(table._value(table.Dialect(), "1,5,5"))
