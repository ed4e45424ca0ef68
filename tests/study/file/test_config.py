import itertools
import re

import pytest
import tomli_w

from mfsolve.study.file.config import load_study
from mfsolve.study.file.source import StudyError
from mfsolve.study.file.toml_text import read_toml

BAD = {
    "unknown section": ("[parameter]\n", r"parameter: unknown key; did you mean parameters\?"),
    "setting without its section": ("imitation = 0.5\n", r"imitation: unknown key; did you mean parameters\.imitation\?"),
    "unknown parameter": ("[parameters]\nvariance_rati = 0.5\n", r"parameters\.variance_rati: .*did you mean variance_ratio\?"),
    "out of range": ("[parameters]\ninitial_contamination = 1.2\n", r"parameters\.initial_contamination: 1\.2 given; .*\[0, 1\]"),
    "zero curvature": ("[parameters]\ncost_curvature = 0\n", r"parameters\.cost_curvature: 0 given; allowed: \[1e-30, 1e\+30\]$"),
    "not a number": ("[parameters]\nvariance_ratio = nan\n", r"parameters\.variance_ratio: "),
    "number as text": ('[parameters]\nvariance_ratio = "0.5"\n', r"parameters\.variance_ratio: '0\.5' given: a number is needed.*\(0, 1\]"),
    "truth as number": ("[parameters]\nimitation = true\n", r"parameters\.imitation: True given: a number is needed"),
    "no producers": ("[population]\nproducers = 0\n", r"population\.producers: 0 given; .*\[1, "),
    "half an item": ("[population]\nitems = 2.5\n", r"population\.items: 2\.5 given"),
    "one item": ("[population]\nproducers = 1\nitems = 1\n", r"population: producers \* items must be at least 2"),
    "unknown sampling": ('[population]\nsampling = "item"\n', r"population\.sampling: 'item' given"),
    "label of a dot": ('[policies."."]\nrule = "none"\n', r"policies\.'\.': a label needs letters or digits"),
    "no label": ('[policies.""]\nrule = "none"\n', r"policies\.'': a label needs letters or digits"),
    "control character": ('[policies."a\\u0007"]\nrule = "none"\n', r"policies\.'a\\x07': a label needs letters"),
    "unknown policy": ("[policies.closed_from]\n", r"policies\.closed_from: unknown rule 'closed_from'; did you mean closed_form\?"),
    "policy without setting": ("[policies.fixed]\n", r"policies\.fixed\.subsidy: is missing"),
    "policy setting": ("[policies.fixed]\nsubsidy = 2\n", r"policies\.fixed\.subsidy: 2 given; .*\[0, 1\]"),
    "same policy twice": ('[policies.none]\n[policies.again]\nrule = "none"\n', r"none and again are the same point"),
    "grid key": ("[grid]\nparameters.imitatio = [1]\n", r"grid\.parameters\.imitatio: unknown key; did you mean imitation\?"),
    "grid section": ("[grid]\nimitation = [1]\n", r"grid\.imitation: unknown key; write parameters\.NAME or population\.NAME or policies\.NAME"),
    "grid twice": ("[grid]\nparameters.imitation = [0.5, 0.5]\n", r"grid\.parameters\.imitation: 0\.5 given twice"),
    "grid value": ("[grid]\nparameters.variance_ratio = [0.5, 1.5]\n", r"grid: at .*variance_ratio.*: 1\.5 given"),
    "grid scalar": ("[grid]\nparameters.imitation = 0.5\n", r"grid\.parameters\.imitation: 0\.5 given: a list"),
    "replicates": ("[ensemble]\nreplicates = 0\n", r"ensemble\.replicates: 0 given; .*\[1, "),
    "level": ("[ensemble]\nlevel = 95\n", r"ensemble\.level: 95 given; .*\[0.01, 1\)"),
    "snapshot too late": ("[record]\nsnapshots = [11]\n", r"snapshots: 11 given; allowed: \[1, 10\]"),
    "snapshot without items": ('[record]\nsnapshots = [1]\n[population]\nsampling = "statistics"\n', r"snapshots: .*sampling"),
    "kind": ('kind = "convergense"\n', r"kind: 'convergense' given; allowed: ensemble, convergence"),
    "convergence of nothing": ('kind = "convergence"\n', r"kind: 'convergence' needs an estimate along an axis"),
    "figure": ('figures = ["path"]\n', r"figures: 'path' given: unknown figure; did you mean paths\?"),
    "quantity": ('[[estimates]]\nname="x"\nquantity="contaminatio"\n', r"estimates\[x\]\.quantity: 'contaminatio' given: .*contamination\?"),
    "no quantity": ('[[estimates]]\nname="x"\n', r"estimates\[x\]\.quantity: is missing"),
    "gain without baseline": ('[[estimates]]\nname="x"\nquantity="quality"\nstatistic="gain"\n', r"estimates\[x\].*baseline is missing"),
    "generation": ('[[estimates]]\nname="x"\nquantity="quality"\nat=11\n', r"at: 11 given; allowed \(generation\): \[0, 10\]"),
    "published and prediction": ('[[estimates]]\nname="x"\nquantity="quality"\npublished=1\nprediction=1\n', r"exclude each other"),
    "order without grid": ('[[estimates]]\nname="x"\nquantity="quality"\nstatistic="order"\naxis="population.producers"\n', r"axis: 'population\.producers' given: unknown"),
    "slope without path": ('[record]\ntrajectories=false\n[[estimates]]\nname="x"\nquantity="quality"\nstatistic="slope"\nagainst="exposure"\n', r"a slope needs a path of at least 4"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_study_is_one_line_naming_file_key_and_remedy(tmp_path, name):
    text, expected = BAD[name]
    path = tmp_path / "bad.toml"
    lines = text.splitlines(keepends=True)
    top = list(itertools.takewhile(lambda line: not line.startswith("["), lines))
    path.write_text('model = "collapse"\n' + "".join(top) + "".join(lines[len(top) :]))
    with pytest.raises(StudyError) as caught:
        load_study(path)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(str(path))
    assert re.search(expected, message), message


def test_missing_and_unknown_model(tmp_path):
    path = tmp_path / "s.toml"
    path.write_text("title = 'x'\n")
    with pytest.raises(StudyError, match="model: is missing"):
        load_study(path)
    path.write_text('model = "colapse"\n')
    with pytest.raises(StudyError, match=r"model: 'colapse' given: unknown; did you mean collapse\?"):
        load_study(path)


def test_not_toml_and_not_there(tmp_path):
    path = tmp_path / "s.toml"
    with pytest.raises(StudyError, match="No such file"):
        load_study(path)
    path.write_text("model = = 3\n")
    with pytest.raises(StudyError, match=r"not valid TOML.*line 1"):
        load_study(path)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(StudyError, match="not a UTF-8"):
        load_study(path)


def test_resolved_study_is_a_study_file_for_the_same_points(study_file, tmp_path):
    study = load_study(study_file)
    copy = tmp_path / "copy.toml"
    copy.write_text(tomli_w.dumps(dict(study.resolved)))
    again = load_study(copy)
    assert [p.key for p in again.points] == [p.key for p in study.points]
    assert again.resolved == {**study.resolved}


def test_settings_override_and_types(study_file):
    study = load_study(
        study_file, ["parameters.imitation=0.5", "population.sampling=statistics", "record.snapshots=[]"]
    )
    case = study.points[0].case
    assert case.parameters.imitation == 0.5
    assert case.population.sampling == "statistics"
    with pytest.raises(StudyError, match="KEY=VALUE"):
        load_study(study_file, ["imitation"])
    with pytest.raises(StudyError, match="not a table"):
        load_study(study_file, ["title.x=1"])


def test_key_depends_on_everything_that_decides_numbers_and_nothing_else(study_file):
    base = load_study(study_file).points[0].key
    for setting in (
        "ensemble.seed=8",
        "parameters.imitation=0.5",
        "population.items=5",
        "record.snapshots=[1]",
    ):
        assert load_study(study_file, [setting]).points[0].key != base, setting
    for setting in ("ensemble.replicates=99", "ensemble.level=0.9", "title='other'"):
        assert load_study(study_file, [setting]).points[0].key == base, setting


def test_random_numbers_are_shared_as_asked(study_file):
    axis = "grid.parameters.imitation=[0.4, 0.6]"

    def seeds(sharing):
        study = load_study(study_file, [axis, f"ensemble.common_random_numbers={sharing}"])
        return {(p.arm, p.coordinates["parameters.imitation"]): p.seed for p in study.points}

    assert len(set(seeds("all").values())) == 1
    policies = seeds("policies")
    assert policies["none", 0.4] == policies["closed_form", 0.4] != policies["none", 0.6]
    assert len(set(seeds("none").values())) == 4
    wider = load_study(study_file, ["grid.parameters.imitation=[0.2, 0.4]"])
    assert next(p.seed for p in wider.points if p.coordinates["parameters.imitation"] == 0.4) == policies["none", 0.4]


def test_grid_is_the_product_in_order(study_file):
    study = load_study(study_file, ["grid.parameters.imitation=[0.4, 0.6]", "grid.population.producers=[10, 20, 30]"])
    assert len(study.points) == 2 * 3 * 2
    assert study.points[0].label == "none/imitation=0.4,producers=10"
    assert len({p.key for p in study.points}) == 12


def test_read_toml_of_every_kind_of_value(tmp_path):
    path = tmp_path / "t.toml"
    path.write_text("a = 1\nb.c = [1, 2]\n")
    assert read_toml(path) == {"a": 1, "b": {"c": [1, 2]}}


def test_a_statistic_by_the_name_that_others_have_for_it(tmp_path):
    path = tmp_path / "s.toml"
    for given, meant in (("proportion", "share"), ("median", "quantile"), ("average", "mean"), ("shares", "share")):
        row = f'[[estimates]]\nname = "x"\nquantity = "quality"\npolicy = "none"\nstatistic = "{given}"\n'
        path.write_text(f'model = "collapse"\n[policies.none]\n{row}')
        with pytest.raises(StudyError, match=rf"{given}.*did you mean {meant}\?"):
            load_study(path)
