"""`mfsolve provenance` on files a user might have, good and bad."""

import json
import re

import numpy as np
import pytest
from scipy import stats

from mfsolve.cli import main
from mfsolve.commands import pool_files
from mfsolve.study.config import StudyError


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
    assert any("nothing can be said" in warning for warning in found["warnings"])


def test_blocks_do_not_show(tmp_path, capsys, monkeypatch):
    rng = np.random.default_rng(5)
    save(tmp_path, "a,b", *(rng.normal(m, 1, (n, 2)) for m, n in ((0.3, 1001), (0.0, 2001), (1.0, 2003))))
    whole = ask(capsys, tmp_path)
    monkeypatch.setattr(pool_files, "BLOCK", 7)
    parts = ask(capsys, tmp_path)
    assert parts["items"] == whole["items"]
    assert parts["share"] == pytest.approx(whole["share"], abs=1e-9)


def test_a_systematic_sample_keeps_every_kth(monkeypatch):
    monkeypatch.setattr(pool_files, "KEPT", 50)
    sample, stream = pool_files.SystematicSample(), np.arange(1000.0)
    for start in range(0, 1000, 13):
        sample.add(stream[start : start + 13])
    kept = sample.values()
    assert kept.size <= 50
    assert np.array_equal(kept, stream[:: sample.stride][: kept.size])
    assert kept[-1] + sample.stride >= 1000


GOOD = "x,y\n" + "".join(f"{i % 7},{i % 5}\n" for i in range(400))
BAD = {
    "empty": ("", "is empty; a header is needed"),
    "no rows": ("x,y\n", "too few rows"),
    "word": (GOOD.replace("\n3,3\n", "\n3,three\n", 1), r"row 5, column y: 'three' is not a number"),
    "missing": (GOOD.replace("\n3,3\n", "\n3,\n", 1), "row 5, column y: the cell is missing"),
    "short": (GOOD.replace("\n3,3\n", "\n3\n", 1), "row 5, column y: the cell is missing"),
    "infinite": (GOOD.replace("\n3,3\n", "\n3,inf\n", 1), "row 5, column y: inf given"),
    "twice": (GOOD.replace("x,y", "x,x", 1), "column 'x': given twice"),
    "other column": (GOOD.replace("x,y", "x,z", 1), "column 'y' is missing"),
    "constant": ("x,y\n" + "1,2\n" * 400, "column x: is constant"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_files_are_refused_with_row_and_column(tmp_path, capsys, name):
    text, expected = BAD[name]
    (tmp_path / "good.csv").write_text(GOOD)
    (tmp_path / "bad.csv").write_text(text)
    code, out, err = run(
        capsys, tmp_path / "good.csv", "--human", tmp_path / "bad.csv", "--synthetic", tmp_path / "good.csv"
    )
    assert code == 2
    assert out == ""
    assert err.count("\n") == 1
    assert err.startswith(str(tmp_path / "bad.csv"))
    assert re.search(expected, err), err


@pytest.mark.parametrize(
    ("row", "expected"),
    [("a,-1", "row 2, column count: '-1' given"), ("a,x", "row 2, column count: 'x'"), ("a,0", "counts no item")],
)
def test_bad_counts(tmp_path, row, expected):
    path = write(tmp_path / "c.csv", "token,count", [row.split(",")])
    with pytest.raises(StudyError, match=expected):
        pool_files.token_counts(pool_files.Table.open(path))


def test_bad_options(tmp_path, capsys):
    path = write(tmp_path / "c.csv", "token,count", [("a", 50), ("b", 60)])
    for option in (["--level", "1"], ["--half-width", "0"], ["--kind", "likelihoods"]):
        code, _, err = run(capsys, path, "--human", path, "--synthetic", path, *option)
        assert code == 2
        assert err.count("\n") == 1
    code, _, err = run(capsys, tmp_path / "none.csv", "--human", path, "--synthetic", path)
    assert code == 2
    assert "No such file" in err
