"""The source that every complaint names, and the digest of plain data."""

import hashlib

import pytest
from support.urn import Parameters

from mfsolve.study.file.source import Source, StudyError, digest


def test_complaints_open_with_the_file(tmp_path):
    source = Source("a/s.toml")
    with pytest.raises(StudyError, match=r"^a/s\.toml: no$"):
        source.fail("no")
    assert source.build(Parameters, {"steps": 3}, "parameters") == Parameters(steps=3)
    for values, said in (
        (3, "parameters: a table is needed"),
        ({"steps": 0}, "parameters.steps: 0 given; "),
        ({"stps": 3}, "parameters.stps: unknown key; did you mean steps?"),
    ):
        with pytest.raises(StudyError) as caught:
            source.build(Parameters, values, "parameters")
        assert str(caught.value).startswith(f"a/s.toml: {said}")
    with pytest.raises(StudyError, match=r"^a/s\.toml: parameters: all wrong$"):
        source.build(Whole, {}, "parameters")


class Whole(Parameters):
    """Settings that are wrong as a whole."""

    def __init__(self, **values):
        raise ValueError("Whole: all wrong")


def test_a_digest_is_that_of_plain_data_whatever_the_order_of_its_keys():
    assert digest({"b": 1, "a": [2, "x"]}) == hashlib.sha256(b'{"a":[2,"x"],"b":1}').hexdigest()
