"""Sensitivities of a study, from its design to the table and the tornado."""

import json

import pytest

from mfsolve.commands import run as commands

STUDY = """
title = "what matters"
model = "collapse"
figures = ["tornado"]
[population]
producers = 200
items = 4
generations = 3
[policies.none]
[policies.fixed]
subsidy = 0.2
[design]
kind = "{kind}"
points = 16
[design.over]
parameters.imitation = [0.1, 0.9]
parameters.cost_curvature = {{ range = [0.1, 1.0], scale = "log" }}
policies.fixed.subsidy = [0.0, 0.4]
[ensemble]
replicates = 6
[[estimates]]
quantity = "contamination"
policy = ["none", "fixed"]
"""
WORDS = {
    "saltelli": "total Sobol index",
    "morris": "μ* of the elementary effects",
    "one_at_a_time": "at the highest value",
}


@pytest.mark.parametrize(
    "kind", ["one_at_a_time", *(pytest.param(kind, marks=pytest.mark.slow) for kind in ("saltelli", "morris"))]
)
def test_settings_are_ranked_in_table_and_figure(tmp_path, kind, capsys):
    path = tmp_path / "s.toml"
    path.write_text(STUDY.format(kind=kind))
    assert commands.run(str(path), out=str(tmp_path / "out"), workers=1) == 0
    assert "Sensitivity" in capsys.readouterr().out
    summary = json.loads((tmp_path / "out/summary.json").read_text())
    none, fixed = summary["sensitivity"]
    assert (none["name"], fixed["name"], none["kind"]) == ("no policy", "fixed", kind)
    word = WORDS[kind]
    for found in (none, fixed):
        assert list(found["axes"]) == ["parameters.imitation", "parameters.cost_curvature", "policies.fixed.subsidy"]
        assert all(word in numbers for numbers in found["axes"].values())
    # no policy does not depend on the subsidy of another
    subsidy = none["axes"]["policies.fixed.subsidy"][word]["value"]
    assert subsidy == (none["base"]["value"] if kind == "one_at_a_time" else pytest.approx(0.0, abs=0.05))
    if kind == "one_at_a_time":
        ends = [e["value"] for e in none["axes"]["parameters.imitation"].values()]
        assert ends[0] < none["base"]["value"] < ends[1]
    assert summary["figures"] == ["tornado.png", "tornado.pdf"]
    assert "| parameters" not in (tmp_path / "out/table.md").read_text()
    assert "Sensitivity" in (tmp_path / "out/table.md").read_text()
