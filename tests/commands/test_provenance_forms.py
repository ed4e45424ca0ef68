"""`mfsolve provenance` on texts, periods, sources and references in the files that people have."""

import gzip
import json
import re
import tomllib

import numpy as np
import pytest

from mfsolve.cli import main

WORDS = [f"w{k}" for k in range(80)]


@pytest.fixture(scope="module")
def corpus():
    rng = np.random.default_rng(1)
    p = rng.gamma(0.7, size=80) + 1e-3
    q = p * np.exp(0.9 * rng.normal(size=80))
    p, q = p / p.sum(), q / q.sum()

    def draw(law, count):
        return [" ".join(rng.choice(WORDS, 40, p=law)) for _ in range(count)]

    return {"pool": draw(p, 84) + draw(q, 36), "human": draw(p, 100), "synthetic": draw(q, 100)}


def as_text(path, texts):
    path.write_text("\n".join(texts) + "\n")


def as_folder(path, texts):
    path.mkdir()
    for k, text in enumerate(texts):
        (path / f"{k:04d}.txt").write_text(text)


def as_csv(path, texts):
    path.write_text("name;text\r\n" + "".join(f"{k};{text}\r\n" for k, text in enumerate(texts)), encoding="utf-8-sig")


def as_json_lines(path, texts):
    with gzip.open(path, "wt") as file:
        file.writelines(json.dumps({"text": text}) + "\n" for text in texts)


def as_items(path, texts):
    rows = [f"{k},{word},1" for k, text in enumerate(texts) for word in text.split()]
    path.write_text("item,token,count\n" + "\n".join(rows) + "\n")


def as_matrix(path, texts):
    rows = [",".join(str(text.split().count(word)) for word in WORDS) for text in texts]
    path.write_text(",".join(WORDS) + "\n" + "\n".join(rows) + "\n")


FORMS = {"txt": as_text, "folder": as_folder, "csv": as_csv, "jsonl.gz": as_json_lines, "items.csv": as_items,
         "matrix.csv": as_matrix}  # fmt: skip


def ask(capsys, *arguments):
    code = main(["provenance", *map(str, arguments), "--json"])
    out = capsys.readouterr()
    assert code == 0, out.err
    return json.loads(out.out)


def files(folder, corpus, ending):
    for name, texts in corpus.items():
        FORMS[ending](folder / f"{name}.{ending}", texts)
    pool, human, synthetic = (folder / f"{name}.{ending}" for name in ("pool", "human", "synthetic"))
    return pool, "--human", human, "--synthetic", synthetic


def test_every_form_of_documents_gives_one_share(tmp_path, capsys, corpus):
    found = {}
    for ending in FORMS:
        kind = ["--kind", "matrix"] if ending == "matrix.csv" else []
        found[ending] = ask(capsys, *files(tmp_path, corpus, ending), *kind)
        assert found[ending]["kind"] == "documents"
    shares = [report["share"] for report in found.values()]
    assert shares == pytest.approx([shares[0]] * len(shares), abs=1e-9)
    low, high = found["csv"]["interval"]
    assert low < 0.3 < high


@pytest.mark.parametrize("options", [[], ["--source", "other=other.csv"]])
def test_a_figure_without_periods_is_refused(options, capsys):
    reference = [] if options else ["--synthetic", "s.csv"]
    assert main(["provenance", "p.csv", "--human", "h.csv", *reference, *options, "--figure", "x.png"]) == 2
    assert capsys.readouterr().err.startswith(
        "--figure: shows periods or groups; give --date, --by or one file per period"
    )


