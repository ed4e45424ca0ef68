"""Many small tasks, and what is stored of them."""

import shutil
import tempfile
import weakref
from itertools import count
from pathlib import Path

import numpy as np
from benchmarks.machine import written
from benchmarks.row import Contender, Peer, Row

import mfsolve
from mfsolve.experiments import load
from mfsolve.study.blocks import Block
from mfsolve.study.file.config import resolve
from mfsolve.study.storage import seal
from mfsolve.study.storage.shards import write_shard

STUDY = {
    "title": "tasks",
    "model": "creator_stream",
    "population": {"creators": 2000},
    "laws": {"uniform": {}},
    "figures": [],
}
OUTPUT = "precision_gap"


class Folder:
    """A folder that goes with the contender; every call has a place of its own in it."""

    def __init__(self):
        self._folder, self._numbers = Path(tempfile.mkdtemp(prefix="mfsolve-")), count()
        weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)

    def place(self) -> Path:
        return self._folder / str(next(self._numbers))


def drawing(n):
    """A draw of the study's arm by its replicate."""
    point = resolve({**STUDY, "ensemble": {"replicates": n}}, "tasks", "tasks").points[0]
    draw = load(STUDY["model"]).arm(point.case).draw
    return lambda k: draw(point.case, point.seed, k, 1)


def truth(n):
    draw = drawing(n)
    return np.array([float(draw(k)[OUTPUT]) for k in range(min(n, 50))])


def apart(n, values):
    """Largest difference of what was kept from a plain loop."""
    exact = truth(n)
    return float(np.abs(np.asarray(values)[: exact.size] - exact).max())


def run(n, threads):
    folder, workers = Folder(), threads

    def call():
        out = folder.place()
        found = mfsolve.run(STUDY, out=out, workers=workers, replicates=n).data[OUTPUT].values.ravel()
        shutil.rmtree(out)
        return found

    return Contender(call, lambda values: apart(n, values))


def joblib(n, threads, backend):
    from joblib import Parallel, delayed

    draw = drawing(n)

    def one(k):
        return float(draw(k)[OUTPUT])

    def call():
        return Parallel(n_jobs=threads, backend=backend)(delayed(one)(k) for k in range(n))

    return Contender(call, lambda values: apart(n, values))


def loop(n, threads):
    draw = drawing(n)
    return Contender(lambda: [float(draw(k)[OUTPUT]) for k in range(n)], share=float(threads))


PLACES, OUTPUTS = 51, 8


def paths(n):
    rng = np.random.default_rng(1)
    return {f"output_{k}": rng.normal(size=(n, PLACES)) for k in range(OUTPUTS)}


def kept(found, arrays):
    return float(max(np.abs(found[name] - arrays[name]).max() for name in arrays))


def shard(n, threads):
    folder, arrays = Folder(), paths(n)

    def call():
        place = folder.place()
        place.mkdir()
        path = write_shard(place, "0" * 16, 0, Block(n, arrays), dict.fromkeys(arrays), {})
        found = seal.read(path)[1]
        shutil.rmtree(place)
        return found

    return Contender(call, lambda found: kept(found, arrays))


def zarr(n, threads, compressors):
    import os

    import zarr
    from zarr.codecs import Crc32cCodec

    folder, arrays = Folder(), paths(n)
    options = {} if compressors == "auto" else {"compressors": [Crc32cCodec()]}

    def call():
        place = folder.place()
        group = zarr.create_group(place)
        for name, values in arrays.items():
            group.create_array(name, data=values, **options)
        for path in place.rglob("*"):
            if path.is_file():
                with open(path, "rb") as file:
                    os.fsync(file.fileno())
        found = {name: zarr.open_group(place, mode="r")[name][:] for name in arrays}
        shutil.rmtree(place)
        return found

    return Contender(call, lambda found: kept(found, arrays))


def bytes_alone(n, threads):
    data = np.zeros(n * PLACES * OUTPUTS)
    return Contender(lambda: written(data.data))


def with_(make, **chosen):
    return lambda n, threads: make(n, threads, **chosen)


ROWS = (
    Row(
        "tasks", "`mfsolve.run` of {n} replicates of 2000 creators: computed, stored, sealed, reported, read",
        "largest difference from a plain loop", 2000, run,
        (
            Peer("joblib", "joblib, threads", with_(joblib, backend="threading"), threaded=True, less="kept in memory only"),
            Peer("joblib", "joblib, processes", with_(joblib, backend="loky"), threaded=True, less="kept in memory only"),
        ),
        ("a plain loop of the draws", loop), (500, 2000, 8000), wall=True, threaded=True,
    ),
    Row(
        "store", f"{{n}} paths of {OUTPUTS} outputs at {PLACES} places, written, hashed, synced, and read back",
        "largest difference of what is read", 4096, shard,
        (
            Peer("zarr", "zarr, uncompressed with CRC-32C, then synced", with_(zarr, compressors="none")),
            Peer("zarr", "zarr by default (zstd), then synced", with_(zarr, compressors="auto"), less="no checksum"),
        ),
        ("as many bytes written and synced", bytes_alone), (512, 4096, 32768), wall=True,
    ),
)  # fmt: skip
