"""What a process beside a run imports beforehand."""

import sys
from importlib.util import find_spec

import pytest

from mfsolve.commands.run_helper import REPORT, imports, process_beside
from mfsolve.report.look import preload
from mfsolve.study.execution.helper_process import helped
from mfsolve.study.statistics.estimands import ESTIMANDS


def asked(tmp_path, *statistics):
    study = tmp_path / "study.toml"
    entries = (
        f'[[estimates]]\nquantity = "x"\nstatistic = "{name}"\n' if name else "[[estimates]]\n" for name in statistics
    )
    study.write_text('model = "collapse"\n' + "".join(entries))
    calls = imports(str(study))
    assert calls[-1] is preload
    names = [call.args[0] for call in calls[:-1]]
    assert names[-len(REPORT) :] == list(REPORT)
    return names[: -len(REPORT)]


def test_the_libraries_of_the_statistics_that_a_study_reports_are_imported_once_each(tmp_path):
    assert asked(tmp_path) == []
    assert asked(tmp_path, "") == ["scipy.optimize"]  # a mean
    assert asked(tmp_path, "share", "quantile") == ["scipy.stats"]
    assert asked(tmp_path, "mean", "hac_slope") == ["scipy.optimize", "statsmodels.regression.linear_model"]


@pytest.mark.parametrize("name", [*REPORT, *sorted({estimand.library for estimand in ESTIMANDS.values()})])
def test_what_is_imported_is_there(name):
    assert find_spec(name)


@pytest.mark.parametrize("why", ["one worker", "a slice", "figures are imported", "it is finished"])
def test_there_is_no_process_where_it_has_nothing_to_do(tmp_path, monkeypatch, why):
    monkeypatch.delitem(sys.modules, "matplotlib", raising=False)
    if why == "figures are imported":
        monkeypatch.setitem(sys.modules, "matplotlib", object())
    if why == "it is finished":
        (tmp_path / "summary.json").touch()
    begun = []
    monkeypatch.setattr("mfsolve.commands.run_helper.helper_process", lambda *calls: begun.append(calls) or _Nothing())
    study = tmp_path / "study.toml"
    with process_beside(study, tmp_path, 1 if why == "one worker" else 2, (1, 2) if why == "a slice" else None):
        assert not helped()
    assert not begun
    (tmp_path / "summary.json").unlink(missing_ok=True)
    monkeypatch.delitem(sys.modules, "matplotlib", raising=False)
    with process_beside(study, tmp_path, 2, None):
        assert len(begun) == 1


class _Nothing:
    def __enter__(self):
        return self

    def __exit__(self, *error):
        return None
