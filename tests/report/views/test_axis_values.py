"""Axes of a grid whose values are words, truth values or lists: reported, drawn, opened and exported like numbers."""

import matplotlib.pyplot as plt
import pytest

import mfsolve
from mfsolve.cli import main
from mfsolve.report.look import place_text
from mfsolve.report.rows import analyse
from mfsolve.report.views.grid import grid
from mfsolve.study.file.config import resolve
from mfsolve.study.file.source import StudyError
from mfsolve.study.storage.store import RunDirectory

AXES = {
    "words": ({"parameters": {"subsidy_base": ["generator", "pool"]}}, "closed_form", ["generator", "pool"]),
    "truth values": ({"policies": {"myopic": {"watermark": [True, False]}}}, "myopic", ["true", "false"]),
    "lists": ({"policies": {"schedule": {"subsidies": [[0.1, 0.25], [0, 1]]}}}, "schedule", ["[0.1, 0.25]", "[0, 1]"]),
}


def study(axis, design=False):
    grid, policy, _ = AXES[axis]
    given = {"design": {"kind": "zip", "over": grid}} if design else {"grid": grid}
    return {
        "model": "collapse",
        "population": {"producers": 30, "items": 2, "generations": 2},
        "policies": {policy: {"subsidies": [0.1, 0.1]} if policy == "schedule" else {}},
        "ensemble": {"replicates": 3, "seed": 3},
        "estimates": [{"name": "share", "quantity": "contamination", "policy": policy}],
        **given,
    }


@pytest.mark.parametrize("design", [False, True], ids=["grid", "design"])
@pytest.mark.parametrize("axis", AXES)
def test_a_run_along_such_an_axis_is_reported_and_drawn(axis, design, tmp_path, capsys):
    result = mfsolve.run(study(axis, design), out=tmp_path / "out", workers=1)
    name = next(iter(result.study.axes)).rpartition(".")[2]
    texts = AXES[axis][2]
    assert [row["place"] for row in result.summary["rows"]] == [f"{name} = {text}" for text in texts]
    directory = RunDirectory(result.path, result.study)
    (page,) = grid(directory, analyse(directory))
    drawing = page()
    assert [tick.get_text() for tick in drawing.axes[0].get_xticklabels()] == texts
    plt.close(drawing)
    assert len(result.table) == 2
    for command in (["show"], ["plot"], ["report"], ["diff", str(result.path)]):
        assert main([command[0], str(result.path), *command[1:]]) == 0
    assert main(["export", str(result.path), str(tmp_path / "all.csv")]) == 0
    assert repr(result)


def test_no_order_is_fitted_along_it():
    for axis in AXES:
        raw = study(axis)
        raw["estimates"][0] |= {"statistic": "order", "axis": axis_of(raw)}
        with pytest.raises(StudyError, match=r"axis: .* needs at least 3 positive values to fit an order"):
            mfsolve.run(raw, replicates=2)


def axis_of(raw):

    return next(iter(resolve({**raw, "estimates": []}, "a", "a").axes))


def test_places_in_words():
    assert place_text({"a.b": [0.1, [2, "x"]], "c": True, "d": 1e-7}) == "b = [0.1, [2, x]], c = true, d = 1e-07"
