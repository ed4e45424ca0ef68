"""Verdict of measurements on the collapse law, with a rate of false ones (MODEL 8.10)."""

import math
from dataclasses import dataclass

from mfsolve.inference.collapse_conditions import Conditions
from mfsolve.inference.collapse_laws import Comparison, Law
from mfsolve.inference.regression import Regression

NEGLIGIBLE = 0.1
"""AR(1) coefficient of the errors up to which nothing is said of it."""
_CURVES = (Law.EXPONENT, Law.POWER, Law.BOUNDED, Law.LOGARITHMIC)


@dataclass(frozen=True)
class LawVerdict:
    """Verdict on one collapse law for the measurements of all runs.

    Attributes
    ----------
    against : tuple of str
        What speaks against it; under the law something does with a probability of at most 1 - level.
    untold : tuple of str
        Rivals that the measurements cannot distinguish from it.
    text : str
        The sentence.
    """

    against: tuple[str, ...]
    untold: tuple[str, ...]
    text: str

    @property
    def misfit(self) -> str | None:
        """All that speaks against the law, in one line; None where nothing does."""
        return "; ".join(self.against) or None


def each_error(laws: Comparison, conditions: Conditions | None, level: float) -> float:
    """Error rate of each test of the law, so that all that are made have 1 - level together (Bonferroni)."""
    made = [laws.tests.lack_of_fit, laws.chi_square_p_value, None if conditions is None else conditions.p_value]
    return (1 - level) / max(1, sum(p is not None and not math.isnan(p) for p in made))


def judged(fit: Regression, laws: Comparison, conditions: Conditions | None = None) -> LawVerdict:
    """Verdict on the law from its slope, its tests and its rivals, at the slope's level."""
    error = each_error(laws, conditions, fit.level)
    against = []
    if fit.high < 0 or (math.isnan(fit.high) and fit.slope < 0):
        against.append("quality rises, and the law needs a slope above 0")
    if laws.tests.lack_of_fit < error:
        against.append(_lack_of_fit(laws))
    if laws.chi_square_p_value is not None and laws.chi_square_p_value < error:
        against.append(f"its residuals exceed the standard errors given (chi-square p = {laws.chi_square_p_value:.2g})")
    if conditions is not None and conditions.p_value < error:
        against.append(f"the slopes of the conditions differ (p = {conditions.p_value:.2g})")
    untold = _untold(fit, laws)
    if against:
        return LawVerdict(
            tuple(against), untold, f"the collapse law does not describe these data: {'; '.join(against)}"
        )
    if untold:
        words = f"these {fit.observations} measurements cannot distinguish the collapse law from {', '.join(untold)}"
        return LawVerdict((), untold, words)
    line = laws.of(Law.COLLAPSE)
    weak = f"; it explains {line.r_squared:.0%} of the variance" if line is not None and line.r_squared < 0.5 else ""
    return LawVerdict((), (), f"the collapse law is not rejected{weak}")


def _lack_of_fit(laws: Comparison) -> str:
    """The lack of fit, the law that describes the data better, and what it rests on."""
    tests, line = laws.tests, laws.of(Law.COLLAPSE)
    best = next((fit for fit in laws.laws if fit.law is not Law.NONE), None)
    better = ""
    if best is not None and line is not None and best.criterion < line.criterion:
        name = best.law.value if best.law is Law.CONSTANT else best.law.name.lower()
        better = f", {name} describes them better"
    caveat = ""
    if tests.autocorrelation > NEGLIGIBLE:
        caveat = (
            f" under the least favourable autocorrelation up to {tests.autocorrelation:.2f}, the most that the "
            "residuals allow"
        )
    return f"losses deviate from the line (lack of fit p = {tests.lack_of_fit:.2g}{caveat}){better}"


def _untold(fit: Regression, laws: Comparison) -> tuple[str, ...]:
    """Rivals that are neither excluded nor, for want of observations, to be compared."""
    found = ["no loss"] if fit.low <= 0 <= fit.high or (math.isnan(fit.low) and fit.slope == 0) else []
    if not laws.tests.constant < 1 - fit.level:
        found.append(Law.CONSTANT.value)
    curves = [one for one in laws.laws if one.law in _CURVES]
    found += [one.law.name.lower() for one in curves if math.isinf(one.criterion)]
    if not curves:
        found.append("any curve: two different exposures after the start are too few")
    return tuple(found)
