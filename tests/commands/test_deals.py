"""`mfsolve deals` on files a user might have, good and bad."""

import gzip
import io
import json
from pathlib import Path
from unittest import mock

import pytest

from mfsolve.cli import main
from mfsolve.commands import deals
from mfsolve.data.deal_files import read_deals
from mfsolve.models.data_deals.pay import PayAssumptions
from mfsolve.models.data_deals.summary import summarise
from mfsolve.models.data_deals.table import Code

HEADER = "receiver,aggregator,year,content_type,value_raw,codes"
ROWS = ["A,B,2023,News,10m/yr,C|R", "A,C,2024,Images,Undisclosed,C", "D,C,2024,News,25-50m,", "E,F,2025,UGC,2k/book,S"]


def run(capsys, *arguments):
    code = main(["deals", *map(str, arguments)])
    out = capsys.readouterr()
    return code, out.out, out.err


def table(folder, rows=ROWS, header=HEADER):
    path = folder / "deals.csv"
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def as_records(rows):
    names = ("data_receiver", "data_aggregator", "date", "type", "value_raw", "codes")
    found = [dict(zip(names, row.split(","))) for row in rows]
    return [{**r, "date": int(r["date"]), "codes": [c for c in r["codes"].split("|") if c]} for r in found]


def test_both_formats_say_the_same(tmp_path, capsys, monkeypatch):
    code, out, _ = run(capsys, table(tmp_path), "--json")
    assert code == 0
    report = json.loads(out)
    assert report["totals"] == {"one_year": 35_002_000.0, "full_term": 35_002_000.0, "ceiling": 60_002_000.0}
    assert report["documented"] == 2000.0
    assert (tmp_path / "deals.png").is_file()
    records = json.dumps(as_records(ROWS))
    for name, content in (
        ("deals.json", records.encode()), ("marked.json", records.encode("utf-8-sig")),
        ("wide.json", records.encode("utf-16")), ("packed.json.gz", gzip.compress(records.encode())),
        ("deals.txt", records.encode()),
    ):  # fmt: skip
        (tmp_path / name).write_bytes(content)
        assert read_deals(tmp_path / name) == read_deals(tmp_path / "deals.csv")
    for name in ("deals.csv", "packed.json.gz"):  # a stream is read once
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO((tmp_path / name).read_bytes())))
        assert read_deals(Path("-")) == read_deals(tmp_path / "deals.csv")
    assert json.loads(run(capsys, tmp_path / "deals.json", "--json")[1]) == report


def test_values_for_an_item_are_said_to_count_once(tmp_path, capsys):
    rows = [*ROWS, "G,B,2025,Books,$300 per book,", "G,B,2025,Books,100/article,"]
    code, out, _ = run(capsys, table(tmp_path, rows))
    assert code == 0
    assert "paid by item    3 values (article, book): counted once, as one item each, in every sum" in out
    assert json.loads(run(capsys, table(tmp_path, rows), "--json")[1])["by_item"] == {"article": 1, "book": 2}
    assert "paid by item    1 value (book): counted once" in run(capsys, table(tmp_path))[1]
    assert "paid by item" not in run(capsys, table(tmp_path, ROWS[:3]))[1]


def test_an_amount_beside_a_part_without_one_is_a_lower_bound(tmp_path, capsys):
    """Bounds hold whatever the part is worth: it is one more hidden value, in [0, cap]."""
    rows = ["A,B,2023,News,10m,C", "A,C,2024,News,$30M + equity,C", "D,C,2024,News,5m/yr and API credits,C"]
    report = json.loads(run(capsys, table(tmp_path, rows), "--json")[1])
    assert report["undisclosed_parts"] == {"api credits": 1, "equity": 1}
    assert report["totals"] == {"one_year": 45e6, "full_term": 45e6, "ceiling": 45e6}
    assert report["disclosure"]["undisclosed"] == 0
    assert (report["bounds"]["low"], report["bounds"]["high"]) == (0.0, pytest.approx(60 / 105))  # 2 x 30m hidden
    assert report["majority_below"] == 22.5e6
    text = run(capsys, table(tmp_path, rows))[1]
    said = "2 values beside undisclosed parts (api credits, equity): the parts are 0 in totals, hidden values in bounds"
    assert f"  lower bounds    {said}\n" in text
    assert "  bounds          generators' share of receipts in [0, 0.5714], hidden values in [0, 30 m]\n" in text
    assert "undisclosed parts" not in run(capsys, table(tmp_path, rows[:1]))[1]
    columns = HEADER + ",value_min_usd,value_max_usd"
    assert read_deals(table(tmp_path, ["A,B,2023,News,30m + equity,C,30000000,"], columns))
    assert (
        "says nothing" in run(capsys, table(tmp_path, ["A,B,2023,News,30m + equity,C,30000000,30000000"], columns))[2]
    )


