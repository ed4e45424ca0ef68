"""The papers' claims: collected from the study files, where each stands beside the estimate that measures it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from mfsolve.inference.verdicts import Kind
from mfsolve.study.file.config import Study
from mfsolve.study.file.shipped import shipped_studies
from mfsolve.study.file.source import StudyError
from mfsolve.study.file.toml_text import read_toml
from mfsolve.study.statistics.estimate_spec import Paper

TITLES = {
    Paper.COLLAPSE: "The Economics of Model Collapse (2026)",
    Paper.CREATORS: "Market Design for AI: Beyond the Copyright Binary (2026)",
    Paper.SHOCK: "Generative AI as a Non-Convex Supply Shock (2026)",
    Paper.DEALS: "A Sustainable AI Economy Needs Data Deals That Work for Generators (2025)",
    Paper.OBJECTIONS: "Objections to The Economics of Model Collapse",
    Paper.ATLAS: "The literature on model collapse",
}


STATED = ("published", "prediction", "side", "tolerance", "rounding", "standard_error", "resolution")
"""Keys of an estimate that say what its claim allows."""


@dataclass(frozen=True)
class Claim:
    """A claim of a paper, and the row of the shipped study `study` that measures it: its estimate `estimate`.

    `stated` holds what the study says the claim allows.
    """

    id: str
    paper: Paper
    place: str
    statement: str
    source: str
    reading: str
    kind: Kind
    study: str
    estimate: str
    stated: Mapping[str, Any]

    @property
    def in_a_document(self) -> bool:
        """True for a claim that a document makes, false for one of ours or one that a document is only said to make."""
        return not self.source.startswith(("ours", "second-hand")) and self.kind is not Kind.NUMERICS

    @property
    def title(self) -> str:
        """Title of the paper."""
        return TITLES[self.paper]


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
                c.get("reading", ""), Kind(c.get("kind", "theorem")), study, entry["name"],
                {key: entry[key] for key in STATED if key in entry},
            )  # fmt: skip
            if claim.id in found:
                raise ValueError(f"{path}: claim {claim.id} is measured twice: claims have names of their own")
            found[claim.id] = claim
    return tuple(found.values())


def check(study: Study) -> None:
    """Refuse a study that measures a claim of the register by another figure or with other allowances.

    Raises
    ------
    StudyError
        Naming the claim, the key and the register's value.
    """
    register = {claim.id: claim.stated for claim in claims()}
    for spec in study.estimates:
        if spec.claim is None or spec.claim.id not in register:
            continue
        stated = register[spec.claim.id]
        for key in STATED:
            default = type(spec).model_fields[key].default
            given, known = getattr(spec, key), stated.get(key, default)
            if given != known and not (key == "rounding" and known is None):  # else it follows from the digits
                raise StudyError(
                    f"{study.source}: estimates: {spec.name!r}: {key} = {given} given; the claim {spec.claim.id} has "
                    f"{key} = {known}: leave claim.id out, or keep its value"
                )
