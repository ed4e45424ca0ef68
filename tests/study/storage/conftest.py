import json

import numpy as np
import pytest
from support.urn import at_home, study_of

from mfsolve.study.blocks import Block
from mfsolve.study.origin.fingerprint import statistics_fingerprint
from mfsolve.study.origin.software import software
from mfsolve.study.storage.records import with_hash
from mfsolve.study.storage.shards import write_shard, write_solved
from mfsolve.study.storage.store import RunDirectory

WAYS = {"draws": {}, "both": {}}
RAW = {"title": "an urn", "ways": WAYS, "parameters": {"steps": 2}, "ensemble": {"replicates": 5, "seed": 3}}


@pytest.fixture
def urn(tmp_path):
    return at_home(tmp_path)


@pytest.fixture
def opened(urn, tmp_path):
    """A folder in which the study was begun, and how another study, or the same, asks for it."""

    def directory(**changes):
        raw = {**RAW, **{key: value for key, value in changes.items() if key != "ensemble"}}
        raw["ensemble"] = {**RAW["ensemble"], **changes.get("ensemble", {})}
        return RunDirectory(tmp_path / "out", study_of(raw, urn))

    directory().open()
    return directory


@pytest.fixture
def finished(opened):
    """A run directory whose replicates are joined."""
    directory = opened()
    study, made = directory.study, software(directory.study.experiment)
    for point in study.points:
        arm = study.experiment.arm(point.case)
        rows = [arm.draw(point.case, point.seed, replicate, 1) for replicate in range(5)]
        block = Block(5, {name: np.stack([row[name] for row in rows]) for name in rows[0]})
        write_shard(directory.shards, point.key, 0, block, arm.drawn(point.case), made)
        if arm.solve:
            write_solved(directory.shards, point.key, arm.solve(point.case, 1), arm.solved(point.case), made)
    found, complaints = directory.scan()
    assert (len(found), complaints) == (3, [])
    directory.consolidate(found)
    directory.summary.write_text(
        json.dumps(with_hash({"statistics": statistics_fingerprint(), "study": study.resolved}))
    )
    return directory
