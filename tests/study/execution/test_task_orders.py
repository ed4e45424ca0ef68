"""Orders on their way to a worker, and what comes back."""

import pickle

from support.urn import Parameters, study_of

from mfsolve.study.execution import packed_case
from mfsolve.study.execution.pending_tasks import Part
from mfsolve.study.execution.task_orders import Outcome, TaskOrder


def test_an_order_travels_with_its_case_and_looks_for_a_user_s_model_beside_the_run(tmp_path, monkeypatch):
    case = study_of({"parameters": {"steps": 7}}).points[0].case
    attributes, place = {"code": "c"}, str(tmp_path / "out/shards")
    order = TaskOrder("urn", case, "0" * 16, 5, 3, 9, False, place, 2, attributes, ("red", 1), "mark", 2.5)
    loaded = []
    monkeypatch.setattr(packed_case, "load", lambda *given: loaded.append(given))
    there = pickle.loads(pickle.dumps(order))
    assert there == order
    assert there.case.parameters == Parameters(steps=7)
    assert loaded == [("urn", tmp_path / "out")] * 2  # before its settings are packed, and before they are unpacked
    assert order.part == Part("0" * 16, 3, 9, False)
    assert (Outcome(3, 0.5).cannot_store, Outcome(3, 0.5).failure) == (False, None)
