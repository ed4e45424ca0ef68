"""`mfsolve provenance` on files a user might have, good and bad."""

import json
import re

import numpy as np
import pytest
from scipy import stats

from mfsolve.cli import main
from mfsolve.data import table
from mfsolve.models.frozen import InputError


def write(path, header, rows):
    path.write_text(header + "\n" + "".join(",".join(map(str, row)) + "\n" for row in rows))
    return path


def tokens(counts):
    return [(f"w{i}", int(c)) for i, c in enumerate(counts)]


def run(capsys, *arguments):
    code = main(["provenance", *map(str, arguments)])
    out = capsys.readouterr()
    return code, out.out, out.err


def ask(capsys, folder, *options):
    files = [folder / f"{name}.csv" for name in ("pool", "human", "synthetic")]
    code, out, err = run(capsys, files[0], "--human", files[1], "--synthetic", files[2], "--json", *options)
    assert code == 0, err
    return json.loads(out)


def save(folder, header, pool, human, synthetic):
    for name, rows in (("pool", pool), ("human", human), ("synthetic", synthetic)):
        write(folder / f"{name}.csv", header, rows)


@pytest.fixture(scope="module")
def laws():
    p = 1 / np.arange(1, 201)
    q = p**1.6
    return p / p.sum(), q / q.sum()


def test_tokens(tmp_path, capsys, laws):
    rng, (p, q) = np.random.default_rng(1), laws
    save(tmp_path, "token,count", *(tokens(c) for c in (
        rng.multinomial(12_000, p) + rng.multinomial(8000, q), rng.multinomial(50_000, p), rng.multinomial(50_000, q))))  # fmt: skip
    found = ask(capsys, tmp_path)
    assert found["kind"] == "tokens"
    assert abs(found["share"] - 0.4) < 4 * found["standard_error"]
    assert found["items"] == {"pool": 20_000, "human": 50_000, "synthetic": 50_000}
    assert found["goodness_of_fit"]["p_value"] > 1e-3
    assert found["warnings"] == []
    exact = np.sum((q - p) ** 2 / (0.6 * p + 0.4 * q))
    assert found["information_per_item"] == pytest.approx(exact, rel=0.05)
    # what is promised for a half-width holds when it is drawn
    wanted = ask(capsys, tmp_path, "--half-width", 0.03)["items_needed"]
    error = np.sqrt(1 / (wanted * found["information_per_item"]) + found["variance_from_references"])
    assert 1.96 * error == pytest.approx(0.03, rel=1e-3)
    code, out, _ = run(
        capsys, tmp_path / "pool.csv", "--human", tmp_path / "human.csv", "--synthetic", tmp_path / "synthetic.csv"
    )
    assert code == 0
    assert "share of synthetic items, from tokens" in out


@pytest.mark.parametrize("d", [1, 3])
def test_features_of_any_shape(tmp_path, capsys, d):
    """The score is that of Gaussians; content is not, and the share is still right."""
    rng = np.random.default_rng(d)

    def human(n):
        return rng.normal(size=(n, d)) + 2.0 * rng.integers(0, 2, (n, 1))

    def synthetic(n):
        return rng.laplace(scale=0.5, size=(n, d)) + 1.0

    save(
        tmp_path,
        ",".join(f"x{k}" for k in range(d)),
        np.concatenate([human(4200), synthetic(1800)]),
        human(8000),
        synthetic(8000),
    )
    found = ask(capsys, tmp_path)
    assert found["kind"] == "features"
    assert abs(found["share"] - 0.3) < 4 * found["standard_error"]
    assert found["items"]["human"] == 4000
    assert found["goodness_of_fit"]["p_value"] > 1e-3


@pytest.mark.slow
@pytest.mark.exhaustive
def test_likelihoods_are_calibrated(tmp_path, capsys):
    """Log likelihoods off by a factor: taken at their word they mislead, calibrated by the references they do not."""
    rng = np.random.default_rng(3)

    def scores(x):
        return np.column_stack([stats.norm.logpdf(x), stats.norm.logpdf(x, 0, 0.6) + 0.7])

    pool = np.concatenate([rng.normal(size=7000), 0.6 * rng.normal(size=3000)])
    save(
        tmp_path,
        "log_human,log_synthetic",
        *(scores(x) for x in (pool, rng.normal(size=20_000), 0.6 * rng.normal(size=20_000))),
    )
    found = ask(capsys, tmp_path)
    assert found["kind"] == "likelihoods"
    assert abs(found["share"] - 0.3) < 4 * found["standard_error"]
    assert found["likelihoods_as_given"]["interval"][0] > 0.4


