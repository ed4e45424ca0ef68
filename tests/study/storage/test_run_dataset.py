"""All numbers of a run as one dataset: where each stands, and NaN where an arm has none."""

import time
from dataclasses import replace
from types import SimpleNamespace

import h5py
import numpy as np
import pytest
from support.urn import URN, coordinates, draw, solve, study_of

from mfsolve.experiments.experiment import Output
from mfsolve.study.storage.run_dataset import Along, cells_of, dataset_of


def run_of(tmp_path, raw, experiment=URN):
    """A run whose file holds what the arms make: three replicates."""
    study = study_of({"ensemble": {"replicates": 3}, **raw}, experiment)
    with h5py.File(tmp_path / "run.h5", "w") as file:
        for point in study.points:
            group, arm = file.create_group(point.label), study.experiment.arm(point.case)
            rows = [arm.draw(point.case, point.seed, replicate, 1) for replicate in range(3)] if arm.draw else []
            for name in arm.drawn(point.case):
                group[name] = np.stack([row[name] for row in rows])
            for name, values in arm.solve(point.case, 1).items() if arm.solve else ():
                group[name] = values
    return SimpleNamespace(study=study, consolidated=tmp_path / "run.h5")


def test_every_arm_stands_at_every_place_of_the_grid(tmp_path):
    grid = {"parameters": {"share": [0.25, 0.5], "kind": ["plain", "odd"]}, "ways": {"size": [1, 2]}}
    run = run_of(
        tmp_path, {"title": "t", "ways": {"draws": {}, "counts": {}}, "grid": grid, "parameters": {"steps": 2}}
    )
    data = dataset_of(run)
    assert data.attrs == {"title": "t", "model": "urn"}
    assert data.sizes == {"arm": 2, "share": 2, "kind": 2, "size": 2, "replicate": 3, "time": 3, "colour": 2}
    assert data.red.dims == ("arm", "share", "kind", "size", "replicate", "time")
    assert (data.last.dims, data.exact.dims) == (data.red.dims[:-1], ("arm", "share", "kind", "size"))
    assert data.curve.dims == ("arm", "share", "kind", "size", "colour")
    assert data.red.attrs == {"units": "balls", "long_name": "red balls"}
    wanted = {"arm": ["draws", "counts"], "share": [0.25, 0.5], "kind": ["plain", "odd"], "size": [1, 2],
              "replicate": [0, 1, 2], "time": [0.0, 1.0, 2.0], "colour": [0.0, 1.0]}  # fmt: skip
    assert {name: data[name].values.tolist() for name in data.coords} == wanted
    for share in (0.25, 0.5):
        for size in (1, 2):
            here = data.sel(share=share, kind="odd", size=size)
            assert here.red.sel(arm="draws").values.tolist() == [[r + share * t for t in range(3)] for r in range(3)]
            assert here.exact.sel(arm="counts") == 10 * share
            assert here.curve.sel(arm="counts").values.tolist() == [10 * share, 10 - 10 * share]
    assert np.isnan(data.red.sel(arm="counts")).all()
    assert np.isnan(data.exact.sel(arm="draws")).all()


def test_rows_of_a_design_are_places_and_names_give_way(tmp_path):
    over = {"parameters": {"share": [0.25, 0.5, 0.5]}, "population": {"balls": [4, 8, 8]}}
    raw = {
        "ways": {"counts": {}},
        "design": {"kind": "zip", "over": over},
        "grid": {"parameters": {"wide": [[1], [1, 2]]}},
    }
    data = dataset_of(run_of(tmp_path, raw))
    assert data.exact.dims == ("arm", "wide", "place")
    assert data.exact.values.tolist() == [[[1.0, 4.0]] * 2]
    assert (data.share.dims, data.share.values.tolist()) == (("place",), [0.25, 0.5])
    assert (data.balls.dims, data.balls.values.tolist()) == (("place",), [4, 8])
    assert data.wide.values.tolist() == ["[1]", "[1, 2]"]
    assert "replicate" not in data.sizes
    cells = list(cells_of(run_of(tmp_path, raw).study))
    assert [cell.at for cell in cells] == [(0, 0, 0), (0, 0, 1), (0, 1, 0), (0, 1, 1)]


def test_paths_of_unlike_points_have_all_places(tmp_path):
    run = run_of(tmp_path, {"ways": {"both": {}}, "grid": {"parameters": {"steps": [1, 3]}}})
    data = dataset_of(run)
    assert data.time.values.tolist() == [0.0, 1.0, 2.0, 3.0]
    short = data.sel(steps=1, arm="both")
    assert short.red.values[:, :2].tolist() == [[r, r + 0.5] for r in range(3)]
    assert np.isnan(short.red.values[:, 2:]).all()
    assert data.sel(steps=3, arm="both").trend.values.tolist() == [0.0, 0.5, 1.0, 1.5]


