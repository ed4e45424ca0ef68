"""Experiments as a floor: every arm keeps the contract that studies, storage and reports rely on."""

from dataclasses import replace

import numpy as np
import pytest
from support.toy import write_toy

from mfsolve.experiments import NAMES, load
from mfsolve.experiments.experiment import Arm, Case, Experiment, Output
from mfsolve.models.frozen import Frozen, Nothing
from mfsolve.models.quantities import Quantity
from mfsolve.study.blocks import Block, draw_block
from mfsolve.study.file.config import load_study
from mfsolve.study.file.shipped import shipped_studies
from mfsolve.study.file.toml_text import read_toml


class One(Frozen):
    """Settings of one arm."""


class Two(Frozen):
    """Settings of another."""


EXPERIMENT = Experiment(
    name="test", title="a test", parameters=Nothing,
    arms={
        "one": Arm(One, draw=lambda *_: {"x": np.zeros(2)}, drawn=lambda case: {"x": Output(("time",), "x")}),
        "again": Arm(One, solve=lambda *_: {"y": np.zeros(())}, solved=lambda case: {"y": Output((), "y")}),
        "two": Arm(Two),
    },
)  # fmt: skip


def test_an_arm_is_found_by_its_name_or_else_by_its_settings():
    assert EXPERIMENT.arm(Case(None, Two(), None, None)) is EXPERIMENT.arms["two"]
    assert EXPERIMENT.arm(Case(None, One(), None, None)) is EXPERIMENT.arms["one"]
    assert EXPERIMENT.arm(Case(None, One(), None, None, "again")) is EXPERIMENT.arms["again"]
    assert list(EXPERIMENT.outputs(Case(None, One(), None, None, "again"))) == ["y"]
    assert EXPERIMENT.reference(Case(None, Two(), None, None)) == {}


def test_an_output_of_a_quantity_keeps_its_words_and_takes_views():
    output = Output.of(Quantity(("time",), "a price", "money"), panel="prices")
    assert (output.dims, output.long_name, output.units, output.panel) == (("time",), "a price", "money", "prices")


def test_an_unknown_experiment_is_told_the_nearest_one():
    with pytest.raises(ValueError, match="did you mean collapse"):
        load("colapse")


@pytest.mark.parametrize("name", NAMES)
def test_names_agree_and_toys_are_settings_that_exist(name):
    experiment = load(name)
    assert experiment.name == name
    assert "MODEL" not in experiment.title
    kinds = {"parameters": experiment.parameters, "population": experiment.population, "record": experiment.record}
    for place in experiment.toy:
        section, _, key = place.removeprefix("grid.").partition(".")
        assert key in kinds[section].model_fields, place
    for arm in experiment.arms.values():
        assert arm.draw is not None or arm.solve is not None
        assert set(arm.toy) <= set(arm.settings.model_fields)


@pytest.mark.parametrize("name", sorted(shipped_studies()))
def test_dimensions_of_every_output_have_coordinates(name, tmp_path):
    study = load_study(write_toy(shipped_studies()[name], tmp_path))
    experiment = study.experiment
    for point in study.points:
        arm, coordinates = experiment.arm(point.case), experiment.coordinates(point.case)
        drawn, solved = arm.drawn(point.case), arm.solved(point.case)
        assert not set(drawn) & set(solved)
        assert not drawn or arm.draw is not None
        assert not solved or arm.solve is not None
        for output_name, output in (drawn | solved).items():
            assert set(output.dims) <= set(coordinates), output_name
            assert experiment.path is None or experiment.path not in output.dims[1:], output_name
            assert set(output.within) <= set(drawn | solved), output_name


def offers_many(study):
    """True where an arm of the experiment that a study file names, one of those here, can draw side by side."""
    model = read_toml(study)["model"]
    return model in NAMES and any(arm.draw_many is not None for arm in load(model).arms.values())


@pytest.mark.parametrize("name", sorted(name for name, study in shipped_studies().items() if offers_many(study)))
def test_replicates_side_by_side_are_those_drawn_one_by_one(name, tmp_path):
    """An arm of a study that offers `draw_many` returns the bits of `draw`, however many at a time, on any threads."""
    study = load_study(write_toy(shipped_studies()[name], tmp_path))
    seen = set()
    for point in study.points:
        arm = study.experiment.arm(point.case)
        if not arm.at_once(point.case) or (point.arm, repr(point.case.arm)) in seen:
            continue
        seen.add((point.arm, repr(point.case.arm)))
        one_by_one = draw_block(replace(arm, draw_many=None), point.case, point.seed, range(3, 9))
        for replicates, threads in ((range(3, 9), 1), (range(3, 9), 2), (range(4, 6), 1)):
            together = arm.draw_many(point.case, point.seed, replicates, threads)
            assert together.keys() == one_by_one.arrays.keys()
            for key, values in together.items():
                expected = one_by_one.arrays[key][replicates.start - 3 : replicates.stop - 3]
                assert (values.shape, values.tobytes()) == (expected.shape, expected.tobytes()), key


def test_a_block_is_cut_into_calls_and_ends_where_it_is_told_to():
    """Replicates 5..11, three to a call, until the second call: the first six, as one by one."""
    asked = []

    def draw_many(case, seed, replicates, threads):
        asked.append(replicates)
        return {"x": 10.0 * np.array(replicates)[:, None] + np.arange(2)}

    def draw(case, seed, replicate, threads):
        return {"x": 10.0 * replicate + np.arange(2)}

    arm = Arm(One, draw=draw, draw_many=draw_many, side_by_side=lambda case: 3)
    case = Case(None, One(), None, None)
    block = draw_block(arm, case, 1, range(5, 12), stopped=lambda: len(asked) == 2)
    assert asked == [range(5, 8), range(8, 11)]
    assert block.count == 6
    assert np.array_equal(block.column("x", 1), 10.0 * np.arange(5, 11) + 1)
    singly = draw_block(replace(arm, side_by_side=lambda case: 0), case, 1, range(5, 12))
    whole = draw_block(arm, case, 1, range(5, 12))
    assert whole.arrays["x"].tobytes() == singly.arrays["x"].tobytes()
    assert draw_block(arm, case, 1, range(5, 12), stopped=lambda: True) == Block(0, {})
    asked.clear()
    few = draw_block(arm, case, 1, range(5, 12), one_by_one=True)
    assert not asked  # one by one
    assert all(few.arrays[name].tobytes() == values.tobytes() for name, values in whole.arrays.items())
    assert Block(0, {}).column("x", 1).size == 0