def test_periods_figure_and_moments(tmp_path, capsys, corpus):
    pool, *rest = files(tmp_path, corpus, "csv")
    rows = [f"2024-{1 + k // 15 % 4:02d}-0{1 + k % 9},{text}" for k, text in enumerate(corpus["pool"])]
    pool.write_text("day,text\n" + "\n".join(rows) + "\n")
    found = ask(capsys, pool, *rest, "--date", "day", "--figure", tmp_path / "shares.png")
    assert [row["period"] for row in found["periods"]] == ["2024-01", "2024-02", "2024-03", "2024-04"]
    assert (tmp_path / "shares.png").stat().st_size > 0
    assert main(["provenance", *map(str, (pool, *rest)), "--date", "day", "--moments", "none"]) == 0
    assert capsys.readouterr().out.count("[[estimates]]") == 4
    asked = [*map(str, (pool, *rest)), "--date", "day", "--moments", "none", "--into", "forecast"]
    assert main(["provenance", *asked]) == 0
    study = tomllib.loads(capsys.readouterr().out)
    measured = [e for e in study["estimates"] if e.get("calibrated")]
    assert [(e["at"], e["published"]) for e in measured] == [
        (k, pytest.approx(row["share"], abs=5.1e-5)) for k, row in enumerate(found["periods"])
    ]
    assert len(study["estimates"]) > len(measured)
    assert main(["provenance", *asked[:-1], "nowhere"]) == 2
    assert "nowhere: no such study" in capsys.readouterr().err
    assert main(["provenance", *map(str, (pool, *rest)), "--date", "text"]) == 2
    assert "allowed: dates such as 2024-01-31" in capsys.readouterr().err
    assert main(["provenance", *map(str, (pool, *rest)), "--date", "day"]) == 0
    assert "bands cover all periods at once at 95 %" in capsys.readouterr().out


def test_dates_in_names_of_files(tmp_path, capsys, corpus):
    """Files of a folder are dated by their names or those of their folders, as the rows of a table by a column."""
    _, *rest = files(tmp_path, corpus, "csv")
    pool, table, rows = tmp_path / "pool", tmp_path / "dated.csv", []
    names = ("2024-01-{k:02d}_{n}.txt", "202402/{n}.txt", "2024/03/{k:02d}/{n}.txt", "letter 20240405 {n}.txt")
    for n, text in enumerate(corpus["pool"]):
        file = pool / names[n % 4].format(k=1 + n % 9, n=n)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        rows.append(f"2024-{1 + n % 4:02d}-01,{text}")
    table.write_text("day,text\n" + "\n".join(rows) + "\n")
    found = ask(capsys, pool, *rest, "--date", "filename")
    expected = ask(capsys, table, *rest, "--date", "day")
    assert [row["period"] for row in found["periods"]] == ["2024-01", "2024-02", "2024-03", "2024-04"]
    for got, wanted in zip(found["periods"], expected["periods"], strict=True):
        assert got["share"] == pytest.approx(wanted["share"], abs=1e-9)
    assert main(["provenance", *map(str, (pool, *rest)), "--date", "day"]) == 2
    assert "--date filename takes dates from file names" in capsys.readouterr().err
    (pool / "no. 2001 of many.txt").write_text("a year is a date only where it is a whole name")
    assert main(["provenance", *map(str, (pool, *rest)), "--date", "filename"]) == 2
    assert "allowed: names such as 2024-01-31.txt, or folders such as 2024-01" in capsys.readouterr().err
    lines = tmp_path / "lines.txt"
    as_text(lines, corpus["pool"])
    assert main(["provenance", *map(str, (lines, *rest)), "--date", "filename"]) == 2
    assert "give a table, or one file or folder per period" in capsys.readouterr().err