def test_a_table_with_other_names_gaps_and_notes_says_the_same(tmp_path):
    (tmp_path / "mine.csv").write_text(
        "Buyer,Seller,Date,Type,Value,Notes\nA,B,2023-05-01,News,$10 million,x\nA,C,,Books,not disclosed,\n"
    )
    (tmp_path / "plain.csv").write_text(f"{HEADER}\nA,B,2023,News,10m,\nA,C,,Books,Undisclosed,\n")
    assert read_deals(tmp_path / "mine.csv") == read_deals(tmp_path / "plain.csv")


def test_columns_have_the_same_names_in_every_format(tmp_path):
    """A list of records with the columns of the help lacked a column data_receiver, and then a column date."""
    records = [dict(zip(HEADER.split(","), row.split(","))) for row in ROWS]
    listed = [{**r, "year": int(r["year"]), "codes": [c for c in r["codes"].split("|") if c]} for r in records]
    bare = [{key: value for key, value in r.items() if key != "codes"} for r in records]
    wanted = read_deals(table(tmp_path))
    for rows, same in ((records, wanted), (listed, wanted), (as_records(ROWS), wanted), (bare, None)):
        (tmp_path / "a.json").write_text(json.dumps(rows, indent=1))
        (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, rows)))
        assert read_deals(tmp_path / "a.json") == read_deals(tmp_path / "a.jsonl")
        assert same is None or read_deals(tmp_path / "a.json") == same
    (tmp_path / "a.json").write_text(json.dumps([{**records[0], "year": None}]))
    assert read_deals(tmp_path / "a.json")[0].year is None


def test_one_deal_is_one(tmp_path, capsys):
    assert "deals.csv: 1 deal, 1 with" in run(capsys, table(tmp_path, ROWS[:1]))[1]
    assert "deals.csv: 2 deals, 1 with" in run(capsys, table(tmp_path, ROWS[:2]))[1]


def test_no_bounds_of_nothing_hidden(tmp_path, capsys):
    out = run(capsys, table(tmp_path, ["A,B,2023,News,10m,C"]))[1]
    assert "documented" in out
    assert "\n  bounds" not in out
    assert "below inf" not in out


def test_assumptions_move_what_regimes_would_pay(tmp_path, capsys):
    path = table(tmp_path)
    out = run(capsys, path, "--json", "--fee", "0.2", "--lineage", "0.5", "--developers", "2")[1]
    assert json.loads(out)["pays"]["edvex"] == pytest.approx(0.8 * 0.5 * 0.5 * 35_002_000.0)
    text = run(capsys, path)[1]
    assert "hidden values in [0, 25 m]" in text
    assert "35.002 m for full terms, 60.002 m at upper ends, in dollars\n" in text


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("A,B,2023,News,10q,C", "line 6, column value_raw: '10q' given"),
        ("A,B,23,News,10m,C", "line 6, column year: '23' given"),
        ("A,B,2023,News,10m,X", "line 6, column codes: 'X' given"),
        ("A,,2023,News,10m,C", "line 6, column aggregator: '' given"),
        ("A,B,2023,News,10m", "line 6, column codes: the cell is missing"),
    ],
)
def test_a_bad_row_is_one_line(row, said, tmp_path, capsys):
    path = table(tmp_path, [*ROWS, row])
    code, out, err = run(capsys, path)
    assert code == 2
    assert not out
    assert err.count("\n") == 1
    assert f"{path}: {said}" in err
    assert not (tmp_path / "deals.png").exists()


def test_dollars_that_contradict_the_text(tmp_path, capsys):
    path = table(tmp_path, ["A,B,2023,News,10m,C,1000"], HEADER + ",value_min_usd")
    assert run(capsys, path)[2].strip().endswith("column value_min_usd: 1000 given; value_raw '10m' says 10000000.0")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "line 1: not JSON; one record per line or a list of records is needed"),
        ("{}", "is empty"),
        ("[3]", "record 1: int given"),
        (
            json.dumps([{"date": 2023}]),
            "columns 'receiver', 'aggregator', 'content_type', 'value_raw' are missing; known: date",
        ),
        (json.dumps([{**as_records(ROWS)[0], "date": True}]), "record 1, column date: 'true' given"),
        (json.dumps([{**as_records(ROWS)[0], "data_receiver": None}]), "record 1, column data_receiver: '' given"),
        (json.dumps([{**as_records(ROWS)[0], "codes": ["X"]}]), "record 1, column codes: 'X' given"),
        *(
            (
                json.dumps([{**as_records(ROWS)[0], column: 10**400}]),
                f"record 1, column {column}: '1{78 * '0'} given; a number",
            )
            for column in ("value_min", "value_max")
        ),
        ("[]", "is empty"),
    ],
)
def test_bad_json_is_one_line(content, said, tmp_path, capsys):
    (tmp_path / "x.json").write_text(content)
    code, _, err = run(capsys, tmp_path / "x.json")
    assert code == 2
    assert said in err
    assert err.count("\n") == 1


