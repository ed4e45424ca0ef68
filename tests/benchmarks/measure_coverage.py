"""Measure what the intervals of `mfsolve.inference` cover and write `mfsolve/inference/COVERAGE.md`.

    python tests/benchmarks/measure_coverage.py [--repetitions 1000] [--only WORD]

`--only "shares of trials"` measures the table of `coverage_shares.py` alone, with four times as many repetitions.

Each case draws many samples of a known truth and counts the intervals that hold it. A NaN interval claims nothing and is
counted apart: covered is the share of all repetitions that do not exclude the truth. Intervals of contamination, whose
cases stand in `cases_of_contamination.py`, are those of `mfsolve.models.provenance`.
"""

import argparse
import datetime
import math
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cases_of_contamination
import coverage_collapse
import coverage_identification
import coverage_limits
import coverage_sensitivity
import coverage_shares
import numpy as np
from scipy import signal
from scipy.stats import beta

from mfsolve.inference import intervals
from mfsolve.inference.anytime import bounded_mean
from mfsolve.inference.convergence import fit_order_of_means
from mfsolve.inference.fitted_line import ErrorModel
from mfsolve.inference.intervals import Method
from mfsolve.inference.least_squares import fit_line
from mfsolve.inference.regression import Covariance, Critical, through_origin
from mfsolve.inference.stopping import AnytimeMean
from mfsolve.inference.verdicts import Question, Verdict, judge
from mfsolve.study.file.precision import following

Generator = np.random.Generator
TABLE = Path(__file__).parents[2] / "mfsolve" / "inference" / "COVERAGE.md"
LEVEL = 0.95
DOCUMENTS = "<!-- documents -->"
SHARES = "shares of trials"


@dataclass(frozen=True)
class Case:
    """A kind of interval in a situation: `draw` makes one interval (low, high), which should hold `truth`."""

    kind: str
    situation: str
    truth: float
    draw: Callable[[Generator], Any]
    share: float = 1.0  # of the repetitions asked for, where one is expensive


OUTPUTS: dict[str, tuple[Callable[[Generator, int], Any], float, tuple[float, float]]] = {
    "normal": (lambda rng, n: rng.normal(size=n), 0.0, (-math.inf, math.inf)),
    "uniform": (lambda rng, n: rng.random(n), 0.5, (0.0, 1.0)),
    "exponential": (lambda rng, n: rng.exponential(size=n), 1.0, (0.0, math.inf)),
    "lognormal, log-s.d. 0.5": (lambda rng, n: rng.lognormal(0, 0.5, n), math.exp(0.125), (0.0, math.inf)),
    "lognormal, log-s.d. 1": (lambda rng, n: rng.lognormal(0, 1, n), math.exp(0.5), (0.0, math.inf)),
    "Student t, 3 d.f.": (lambda rng, n: rng.standard_t(3, n), 0.0, (-math.inf, math.inf)),
    "event, p = 0.05": (lambda rng, n: (rng.random(n) < 0.05) * 1.0, 0.05, (0.0, 1.0)),
    "event, p = 0.5": (lambda rng, n: (rng.random(n) < 0.5) * 1.0, 0.5, (0.0, 1.0)),
    "Poisson, mean 0.3": (lambda rng, n: rng.poisson(0.3, n) * 1.0, 0.3, (0.0, math.inf)),
    "Poisson, mean 3": (lambda rng, n: rng.poisson(3.0, n) * 1.0, 3.0, (0.0, math.inf)),
    "beta(0.2, 0.2)": (lambda rng, n: rng.beta(0.2, 0.2, n), 0.5, (0.0, 1.0)),
    "beta(0.05, 0.5)": (lambda rng, n: rng.beta(0.05, 0.5, n), 0.05 / 0.55, (0.0, 1.0)),
    "beta(2, 30)": (lambda rng, n: rng.beta(2.0, 30.0, n), 2.0 / 32.0, (0.0, 1.0)),
    "normal, s.d. 0.01 about 0.5": (lambda rng, n: rng.normal(0.5, 0.01, n), 0.5, (0.0, 1.0)),
}
SKEWED = ("normal", "exponential", "lognormal, log-s.d. 0.5")
FAMILY = 20


