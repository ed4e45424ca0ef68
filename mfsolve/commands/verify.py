"""`mfsolve verify`: run the studies behind the papers' claims, and say of each what the numbers say."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mfsolve.claims import Claim, claims, shipped_studies
from mfsolve.commands.run import complete, run_directory
from mfsolve.report import tables
from mfsolve.study.config import StudyError, nearest


def verify(ids: Sequence[str], out: Path, workers: int, as_json: bool) -> int:
    """Compute what is missing of the studies behind the claims, and print a verdict on each.

    Raises
    ------
    StudyError
        For an unknown claim.
    """
    known = {claim.id: claim for claim in claims()}
    for identifier in ids:
        if identifier not in known:
            raise StudyError(f"verify: {identifier!r} given: unknown claim{nearest(identifier, list(known))}")
    chosen = [known[identifier] for identifier in ids] or list(known.values())
    summaries: dict[str, Any] = {}
    for study in dict.fromkeys(claim.study for claim in chosen):
        directory = run_directory(shipped_studies()[study], out / study)
        code = 0 if directory.finished() else complete(directory, workers)
        if code:
            return code
        summaries[study] = json.loads(directory.summary.read_text())
    results = [result for claim in chosen for result in judge(claim, summaries[claim.study])]
    if as_json:
        print(json.dumps(results, indent=2))
    else:
        tables.show_claims(results)
    return 0


def judge(claim: Claim, summary: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows that measure a claim: one, or one for each place of a grid."""
    rows = [row for row in summary["rows"] if row["name"] == claim.estimate]
    return [
        {
            "id": claim.id,
            "paper": claim.title,
            "place": claim.place,
            "statement": claim.statement,
            "study": claim.study,
            "level": summary["level"],
            **{
                key: row[key]
                for key in ("place", "published", "predicted", "allowed", "estimate", "verdict", "percent")
            },
        }
        for row in rows
    ]
