"""Software behind replicates: the code of an experiment, and the libraries that decide its bits."""

import hashlib
import json
import os
import platform
import socket
import subprocess
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

import mfsolve
from mfsolve.experiments.experiment import Experiment
from mfsolve.study.origin.fingerprint import DIGITS, fingerprint, fingerprint_of_guest

LIBRARIES = ("numba", "llvmlite", "numpy", "scipy")
"""Libraries that decide the bits of replicates: llvmlite is the compiler behind Numba."""
LATER = frozenset({"llvmlite"})
"""Libraries that earlier records and shards do not name."""
ORIGIN = ("versions", "code", "git_revision", "host")
"""Parts of a run's record that its consolidated file repeats."""
TEXTS = ("name", *ORIGIN, "created", "about")
"""Parts of a run's record; earlier ones have no `about`."""


GIT = 5.0
"""Seconds that git has to answer."""
ELSEWHERE = frozenset({"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_PREFIX"})
"""Variables by which git would answer for another repository, as in a hook of that."""


def code_of(experiment: Experiment | str) -> str:
    """Hash of the code that an experiment runs: results of different code are never mixed in one run directory."""
    if isinstance(experiment, str):
        return fingerprint(f"mfsolve.experiments.{experiment}")
    home = experiment.home
    if home is None:
        return code_of(experiment.name)
    code = fingerprint_of_guest(home.module, home.root, home.digest)
    return hashlib.sha256(f"{code}\n{home.data_text}".encode()).hexdigest()[:DIGITS] if home.data else code


def software(experiment: Experiment | str) -> dict[str, str]:
    """The code of an experiment and the libraries as this process has loaded them."""
    return {"code": code_of(experiment), **{name: str(import_module(name).__version__) for name in LIBRARIES}}


def record_text(record: Mapping[str, Any]) -> str:
    """A run's record as its file has it, for people to read: versions as a table."""
    return json.dumps({**record, "versions": json.loads(record["versions"])}, indent=2) + "\n"


def read_versions(record: Mapping[str, Any]) -> dict[str, Any]:
    """A run's record with versions as one text, as files of data name them; earlier records have them so."""
    versions = record["versions"]
    return {**record, "versions": json.dumps(versions) if isinstance(versions, dict) else versions}


def recorded_software(made_by: Mapping[str, Any]) -> dict[str, str]:
    """The software that a run's own record names."""
    versions = json.loads(made_by["versions"])
    return {
        "code": str(made_by["code"]),
        **{name: str(versions[name]) for name in LIBRARIES if name in versions or name not in LATER},
    }


def software_differences(wanted: Mapping[str, str], found: Mapping[str, str]) -> str | None:
    """A clause that names what differs between the software of two runs; None where nothing does.

    What an earlier one does not name is not held against it.
    """
    other = [
        f"{name} {found.get(name, 'unknown')}, not {value}"
        for name, value in wanted.items()
        if found.get(name) != value and (name in found or name not in LATER)
    ]
    return f"has {'; '.join(other)}: results of different code or libraries are not mixed" if other else None


def origin(experiment: Experiment | str) -> dict[str, str]:
    """Origin of a file: versions, code, git revision and host."""
    names = ("mfsolve", *LIBRARIES, "h5py")
    versions = {name: mfsolve.__version__ if name == "mfsolve" else _installed(name) for name in names}
    return {
        "versions": json.dumps({"python": platform.python_version(), **versions}),
        "code": code_of(experiment),
        "git_revision": git_revision(Path(mfsolve.__file__)),
        "host": f"{socket.gethostname()} ({platform.machine()}, {platform.system()})",
    }


def git_revision(file: Path) -> str:
    """The commit of a file of the code, followed by `-dirty` where tracked files of its repository differ from it.

    "unknown" where git does not track the file, as of an installation in a folder that a repository of something else
    ignores, or gives no answer.
    """
    try:
        _git(file.parent, "ls-files", "--error-unmatch", "--", file.name)
        return _git(file.parent, "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*") or "unknown"
    except (OSError, subprocess.SubprocessError):
        return "unknown"


def _git(folder: Path, *asked: str) -> str:
    """Answer of git in a folder, of the repository where this stands; nothing is written."""
    return subprocess.run(
        ["git", "--no-optional-locks", "-C", str(folder), *asked],
        env={name: value for name, value in os.environ.items() if name not in ELSEWHERE},
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        timeout=GIT,
        check=True,
    ).stdout.strip()


@cache
def _installed(name: str) -> str:
    return version(name)
