"""Eight definitions of collapse on paths whose answers are known."""

import numpy as np
import pytest

from mfsolve.models.atlas.definitions import Decision, Definition, Margins, Paths, judge

T, BLOCKS = 40, 20
t = np.arange(T + 1.0)
RNG = np.random.default_rng(3)


def noisy(path, noise=0.01):
    return path * (1.0 + noise * RNG.normal(size=(BLOCKS, 1))) + 0.0 * t


def judged(**changes):
    """Decisions on a model that stays as it was in generation 1, but for the given paths."""
    first = np.minimum(t, 1.0)
    healthy = {
        "risk": noisy(0.01 * first), "risk_more": noisy(0.0025 * first), "bias": noisy(0.001 * first),
        "shrinkage": noisy(0.01 * first), "tail": noisy(1.0 - 0.02 * first, 1e-4), "entropy": noisy(1.0 - 0.01 * first, 1e-4),
        "lost": noisy(0.001 * first), "still_lost": noisy(0.0005 * first),
    }  # fmt: skip
    found = judge(Paths(**(healthy | changes.pop("paths", {})), bounded=changes.pop("bounded", False)), Margins(), 0.99)
    return {name: judgement.decision for name, judgement in found.items()}, found


def test_a_model_that_stays_does_not_collapse():
    decisions, _ = judged()
    assert set(decisions.values()) == {Decision.DOES_NOT}


@pytest.mark.parametrize(
    ("definition", "paths", "rate"),
    [
        (Definition.RISK_DIVERGES, {"risk": noisy(0.01 * np.sqrt(t))}, 0.5),
        (Definition.WORSE, {"risk": noisy(0.01 * np.minimum(t, 2.0))}, np.log(2.0)),
        (Definition.BIAS, {"bias": noisy(-0.2 * np.minimum(t, 1.0))}, -0.2),
        (Definition.VARIANCE, {"shrinkage": noisy(0.02 * t)}, 1.0),
        (Definition.TAILS, {"tail": noisy(1.0 - 0.02 * t, 1e-4)}, 0.78),
        (
            Definition.SCALING,
            {"risk_more": noisy(0.0025 * np.minimum(t, 1.0) + 0.005 * (t > 1.0))},
            np.log(4 / 3) / np.log(4),
        ),
        (Definition.DIVERSITY, {"entropy": noisy(1.0 - 0.02 * t, 1e-4)}, 0.78),
        (Definition.IRREVERSIBLE, {"lost": noisy(0.4 * (t > 9)), "still_lost": noisy(0.3 * (t > 9))}, 0.75),
    ],
)
def test_each_definition_sees_its_own_collapse(definition, paths, rate):
    decisions, found = judged(paths=paths)
    assert decisions[definition] is Decision.COLLAPSES
    assert found[definition].rate.low < rate < found[definition].rate.high or found[
        definition
    ].rate.value == pytest.approx(rate, rel=0.02)
    others = {name for name, decision in decisions.items() if decision is Decision.COLLAPSES} - {definition}
    assert others <= {Definition.WORSE}  # a risk that grows is worse than that of generation 1


def test_noise_leaves_a_question_open_and_a_bounded_risk_does_not_diverge():
    path = 0.01 * t**0.12 + 0.003 * RNG.normal(size=(BLOCKS, T + 1))
    assert judged(paths={"risk": path})[0][Definition.RISK_DIVERGES] is Decision.UNDECIDED
    assert judged(paths={"risk": noisy(0.01 * t)}, bounded=True)[0][Definition.RISK_DIVERGES] is Decision.DOES_NOT