def test_sources_references_and_baseline(tmp_path, capsys, corpus):
    pool, _, human, _, synthetic = files(tmp_path, corpus, "txt")
    same = ("--source", f"one={synthetic}", "--source", f"two={human}")
    assert main(["provenance", str(pool), "--human", str(human), *same]) == 2
    assert "0 documents that stand in no other reference given; at least 20 are needed" in capsys.readouterr().err
    two = tmp_path / "two.txt"
    as_text(two, [" ".join(text.split()[::-1]) for text in corpus["human"]])
    found = ask(capsys, pool, "--human", human, "--source", f"one={synthetic}", "--source", f"two={two}")
    assert sum(row["share"] for row in found["sources"]) == pytest.approx(1.0)
    errors = {row["source"]: row["standard_error"] for row in found["sources"]}
    assert errors["human"] is errors["two"] is None  # `two` has its words: nothing tells them apart
    assert errors["one"] == pytest.approx(found["sums"][0]["standard_error"])
    assert found["sums"][0]["sources"] == ["human", "two"]
    told = ("--human", human, "--source", f"one={synthetic}", "--source", f"two={two}")
    assert main(["provenance", str(pool), *map(str, told)]) == 0
    out = capsys.readouterr().out
    assert "human and two differ no more than by chance: only the sum of their shares is known" in out
    assert "sum of human and two: 0." in out
    assert "inf" not in out.replace("information", "")
    assert "nan" not in out
    other = tmp_path / "other.txt"
    as_text(other, corpus["human"][::-1])
    given = ask(capsys, pool, "--human", human, "--human", other, "--synthetic", synthetic, "--baseline", human)
    assert len(given["alternatives"]["each"]) == 2
    assert main(["provenance", *map(str, (pool, "--human", human, "--human", human, "--synthetic", synthetic))]) == 2
    assert "given twice" in capsys.readouterr().err
    assert given["drift"]["apparent_share_of_baseline"]["interval"][0] == 0.0
    assert main(["provenance", str(pool), "--human", str(human), "--source", "one"]) == 2
    assert "NAME=FILE is needed" in capsys.readouterr().err
    assert main(["provenance", str(pool), "--human", str(human)]) == 2
    assert "--synthetic: missing" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--source", "other=o.csv", "--date", "day"], "--date: takes two sources"),
        (["--source", "other=o.csv", "--date", "day", "--moments", "none"], "--date: takes two sources"),
        (["--source", "other=o.csv", "--date", "day", "--figure", "x.png"], "--date: takes two sources"),
        (["--source", "other=o.csv", "--half-width", "0.01"], "--half-width: is of one share of one pool"),
        (["--synthetic", "s.csv", "--date", "day", "--half-width", "0.01"], "--half-width: is of one share"),
        (["--synthetic", "s.csv", "--by", "site", "--half-width", "0.01"], "--half-width: is of one share"),
        (["q.csv", "--synthetic", "s.csv", "--half-width", "0.01"], "--half-width: is of one share of one pool"),
    ],
)
def test_what_an_answer_does_not_have_is_refused_and_not_ignored(capsys, options, said):
    assert main(["provenance", "p.csv", *options, "--human", "h.csv"]) == 2
    out, error = capsys.readouterr()
    assert (out, error.count("\n")) == ("", 1)
    assert error.startswith(said)


def test_intervals_of_sources_say_that_they_hold_one_at_a_time(tmp_path, capsys, corpus):
    pool, _, human, _, synthetic = files(tmp_path, corpus, "txt")
    assert main(["provenance", str(pool), "--human", str(human), "--source", f"one={synthetic}"]) == 0
    assert "95 % intervals hold for one source at a time" in capsys.readouterr().out


def test_plain_text_is_no_table_and_few_are_too_few(tmp_path, capsys):
    file = tmp_path / "one.txt"
    file.write_text("some words of the first document in a row " * 50 + "\n")
    assert main(["provenance", str(file), "--human", str(file), "--synthetic", str(file)]) == 2
    assert capsys.readouterr().err.strip() == f"{file}: 1 documents given; at least 20 are needed"


def test_items_whose_rows_are_scattered_are_refused(tmp_path, capsys):
    file = tmp_path / "scattered.csv"
    file.write_text("item,token,count\na,x,1\nb,x,1\na,y,2\n")
    assert main(["provenance", str(file), "--human", str(file), "--synthetic", str(file)]) == 2
    assert "its rows are not together" in capsys.readouterr().err


def test_running_numbers_are_named_and_left_out(tmp_path, capsys):
    rng = np.random.default_rng(2)
    parts = {"pool": np.concatenate([rng.normal(size=105), rng.normal(1.6, 1.0, 45)]), "human": rng.normal(size=150),
             "synthetic": rng.normal(1.6, 1.0, 150)}  # fmt: skip
    for start, (name, values) in zip((300, 0, 150), parts.items()):
        rows = [f"{start + k},{value:.3f}" for k, value in enumerate(values)]
        (tmp_path / f"{name}.csv").write_text("\n,score\n"[1:] + "\n".join(rows) + "\n")
    pool, human, synthetic = (tmp_path / f"{name}.csv" for name in parts)
    for name in parts:
        file = tmp_path / f"{name}.csv"
        file.write_text(file.read_text().replace(",score", "Unnamed: 0,score", 1))
    found = ask(capsys, pool, "--human", human, "--synthetic", synthetic)
    assert found["columns"] == ["score"]
    assert "numbers the rows" in found["notes"][0]
    assert found["interval"][0] < 0.3 < found["interval"][1]
    assert ask(capsys, pool, "--human", human, "--synthetic", synthetic, "--columns", "score")["notes"] == []


