"""Shares under several references each, an interval that covers them all, and drift of human items (MODEL 3.5)."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mfsolve.data.rows import Rows
from mfsolve.data.samples import Documents, Kind, Numbers, Sample, Tokens, all_named
from mfsolve.models.frozen import InputError

from .share import Answer, Settings, quantify_samples


@dataclass(frozen=True)
class Alternatives:
    """Shares under alternative references: `together` all as one, `each` pair, `without` one reference at a time.

    `interval` covers the intervals of all of these.
    """

    together: Answer
    each: Mapping[str, Answer]
    without: Mapping[str, Answer]

    @property
    def interval(self) -> tuple[float, float]:
        """Ends of the union of all intervals, in [0, 1]."""
        every = [self.together, *self.each.values(), *self.without.values()]
        return min(a.interval[0] for a in every), max(a.interval[1] for a in every)

    def report(self) -> dict[str, Any]:
        """Shares and intervals under the alternatives, by name."""

        def rows(answers: Mapping[str, Answer]) -> list[dict[str, Any]]:
            return [
                {"references": k, "share": a.share, "standard_error": a.standard_error, "interval": list(a.interval)}
                for k, a in answers.items()
            ]

        return {"interval": list(self.interval), "each": rows(self.each), "without": rows(self.without)}


def alternatives(
    pool: Sample, humans: Mapping[str, Sample], synthetics: Mapping[str, Sample], settings: Settings
) -> Alternatives:
    """Estimate the share under every human and every synthetic reference, and with each of them left out (MODEL 3.5).

    Raises
    ------
    InputError
        Where there is one reference of each only.
    """
    if len(humans) == len(synthetics) == 1:
        raise InputError("one human and one synthetic reference given; at least 2 of one of them are needed")

    def share(h: Mapping[str, Sample], s: Mapping[str, Sample]) -> Answer:
        return quantify_samples(pool, united(list(h.values())), united(list(s.values())), settings)

    each = {f"{a} and {b}": share({a: x}, {b: y})
            for (a, x), (b, y) in itertools.product(humans.items(), synthetics.items())}  # fmt: skip
    without = {}
    for mine, other, human in ((humans, synthetics, True), (synthetics, humans, False)):
        if len(mine) > 2 or (len(mine) == 2 and len(other) > 1):
            for name in mine:
                rest = {k: v for k, v in mine.items() if k != name}
                without[name] = share(rest, other) if human else share(other, rest)
    return Alternatives(share(humans, synthetics), each, without)


def united(samples: Sequence[Sample]) -> Sample:
    """Samples of one kind as one, documents and rows taken from each in turn as they stand."""
    if len(samples) == 1:
        return samples[0]
    name = " and ".join(one.name for one in samples)
    documents = [one for one in samples if isinstance(one, Documents)]
    numbers = [one for one in samples if isinstance(one, Numbers)]
    if documents:
        return Documents(name, lambda: itertools.chain(*(one.blocks() for one in documents)),
                         clustered=any(one.clustered for one in documents))  # fmt: skip
    if numbers:
        clusters = None
        if any(one.clusters is not None for one in numbers):
            sizes = [sum(block.shape[0] for block in one.rows.blocks()) for one in numbers]
            clusters = all_named(list(zip(sizes, (one.clusters for one in numbers))))
        rows = Rows(name, numbers[0].rows.columns, lambda: itertools.chain(*(one.rows.blocks() for one in numbers)))
        return Numbers(rows, numbers[0].kind, clusters=clusters)
    tokens = [one for one in samples if isinstance(one, Tokens)]
    summed: dict[str, float] = {}
    for one in tokens:
        for token, count in one.counts().items():
            summed[token] = summed.get(token, 0.0) + count

    def known(wanted: Sequence[str]) -> tuple[dict[str, float], float]:
        mine = {token: summed.get(token, 0.0) for token in wanted}
        return mine, sum(summed.values()) - sum(mine.values())

    return Tokens(name, lambda: summed, known, Kind.TOKENS)


@dataclass(frozen=True)
class Drift:
    """Drift of human items: the share that a baseline of true share 0 appears to have, and the share without it."""

    apparent: Answer
    corrected: Answer

    def report(self) -> dict[str, Any]:
        """Both shares with their intervals, by name."""
        return {
            name: {"share": a.share, "standard_error": a.standard_error, "interval": list(a.interval)}
            for name, a in (("apparent_share_of_baseline", self.apparent), ("share_beside_baseline", self.corrected))
        }


def drift(pool: Sample, baseline: Sample, references: tuple[Sample, Sample], settings: Settings) -> Drift:
    """Measure drift by a baseline that is known to hold no synthetic item, and the share beside it (MODEL 3.5).

    The baseline, from the pool's own domain and time but human, replaces the human reference.
    """
    human, synthetic = references
    return Drift(
        quantify_samples(baseline, human, synthetic, settings), quantify_samples(pool, baseline, synthetic, settings)
    )
