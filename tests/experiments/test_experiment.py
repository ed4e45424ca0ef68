"""Experiments as a floor: every arm keeps the contract that studies, storage and reports rely on."""

import numpy as np
import pytest
from support.toy import write_toy

from mfsolve.claims import shipped_studies
from mfsolve.experiments import NAMES, load
from mfsolve.experiments.experiment import Arm, Case, Experiment, Output
from mfsolve.models.frozen import Frozen, Nothing
from mfsolve.models.quantities import Quantity
from mfsolve.study.config import load_study


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