@pytest.fixture
def wide(tmp_path):
    """A pool with columns that the references lack, and a reference with one more."""
    rng = np.random.default_rng(7)

    def rows(count, shift):
        return rng.normal(size=(count, 2)) + shift

    pool = "".join(f"{k},{x},{y},{'ab'[k % 2]},2024-0{1 + k % 2}-03\n" for k, (x, y) in enumerate(rows(200, 0.5)))
    (tmp_path / "pool.csv").write_text("No,score,len,source,date\n" + pool)
    for name, shift in (("human", 0.0), ("synthetic", 2.0)):
        table = "".join(f"{x},{y}\n" for x, y in rows(200, shift))
        (tmp_path / f"{name}.csv").write_text("score,len\n" + table)
    return tmp_path


@pytest.mark.parametrize("options", [
    ["--columns", "score,len"], ["--ignore", "source,date"], ["--by", "source", "--ignore", "date"],
    ["--by", "source", "--columns", "score"], ["--date", "date", "--columns", "len"],
    ["--date", "date", "--ignore", "source"],
])  # fmt: skip
def test_references_need_the_chosen_columns_only(wide, capsys, options):
    code, out, err = told(capsys, wide, *options, "--json")
    assert (code, err) == (0, "")
    wanted = options[-1].split(",") if "--columns" in options else ["score", "len"]
    assert json.loads(out)["columns"] == wanted


@pytest.mark.parametrize(("options", "expected"), [
    ([], r"human.csv: column 'source' is missing; .*; --ignore source,date leaves it out"),
    (["--columns", "scor,len"], r"pool.csv: column 'scor' is missing; did you mean score\?"),
    (["--ignore", "sourc"], r"pool.csv: column 'sourc' is missing; did you mean source\?"),
    (["--by", "source", "--columns", "score,source"], "pool.csv: column 'source': holds the groups, not a feature"),
])  # fmt: skip
def test_columns_that_cannot_be_chosen_are_named(wide, capsys, options, expected):
    code, out, err = told(capsys, wide, *options)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert re.search(expected, err), err


@pytest.mark.parametrize(("options", "remedy"), [
    ([], "; leave it out with --ignore panel, or group by it with --by panel"),
    (["--date", "date"], "; leave it out with --ignore panel"),
])  # fmt: skip
def test_a_column_of_words_among_features_is_left_out_or_names_groups(tmp_path, capsys, options, remedy):
    for name in ("pool", "human", "synthetic"):
        rows = "".join(f"{k % 7 / 7},{'ab'[k % 2]},2024-01-0{1 + k % 2}\n" for k in range(40))
        (tmp_path / f"{name}.csv").write_text("score,panel,date\n" + rows)
    ignored = ["--ignore", "date"] if not options else []
    code, out, err = told(capsys, tmp_path, *options, *ignored)
    assert (code, out) == (2, "")
    assert err == f"{tmp_path / 'pool.csv'}: line 2, column panel: 'a' given; a number is needed{remedy}\n"


def test_columns_of_a_reference_only_are_left_out_with_one_note(wide, capsys):
    for name in ("human", "synthetic"):
        lines = (wide / f"{name}.csv").read_text().splitlines()
        (wide / f"{name}.csv").write_text("\n".join([f"{lines[0]},more", *(f"{line},1" for line in lines[1:])]))
    _, out, _ = told(capsys, wide, "--columns", "score,len", "--json")
    assert json.loads(out)["notes"] == []
    _, out, _ = told(capsys, wide, "--ignore", "source,date", "--json")
    (note,) = [note for note in json.loads(out)["notes"] if "more" in note]
    assert note == f"column more: in {wide / 'synthetic.csv'} only, and left out"


@pytest.mark.parametrize("part", ["pool", "human"])
def test_a_column_of_texts_of_another_name_is_named(wide, capsys, part):
    for name in ("pool", "human", "synthetic"):
        (wide / f"{name}.csv").write_text("text\nwho are you\n")
    (wide / f"{part}.csv").write_text("id,prompt,completion\n1,who are you?,nobody\n")
    code, _, err = told(capsys, wide)
    assert (code, err.count("\n")) == (2, 1)
    assert f"{part}.csv: column 'prompt': holds text; --text prompt reads it" in err


def told(capsys, folder, *options):
    files = [str(folder / f"{name}.csv") for name in ("pool", "human", "synthetic")]
    code = main(["provenance", files[0], "--human", files[1], "--synthetic", files[2], *options])
    out = capsys.readouterr()
    return code, out.out, out.err


def test_items_of_halved_references_are_explained(wide, capsys):
    _, out, _ = told(capsys, wide, "--columns", "score,len")
    assert "100 human, 100 synthetic: every other row; the rest were used to fit the score" in out