def means() -> Iterator[Case]:
    """Means by the default rule, with and without a support; Student's t beside them."""
    for name, (draw, truth, support) in OUTPUTS.items():
        for n in (2, 3, 8, 16, 64):
            yield Case("mean", f"{name}, n = {n}", truth, lambda rng, d=draw, n=n: intervals.mean(d(rng, n)))
            if n in (16, 64):
                yield Case(
                    "mean, Student t only", f"{name}, n = {n}", truth,
                    lambda rng, d=draw, n=n: intervals.mean(d(rng, n), method=Method.STUDENT),
                )  # fmt: skip
            if math.isfinite(support[0]) and n > 2:
                yield Case(
                    "mean, support known", f"{name}, n = {n}", truth,
                    lambda rng, d=draw, n=n, s=support: intervals.mean(d(rng, n), support=s),
                )  # fmt: skip
    for name in ("uniform", "beta(0.2, 0.2)", "event, p = 0.05"):
        draw, truth, support = OUTPUTS[name]
        yield Case(
            "mean, Gaffke bound", f"{name}, n = 8", truth,
            lambda rng, d=draw, s=support: intervals.mean(d(rng, 8), support=s, method=Method.BOUNDED),
        )  # fmt: skip


def families() -> Iterator[Case]:
    """Means judged together: whether no true claim is refuted, and whether no claim on its very bound is confirmed."""
    for name in SKEWED:
        draw, truth, _ = OUTPUTS[name]
        for n in (8, 16, 32, 64):
            for low, word, verdict in (
                (truth, "refutation", Verdict.CONTRADICTED), (-math.inf, "confirmation", Verdict.SUPPORTED)
            ):  # fmt: skip
                yield Case(
                    f"{FAMILY} means judged together, no false {word}", f"{name}, n = {n}", truth,
                    lambda rng, d=draw, n=n, low=low, t=truth, v=verdict: _judged_rightly(d, rng, n, (low, t), v), 0.5,
                )  # fmt: skip


def _judged_rightly(draw: Any, rng: Generator, n: int, claim: tuple[float, float], wrong: Verdict) -> Any:
    """An interval that holds the truth where no member of a family has the wrong verdict, and is empty otherwise."""
    asked = [Question(intervals.mean(draw(rng, n)), *claim, 0.0) for _ in range(FAMILY)]
    right = all(answer.verdict is not wrong for answer in judge(asked))
    return SimpleNamespace(low=-math.inf if right else math.inf, high=math.inf)


def differences() -> Iterator[Case]:
    """Paired and independent differences."""

    def gap(rng: Generator, p: float, q: float, n: int, paired: bool, support: Any) -> Any:
        a, b = (rng.random(n) < p) * 1.0, (rng.random(n) < q) * 1.0
        return intervals.difference(a, b, paired=paired, support=support)

    for paired in (True, False):
        word = "paired" if paired else "independent"
        for support in (None, (0.0, 1.0)):
            known = ", support known" if support else ""
            yield Case(
                f"difference, {word}{known}", "events, p = 0.05 and 0.3, n = 16", -0.25,
                lambda rng, p=paired, s=support: gap(rng, 0.05, 0.3, 16, p, s), 0.5,
            )  # fmt: skip
        yield Case(
            f"difference, {word}", "lognormals of log-s.d. 1, n = 16", math.exp(0.5),
            lambda rng, p=paired: intervals.difference(
                2 * rng.lognormal(0, 1, 16), rng.lognormal(0, 1, 16), paired=p
            ), 0.5,
        )  # fmt: skip
        yield Case(
            f"difference, {word}", "normals, n = 8", 1.0,
            lambda rng, p=paired: intervals.difference(rng.normal(1, 1, 8), rng.normal(0, 3, 8), paired=p),
        )  # fmt: skip


