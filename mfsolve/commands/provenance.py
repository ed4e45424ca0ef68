"""`mfsolve provenance`: the share of synthetic items in a pool of a user's own, with all that qualifies it.

The method is the distributional quantification of machine-written text (Liang et al., "Monitoring AI-Modified Content
at Scale: A Case Study on the Impact of ChatGPT on AI Conference Peer Reviews", ICML 2024): the likelihood of a mixture
of a human and a synthetic source, both known from references, no item judged on its own. Here the references are known
up to their own sampling noise only, and everything is reduced to counts in cells: tokens are cells already; items with
features or log likelihoods get a score, cut at quantiles of the references. A score need not be a true likelihood
ratio: its distributions under both origins are measured, not assumed.
"""

import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mfsolve.arrays import Floats
from mfsolve.data.csv_file import Table
from mfsolve.data.pool_files import COLUMNS, Kind, SystematicSample, check, detect, known_token_counts, token_counts
from mfsolve.models.provenance.estimators import Estimate, estimate
from mfsolve.models.provenance.kernel_density import kernel_log_density
from mfsolve.models.provenance.reference_samples import ReferenceEstimate, estimate_from_counts
from mfsolve.study.config import StudyError

CELLS = 64
PER_CELL = 20.0
MOST_TOKENS = 5000
FINE = 4096
SUSPECT = 0.001
LARGEST = 1e100  # of a feature: its square is still a number
LEAST_VARIANCE = 1e-200
LEAST_ROWS = 40

Score = Callable[[Floats], Floats]


@dataclass(frozen=True)
class Counts:
    """Items per cell of pool, human and synthetic reference; the share of the pool that neither reference has seen."""

    pool: Floats
    human: Floats
    synthetic: Floats
    unseen: float
    as_given: Estimate | None = None


def provenance(
    pool: str, human: str, synthetic: str, kind: str | None, half_width: float, level: float, as_json: bool
) -> int:
    """Estimate and print.

    Raises
    ------
    StudyError
        For a file or an option that cannot be used.
    """
    for name, value in (("--half-width", half_width), ("--level", level)):
        if not 0.0 < value < 1.0:
            raise StudyError(f"{name} {value:g}: allowed: (0, 1)")
    tables = [Table.open(Path(path)) for path in (pool, human, synthetic)]
    sort = detect(tables[0], kind)
    for table in tables[1:]:
        check(table, sort, tables[0].header)
    counts = _tokens(tables) if sort is Kind.TOKENS else _scored(tables, sort, level)
    found = estimate_from_counts(*_cells(counts), level)
    report = _report(found, counts, sort, half_width)
    if as_json:
        print(json.dumps(_finite(report), indent=2))
    else:
        _print(Path(pool), report)
    return 0


def _cells(counts: Counts) -> tuple[Floats, Floats, Floats]:
    """Pool, human, synthetic; a pool of nothing that either reference has seen in a cell of its own."""
    if counts.unseen < 1.0:
        return counts.pool, counts.human, counts.synthetic
    return (
        np.append(np.zeros_like(counts.pool), counts.pool.sum()),
        np.append(counts.human, 0.0),
        np.append(counts.synthetic, 0.0),
    )


def _tokens(tables: list[Table]) -> Counts:
    human, synthetic = (token_counts(table) for table in tables[1:])
    total = {token: human.get(token, 0.0) + synthetic.get(token, 0.0) for token in human | synthetic}
    common = sorted((token for token, n in total.items() if n >= PER_CELL), key=lambda token: (-total[token], token))
    common = common[:MOST_TOKENS]
    if not common:
        raise StudyError(
            f"{tables[1].path}: no token is counted {PER_CELL:g} times in both references; at least 1 is needed"
        )
    pool, unseen = known_token_counts(tables[0], [token for token, n in total.items() if n > 0.0])

    def cells(counts: dict[str, float], others: float) -> Floats:
        named = [counts.get(token, 0.0) for token in common]
        return np.array([*named, max(0.0, sum(counts.values()) + others - sum(named))])

    return Counts(cells(pool, unseen), cells(human, 0.0), cells(synthetic, 0.0), unseen / (sum(pool.values()) + unseen))