def test_a_figure_that_cannot_be_written_costs_no_result(tmp_path, capsys, monkeypatch):
    path = table(tmp_path)
    for options, code in (([], 0), (["--figure", tmp_path / "gone/x.png"], 1)):
        if not options:
            (tmp_path / "deals.png").mkdir()
        done, out, err = run(capsys, path, *options)
        assert done == code
        assert "concentration" in out
        assert err.startswith("figure not written: ")
        assert err.count("\n") == 1
    none = run(capsys, path, "--figure", "none", "--json")
    assert (none[0], json.loads(none[1])["figures"], none[2]) == (0, [], "")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(path.read_bytes())))
    assert json.loads(run(capsys, "-", "--json")[1])["figures"] == []
    assert not (tmp_path / "-.png").exists()
    hidden = table(tmp_path, ROWS[1:2])
    assert run(capsys, hidden, "--figure", tmp_path / "x.png")[2] == "figure not written: no value is disclosed\n"


def test_options_out_of_range(tmp_path, capsys):
    assert run(capsys, table(tmp_path), "--fee", "1")[0] == 2
    assert run(capsys, table(tmp_path), "--cap", "-1")[2].startswith("--cap: -1 given")
    assert run(capsys, tmp_path / "missing.csv")[0] == 2


@pytest.mark.parametrize("name", [".", "/", ".."])
def test_a_folder_is_no_table(capsys, name):
    code, out, err = run(capsys, name)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "Is a directory" in err


def test_the_figure_names_what_is_assumed_and_its_diagonal(tmp_path):
    found, given = summarise(read_deals(table(tmp_path)), None, PayAssumptions()), PayAssumptions(fee=0.25)
    with mock.patch.object(deals, "save") as kept:
        deals.draw(found, given, tmp_path / "x")
    left, right = kept.call_args[0][0].axes
    said = right.get_xlabel().replace("\n", " ")
    for name, value in given.model_dump().items():
        assert f"{name.replace('_', ' ')} {value:g}" in said
    names = [text.get_text() for text in right.get_yticklabels()]
    assert "EDVEX" in names
    assert not {"edvex", "buyout"} & set(names)
    assert [text.get_text() for text in left.get_legend().get_texts()] == ["all deals equal"]


def test_all_rows_that_cannot_be_read_are_named_at_once(tmp_path, capsys):
    bad = [f"A,B,2023,News,{k}q,C" for k in range(12)]
    code, _, err = run(capsys, table(tmp_path, [*ROWS, *bad]))
    assert code == 2
    assert err.count("\n") == 1
    assert "12 rows cannot be read: line 6, column value_raw: '0q' given; line 7, column value_raw: '1q' given; " in err
    assert "'9q' given; and 2 more; allowed: " in err
    assert "'10q'" not in err


def test_equal_complaints_are_one_and_say_what_codes_mean(tmp_path, capsys):
    bad = [*(f"A,B,2023,News,{k}m,licence" for k in range(9)), "A,B,2023,News,1m,sale"]
    err = run(capsys, table(tmp_path, [*ROWS, *bad]))[2]
    assert err == (
        f"{tmp_path / 'deals.csv'}: 10 rows cannot be read: lines 6, 7, 8, 9, 10, 11, 12, 13 and 14, column codes: "
        "'licence' given; line 15, column codes: 'sale' given; "
        "allowed: C (confirmed), U (unclear), L (litigation), S (revenue share), R (recurring)\n"
    )
    err = run(capsys, table(tmp_path, [*ROWS, *bad[:1] * 12]))[2]
    assert "12 rows cannot be read: lines 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 and 2 more, column codes: " in err
    with pytest.raises(SystemExit):
        main(["deals", "--help"])
    said = " ".join(capsys.readouterr().out.split())
    for code in Code:
        assert f"{code} {code.name.lower().replace('_', ' ')}" in said


@pytest.mark.parametrize(
    ("header", "said"),
    [
        (
            "buyer,seller,price",
            "columns 'year', 'content_type', 'value_raw' are missing; known: buyer, seller, price",
        ),
        ("buyer,seller,year,type,price", "column 'value_raw' is missing; known: "),
        ("buyer,seller,years,type,value", "column 'year' is missing; did you mean years by year?; known: "),
    ],
)
def test_all_columns_that_are_missing_are_named(header, said, tmp_path, capsys):
    code, _, err = run(capsys, table(tmp_path, [",".join("A" * len(header.split(",")))], header))
    assert code == 2
    assert said in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("options", "said"),
    [(("--developers", "0"), "0 given; allowed: [2, 1000000]"), (("--fee", "2"), "2.0 given; allowed: [0, 1)")],
)
def test_the_range_of_an_assumption_is_said_once(options, said, tmp_path, capsys):
    assert run(capsys, table(tmp_path), *options) == (2, "", f"{options[0]}: {said}\n")