def ratios() -> Iterator[Case]:
    """Ratios: rare events, skewed outputs, a denominator near zero."""
    for n in (16, 64):
        for paired in (True, False):
            for support in (None, (0.0, 1.0)):
                word = ("paired" if paired else "independent") + (", support known" if support else "")
                yield Case(
                    f"ratio, {word}", f"events, p = 0.05 over 0.3, n = {n}", 0.05 / 0.3,
                    lambda rng, n=n, p=paired, s=support: _ratio(
                        (rng.random(n) < 0.05) * 1.0, (rng.random(n) < 0.3) * 1.0, paired=p, support=s
                    ), 0.2,
                )  # fmt: skip
        yield Case(
            "ratio, BCa only", f"events, p = 0.05 over 0.3, n = {n}", 0.05 / 0.3,
            lambda rng, n=n: _ratio((rng.random(n) < 0.05) * 1.0, (rng.random(n) < 0.3) * 1.0, method=Method.BCA), 0.2,
        )  # fmt: skip
        for t in (0, 1, 2, 5):
            for method, word in ((None, "ratio, paired"), (Method.FIELLER, "ratio, Fieller only")):
                yield Case(
                    word, f"normals, denominator {t} standard errors from zero, n = {n}", 1.3,
                    lambda rng, n=n, t=t, m=method: _ratio(
                        1.3 * t / math.sqrt(n) + rng.normal(size=n), t / math.sqrt(n) + rng.normal(size=n), method=m
                    ),
                    0.5,
                )  # fmt: skip
        for paired in (True, False):
            yield Case(
                f"ratio, {'paired' if paired else 'independent'}", f"lognormals of log-s.d. 1, n = {n}", 1.3,
                lambda rng, n=n, p=paired: _ratio(1.3 * rng.lognormal(0, 1, n), rng.lognormal(0, 1, n), paired=p), 0.2,
            )  # fmt: skip


def few_on_known_support() -> Iterator[Case]:
    """Differences of independent samples, and ratios, of few replicates in [0, 1]."""
    draws: dict[str, tuple[Callable[[Generator, int], Any], float]] = {
        "beta(0.3, 6)": (lambda rng, n: rng.beta(0.3, 6.0, n), 0.3 / 6.3),
        "uniform": (lambda rng, n: rng.random(n), 0.5),
        "event, p = 0.1": (lambda rng, n: (rng.random(n) < 0.1) * 1.0, 0.1),
        "event, p = 0.5": (lambda rng, n: (rng.random(n) < 0.5) * 1.0, 0.5),
    }
    pairs = (("beta(0.3, 6)", "uniform"), ("beta(0.3, 6)", "beta(0.3, 6)"), ("event, p = 0.1", "event, p = 0.5"))
    kinds = (("difference, independent", False), ("ratio, independent", False), ("ratio, paired", True))
    for n in (3, 7):
        for word, paired in kinds:
            for one, other in pairs:
                (a, mean_a), (b, mean_b) = draws[one], draws[other]
                made, truth = (
                    (_ratio, mean_a / mean_b) if word.startswith("ratio") else (intervals.difference, mean_a - mean_b)
                )
                yield Case(
                    f"{word}, few on a known support", f"{one} and {other}, n = {n}", truth,
                    lambda rng, a=a, b=b, n=n, p=paired, made=made: made(
                        a(rng, n), b(rng, n), paired=p, support=(0.0, 1.0)
                    ), 0.6,
                )  # fmt: skip


def rare_jumps() -> Iterator[Case]:
    """Outputs near normal with a jump in one replicate of ten: a sample without one does not know of it."""

    def output(rng: Generator, n: int) -> Any:
        return 0.9 + 0.1 * rng.normal(size=n) + (rng.random(n) < 0.1)

    for n in (16, 32, 64):
        yield Case("mean, rare jump", f"n = {n}", 1.0, lambda rng, n=n: intervals.mean(output(rng, n)), 4.0)
        yield Case(
            "ratio, rare jump", f"paired, n = {n}", 1.0,
            lambda rng, n=n: _ratio(output(rng, n), 1.0 + 0.1 * rng.normal(size=n)), 4.0,
        )  # fmt: skip


def _ratio(top: Any, bottom: Any, **options: Any) -> Any:
    if bottom.mean() == 0:
        return None
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return intervals.ratio(top, bottom, resamples=999, **options)