def _scored(tables: list[Table], kind: Kind, level: float) -> Counts:
    names = COLUMNS.get(kind, tables[0].header)
    fitted = kind is Kind.FEATURES  # scores are fitted to every second row of the references, counted on the others
    score = _feature_score(tables, names) if fitted else _log_ratio
    sample = [SystematicSample(), SystematicSample()]
    for table, kept in zip(tables[1:], sample):
        for values in _scores(table, names, score, fitted, kind):
            kept.add(values)
        if kept.held < LEAST_ROWS:
            raise StudyError(f"{table.path}: {kept.held} rows given; at least {LEAST_ROWS} are needed")
    cells = int(min(CELLS, max(8, min(kept.held for kept in sample) // PER_CELL)))
    levels = np.arange(1, cells) / cells
    edges = np.unique(np.concatenate([np.quantile(kept.values(), levels[i::2]) for i, kept in enumerate(sample)]))
    counts = np.zeros((3, edges.size + 1))
    fine = np.zeros((2, FINE))
    low = min(float(kept.values().min()) for kept in sample)
    high = max(float(kept.values().max()) for kept in sample)
    outside = 0.0
    for i, table in enumerate(tables):
        for values in _scores(table, names, score, fitted and i > 0, kind):
            counts[i] += np.bincount(np.searchsorted(edges, values), minlength=edges.size + 1)
            if i == 0:
                outside += float(np.count_nonzero((values < low) | (values > high)))
                if kind is Kind.LIKELIHOODS:
                    contrast = np.tanh(0.5 * values)
                    place = np.minimum(((contrast + 1.0) * (FINE / 2)).astype(np.int64), FINE - 1)
                    fine += [np.bincount(place, minlength=FINE), np.bincount(place, contrast, FINE)]
        if not counts[i].sum():
            raise StudyError(f"{table.path}: has a header and no rows; at least 1 is needed")
    given = None
    if kind is Kind.LIKELIHOODS:
        used = fine[0] > 0.0
        ratio = 2.0 * np.arctanh(np.clip(fine[1, used] / fine[0, used], -1.0 + 1e-16, 1.0 - 1e-16))
        given = estimate(np.zeros(ratio.size), ratio, level=level, weights=fine[0, used])
    return Counts(counts[0], counts[1], counts[2], outside / float(counts[0].sum()), given)


def _scores(table: Table, names: tuple[str, ...], score: Score, halve: bool, kind: Kind) -> Any:
    """Blocks of scores; of every second row where the others served to fit the score."""
    odd = 1
    for block in _blocks(table, names, kind):
        start, odd = (odd, (odd + block.shape[0]) % 2) if halve else (0, 1)
        rows = block[start::2] if halve else block
        if rows.size:
            yield score(rows)


def _blocks(table: Table, names: tuple[str, ...], kind: Kind) -> Iterator[Floats]:
    """Blocks of numbers (n, columns)."""
    for block in table.numbers(names, infinite=kind is Kind.LIKELIHOODS):
        far = np.abs(block) > LARGEST
        if kind is Kind.FEATURES and far.any():
            row, column = np.argwhere(far)[0]
            raise StudyError(
                f"{table.path}: column {names[column]}: {block[row, column]:g} given; "
                f"allowed: [-{LARGEST:g}, {LARGEST:g}]; give it in a larger unit"
            )
        yield block


def _log_ratio(block: Floats) -> Floats:
    return np.asarray(np.clip(block[:, 1] - block[:, 0], -700.0, 700.0))


def _feature_score(tables: list[Table], names: tuple[str, ...]) -> Score:
    """Log density ratio fitted to every second reference row: kernel densities of one feature, Gaussians of several."""
    fits = []
    for table in tables[1:]:
        kept, count, seen, d = SystematicSample(), 0, 0, len(names)
        total, square, even = np.zeros(d), np.zeros((d, d)), 0
        low, high = np.full(d, np.inf), np.full(d, -np.inf)
        centre: Floats | None = None
        for block in _blocks(table, names, Kind.FEATURES):
            rows = block[even::2]
            even = (even + block.shape[0]) % 2
            seen += block.shape[0]
            low, high = (
                np.minimum(low, rows.min(axis=0, initial=np.inf)),
                np.maximum(high, rows.max(axis=0, initial=-np.inf)),
            )
            centre = rows.mean(axis=0) if centre is None else centre
            gap = rows - centre
            total += gap.sum(axis=0)
            square += gap.T @ gap
            count += rows.shape[0]
            if d == 1:
                kept.add(rows[:, 0])
        least = 2 * max(LEAST_ROWS, 2 * d + 2)
        if centre is None or seen < least:
            raise StudyError(f"{table.path}: {seen} rows given; at least {least} are needed")
        mean = total / count
        covariance = square / count - np.outer(mean, mean)
        for name, variance, least, most in zip(names, np.diag(covariance), low, high):
            if least == most:
                raise StudyError(f"{table.path}: column {name}: is constant; leave it out of all three files")
            if not variance > LEAST_VARIANCE:
                raise StudyError(
                    f"{table.path}: column {name}: varies by {most - least:.3g} only; give it in a smaller unit"
                )
        fits.append((kept.values(), centre + mean, covariance, count))
    if len(names) == 1:
        (human, *_), (synthetic, *_) = fits
        return lambda rows: kernel_log_density(rows[:, 0], synthetic) - kernel_log_density(rows[:, 0], human)

    def log_normal(rows: Floats, mean: Floats, covariance: Floats, count: int) -> Floats:
        # shrunk towards the diagonal: a score may be imperfect, its distribution is measured afterwards
        shrink = min(1.0, len(names) / count)
        factor = np.linalg.cholesky((1.0 - shrink) * covariance + shrink * np.diag(np.diag(covariance)))
        z = np.linalg.solve(factor, (rows - mean).T)
        return np.asarray(-0.5 * np.sum(z * z, axis=0) - np.sum(np.log(np.diag(factor))))

    return lambda rows: log_normal(rows, *fits[1][1:]) - log_normal(rows, *fits[0][1:])


def _report(found: ReferenceEstimate, counts: Counts, kind: Kind, half_width: float) -> dict[str, Any]:
    result, fit, needed = found.estimate, found.goodness_of_fit, found.needed(half_width)
    warnings = []
    if counts.unseen == 1.0:
        warnings.append("nothing in the pool is like anything in either reference: nothing can be said of the share")
    elif not result.fisher_information > 0.0:
        warnings.append("human and synthetic references do not differ: nothing can be said of the share")
    elif found.same_source > SUSPECT:
        warnings.append(
            "human and synthetic references differ no more than chance allows: the share is not to be trusted"
        )
    if fit.p_value < SUSPECT:
        warnings.append("no mixture of the two references explains the pool: the share is not to be trusted")
    if 0.05 < counts.unseen < 1.0:
        warnings.append(f"{100 * counts.unseen:.1f} % of the pool is unlike anything in either reference")
    report: dict[str, Any] = {
        "kind": kind.value,
        "share": result.value,
        "standard_error": result.standard_error,
        "interval": list(result.interval),
        "level": result.level,
        "items": {"pool": result.items, "human": float(counts.human.sum()), "synthetic": float(counts.synthetic.sum())},
        "cells": int(counts.pool.size),
        "information_per_item": result.fisher_information,
        "variance_from_references": found.variance_reference,
        "half_width": half_width,
        "items_needed": needed.items,
        "least_half_width": needed.least_half_width,
        "goodness_of_fit": {
            "chi_square": fit.statistic, "degrees_of_freedom": fit.degrees_of_freedom, "p_value": fit.p_value,
        },
        "unseen_share": counts.unseen,
        "warnings": warnings,
    }  # fmt: skip
    if counts.as_given is not None:
        report["likelihoods_as_given"] = {
            "share": counts.as_given.value, "interval": list(counts.as_given.interval),
            "information_per_item": counts.as_given.fisher_information,
        }  # fmt: skip
    return report


def _print(path: Path, report: dict[str, Any]) -> None:
    items, fit = report["items"], report["goodness_of_fit"]
    percent = f"{100 * report['level']:g} %"
    print(f"{path}: share of synthetic items, from {report['kind']}")
    if math.isnan(report["share"]):
        print("  share        cannot be told")
    else:
        print(f"  share        {report['share']:.4f}   (standard error {report['standard_error']:.2g})")
    print(f"  {percent} interval [{report['interval'][0]:.4f}, {report['interval'][1]:.4f}]")
    if "likelihoods_as_given" in report:
        given = report["likelihoods_as_given"]
        print(f"  as given     {given['share']:.4f} [{given['interval'][0]:.4f}, {given['interval'][1]:.4f}], "
              "the log likelihoods taken at their word")  # fmt: skip
    print(
        f"  items        {items['pool']:.0f} in the pool, {items['human']:.0f} human, "
        f"{items['synthetic']:.0f} synthetic"
    )
    print(f"  information  {report['information_per_item']:.4g} per item in {report['cells']} cells")
    needed, least = report["items_needed"], report["least_half_width"]
    if needed < math.inf:
        print(f"  half-width   {report['half_width']:g} takes {needed:.0f} pool items with these references")
    elif not math.isnan(least):
        print(
            f"  half-width   {report['half_width']:g} takes larger references: with these no pool, however large, "
            f"gets below {least:.3g}"
        )
    if fit["degrees_of_freedom"]:
        print(
            f"  fit          chi-square {fit['chi_square']:.1f} on {fit['degrees_of_freedom']}, "
            f"p = {fit['p_value']:.3g}"
        )
    for warning in report["warnings"]:
        print(f"  warning      {warning}")


def _finite(value: Any) -> Any:
    """The report for JSON, which knows no NaN and no infinity."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