def varied(colours):
    """The urn, whose colours are where a function of the case says."""
    places = {"coordinates": lambda case: {**coordinates(case), "colour": colours(case)}}
    return replace(URN, arms={name: replace(arm, **places) for name, arm in URN.arms.items()})


def test_a_dimension_whose_places_differ_counts_and_tells_them(tmp_path):
    urn = varied(lambda case: case.parameters.share * np.array([1.0, 2.0]))
    raw = {"ways": {"draws": {}, "counts": {}}, "grid": {"parameters": {"share": [0.25, 0.5]}}}
    data = dataset_of(run_of(tmp_path, raw, urn))
    assert (data.colour_at.dims, data.colour_at.attrs) == (("arm", "share", "colour"), {"long_name": "colour at"})
    assert data.colour_at.values.tolist() == [[[0.25, 0.5], [0.5, 1.0]]] * 2
    assert data.curve.sel(arm="counts", share=0.5).values.tolist() == [5.0, 5.0]
    assert "colour" not in data.coords


def test_an_output_along_other_dimensions_elsewhere_is_called_by_them(tmp_path):
    def solved(case):
        dims = ("colour",) if case.parameters.share > 0.3 else ("time",)
        return {"curve": Output(dims, "a curve", "balls"), "exact": Output((), "expected", "balls")}

    def made(case, threads):
        found = solve(case, threads)
        return {"exact": found["exact"], "curve": found["curve"] if case.parameters.share > 0.3 else found["trend"]}

    urn = replace(URN, arms={"counts": replace(URN.arms["counts"], solve=made, solved=solved)})
    raw = {"ways": {"counts": {}}, "grid": {"parameters": {"share": [0.25, 0.5]}}, "parameters": {"steps": 1}}
    data = dataset_of(run_of(tmp_path, raw, urn))
    assert set(data.data_vars) == {"curve_time", "curve_colour", "exact"}
    assert data.curve_time.values.tolist()[0][0] == [0.0, 0.25]
    assert np.isnan(data.curve_time.values[0, 1]).all()
    assert data.curve_colour.values.tolist()[0][1] == [5.0, 5.0]
    assert np.isnan(data.curve_colour.values[0, 0]).all()


@pytest.mark.parametrize(
    ("dim", "given", "places", "counted"),
    [
        ("colour", [[0, 1], [0, 1]], [0, 1], False),
        ("colour", [[0, 1], [0, 2]], [0, 1], True),
        ("colour", [[0, 1], [0, 1], [0, 2]], [0, 1], True),
        ("colour", [[5, 1], [0, 2, 7]], [0, 1, 2, 5, 7], False),
        ("time", [[0, 1], [0, 2]], [0, 1, 2], False),
    ],
)
def test_places_along_a_dimension(dim, given, places, counted):
    found = Along.of(dim, [{dim: np.array(values)} for values in given] + [{}], SimpleNamespace(experiment=URN))
    assert (found.places.tolist(), found.counted, found.size) == (places, counted, len(places))
    for values in given:
        where = found.positions(np.array(values)).tolist()
        assert where == (list(range(len(places))) if counted else [places.index(value) for value in values])


def test_the_makers_of_an_urn_agree():
    """Its outputs are those that it says it makes, along the dimensions that it says."""
    study = study_of({"ways": {"both": {}}, "record": {"map": True}})
    (point,) = study.points
    arm = study.experiment.arm(point.case)
    for outputs, made in (
        (arm.drawn(point.case), draw(point.case, 1, 2, 1)),
        (arm.solved(point.case), solve(point.case, 1)),
    ):
        assert outputs.keys() == made.keys()
        for name, output in outputs.items():
            assert made[name].shape == tuple(coordinates(point.case)[dim].size for dim in output.dims)


def looked_up(count):
    """Processor time of the cells of a design with so many places."""
    rows = [{"parameters.share": k / count, "parameters.steps": k} for k in range(count)]
    design = SimpleNamespace(places=lambda: rows, axes=("parameters.share", "parameters.steps"))
    study = SimpleNamespace(
        sweep=SimpleNamespace(grid={}, design=design), arms=["one"], places=lambda: iter(rows), find=lambda *place: None
    )
    begun = time.process_time()
    assert [cell.at for cell in cells_of(study)] == [(0, k) for k in range(count)]
    return time.process_time() - begun


def test_cells_take_time_in_proportion_to_their_number():
    """A design may have a hundred thousand rows, of which each was once sought among all."""
    few, many = (min(looked_up(count) for _ in range(3)) for count in (1500, 15_000))
    assert many < 30.0 * few  # of 10 times as many; 100 times where each is sought