def quantiles_and_shares() -> Iterator[Case]:
    """Quantiles of continuous and discrete outputs; shares at and near 0 and 1, and of trials that are correlated."""
    for n in (8, 16, 64):
        for q in (0.5, 0.9):
            yield Case(
                "quantile", f"exponential, q = {q}, n = {n}", -math.log(1 - q),
                lambda rng, n=n, q=q: intervals.quantile(rng.exponential(size=n), q),
            )  # fmt: skip
        yield Case(
            "quantile", f"event of p = 0.05, median, n = {n}", 0.0,
            lambda rng, n=n: intervals.quantile((rng.random(n) < 0.05) * 1.0, 0.5),
        )  # fmt: skip
    for p in (0.0, 0.01, 0.5, 0.99, 1.0):
        yield Case(
            "share", f"p = {p}, 16 trials", p, lambda rng, p=p: intervals.share([float(rng.binomial(16, p))], [16.0])
        )
    for r in (8, 32):
        yield Case(
            "share", f"{r} replicates of 50 trials, share itself beta(2, 6)", 0.25,
            lambda rng, r=r: intervals.share(rng.binomial(50, rng.beta(2, 6, r)) * 1.0, np.full(r, 50.0)),
        )  # fmt: skip
        yield Case(
            "share", f"{r} replicates of 50 independent trials, p = 0.02", 0.02,
            lambda rng, r=r: intervals.share(rng.binomial(50, 0.02, r) * 1.0, np.full(r, 50.0)),
        )  # fmt: skip


def errors(rng: Generator, length: int, coefficient: float) -> Any:
    """AR(1) errors, stationary; coefficient 1 is a random walk from zero."""
    noise = rng.normal(size=length)
    if coefficient < 1:
        noise[0] /= math.sqrt(1 - coefficient**2)
    return signal.lfilter([1], [1, -coefficient], noise)


def regressions() -> Iterator[Case]:
    """One run with autocorrelated errors, two runs, runs of unequal length."""
    for length in (5, 10, 20, 100, 400):
        time_ = np.arange(1.0, length + 1)
        for f in (0.0, 0.5, 0.9):
            yield Case(
                "regression, one run", f"trend with intercept, AR({f}), T = {length}", 0.0,
                lambda rng, x=time_, f=f: _with_intercept(x, errors(rng, x.size, f)), 0.3 if length < 100 else 0.15,
            )  # fmt: skip
        if length in (20, 400):
            yield Case(
                "regression, fixed-b of white noise", f"trend with intercept, AR(0.9), T = {length}", 0.0,
                lambda rng, x=time_: _with_intercept(x, errors(rng, x.size, 0.9), critical=Critical.FIXED_B), 0.3,
            )  # fmt: skip
    for lengths in ((20, 10, 10, 10, 10), (10, 10), (20, 10), (10, 10, 10), (11, 10, 10, 10, 10)):
        x = np.concatenate([np.arange(1.0, n + 1) for n in lengths])
        run = np.repeat(np.arange(len(lengths)), lengths)
        for f, spread in ((0.0, 0.0), (0.0, 1.0), (0.8, 0.0), (1.0, 1.0)):
            words = f"AR({f})" if f < 1 else "random walk"
            words += f", slopes of runs differ by {spread:g}" if spread else ""

            def draw(rng: Generator, lengths: Any = lengths, x: Any = x, run: Any = run, f: float = f,
                     spread: float = spread, **options: Any) -> Any:  # fmt: skip
                noise = np.concatenate([errors(rng, n, f) for n in lengths])
                slopes = np.repeat(spread * rng.normal(size=len(lengths)), lengths)
                return through_origin(x, noise + slopes * x, run=run, **options)

            yield Case("regression, several runs", f"lengths {lengths}, {words}", 0.0, draw, 0.5)
            if len(set(lengths)) > 1 and spread:
                yield Case(
                    "regression, clustered only", f"lengths {lengths}, {words}", 0.0,
                    lambda rng, d=draw: d(rng, covariance=Covariance.CLUSTER), 0.5,
                )  # fmt: skip


def _with_intercept(x: Any, y: Any, **options: Any) -> Any:
    return fit_line(x, y, True, None, None, ErrorModel(**options))


