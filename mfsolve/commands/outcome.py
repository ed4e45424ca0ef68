"""The report of a run: made from its data and stored beside them, and printed."""

from typing import Any

from mfsolve.commands.compilation_notices import noticed
from mfsolve.report import tables
from mfsolve.study.origin.fingerprint import statistics_fingerprint
from mfsolve.study.storage.files import write_text
from mfsolve.study.storage.records import read_record, with_hash
from mfsolve.study.storage.store import RunDirectory


def finish(directory: RunDirectory) -> int:
    """Estimate, draw, and store the report; a process beside this one takes its part where there is one."""
    from mfsolve.report import sensitivity
    from mfsolve.report.listing import listings, markdown
    from mfsolve.report.look import pyplot
    from mfsolve.report.rows import begin_to_analyse
    from mfsolve.report.undefined_values import lines, undefined
    from mfsolve.report.views import draw

    study = directory.study
    with noticed():
        analysis = begin_to_analyse(directory)
        if study.figures:
            pyplot()  # imported meanwhile
        rows = analysis.value()
        figures = draw(directory, rows)
    summary: dict[str, Any] = {
        "title": study.title,
        "study": dict(study.resolved),
        "statistics": statistics_fingerprint(),
        "level": study.ensemble.level,
        "rows": [row.to_dict() for row in rows],
        "listings": listings(directory),
        "sensitivity": [found.to_dict() for found in sensitivity.sensitivities(directory, rows)],
        "figures": [path.name for path in figures],
        "file": directory.consolidated.name,
    }
    if odd := undefined(directory):
        summary["undefined"] = odd
    found = "".join(f"\n{line}\n" for line in lines(odd)) + "".join(markdown(one) for one in summary["listings"])
    found += sensitivity.markdown(summary["sensitivity"])
    write_text(directory.path / "table.md", tables.markdown(summary["rows"], study.ensemble.level) + found)
    write_text(directory.summary, tables.to_json(with_hash(summary)) + "\n")
    return 0


def show(directory: RunDirectory, as_json: bool) -> int:
    """Print the stored report."""
    summary = read_record(directory.summary, f"rewrite it with: mfsolve merge {directory.path}", hashed=True)
    if as_json:
        print(tables.to_json(summary))
        return 0
    tables.show(summary)
    if not summary["rows"] and not summary.get("listings"):
        model = summary["study"]["model"]
        tables.remark(
            "The study has no [[estimates]]: its replicates are stored, and no row is reported. "
            f"Rows to start from: mfsolve new NAME --model {model}; keys: mfsolve list study."
        )
    if summary.get("undefined"):
        from mfsolve.report.undefined_values import lines

        for line in lines(summary["undefined"]):
            tables.remark(line)
    if summary.get("sensitivity"):
        from mfsolve.report import sensitivity

        sensitivity.show(summary["sensitivity"])
    from mfsolve.report.listing import heading

    for listing in summary.get("listings", []):
        print(f"{heading(listing)}, listed in {directory.summary}")
    print(f"data: {directory.consolidated}   table: {directory.path / 'table.md'}")
    if summary["figures"]:
        print(
            f"figures: {', '.join(str(directory.path / name) for name in summary['figures'] if name.endswith('.png'))}"
        )
    return 0
