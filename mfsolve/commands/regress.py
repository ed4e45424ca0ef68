"""`mfsolve regress`: the collapse law fitted to a user's own measurements."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mfsolve.data.measurements import Measurements, read
from mfsolve.report.look import COLOURS, MARKERS, new_figure, save
from mfsolve.study.config import StudyError

if TYPE_CHECKING:
    from mfsolve.inference.regression import Regression


def regress(
    csv_file: str, structural: float | None, lags: int | None, level: float, plot: str | None, as_json: bool
) -> int:
    """Fit the collapse law to measurements, print the fit and draw it.

    Raises
    ------
    StudyError
        For a file or an option that cannot be used.
    """
    from mfsolve.inference.regression import collapse_law

    path = Path(csv_file)
    if not 0.0 < level < 1.0:
        raise StudyError(f"--level: {level:g} given; allowed: (0, 1)")
    data = read(path)
    try:
        fit = collapse_law(
            data.generation, data.contamination, data.log_quality, data.run,
            log_quality_error=data.standard_error, lags=lags, level=level,
        )  # fmt: skip
    except ValueError as error:
        raise StudyError(f"{path}: {error}") from None
    test = None if structural is None else {"structural": structural, "p_value": fit.p_value(structural)}
    figure = Path(plot) if plot else path.with_suffix(".png")
    if figure.suffix not in (".png", ".pdf"):
        raise StudyError(f"--plot {figure}: a file ending in .png or .pdf is needed")
    files = draw(data, fit, structural, figure.with_suffix(""))
    if as_json:
        result = {**fit.to_dict(), "test": test, "figures": [str(file) for file in files]}
        print(json.dumps(result, indent=2, allow_nan=False))
        return 0
    _print(path, fit, test, files)
    return 0


def _print(path: Path, fit: "Regression", test: dict[str, float] | None, files: list[Path]) -> None:
    print(f"{path}: -(ln Q_t - ln Q_0) on cumulated contamination^2, through the origin")
    print(f"  slope        {fit.slope:.5g}   (robust standard error {fit.standard_error:.3g})")
    print(f"  {100 * fit.level:g} % interval [{fit.low:.5g}, {fit.high:.5g}]")
    print(f"  R^2          {fit.r_squared:.4f} centred, {fit.r_squared_uncentered:.4f} about zero")
    print(
        f"  data         {fit.observations} generations in {fit.runs} run{'s' if fit.runs > 1 else ''}, {fit.lags} lags"
    )
    if test is not None:
        verdict = "contradicted" if test["p_value"] < 1.0 - fit.level else "not contradicted"
        print(f"  slope {test['structural']:g}: p = {test['p_value']:.3g}, {verdict}")
    print(f"  figure       {', '.join(str(file) for file in files)}")


def draw(data: Measurements, fit: "Regression", structural: float | None, stem: Path) -> list[Path]:
    """Measurements, fitted line with its interval, and the structural line."""
    drawing, axes = new_figure(1, 1, 6.4, 4.6)
    axis: Any = axes.flat[0]
    top = 0.0
    for i, run in enumerate(dict.fromkeys(data.run)):
        mine = np.flatnonzero(data.run == run)
        mine = mine[np.argsort(data.generation[mine])]
        squares = data.contamination[mine] ** 2
        exposure = np.cumsum(squares) - squares[0]
        loss = data.log_quality[mine[0]] - data.log_quality[mine]
        error = None if data.standard_error is None else data.standard_error[mine]
        axis.errorbar(exposure, loss, error, fmt=MARKERS[i % 8], color=COLOURS[i % 8], label=run or "measurements")
        top = max(top, float(exposure.max()))
    reach = np.linspace(0.0, 1.03 * top, 50)
    axis.plot(reach, fit.slope * reach, "-", color="black", label=f"slope {fit.slope:.4g}")
    text = f"{100 * fit.level:g} % interval [{fit.low:.3g}, {fit.high:.3g}]"
    axis.fill_between(reach, fit.low * reach, fit.high * reach, color="black", alpha=0.15, lw=0, label=text)
    if structural is not None:
        axis.plot(reach, structural * reach, ":", color="black", label=f"structural {structural:g}")
    axis.set(
        xlabel="cumulated squared contamination, after the first generation",
        ylabel="fall of log quality",
        title=f"collapse law, R² = {fit.r_squared:.3f}",
    )
    axis.legend(frameon=False, fontsize=8)
    return save(drawing, stem)