def orders() -> Iterator[Case]:
    """Orders of convergence with a next term, with noise, with few replicates, and with errors lost in noise."""
    for k in (4, 5, 8):
        size = 2.0 ** np.arange(1, k + 1)
        for a in (0.0, 0.5, 2.0):
            exact = (1 + a / size) / size
            for relative in (1e-9, 0.003, 0.03, 0.1):
                yield Case(
                    "order of a mean", f"h + {a:g} h^2, {k} sizes, relative noise {relative:g}", 1.0,
                    lambda rng, s=size, e=exact, r=relative: fit_order_of_means(
                        s, np.abs(e * (1 + r * rng.normal(size=s.size))), r * e
                    ), 0.5,
                )  # fmt: skip
        for noise in (0.05, 0.2):
            yield Case(
                "order of a mean", f"h, {k} sizes, noise of {noise:g} at each", 1.0,
                lambda rng, s=size, n=noise: fit_order_of_means(
                    s, np.abs(1 / s + n * rng.normal(size=s.size)), np.full(s.size, n)
                ), 0.2,
            )  # fmt: skip
        for replicates in (2, 4, 8, 16, 64):
            yield Case(
                "order of a root mean square", f"{k} sizes of {replicates} replicates", 0.5,
                lambda rng, s=size, r=replicates: coverage_limits.order_of_errors(
                    s, [x**-0.5 * rng.normal(size=r) for x in s]
                ), 0.5,
            )  # fmt: skip


def stopped() -> Iterator[Case]:
    """A study that stops at a half-width of its own."""

    def draw(rng: Generator, make: Callable[[Generator, int], Any]) -> Any:
        running = AnytimeMean()
        while not running.reached(0.4):
            running.update(make(rng, 8))
        return running.estimate()

    for name in ("normal", "exponential", "lognormal, log-s.d. 0.5"):
        make, truth, _ = OUTPUTS[name]
        yield Case("anytime, stopped at 0.4", name, truth, lambda rng, m=make: draw(rng, m))

    def bets(rng: Generator, make: Callable[[Generator, int], Any], target: float) -> Any:
        """Rounds as a study makes them, until the half-width is reached."""
        sample = make(rng, 64)
        while (half := bounded_mean(sample, 0.0, 1.0).half_width) > target:
            more = following(sample.size, half / target, 2**20) - sample.size
            sample = np.concatenate([sample, make(rng, more)])
        return bounded_mean(sample, 0.0, 1.0)

    for name, target in (
        ("event, p = 0.05", 0.08), ("event, p = 0.05", 0.02), ("event, p = 0.5", 0.05), ("beta(0.2, 0.2)", 0.1)
    ):  # fmt: skip
        make, truth, _ = OUTPUTS[name]
        yield Case(
            f"bets, stopped at {target}", name, truth, lambda rng, m=make, t=target: bets(rng, m, t), 0.5
        )  # fmt: skip

    def worst(rng: Generator, method: str, looks: int) -> Any:
        """The interval at the first look that misses p = 0.05; the last one where none does."""
        sample = (rng.random(looks) < 0.05) * 1.0
        running = AnytimeMean()
        for n in np.unique(np.geomspace(16, looks, 40).astype(int)).tolist():
            part = sample[:n]
            if method == "bets":
                found = bounded_mean(part, 0.0, 1.0)
            else:
                found = running.update(part[running.estimate().replicates if n > 16 else 0 :]).estimate()
            if not math.isnan(found.low) and not found.low <= 0.05 <= found.high:
                return found
        return found

    yield Case("bets, any of 40 looks up to 1000", "event, p = 0.05", 0.05, lambda rng: worst(rng, "bets", 1000), 0.5)
    yield Case(
        "anytime t only, any of 40 looks up to 1000", "event, p = 0.05", 0.05, lambda rng: worst(rng, "t", 1000), 0.5
    )


def cases() -> Iterator[Case]:
    """Every case of the table."""
    yield from (Case(*made) for made in coverage_collapse.cases())
    for group in (
        means,
        families,
        differences,
        ratios,
        few_on_known_support,
        rare_jumps,
        quantiles_and_shares,
        regressions,
        orders,
        stopped,
    ):
        yield from group()
    yield from (Case(*made) for made in coverage_sensitivity.cases())
    yield from (Case(*made) for made in coverage_limits.cases())
    yield from (Case(*made) for made in coverage_identification.cases())
    for each in cases_of_contamination.cases():
        yield Case(*each)


