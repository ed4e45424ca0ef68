"""Stored files of a real run with any byte flipped or zeroed, cut at any length, or longer: noticed in bounded time."""

import os
import shutil
import time

import pytest
from torture.conftest import Studio

from mfsolve.study.file.config import load_study
from mfsolve.study.storage import seal
from mfsolve.study.storage.shards import content, named
from mfsolve.study.storage.store import RunDirectory

SECONDS = 1.0
"""Time that a reader may take for a small file, whatever is wrong with it."""
WINDOW = 64
STRIDES = [pytest.param(61, id="some"), pytest.param(1, id="every", marks=pytest.mark.torture)]


def damages(whole, stride):
    """Damaged versions of a file: what was done, and the places that are changed with their new bytes, or a length."""
    for place in range(0, len(whole), stride):
        for byte in {whole[place] ^ 1 << place % 8, 0, 255} - {whole[place]}:
            yield f"byte {place} is {byte}", place, bytes([byte])
    for place in range(0, len(whole), 8 * stride):
        if any(whole[place : place + WINDOW]):
            yield f"{WINDOW} zeros at {place}", place, bytes(len(whole[place : place + WINDOW]))
    for length in range(0, len(whole), stride):
        yield f"cut at {length}", length, None
    yield "longer", len(whole), b"\0"


def survivors(path, stride, notices):
    """Damages of a file that `notices` does not notice, or takes too long for."""
    whole, wrong, count = path.read_bytes(), [], 0
    with open(path, "r+b", buffering=0) as file:
        for what, place, new in damages(whole, stride):
            if new is None:
                file.truncate(place)
            else:
                os.pwrite(file.fileno(), new, place)
            begun = time.perf_counter()
            noticed = notices()
            if not noticed or time.perf_counter() - begun > SECONDS:
                wrong.append(what)
            os.pwrite(file.fileno(), whole[place : place + WINDOW] if new is not None else whole[place:], place)
            file.truncate(len(whole))
            count += 1
    assert path.read_bytes() == whole
    print(f"{count} damages of {path.name}, {len(whole)} bytes")
    return wrong


@pytest.mark.parametrize("stride", STRIDES)
def test_a_damaged_shard_is_noticed_before_anything_is_read_from_it(studio, stride):
    out = studio.copy()
    shard = named(min((out / "shards").iterdir()))

    def notices():
        try:
            content(shard)
        except seal.DamagedFileError:
            return True
        return False

    assert survivors(shard.path, stride, notices) == []
    assert not notices()


@pytest.mark.parametrize("stride", STRIDES)
def test_a_damaged_consolidated_file_is_noticed(studio, stride, monkeypatch):
    monkeypatch.setattr(seal, "PIECE", 5000)  # a large file is hashed piece by piece
    out = studio.copy()
    study = load_study(studio.study)
    assert RunDirectory(out, study).finished()
    assert survivors(out / "small.h5", stride, lambda: not RunDirectory(out, study).finished()) == []
    assert RunDirectory(out, study).finished()


@pytest.mark.parametrize("name", ["run.json", "summary.json", "study.toml", "timing.json", "table.md"])
@pytest.mark.parametrize("stride", STRIDES)
def test_a_damaged_record_is_refused_in_one_line_or_harmless(studio, name, stride):
    """A run over it ends with the true numbers, or says in one line what to do; nothing is computed anew from it."""
    out, wrong, cases = studio.copy(), [], 0
    path = out / name
    whole = path.read_bytes()
    for what, place, new in damages(whole, 7 * stride):
        path.write_bytes(whole[:place] if new is None else whole[:place] + new + whole[place + len(new) :])
        ended = studio.warm.run(["run", studio.study, "--out", out, "--workers", "1"])
        cases += 1
        if ended.code == 0:
            if Studio.numbers(out) != studio.truth:
                wrong.append(f"{what}: other numbers")
        elif ended.code not in (1, 2) or len(ended.lines) != 1:
            wrong.append(f"{what}: exit {ended.code}, {ended.err[-300:]}")
        for file in ("run.json", "summary.json", "study.toml"):
            if (out / file).read_bytes() != (studio.folder / "whole" / file).read_bytes():
                shutil.copyfile(studio.folder / "whole" / file, out / file)
    print(f"{cases} damages of {name}")
    assert not wrong, f"{len(wrong)} of {cases}:\n" + "\n".join(wrong[:20])