def test_other_currencies_take_their_rate(tmp_path, capsys):
    path = table(
        tmp_path, ["A,B,2023,News,€20m,C", "A,D,2023,News,10m GBP,C", "A,E,2023,News,¥3bn,C", "A,F,2023,News,5m,"]
    )
    code, _, err = run(capsys, path)
    assert code == 2
    assert "--rate EUR=DOLLARS" in err
    rates = ["--rate", "EUR=1.1", "--rate", "gbp=1.25", "--rate", "¥=0.01"]
    assert run(capsys, path, *rates, "--figure", "none", "--json")[0] == 0
    assert main(["deals", str(path), *rates, "--figure", "none", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["totals"]["full_term"] == pytest.approx(22e6 + 12.5e6 + 30e6 + 5e6)
    for rate in ("EUR", "EUR=", "=1", "EUR=0", "EUR=-1", "EUR=nan", "EUR=1_0"):
        code, _, err = run(capsys, path, "--rate", rate)
        assert (code, err.strip()) == (2, f"--rate: {rate} given; CODE=DOLLARS is needed, such as EUR=1.08")


def test_a_value_known_from_above_is_no_zero(tmp_path, capsys):
    """HHI and Gini are those of the other deals; bounds have it anywhere from 0 to its end."""
    known = ["A,B,2023,News,60m,", "C,D,2023,News,10m,"]
    found = {}
    for name, rows in (("without", known), ("with", [*known, "E,F,2023,News,up to $30M,"])):
        assert main(["deals", str(table(tmp_path, rows)), "--figure", "none", "--json"]) == 0
        found[name] = json.loads(capsys.readouterr().out)
    assert found["with"]["concentration"] == found["without"]["concentration"]
    assert found["with"]["lorenz"] == found["without"]["lorenz"]
    assert found["with"]["at_most"] == [30e6]
    assert found["with"]["totals"] == {"one_year": 70e6, "full_term": 70e6, "ceiling": 100e6}
    assert found["with"]["bounds"] == {"low": 0.0, "high": pytest.approx(0.3)}
    assert found["without"]["bounds"]["high"] == 0.0
    assert main(["deals", str(tmp_path / "deals.csv"), "--figure", "none"]) == 0
    out = capsys.readouterr().out
    assert "at most         30 m: 0 in totals, left out of the concentration, up to that in bounds" in out
    assert "bounds          generators' share of receipts in [0, 0.3]" in out


def test_a_bare_number_among_millions_is_noted(tmp_path, capsys):
    path = table(tmp_path, ["A,B,2023,News,60,", "C,D,2023,News,10m,", "E,F,2023,News,20m,", "E,G,2023,News,2k/book,"])
    assert main(["deals", str(path), "--figure", "none", "--json"]) == 0
    (note,) = json.loads(capsys.readouterr().out)["notes"]
    assert note.startswith("B to A (2023): read as 60 dollars, where half of the deals have 10 m and more")


def test_names_that_differ_in_case_and_spaces_are_one_and_it_is_said(tmp_path, capsys):
    rows = [
        "OpenAI,A,2023,News,10m,c",
        "openai,B,2023,news,20m,C|u",
        "Open AI,B,2024,News,5m,",
        "Other,B,2024,Text,1m,L",
    ]
    path = tmp_path / "deals.csv"
    path.write_text("\n".join([HEADER, *rows]) + "\n")
    assert main(["deals", str(path), "--figure", "none", "--json"]) == 0
    said = capsys.readouterr()
    assert "one receiver under several spellings: 'OpenAI' = 'openai' = 'Open AI'" in said.err
    assert "one content under several spellings: 'News' = 'news'" in said.err
    by_buyer = json.loads(said.out)["by_buyer"]
    assert [group["name"] for group in by_buyer] == ["OpenAI", "Other"]


def test_rows_that_are_one_deal_are_named_and_count(tmp_path, capsys):
    rows = ["F,P,2025,B,$5M,C", "f,P,2025,B,$5M,C", "F,P,2024,B,$5M,C", "F,P,2025,B,5 million,C"]
    code, out, err = run(capsys, table(tmp_path, rows), "--figure", "none")
    assert code == 0
    assert "rows are identical and each counts: line 2 = line 3 = line 5" in err
    assert "20 m for one year" in out
    assert "identical" not in run(capsys, table(tmp_path), "--figure", "none")[2]