def measure(case: Case, repetitions: int) -> tuple[int, int, int]:
    """Intervals that hold the truth, intervals that claim nothing, repetitions."""
    rng = np.random.default_rng(sum(map(ord, case.kind + case.situation)))
    count = max(100, int(case.share * repetitions))
    held = silent = 0
    for _ in range(count):
        found = case.draw(rng)
        if found is None or math.isnan(found.low) or math.isnan(found.high):
            silent += 1
        else:
            held += found.low <= case.truth <= found.high
    return held, silent, count


HEAD = """# Measured coverage

Made by `python tests/benchmarks/measure_coverage.py` on {date}, {repetitions} repetitions a case (fewer where one is expensive).
Nominal level {level:.0%} throughout. *Covered*: share of repetitions whose interval does not exclude the truth, with its
exact 95 % binomial interval; *no interval*: share that claim nothing (NaN, with a note that says why). Rows that say
"only" are the textbook intervals, for comparison; the program does not use them where they fail.

Known limits: skewed outputs at fewer than 16 replicates without a known support (the estimate carries the note
"skewness cannot be checked"; fewer than 4 have no interval); events that n replicates may not show, such as jumps in
one replicate of ten among 16, or of fifty among 64, also where the support is known (`Method.BOUNDED` covers them); one run whose errors are a random walk; sizes of effects along fewer
than 20 trajectories; Sobol indices of outputs that are rare events (the estimate carries the note "few base points dominate
this index"); orders whose next term is not one power of the size beyond the first, such as h^0.5 + h (0.02 to 0.9, mostly with a
note); shares of trials that are correlated where few replicates have a success, or a failure, and none has two
(the estimate carries the note "valid if trials of a replicate are independent"), and those that are correlated in a few
replicates only, which a sample need not hold; heavy tails, whose rows say so: means of
few lognormal replicates, also where a study stops by itself, orders of root mean squares, slopes of runs that differ so; and
gains under common random numbers in which a rare event multiplies one of the two.

The rows on the collapse law are logs of runs at contamination 1 whose every measurement has an error of 0.05, the first
one included (`tests/benchmarks/coverage_collapse.py`). One run whose errors are AR(0.9) is hardly told from a random walk
and covers less; a start that is taken for exact and is not covers least ("only": what was done before).

| kind | case | nominal | covered | 95 % interval of it | no interval | repetitions |
"""
RULE = "|---|---|---|---|---|---|---|\n"
HEAD += RULE


def measure_shares(repetitions: int) -> None:
    """Write the table of shares of trials that may be correlated, in the place of the one that is there."""
    written = TABLE.read_text()
    before, mark, rest = written.partition(coverage_shares.BEGIN)
    after = rest.partition(coverage_shares.END)[2] if mark else "\n"
    TABLE.write_text(f"{before if mark else before + chr(10)}{coverage_shares.table(repetitions)}{after}")


def main() -> None:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=1000)
    parser.add_argument("--only", default="", help="kinds that contain this word, replaced in the table")
    options = parser.parse_args()
    if options.only in SHARES:
        measure_shares(4 * options.repetitions)
    if options.only == SHARES:
        return
    lines = []
    for case in cases():
        if options.only not in case.kind:
            continue
        begun = time.monotonic()
        held, silent, count = measure(case, options.repetitions)
        good = held + silent
        low = beta.ppf(0.025, good, count - good + 1) if good else 0.0
        high = beta.ppf(0.975, good + 1, count - good) if good < count else 1.0
        lines.append(
            f"| {case.kind} | {case.situation} | {LEVEL} | {good / count:.3f} | {low:.3f} to {high:.3f} | "
            f"{silent / count:.2f} | {count} |"
        )
        print(f"{lines[-1]}  {time.monotonic() - begun:.1f} s", file=sys.stderr, flush=True)
    date = datetime.datetime.now(datetime.UTC).date()
    head = HEAD.format(date=date, repetitions=options.repetitions, level=LEVEL)
    before, mark, others = TABLE.read_text().partition(DOCUMENTS)  # of another script
    if options.only:  # the other rows stay, and so does the head that says how they were made
        head, rows = before.split(RULE)
        head += RULE
        lines = [row for row in rows.splitlines() if row and options.only not in row.split("|")[1]] + lines
    TABLE.write_text(head + "\n".join(lines) + "\n" + (f"\n{mark}{others}" if mark else ""))


if __name__ == "__main__":
    main()
