"""A buyer of labels who pays a verifier, and the share of wrong labels beyond which that is in vain.

A model of one's own. Items are Gaussian in d dimensions, right labels are sign(x_1), a share p of those on offer is
wrong. The verifier keeps a right label with probability phi, a wrong one with psi; the buyer's classifier is the sum of
label times item over what is kept. With many items it is right if p < 1 / (1 + psi / phi), and wrong beyond (Feng et
al., arXiv 2406.07515). The sum's first coordinate and the length of the others have the laws that are drawn here.
"""

import numpy as np

from mfsolve.experiments import Arm, Case, Experiment, Field, Frozen, Output, Reference, generator


class Parameters(Frozen):
    """The labels on offer."""

    label_error: float = Field(0.6, ge=0.0, le=1.0, description="share of wrong labels, p")
    dimension: int = Field(20, ge=2, le=10_000, description="dimension of an item, d")


class Population(Frozen):
    """Size of the market."""

    items: int = Field(2000, ge=1, le=10**7, description="labelled items on offer")


class Verifier(Frozen):
    """Chances that a label passes; with both at 1 nobody verifies."""

    keeps_right: float = Field(0.9, gt=0.0, le=1.0, description="chance to keep a right label, phi")
    keeps_wrong: float = Field(0.3, gt=0.0, le=1.0, description="chance to keep a wrong label, psi")


def drawn(case: Case) -> dict[str, Output]:
    """Accuracy of the classifier, and the labels it was trained on."""
    unit = (0.0, 1.0)
    return {
        "accuracy": Output((), "share of items that the classifier labels rightly", support=unit),
        "bought": Output((), "labels kept, a share of those on offer", support=unit),
    }


def draw(case: Case, seed: int, replicate: int, threads: int) -> dict[str, np.ndarray]:
    """One buyer."""
    rng, n, p = generator(seed, replicate), case.population.items, case.parameters.label_error
    wrong = rng.binomial(n, p)
    right, wrong = rng.binomial(n - wrong, case.arm.keeps_right), rng.binomial(wrong, case.arm.keeps_wrong)
    along = np.abs(rng.standard_normal(right)).sum() - np.abs(rng.standard_normal(wrong)).sum()
    across = np.sqrt((right + wrong) * rng.chisquare(case.parameters.dimension - 1))
    return {"accuracy": np.arctan2(along, across) / np.pi + 0.5, "bought": np.array((right + wrong) / n)}


def passed(case: Case) -> tuple[float, float]:
    """Right and wrong labels kept, as shares of those on offer."""
    p = case.parameters.label_error
    return case.arm.keeps_right * (1 - p), case.arm.keeps_wrong * p


def limit(case: Case) -> dict[str, np.ndarray]:
    """Infinitely many items: all or nothing, by which labels are more."""
    right, wrong = passed(case)
    return {"accuracy": np.heaviside(right - wrong, 0.5), "bought": np.array(right + wrong)}


def accuracy(case: Case) -> float:
    """Accuracy for many items in many dimensions, sums replaced by their means."""
    (right, wrong), (n, d) = passed(case), (case.population.items, case.parameters.dimension)
    return float(np.arctan2(np.sqrt(2 / np.pi) * (right - wrong), np.sqrt((right + wrong) * (d - 1) / n)) / np.pi + 0.5)


EXPERIMENT = Experiment(
    name="guest_verification", title="labels bought from a verifier", parameters=Parameters, population=Population,
    arms={"verifier": Arm(Verifier, draw, drawn, reference=Reference(drawn, limit))},
    section="verifiers", word="verifier", predictions={"accuracy": accuracy}, toy={"population.items": 2000},
)  # fmt: skip
