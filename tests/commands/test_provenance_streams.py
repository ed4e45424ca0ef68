"""`mfsolve provenance` on files larger than memory, and its alarm on pools that neither source explains."""

import gc
import itertools
import json
import tracemalloc

import numpy as np
import pytest

from mfsolve.cli import main
from mfsolve.data import table
from mfsolve.models.provenance import systematic_sample

Z = 4.5  # standard errors allowed


def report(capsys, folder):
    files = [str(folder / f"{name}.csv") for name in ("pool", "human", "synthetic")]
    assert main(["provenance", files[0], "--human", files[1], "--synthetic", files[2], "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def features(rng, rows, human):
    x = rng.normal(0.0 if human else 0.8, 1.0 if human else 0.6, (rows, 2))
    return "".join(f"{a:.12f},{b:.12f}\n" for a, b in x)


def likelihoods(rng, rows, human):
    x = rng.normal(0.0 if human else 0.8, 1.0, rows)
    return "".join(f"{-0.5 * a * a:.12f},{-0.5 * (a - 0.8) ** 2:.12f}\n" for a in x)


def tokens(rng, rows, human):
    law = np.arange(1, 51) ** (-0.5 if human else -1.0)  # in 20 000 rows every word is seen, hardly two as often in
    word = rng.choice(50, rows, p=law / law.sum())  # all files: a vocabulary and its distinct counts are held
    return "".join(f"{'a long word ' * 2}{w},1\n" for w in word)


def strange_tokens(rng, rows, human):
    """A pool of words that occur once, after those that the references know."""
    return tokens(rng, 2000, human) + "".join(f"unheard {a} {rng.integers(10**9)},1\n" for a in range(rows))


FORMATS = {
    "features": ("x,y", features, features),
    "likelihoods": ("log_human,log_synthetic", likelihoods, likelihoods),
    "tokens": ("token,count", tokens, tokens),
    "strange tokens": ("token,count", tokens, strange_tokens),
}


def write(path, header, make, rows, human_share, seed):
    """`rows` rows in pieces of 5000, the given share of the pieces human; returns the file's size."""
    rng = np.random.default_rng(seed)
    with open(path, "w") as file:
        file.write(header + "\n")
        for _ in range(rows // 5000):
            file.write(make(rng, 5000, rng.random() < human_share))
    return path.stat().st_size


def peak_of(run):
    """Result of a run and the least peak of two: garbage that waits to be collected only adds to it."""
    peaks = []
    for _ in range(2):
        gc.collect()
        tracemalloc.start()
        found = run()
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    return found, min(peaks)


@pytest.mark.slow
@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("long", ["pool", pytest.param("human", marks=pytest.mark.exhaustive)])
def test_memory_does_not_grow_with_files(tmp_path, capsys, monkeypatch, kind, long):
    """Ten times the rows: the peak of all allocations grows by less than a hundredth of what the file grows.

    Beside that, identities of different rows and their counts are kept, 16 bytes each, to know copies: three times that
    while they are merged (`models.provenance.copies`).
    """
    if (kind, long) == ("strange tokens", "human"):
        pytest.skip("a reference's vocabulary is held")
    monkeypatch.setattr(table, "BLOCK", 2**12)
    monkeypatch.setattr(systematic_sample, "KEPT", 4000)
    header, make, make_pool = FORMATS[kind]
    peaks, sizes = [], []
    for rows in (20_000, 200_000):
        sizes.append(0)
        for name, share, seed in (("pool", 0.6, 1), ("human", 1.0, 2), ("synthetic", 0.0, 3)):
            many = rows if name == long else 20_000
            size = write(tmp_path / f"{name}.csv", header, make_pool if name == "pool" else make, many, share, seed)
            sizes[-1] += size
        if len(sizes) == 1:
            report(capsys, tmp_path)  # what is imported and compiled once is not counted
        found, peak = peak_of(lambda: report(capsys, tmp_path))
        peaks.append(peak)
        assert found["items"][long] > 0.4 * rows
    assert sizes[1] - sizes[0] > 3e6
    kept = 3 * 16 * (200_000 - 20_000) if kind in ("features", "likelihoods") else 0
    assert peaks[1] - peaks[0] < 0.01 * (sizes[1] - sizes[0]) + kept, peaks


def test_a_last_row_alone_in_its_block(tmp_path, capsys, monkeypatch):
    """Blocks of 100 rows, files of 401: of the references' last block every second row is none."""
    monkeypatch.setattr(table, "BLOCK", 100)
    rng = np.random.default_rng(1)
    for name, shift in (("pool", 0.3), ("human", 0.0), ("synthetic", 1.0)):
        np.savetxt(tmp_path / f"{name}.csv", shift + rng.normal(size=401), header="x", comments="")
    assert report(capsys, tmp_path)["items"] == {"pool": 401, "human": 200, "synthetic": 200}


def samples(rng, d, n, rho):
    """Human items skewed, synthetic ones normal: no score is their likelihood ratio."""
    k = rng.binomial(n, rho)
    return np.concatenate([rng.gamma(2.0, size=(n - k, d)) - 2.0, rng.normal(size=(k, d))])


@pytest.mark.exhaustive
@pytest.mark.slow
@pytest.mark.parametrize("d", [1, 2])
def test_alarms(tmp_path, capsys, d):
    """Fit and interval over 150 pools from the references' own sources, and 20 that are neither's."""
    rng, p_values, covered = np.random.default_rng(d), [], []
    header = ",".join("ab"[:d])

    def save(name, rows):
        np.savetxt(tmp_path / f"{name}.csv", rows, delimiter=",", header=header, comments="", fmt="%.8g")

    for _ in range(150):
        for name, n, rho in (("pool", 800, 0.3), ("human", 600, 0.0), ("synthetic", 1500, 1.0)):
            save(name, samples(rng, d, n, rho))
        found = report(capsys, tmp_path)
        p_values.append(found["goodness_of_fit"]["p_value"])
        covered.append(found["interval"][0] <= 0.3 <= found["interval"][1])
    for level in (0.01, 0.05, 0.2):
        assert np.mean(np.array(p_values) < level) < level + Z * np.sqrt(level * (1 - level) / 150)
    assert np.mean(covered) > 0.95 - Z * np.sqrt(0.95 * 0.05 / 150)
    alarms = 0
    for _ in range(20):
        save("pool", rng.uniform(-2.0, 4.0, (800, d)))
        alarms += any("no mixture" in warning for warning in report(capsys, tmp_path)["warnings"])
    assert alarms == 20


def test_the_example_ends_with_the_truth_inside(tmp_path, capsys):
    """As in the README; and over 20 seeds and shares the truth is as often inside as the level says."""
    inside, doubts = [], 0
    for seed, share in itertools.chain([(1, 0.3)], itertools.product(range(2, 12), (0.1, 0.5))):
        folder = tmp_path / f"{seed} {share}"
        assert main(["example", str(folder), "--seed", str(seed), "--share", str(share)]) == 0
        printed = capsys.readouterr().out
        truth = float(printed.split("share of synthetic ones is ")[1].split()[0])
        assert truth == pytest.approx(share, abs=1e-3)
        found = report(capsys, folder)
        assert found["kind"] == "features"
        assert not any("unreliable" in warning for warning in found["warnings"])
        doubts += bool(found["warnings"])
        inside.append(found["interval"][0] <= truth <= found["interval"][1])
    assert inside[0]
    assert doubts <= 5  # of p-values below 0.05: P(Binomial(21, 0.05) > 5) = 6e-4
    assert sum(inside) >= 16  # P(Binomial(21, 0.95) < 16) = 4e-4


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--share", "0.95"], r"--share: 0.95 given; allowed: [0, 0.9]"),
        (["--share", "-0.1"], r"--share: -0.1 given; allowed: [0, 0.9]"),
        (["--seed", "-3"], r"--seed: -3 given; allowed: whole numbers in [0, 2^64 - 1]"),
        (["--seed", "-3", "--data", "log"], r"--seed: -3 given; allowed: whole numbers in [0, 2^64 - 1]"),
    ],
)
def test_bad_examples(tmp_path, capsys, options, expected):
    assert main(["example", str(tmp_path / "x"), *options]) == 2
    assert capsys.readouterr().err == expected + "\n"
    assert not (tmp_path / "x").exists()


def test_an_example_is_never_written_over(tmp_path, capsys):
    (tmp_path / "human.csv").write_text("mine")
    assert main(["example", str(tmp_path)]) == 2
    assert "human.csv: already exists; choose another folder" in capsys.readouterr().err
    assert [p.name for p in tmp_path.iterdir()] == ["human.csv"]
