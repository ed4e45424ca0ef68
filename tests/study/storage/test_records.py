"""Records of a run: whole, or damaged and said to be."""

import hashlib
import json

import pytest

from mfsolve.study.file.source import StudyError
from mfsolve.study.storage.records import is_whole, read_record, with_hash, without_hash


def test_a_record_is_held_against_its_hash(tmp_path):
    path = tmp_path / "a.json"
    table = with_hash({"b": (1, 2), "a": None})
    assert table == {"b": [1, 2], "a": None, "sha256": hashlib.sha256(b'{"b": [1, 2], "a": null}').hexdigest()}
    for text, hashed in ((json.dumps(table), True), (json.dumps(table), False), ('{"b": [1, 2], "a": null}', False)):
        path.write_text(text)
        assert read_record(path, "mend it", hashed) == {"b": [1, 2], "a": None}
    with pytest.raises(StudyError, match="damaged; mend it"):  # what is to have a hash has none
        read_record(path, "mend it", hashed=True)
    for text in (
        json.dumps({**table, "a": 1}),
        json.dumps({**table, "sha256": None}),
        '{"sha256": "0"}',
        "[1]",
        "3",
        "{",
        "[" * 100_000,
    ):
        path.write_text(text)
        with pytest.raises(StudyError) as caught:
            read_record(path, "mend it")
        assert str(caught.value) == f"{path}: damaged; mend it"
    path.write_bytes(b"\xff")
    with pytest.raises(StudyError, match="damaged; mend it"):
        read_record(path, "mend it")
    with pytest.raises(FileNotFoundError) as told:
        read_record(tmp_path / "none", "mend it")
    assert told.value.filename == str(tmp_path / "none")


def test_a_table_that_is_looked_at_stays_as_it_is():
    table = with_hash({"a": 1})
    before = dict(table)
    assert is_whole(table, hashed=True)
    assert is_whole(table, hashed=True)
    assert table == before
    assert without_hash(table) == {"a": 1}
    assert not is_whole({**table, "a": 2}, hashed=True)
