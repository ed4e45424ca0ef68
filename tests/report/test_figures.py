"""Figures of shipped studies at toy size: recorded ones show every view, and all keep to the rules.

`tests/test_runs.py` holds the figures of its toy runs against `figures/STUDY.txt`, which `python -m support.figures
STUDY...` writes from `tests/`. A change that is meant to be seen records them anew.
"""

import pytest
from support import figures

from mfsolve.study.file.settings import Figure
from mfsolve.study.file.shipped import shipped_studies

RECORDED = {path.stem: path.read_text(encoding="utf-8") for path in figures.FOLDER.glob("*.txt")}
ELSEWHERE = {Figure.TORNADO}
"""Views that no shipped study has; a test of their own draws them."""


def test_recorded_figures_are_of_shipped_studies_and_show_every_view():
    assert set(RECORDED) <= set(shipped_studies())
    shown = {line[3:].split("-")[0] for text in RECORDED.values() for line in text.splitlines() if line[:3] == "== "}
    assert shown == {str(view) for view in Figure} - {str(view) for view in ELSEWHERE}


@pytest.mark.slow
@pytest.mark.exhaustive
@pytest.mark.parametrize("name", sorted(set(shipped_studies()) - set(RECORDED)))
def test_figures_of_every_study_keep_to_the_rules(name):
    assert figures.figures_of(name).faults == []
