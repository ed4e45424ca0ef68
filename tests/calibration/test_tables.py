"""The tables of a calibration, from a summary as it is stored."""

import numpy as np
from support import figures

from mfsolve.calibration import tables

ESTIMATE = {"value": 0.65, "standard_error": 0.01, "low": 0.63, "high": 0.67}
MOMENT = {
    "name": "contamination", "target": 0.78, "simulated": 0.76, "percent": False, "low": 0.74, "high": 0.79, "deviation": 1.5,
    "t": None, "j_without": {"statistic": None, "p_value": None}, "hit": True, "fitted": True,
}  # fmt: skip
SUMMARY = {
    "title": "one | market", "level": 0.95, "replicates": 8,
    "parameters": [{"name": "parameters.imitation", "range": [0.2, 1.2], "scale": "log", "start": None, "estimate": ESTIMATE}],
    "moments": [MOMENT, {**MOMENT, "name": "gain", "percent": True, "hit": False, "fitted": False, "t": -2.0}],
    "j": {"statistic": None, "degrees_of_freedom": 0, "p_value": None},
    "identification": {"rank": 1, "condition": 1.0}, "search": {"evaluations": 57}, "notes": ["mind the gap"],
}  # fmt: skip


def test_cells_of_both_tables():
    titles, (line,) = tables.parameter_table(SUMMARY)
    assert dict(zip(titles, line)) == {
        "parameter": "parameters.imitation", "range": "[0.2, 1.2], log", "study": "–", "estimate": "0.650",
        "standard error": "0.01", "95 % interval": "[0.630, 0.670]",
    }  # fmt: skip
    titles, lines = tables.moment_table(SUMMARY)
    assert [dict(zip(titles, line))["verdict"] for line in lines] == ["hit", "missed (not fitted)"]
    assert [dict(zip(titles, line))["target"] for line in lines] == ["0.78", "78 %"]


def test_markdown_escapes_bars_and_ends_with_the_notes():
    text = tables.markdown(SUMMARY)
    assert text.startswith("# one | market: calibration\n")
    assert "No J test: as many parameters as moments." in text
    assert text.endswith("Note: mind the gap.\n")


def test_lower_edge_is_below_every_point_and_falls_to_the_best():
    x = np.array([3.0, 1.0, 2.0, 4.0, 5.0, 2.0])
    y = np.array([1.0, 4.0, 6.0, 3.0, 2.0, 3.0])
    edge_x, edge_y = tables._lower_edge(x, y)
    assert edge_x.tolist() == [1.0, 2.0, 3.0, 5.0]
    assert edge_y.tolist() == [4.0, 3.0, 1.0, 2.0]


def test_no_title_is_cut_off(monkeypatch, tmp_path):
    """A study's title ran out of the figure of the moments on both sides."""
    watch = figures.Watch()
    monkeypatch.setattr(tables, "save", watch.save)
    long = SUMMARY | {"title": "A market of creators and collapse, fitted to what two surveys and a panel " * 3}
    long["moments"] = [{**moment, "error": 0.0125} for moment in SUMMARY["moments"]]
    tables.draw(
        long, {"parameters.imitation": np.linspace(0.2, 1.2, 9), "distance": np.linspace(1.0, 2.0, 9)}, tmp_path
    )
    assert set(watch.texts) == {"moments", "profile"}
    assert [fault for fault in watch.faults if "cut off" in fault] == []