def test_foreign_pools_are_called_foreign(tmp_path, capsys, laws):
    rng, (p, q) = np.random.default_rng(4), laws
    save(tmp_path, "token,count", tokens(rng.multinomial(5000, p[::-1])), tokens(50_000 * p), tokens(50_000 * q))
    assert any("no mixture" in warning for warning in ask(capsys, tmp_path)["warnings"])
    write(tmp_path / "pool.csv", "token,count", [*tokens(2000 * p), ("unheard", 900)])
    assert any("unlike anything" in warning for warning in ask(capsys, tmp_path)["warnings"])
    save(tmp_path, "token,count", tokens(5000 * p), tokens(50_000 * p), tokens(50_000 * p))
    found = ask(capsys, tmp_path)
    assert found["share"] is None
    assert found["items_needed"] is None
    assert any("the share cannot be estimated" in warning for warning in found["warnings"])


def test_at_the_ends_the_interval_is_the_guide(tmp_path, capsys):
    """All human, and a token that only synthetic text uses: no information is infinite, no pool of one item enough."""
    rng = np.random.default_rng(8)
    p = np.append(1 / np.arange(1, 61), 0.0)
    p, q = p / p.sum(), np.append(p[:-1] ** 1.6 / np.sum(p[:-1] ** 1.6), 0.05) / 1.05
    save(tmp_path, "token,count", *(tokens(rng.multinomial(10_000, f)) for f in (p, p, q)))
    found = ask(capsys, tmp_path, "--half-width", 0.01)
    assert found["share"] == 0.0
    assert found["interval"][1] < 0.01
    assert 1.959964 * found["standard_error"] == pytest.approx(found["interval"][1], rel=1e-6)
    assert found["information_per_item"] < 1000
    # a pool without that token is 3.84^.5 standard errors from n rho q_60 = 3.84 of it, which takes n = 8067 at 0.01;
    # that no human item in 10 000 was one leaves it a share of up to 2e-4, against 4.8e-4 at 0.01: half as many again
    assert 8000 < found["items_needed"] < 15_000
    assert found["warnings"] == []


def test_a_pool_of_nothing_known(tmp_path, capsys, laws):
    p, q = laws
    known = [tokens(50_000 * f) for f in (p, q)]
    save(tmp_path, "token,count", [("unheard", 700), ("of", 300)], *known)
    found = ask(capsys, tmp_path)
    assert (found["share"], found["items_needed"], found["least_half_width"]) == (None, None, None)
    assert found["interval"] == [0.0, 1.0]
    assert any("the share cannot be estimated" in warning for warning in found["warnings"])
    save(tmp_path, "token,count", [("unheard", 700), ("of", 300), ("w0", 5)], *known)
    assert any("the share is unreliable" in warning for warning in ask(capsys, tmp_path)["warnings"])
    code, out, _ = run(
        capsys, tmp_path / "pool.csv", "--human", tmp_path / "human.csv", "--synthetic", tmp_path / "synthetic.csv"
    )
    assert code == 0
    assert "warning" in out


def test_what_the_references_allow_is_said(tmp_path, capsys):
    """With 300 reference rows a half-width of 0.01 takes no pool, however large; the least one is that of a huge one."""
    rng = np.random.default_rng(9)
    rows = {name: rng.normal(m, 1.0, (n, 1)) for name, m, n in (("human", 0.0, 300), ("synthetic", 1.0, 300))}
    pool = np.concatenate([rng.normal(0.0, 1.0, (35_000, 1)), rng.normal(1.0, 1.0, (15_000, 1))])
    save(tmp_path, "x", pool, rows["human"], rows["synthetic"])
    found = ask(capsys, tmp_path, "--half-width", 0.01)
    assert found["items_needed"] is None
    width = found["interval"][1] - found["interval"][0]
    assert found["least_half_width"] == pytest.approx(
        0.5 * width, rel=0.15
    )  # a likelihood ratio is not quite symmetric
    files = [tmp_path / f"{name}.csv" for name in ("pool", "human", "synthetic")]
    printed = run(capsys, files[0], "--human", files[1], "--synthetic", files[2], "--half-width", 0.01)[1]
    assert f"gets below {found['least_half_width']:.3g}" in printed
    save(tmp_path, "x", pool[::100], rows["human"], rows["synthetic"])
    assert ask(capsys, tmp_path)["half_width"] == 0.05


