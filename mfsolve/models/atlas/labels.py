"""Verified labels: classifiers fitted to labels of classifiers, of which a verifier keeps some (MODEL 9.5)."""

from typing import TYPE_CHECKING, NamedTuple

from pydantic import Field

from mfsolve.arrays import Floats
from mfsolve.kernels.atlas.labels import Task, label_paths
from mfsolve.kernels.random.philox import stream_key
from mfsolve.models.arguments import instance, number, require, thread_count
from mfsolve.models.frozen import Frozen
from mfsolve.models.quantities import Quantity

from .ensembles import PATH, Run, labelled, means

if TYPE_CHECKING:
    import xarray as xr

QUANTITIES = {
    "error": Quantity(PATH, "test error of the classifier"),
    "useless": Quantity(PATH, "share of classifiers that err more often than a coin"),
    "kept": Quantity(PATH, "items that a generation is fitted to"),
}
NAMES = ("error", "useless", "kept")
"""Measures of an ensemble, in the order of the kernel."""
BLOCK = 1024
"""Replicates per block of a sum; part of the definition of its bits."""


class Labels(Frozen):
    """Two classes of Gaussian items, y mu + N(0, I_d), and a classifier that is the mean of y x (MODEL 9.5)."""

    candidates: int = Field(1000, ge=1, le=10**9, description="synthetic items n of a generation, before verification")
    separation: float = Field(2.0, gt=0.0, le=6.0, description="norm of the classes' mean, |mu|")
    dimension: int = Field(10, ge=1, le=10**6, description="dimension d of an item")


class Verifier(Frozen):
    """A verifier that keeps items with a chance that depends on whether the label is right."""

    keep_right: float = Field(0.9, gt=0.0, le=1.0, description="probability phi that a correctly labelled item is kept")
    keep_wrong: float = Field(0.3, ge=0.0, le=1.0, description="probability psi that a wrongly labelled one is kept")
    error_share: float = Field(1.0, ge=0.0, description="error of the first labels over the largest that helps")


class Verification(NamedTuple):
    """The largest label error at which verified labels help, and the error of kept labels at a given one."""

    threshold: float
    kept_error: float


def verification_closed_form(keep_right: float, keep_wrong: float, label_error: float = 0.5) -> Verification:
    """Verified labels are useless beyond a label error of 1 / (1 + psi / phi): there every second kept label is wrong.

    Of labels with error e, kept with chances phi and psi, a share e psi / (e psi + (1 - e) phi) is wrong (MODEL 9.5).

    Parameters
    ----------
    keep_right : float
        Chance phi that a rightly labelled item is kept, in (0, 1].
    keep_wrong : float
        Chance psi that a wrongly labelled one is kept, in [0, 1].
    label_error : float
        Share e of wrong labels before verification, in [0, 1].

    Returns
    -------
    Verification
        The largest error that helps, and the error of kept labels.

    Raises
    ------
    ValueError
        For a chance or an error outside its range.
    """
    phi, psi = number("keep_right", keep_right, "(0, 1]"), number("keep_wrong", keep_wrong, "[0, 1]")
    e = number("label_error", label_error, "[0, 1]")
    kept = e * psi + (1.0 - e) * phi
    return Verification(1.0 / (1.0 + psi / phi), e * psi / kept if kept > 0.0 else 0.0)


def first_error(verifier: Verifier) -> float:
    """Error of the first labels.

    Raises
    ------
    ValueError
        Where it is above 1.
    """
    threshold = verification_closed_form(verifier.keep_right, verifier.keep_wrong).threshold
    allowed = f"[0, {1.0 / threshold:.6g}]: an error is at most 1"
    require(verifier.error_share * threshold <= 1.0, "error_share", verifier.error_share, allowed)
    return verifier.error_share * threshold


def label_ensemble(family: Labels, verifier: Verifier, run: Run, threads: int = 1) -> "xr.Dataset":
    """Means over replicates of the measures of classifiers, at generations 0..T.

    Generation 0 is the source of the first labels.

    Parameters
    ----------
    family : Labels
        The two classes, and items before verification.
    verifier : Verifier
        Chances that an item is kept.
    run : Run
        Generations, replicates and seed.
    threads : int
        In [1, 1024].

    Returns
    -------
    Dataset (generation)
        `error` (test error of the classifier), `useless` (share of classifiers that err more often than a coin), `kept`
        (items that a generation is fitted to).

    Raises
    ------
    ValueError
        For an argument out of its range.
    """
    instance("family", family, Labels)
    instance("verifier", verifier, Verifier)
    instance("run", run, Run)
    thread_count(threads)
    return labelled(QUANTITIES, run, label_means(family, verifier, run, threads))


def label_means(family: Labels, verifier: Verifier, run: Run, threads: int = 1) -> dict[str, Floats]:
    """Arrays (T + 1,) of `label_ensemble`, by name."""
    run.check()
    task = Task(
        float(family.candidates), float(family.separation), float(family.dimension), first_error(verifier),
        float(verifier.keep_right), float(verifier.keep_wrong),
    )  # fmt: skip
    key = stream_key(run.seed, "atlas labels")
    return means(NAMES, run, BLOCK, threads, lambda first, count, sums: label_paths(task, key, first, count, sums))
