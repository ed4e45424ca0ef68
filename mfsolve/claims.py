"""The papers' claims: collected from the study files, where each stands beside the estimate that measures it."""

from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

from mfsolve.study.config import read_toml
from mfsolve.study.settings import ClaimKind, Paper

TITLES = {
    Paper.COLLAPSE: "The Economics of Model Collapse (2026)",
    Paper.CREATORS: "Market Design for AI: Beyond the Copyright Binary (2026)",
    Paper.SHOCK: "Generative AI as a Non-Convex Supply Shock (2026)",
    Paper.DEALS: "A Sustainable AI Economy Needs Data Deals That Work for Generators (2025)",
    Paper.OBJECTIONS: "objections to The Economics of Model Collapse",
}


@dataclass(frozen=True)
class Claim:
    """A claim of a paper, and the row of the shipped study `study` that measures it: its estimate `estimate`."""

    id: str
    paper: Paper
    place: str
    statement: str
    source: str
    reading: str
    kind: ClaimKind
    study: str
    estimate: str

    @property
    def title(self) -> str:
        """Title of the paper."""
        return TITLES[self.paper]


def shipped_studies() -> dict[str, Path]:
    """Study files that come with the package, by name."""
    folder = Path(str(resources.files("mfsolve.runs")))
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}


@cache
def claims() -> tuple[Claim, ...]:
    """Every claim that a shipped study measures, in the order of the files.

    Raises
    ------
    ValueError
        Where two estimates measure a claim of one name.
    """
    found: dict[str, Claim] = {}
    for study, path in shipped_studies().items():
        for entry in read_toml(path).get("estimates", []):
            if "claim" not in entry:
                continue
            c = entry["claim"]
            claim = Claim(
                c["id"], Paper(c["paper"]), c.get("place", ""), c["statement"], c.get("source", ""),
                c.get("reading", ""), ClaimKind(c.get("kind", "theorem")), study, entry["name"],
            )  # fmt: skip
            if claim.id in found:
                raise ValueError(f"{path}: claim {claim.id} is measured twice: claims have names of their own")
            found[claim.id] = claim
    return tuple(found.values())
