"""The section [[estimates]] of a study file: entries -> rows that are checked against the study."""

from collections.abc import Mapping, Sequence
from typing import Any

from mfsolve.experiments._user_checks import GuestError
from mfsolve.experiments.experiment import Experiment
from mfsolve.models.arguments import nearest
from mfsolve.study.file.calibration_marks import resolved_mark
from mfsolve.study.file.expansion import expand
from mfsolve.study.file.settings import Ensemble
from mfsolve.study.file.source import Source
from mfsolve.study.file.toml_text import WrittenFloat
from mfsolve.study.statistics.estimands import ESTIMANDS
from mfsolve.study.statistics.estimate_spec import EstimateSpec, StudyLike, half_unit


def read_estimates(raw: Mapping[str, Any], study: StudyLike, ensemble: Ensemble, source: Source) -> list[EstimateSpec]:
    """Every row that the entries of a study file stand for, checked against the study.

    Raises
    ------
    StudyError
        For the first thing that is wrong.
    """
    given = raw.get("estimates", [])
    if not isinstance(given, list):
        source.fail("estimates: write [[estimates]] tables")
    result: list[EstimateSpec] = []
    for number, entry in enumerate(given, start=1):
        where = _named(entry, number)
        if not isinstance(entry, Mapping):
            source.fail(f"{where}: a table is needed: write [[estimates]]")
        try:
            rows = list(expand(entry, study.experiment.word, {arm: study.words(arm) for arm in study.arms}))
        except ValueError as error:
            source.fail(f"{where}.{error}")
        for values in rows:
            spec: EstimateSpec = source.build(
                EstimateSpec, _with_its_digits(_in_general_words(values, study.experiment)), where
            )
            try:
                spec.check(study)
            except GuestError:
                raise
            except ValueError as error:
                source.fail(f"{where}.{error}")
            mark = resolved_mark(spec, raw, study.experiment, study.points, source)
            result.append(spec.model_copy(update={"calibrated": mark}))
    _check_precision(result, ensemble, source)
    return result


def _named(entry: Any, number: int) -> str:
    """Words for an entry: its name, which holds where rows of another study stand before it, or else its number."""
    name = entry.get("name") if isinstance(entry, Mapping) else None
    return f"estimates[{name}]" if isinstance(name, str) and name else f"estimates[{number}]"


def _check_precision(estimates: Sequence[EstimateSpec], ensemble: Ensemble, source: Source) -> None:
    """Refuse half-widths of estimates that are not there, or that have no interval to stop by."""
    names = [spec.name for spec in estimates]
    for name in ensemble.half_width_of or ():
        if name not in names:
            source.fail(f"ensemble.half_width_of: {name!r} given: no such estimate{nearest(name, names)}")
    if ensemble.half_width_of and ensemble.half_width is None:
        source.fail("ensemble.half_width: is missing: half_width_of names the estimates to which it applies")
    if ensemble.half_width is not None and not estimates:
        source.fail("ensemble.half_width: the study has no estimates to which it could apply")
    for spec in estimates:
        asked = ensemble.half_width is not None and (
            spec.name in ensemble.half_width_of if ensemble.half_width_of else spec.estimand.anytime
        )
        if (asked or spec.half_width is not None) and not spec.estimand.anytime:
            allowed = ", ".join(name for name, estimand in ESTIMANDS.items() if estimand.anytime)
            what = f"a {spec.statistic} has no interval on which to stop"
            source.fail(f"estimates: {spec.name!r}: half_width: {what}; allowed: {allowed}")
    if (ensemble.half_width or any(spec.half_width for spec in estimates)) and (
        ensemble.most_replicates < ensemble.replicates
    ):
        source.fail(
            f"ensemble.most_replicates: {ensemble.most_replicates} given; at least replicates = {ensemble.replicates}"
        )


def _in_general_words(values: Any, experiment: Experiment) -> Any:
    """An estimate may name its arm by what its experiment calls one: `law` where the section is `laws`."""
    own = experiment.word
    return {"arm" if key == own else key: value for key, value in values.items()} if own in values else values


def _with_its_digits(values: Any) -> Any:
    """An estimate whose published figure has the rounding of its digits, as written, as text, or in Python."""
    figure = values.get("published") if isinstance(values, Mapping) else None
    written = figure.text if isinstance(figure, WrittenFloat) else figure if isinstance(figure, str) else None
    if written is None and isinstance(figure, int | float) and not isinstance(figure, bool):  # from Python
        written = str(figure) if isinstance(figure, int) else repr(float(figure))
    if written is None:
        return values
    try:
        rounding = half_unit(written)
    except ArithmeticError:
        return values
    return {"rounding": rounding, **values, "published": float(written)}