def test_blocks_do_not_show(tmp_path, capsys, monkeypatch):
    rng = np.random.default_rng(5)
    save(tmp_path, "a,b", *(rng.normal(m, 1, (n, 2)) for m, n in ((0.3, 1001), (0.0, 2001), (1.0, 2003))))
    whole = ask(capsys, tmp_path)
    monkeypatch.setattr(table, "BLOCK", 14)
    parts = ask(capsys, tmp_path)
    assert parts["items"] == whole["items"]
    assert parts["share"] == pytest.approx(whole["share"], abs=1e-9)


GOOD = {
    "features": "x,y\n" + "".join(f"{i % 7},{i % 5}\n" for i in range(400)),
    "likelihoods": "log_human,log_synthetic\n" + "".join(f"{-(i % 7)},{-(i % 5)}\n" for i in range(400)),
    "tokens": "token,count\n" + "".join(f"w{i},{50 + i}\n" for i in range(40)),
}


def broken(kind, old, new):
    return kind, GOOD[kind].replace(old, new, 1)


BAD = {
    "empty": ("features", "", "is empty; a header is needed"),
    "no rows": ("features", "x,y\n", "0 rows given; at least 80 are needed"),
    "one row": ("features", "x,y\n1,2\n", "1 rows given; at least 80 are needed"),
    "79 rows": ("features", GOOD["features"][: 4 + 4 * 79], "79 rows given; at least 80 are needed"),
    "39 likelihoods": ("likelihoods", "log_human,log_synthetic\n" + "-1,-2\n" * 39, "39 rows given; at least 40"),
    "no tokens": ("tokens", "token,count\n", "counts no item; at least 1 is needed"),
    "word": (*broken("features", "\n3,3\n", "\n3,three\n"), "line 5, column y: 'three' given; a number is needed"),
    "missing": (*broken("likelihoods", "\n-3,-3\n", "\n-3,\n"), "line 5, column log_synthetic: the cell is missing"),
    "short": (*broken("features", "\n3,3\n", "\n3\n"), "line 5, column y: the cell is missing; 2 cells are needed"),
    "long": (*broken("features", "\n3,3\n", "\n3,3,3\n"), "line 5: 3 cells given; allowed: 2, one per column"),
    "infinite": (*broken("features", "\n3,3\n", "\n3,inf\n"), r"line 5, column y: inf given; allowed: \(-inf, inf\)"),
    "twice": (*broken("features", "x,y", "x,x"), "line 1, column 'x': given twice"),
    "nameless": (
        *broken("features", "x,y", "x,"),
        "line 2: 2 cells given; allowed: 1, one per column|column 'y' is missing",
    ),
    "no header": (*broken("features", "x,y\n", ""), "line 1: 0 given; a header with the columns' names is needed"),
    "other column": (*broken("features", "x,y", "x,z"), "column 'y' is missing; features files need: x, y"),
    "constant": ("features", "x,y\n" + "1,2\n" * 400, "column x: is constant; leave it out of all three files"),
    "too large": (
        *broken("features", "\n3,3\n", "\n3,2e200\n"),
        r"column y: 2e\+200 given; allowed: \[-1e\+100, 1e\+100\]",
    ),
    "too close": (
        "features",
        "x,y\n" + "".join(f"{i % 7},{i % 5}e-150\n" for i in range(400)),
        "column y: varies by 4e-150 only",
    ),
    "other kind": ("likelihoods", GOOD["tokens"], "column 'log_human' is missing; likelihoods files need: log_human, "),
    "both impossible": (*broken("likelihoods", "\n-3,-3\n", "\n-inf,-inf\n"), "line 5: -inf in every column"),
    "nan likelihood": (*broken("likelihoods", "\n-3,-3\n", "\n-3,nan\n"), r"line 5, column log_synthetic: nan given"),
    "infinite likelihood": (*broken("likelihoods", "\n-3,-3\n", "\n-3,inf\n"), r"allowed: \[-inf, inf\)"),
    "negative count": (
        *broken("tokens", "w3,53", "w3,-53"),
        r"line 5, column count: -53 given; allowed: \[0, 1000000000000000\]",
    ),
    "no count": (*broken("tokens", "w3,53", "w3,"), "line 5, column count: the cell is missing; a number is needed"),
    "no token": (*broken("tokens", "w3,53", ",53"), "line 5, column token: the cell is missing; a token is needed"),
    "rare tokens": ("tokens", "token,count\nunheard,1\n", "no token is counted 20 times in the references together"),
}


