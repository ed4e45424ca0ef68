"""`mfsolve provenance --cluster COLUMN` and `--date-format` in the files that people have."""

import json

import numpy as np
import pytest

from mfsolve.cli import main
from mfsolve.report.numbers import with_interval

WORD = {False: ["a", "b", "c", "d"], True: ["c", "d", "e", "f"]}


def rows_of(rng, synthetic, author, name="author"):
    x = rng.normal(size=(len(synthetic), 2)) + 1.5 * np.asarray(synthetic)[:, None]
    return [f"x,y,{name}", *(f"{a},{b},{c}" for (a, b), c in zip(x.tolist(), author))]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    rng, folder = np.random.default_rng(1), tmp_path_factory.mktemp("clusters")
    author = np.repeat(np.arange(20), 10)
    synthetic = (rng.random(20) < 0.4)[author]
    names = [f"author {k}" for k in author]

    def write(name, lines):
        (folder / name).write_text("\n".join(lines) + "\n")

    write("pool.csv", rows_of(rng, synthetic, names, "Author Name"))
    write("human.csv", rows_of(rng, np.zeros(300), np.arange(300) // 6, "author_name"))
    write("synthetic.csv", [line.rpartition(",")[0] for line in rows_of(rng, np.ones(300), np.arange(300))])
    texts = [" ".join(rng.choice(WORD[bool(s)], 30)) for s in synthetic]
    days = [f"{1 + k % 28:02d}/{1 + k % 4:02d}/2025" for k in range(200)]
    write("t_pool.csv", ["text,author,day", *(f"{t},{n},{d}" for t, n, d in zip(texts, names, days))])
    for name, kind in (("t_human.csv", False), ("t_synthetic.csv", True)):
        write(name, ["text", *(" ".join(rng.choice(WORD[kind], 30)) for _ in range(60))])
    items = [f"{k},{w},1,{n}" for k, (t, n) in enumerate(zip(texts, names)) for w in t.split()]
    write("i_pool.csv", ["item,token,count,author", *items])
    write("i_bad.csv", ["item,token,count,author", *items[:3], "0,a,1,somebody"])
    for name, kind in (("i_human.csv", False), ("i_synthetic.csv", True)):
        counts = [f"{k},{w},1" for k in range(60) for w in rng.choice(WORD[kind], 30)]
        write(name, ["item,token,count", *counts])
    write("blank.csv", ["x,y,author_name", "1,2,", "2,1,b"])
    write("tokens.csv", ["token,count,author", "a,30,x", "b,40,y"])
    return folder


def run(capsys, folder, *options, prefix="", pool=None):
    files = [str(folder / f"{prefix}{name}.csv") for name in ("pool", "human", "synthetic")]
    files[0] = files[0] if pool is None else str(folder / pool)
    code = main(["provenance", files[0], "--human", files[1], "--synthetic", files[2], *options])
    out = capsys.readouterr()
    return code, out.out, out.err


def test_clusters_are_one_draw_in_pool_and_references(folder, capsys):
    found = json.loads(run(capsys, folder, "--cluster", "Author Name", "--json")[1])
    plain = json.loads(run(capsys, folder, "--ignore", "author_name", "--json", pool="human.csv")[1])
    assert "clusters" not in plain
    assert found["columns"] == ["x", "y"]
    assert found["clusters"]["pool"] == {"number": 20, "effective": pytest.approx(20.0)}
    assert 20 <= found["clusters"]["human"]["number"] <= 30  # of the half that is measured
    note = "synthetic.csv: no column author_name: its rows are treated as independent"
    assert any(said.endswith(note) for said in found["notes"])
    taken = json.loads(run(capsys, folder, "--columns", "x,y", "--json")[1])
    assert found["standard_error"] > 1.3 * taken["standard_error"]
    out = run(capsys, folder, "--cluster", "author_name")[1]
    assert "  clusters     20 in the pool, effective number 20 (Carter et al. 2017)\n" in out
    assert "clusters, not rows, are the sampling units" in out


@pytest.mark.parametrize("prefix", ["t_", "i_"])
def test_clusters_of_texts_and_of_items(folder, capsys, prefix):
    found = json.loads(run(capsys, folder, "--cluster", "author", "--json", prefix=prefix)[1])
    taken = json.loads(run(capsys, folder, "--json", prefix=prefix)[1])
    assert list(found["clusters"]) == ["pool"]
    assert found["clusters"]["pool"]["number"] == 20
    assert found["share"] == pytest.approx(taken["share"], abs=0.02)
    assert found["standard_error"] > 2.0 * taken["standard_error"]


@pytest.mark.parametrize(("options", "pool", "said"), [
    (["--cluster", "who"], None, "pool.csv: column 'who' is missing"),
    (["--cluster", "author_name"], "blank.csv", "blank.csv: line 2, column author_name: the cell is missing; a cluster"),
    (["--cluster", "author"], "i_bad.csv", "i_bad.csv: line 5, column author: 'somebody' given; item has 'author 0'"),
    (["--cluster", "author"], "tokens.csv", "tokens.csv: counts by token have no items to cluster by 'author'"),
    (["--cluster", "author_name", "--by", "Author Name"], None, "--cluster author_name: is also the column of --by"),
    (["--date-format", "%d/%m/%Y"], None, "--date-format: needs --date COLUMN"),
    (["--date-format", "%d/%m/%Y", "--date", "filename"], None, "--date-format: needs --date COLUMN"),
])  # fmt: skip
def test_what_cannot_be_asked(folder, capsys, options, pool, said):
    prefix = "i_" if pool == "i_bad.csv" else ""
    code, out, err = run(capsys, folder, *options, prefix=prefix, pool=pool)
    assert (code, out) == (2, "")
    assert said in err
    assert len(err.strip().splitlines()) == 1


def test_plain_texts_have_no_clusters(folder, capsys, tmp_path):
    (tmp_path / "pool.txt").write_text("a b\nc d\n")
    code, _, err = run(capsys, folder, "--cluster", "author", prefix="t_", pool=tmp_path / "pool.txt")
    assert code == 2
    assert "plain texts have no column 'author'; give a table" in err


def test_dates_by_a_format_and_the_note_on_growth(folder, capsys):
    asked = ["--date", "day", "--json"]
    code, _, err = run(capsys, folder, *asked, prefix="t_")
    assert code == 2
    assert "t_pool.csv: line 2, column day: '01/01/2025' given; the day or the month may stand first" in err
    found = json.loads(run(capsys, folder, *asked, "--date-format", "%d/%m/%Y", prefix="t_")[1])
    assert [row["period"] for row in found["periods"]] == [f"2025-0{k}" for k in (1, 2, 3, 4)]
    assert found["growth"]["rate"] is not None
    text = run(capsys, folder, *asked[:2], "--date-format", "%d/%m/%Y", prefix="t_")[1]
    rate, (low, high) = found["growth"]["rate"], found["growth"]["interval"]
    rounded = with_interval({"value": rate, "low": low, "high": high})
    assert f"  growth of the log odds per period: {rounded} from a share of " in text
    asked += ["--date-format", "%d/%m/%Y"]
    code, _, err = run(capsys, folder, "--date", "text", "--date-format", "%d/%m/%Y", prefix="t_")
    assert code == 2
    assert "allowed: dates such as 29/02/2024, by --date-format %d/%m/%Y" in err
    report = json.loads(run(capsys, folder, *asked, "--cluster", "author", prefix="t_")[1])
    assert report["growth"] is None
    assert report["growth_note"] == "no growth: clusters have items in several periods, whose errors are correlated"
    out = run(capsys, folder, *(o for o in asked if o != "--json"), "--cluster", "author", prefix="t_")[1]
    assert f"  {report['growth_note']}\n" in out


@pytest.mark.parametrize(("kind", "end"), [(False, 0), (True, 1)])
def test_a_share_at_an_end_in_every_period_has_a_note(folder, capsys, tmp_path, kind, end):
    rng = np.random.default_rng(2)
    lines = [f"{' '.join(rng.choice(['a', 'b'] if not kind else ['e', 'f'], 30))},2024-0{1 + k % 4}" for k in range(80)]
    (tmp_path / "pool.csv").write_text("\n".join(["text,date", *lines]) + "\n")
    pool = tmp_path / "pool.csv"
    report = json.loads(run(capsys, folder, "--date", "date", "--json", prefix="t_", pool=pool)[1])
    assert [row["share"] for row in report["periods"]] == [pytest.approx(end, abs=1e-9)] * 4
    assert report["growth"] is None
    assert report["growth_note"].startswith(f"no growth: the shares of all periods are next to {end}")
    out = run(capsys, folder, "--date", "date", prefix="t_", pool=pool)[1]
    assert report["growth_note"] in out
