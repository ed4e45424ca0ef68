"""Slopes along the path: every interval that a verdict rests on is drawn, and named."""

import numpy as np
import pytest
from support.memory_run import MemoryRun

from mfsolve.experiments.experiment import Output
from mfsolve.report.rows import Row, estimated
from mfsolve.report.sample import Stored
from mfsolve.report.views.regression import regression
from mfsolve.study.statistics.estimate_spec import EstimateSpec
from mfsolve.study.statistics.sample import regression_of_mean_path

OUTPUTS = {"loss": Output(("time",), "loss"), "share": Output(("time",), "cumulated share")}


@pytest.mark.parametrize("statistic", ["slope", "hac_slope"])
def test_the_interval_of_the_replicates_stands_beside_that_of_the_mean_path(statistic):
    run = MemoryRun({"a": OUTPUTS}, path="time", sizes={"time": np.arange(9.0)}, replicates=20)
    run.data["a", "share"] = np.tile(np.arange(9.0) / 8.0, (20, 1))
    run.data["a", "loss"] = run.data["a", "share"] ** 2 + 0.01 * run.data["a", "loss"]
    spec = EstimateSpec(name="slope", statistic=statistic, quantity="loss", against="share", arm="a")
    run.study.estimates = [spec]
    sample = Stored(run, spec, {})
    found, fit = estimated(sample), regression_of_mean_path(spec, sample)
    row = Row("slope", "", statistic, "loss", "a", None, None, None, found, None, False)
    (axis,) = regression(run, [row]).axes
    reach = axis.lines[1].get_xdata()[-1]
    bands = [path.vertices for area in axis.collections for path in area.get_paths()]
    ends = [np.sort(band[band[:, 0] == reach][:, 1])[[0, -1]] / reach for band in bands]
    expected = [(fit.low, fit.high), (found.low, found.high)][: 2 if statistic == "slope" else 1]
    np.testing.assert_allclose(ends, expected, rtol=1e-9)
    names = [text for text in axis.get_legend_handles_labels()[1] if "interval" in text]
    assert [name.split(" [")[0] for name in names] == [
        "95 % HAC interval of the mean path",
        "95 % interval of the replicates' slopes",
    ][: len(expected)]
