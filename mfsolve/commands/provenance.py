"""`mfsolve provenance`: the share of synthetic items in a pool of a user's own, from three files (MODEL 3.2)."""

import json
import math
from pathlib import Path
from typing import Any

from mfsolve.data.pool_files import COLUMNS, Kind, check, detect, known_token_counts, read_token_counts
from mfsolve.data.table import Table
from mfsolve.models.frozen import InputError
from mfsolve.models.provenance import cell_counts
from mfsolve.models.provenance.quantify import quantify


def provenance(
    pool: str, human: str, synthetic: str, kind: str | None, half_width: float, level: float, as_json: bool
) -> int:
    """Estimate the share and print it with its uncertainty, the test of fit and warnings.

    Raises
    ------
    InputError
        For a file or an option that cannot be used.
    """
    for name, value in (("--half-width", half_width), ("--level", level)):
        if not 0.0 < value < 1.0:
            raise InputError(f"{name} {value:g}: allowed: (0, 1)")
    tables = [Table.open(Path(path)) for path in (pool, human, synthetic)]
    sort = detect(tables[0], kind)
    for table in tables[1:]:
        check(table, sort, tables[0].header)
    found = quantify(_counts(tables, sort, level), level)
    report = {"kind": sort.value, **found.report(half_width)}
    if as_json:
        print(json.dumps(_finite(report), indent=2))
    else:
        _print(Path(pool), report)
    return 0


def _counts(tables: list[Table], kind: Kind, level: float) -> cell_counts.Counts:
    """Counts in cells of pool, human and synthetic files."""
    if kind is Kind.TOKENS:
        human, synthetic = (read_token_counts(table) for table in tables[1:])
        common = cell_counts.common_tokens(human, synthetic)
        if not common:
            raise InputError(
                f"{tables[1].path}: no token is counted {cell_counts.PER_CELL:g} times in both references; "
                "at least 1 is needed"
            )
        seen = [token for token in human | synthetic if human.get(token, 0.0) + synthetic.get(token, 0.0) > 0.0]
        pool, unseen = known_token_counts(tables[0], seen)
        return cell_counts.token_counts(common, pool, unseen, human, synthetic)
    columns = COLUMNS.get(kind, tables[0].header)
    sources = cell_counts.Sources(*(_rows(table, columns, kind) for table in tables))
    if kind is Kind.LIKELIHOODS:
        return cell_counts.likelihood_counts(sources, level)
    return cell_counts.feature_counts(sources)


def _rows(table: Table, columns: tuple[str, ...], kind: Kind) -> cell_counts.Rows:
    """Rows of a file, read anew each time."""
    return cell_counts.Rows(str(table.path), columns, lambda: table.numbers(columns, infinite=kind is Kind.LIKELIHOODS))


def _print(path: Path, report: dict[str, Any]) -> None:
    """Print the report as lines of text."""
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
            f"  fit          chi-square {fit['chi_square']:.1f} on {fit['degrees_of_freedom']:.1f}, "
            f"p = {fit['p_value']:.3g}"
        )
    for warning in report["warnings"]:
        print(f"  warning      {warning}")


def _finite(value: Any) -> Any:
    """Report for JSON, which has neither NaN nor infinity: null stands for them."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
