"""Check of a reference's label by the log likelihoods of its items (MODEL 3.2.3)."""

import math
from collections.abc import Iterable

import numpy as np

from mfsolve.arrays import Floats

from .alarms import APART


def opposite(
    human: Iterable[Floats], synthetic: Iterable[Floats], draws: tuple[float, float] = (1.0, 1.0)
) -> tuple[str, ...]:
    """Name the references whose log likelihood ratios ln q - ln p, in blocks (n,), are those of the other source.

    The mean of (q - p) / (q + p) is negative over items of p, whatever p and q are, and positive over those of q.
    `draws` (2,) are the numbers of items that count as one draw, where they come in clusters.
    """
    found = []
    for name, sign, blocks, each in (("human", 1.0, human, draws[0]), ("synthetic", -1.0, synthetic, draws[1])):
        items, total, square = 0, 0.0, 0.0
        for ratios in blocks:
            contrast = np.tanh(0.5 * ratios)
            items += contrast.size
            total += float(contrast.sum())
            square += float(contrast @ contrast)
        mean = total / items
        if sign * mean > APART * math.sqrt(max(square / items - mean**2, 0.0) / items * each):
            found.append(name)
    return tuple(found)


def contradiction(
    opposed: tuple[str, ...], given: tuple[float, tuple[float, float]], found: tuple[float, float]
) -> str:
    """Words on log likelihoods that say other than the references; empty where they agree.

    `given` are the share and the interval by the log likelihoods at their word, `found` is the interval by the
    references.
    """
    if len(opposed) == 2:
        return (
            "judging by their log likelihoods, the human reference is synthetic and the synthetic one human: are the "
            "files or columns swapped?"
        )
    if opposed:
        other = "synthetic" if opposed[0] == "human" else "human"
        return (
            f"by its log likelihoods the {opposed[0]} reference is {other}: is it the right file, and are both log "
            "likelihoods on one scale?"
        )
    share, (low, high) = given
    if low <= found[1] and high >= found[0]:
        return ""
    return (
        f"taken at face value the log likelihoods give {share:.2f}, beyond the errors of both: they are not those of "
        "these sources, and the share rests on the references alone"
    )