@pytest.mark.parametrize("cell", ["", "nan", "NA"])
def test_rows_that_lack_a_feature_are_left_out_with_a_note(tmp_path, capsys, cell):
    """As blank texts are; a period or a cluster beside such a row goes with it."""
    rng = np.random.default_rng(1)
    found = {}
    for lacking in (True, False):
        for name, mean in (("pool", 0.3), ("human", 0.0), ("synthetic", 1.5)):
            rows = [f"2024-0{1 + k % 2}-01,{x:.4f},{y:.4f}" for k, (x, y) in enumerate(rng.normal(mean, 1, (300, 2)))]
            for k in (7, 8, 9, 100):
                rows[k] = f"2024-01-01,{cell},5" if lacking else "\n"
            (tmp_path / f"{name}.csv").write_text("day,x,y\n" + "\n".join(rows) + "\n")
        rng = np.random.default_rng(1)
        paths = [tmp_path / f"{name}.csv" for name in ("pool", "human", "synthetic")]
        code, out, _ = run(capsys, paths[0], "--human", paths[1], "--synthetic", paths[2], "--date", "day", "--json")
        assert code == 0
        found[lacking] = json.loads(out)
    assert found[True]["periods"] == found[False]["periods"]
    left = [note for note in found[True]["notes"] if note not in found[False]["notes"]]
    assert left == [f"{path}: left out: 4 rows without a value in x" for path in paths]


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("role", ["human", "synthetic", "pool"])
def test_bad_files_are_refused_with_line_and_column(tmp_path, capsys, name, role):
    """The three files are read the same way; of a pool, which names the columns, one row is enough."""
    kind, text, expected = BAD[name]
    if role == "pool" and name in ("79 rows", "one row", "39 likelihoods", "constant", "too close"):
        return
    if name == "rare tokens":
        role = "human"
    files = dict.fromkeys(("pool", "human", "synthetic"), GOOD[kind])
    files[role] = text
    if name == "rare tokens":
        files["human"] = files["synthetic"] = text
    for part, content in files.items():
        (tmp_path / f"{part}.csv").write_text(content)
    paths = {part: tmp_path / f"{part}.csv" for part in files}
    options = ["--kind", kind] if name == "other kind" else []
    code, out, err = run(capsys, paths["pool"], "--human", paths["human"], "--synthetic", paths["synthetic"], *options)
    assert code == 2
    assert out == ""
    assert err.count("\n") == 1
    if role == "pool" and name == "no rows":
        expected = "has a header and no rows; at least 1 is needed"
    if role == "pool" and name == "other column":  # the pool names the columns: the next file lacks one
        role, expected = "human", "column 'z' is missing; features files need: x, z"
    assert err.startswith(f"{paths[role]}: ")
    assert re.search(expected, err), err


@pytest.mark.parametrize(("bytes_", "expected"), [
    (b"x,y\n\xff", "not a UTF-8 text file"),
    (b'x,y\n"1,2\n' + b"3,4\n" * 50_000, "line 2: a cell begins with a quote that is not closed"),
    (b"x,y\n" + b"1" * (table.LONGEST + 1), "line 2: longer than 16777216 characters; one row per line is needed"),
])  # fmt: skip
def test_files_that_are_no_tables(tmp_path, bytes_, expected):
    path = tmp_path / "x.csv"
    path.write_bytes(bytes_)
    with pytest.raises(InputError, match=expected):
        list(table.Table.open(path).rows())


def test_one_item_is_a_pool(tmp_path, capsys):
    """It says next to nothing, and the interval says so."""
    rng = np.random.default_rng(6)
    save(tmp_path, "x", [(0.1,)], rng.normal(size=(400, 1)), rng.normal(size=(400, 1)) + 1.0)
    found = ask(capsys, tmp_path)
    assert found["items"]["pool"] == 1
    assert found["interval"][0] < 0.05
    assert found["interval"][1] == 1.0


def test_bad_options(tmp_path, capsys):
    path = write(tmp_path / "c.csv", "token,count", [("a", 50), ("b", 60)])
    for option in (["--level", "1"], ["--half-width", "0"], ["--kind", "likelihoods"]):
        code, _, err = run(capsys, path, "--human", path, "--synthetic", path, *option)
        assert code == 2
        assert err.count("\n") == 1
    code, _, err = run(capsys, tmp_path / "none.csv", "--human", path, "--synthetic", path)
    assert code == 2
    assert "No such file" in err
