"""Makers of replicates: code and libraries, as they are recorded and compared."""

import json
import platform
import socket
import subprocess
from importlib.metadata import version

import h5py
import llvmlite
import numba
import numpy
import pytest
import scipy
from support.urn import URN, at_home

import mfsolve
from mfsolve.study.origin import software as module
from mfsolve.study.origin.fingerprint import fingerprint_of_guest
from mfsolve.study.origin.software import (
    code_of,
    git_revision,
    origin,
    recorded_software,
    software,
    software_differences,
)


@pytest.fixture
def urn(tmp_path):
    return at_home(tmp_path)


def test_the_maker_is_the_code_and_the_libraries_of_this_process(urn, tmp_path, monkeypatch):
    code = fingerprint_of_guest("urn_home", tmp_path / "urn_home.py", urn.home.digest)
    assert code_of(urn) == code
    libraries = {
        "numba": numba.__version__,
        "llvmlite": llvmlite.__version__,
        "numpy": numpy.__version__,
        "scipy": scipy.__version__,
    }
    assert software(urn) == {"code": code, **libraries}
    monkeypatch.setattr(module, "fingerprint", lambda name: f"of {name}")
    assert code_of(URN) == code_of("urn") == "of mfsolve.experiments.urn"


def test_the_origin_names_versions_revision_and_host(urn, monkeypatch):
    found = origin(urn)
    assert json.loads(found.pop("versions")) == {
        "python": platform.python_version(),
        "mfsolve": mfsolve.__version__,
        "numba": numba.__version__,
        "llvmlite": llvmlite.__version__,
        "numpy": numpy.__version__,
        "scipy": scipy.__version__,
        "h5py": version("h5py"),
    }
    assert version("h5py") == h5py.__version__
    assert found.pop("host") == f"{socket.gethostname()} ({platform.machine()}, {platform.system()})"
    for error in (
        FileNotFoundError(2, "git"),
        subprocess.CalledProcessError(128, "git"),
        subprocess.TimeoutExpired("git", 5),
    ):
        monkeypatch.setattr(subprocess, "run", lambda *given, error=error, **options: (_ for _ in ()).throw(error))
        assert origin(urn)["git_revision"] == "unknown"


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A repository that tracks `code/__init__.py`, and ignores the like in its virtual environment; and its git."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "none"))
    home = tmp_path / "thesis"
    for folder in ("code", ".venv/code"):
        (home / folder).mkdir(parents=True)
        (home / folder / "__init__.py").write_text("")
    (home / ".gitignore").write_text(".venv\n")

    def git(*asked):
        who = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "tag.gpgsign=false"]
        run = subprocess.run(["git", "-C", str(home), *who, *asked], capture_output=True, check=True, text=True)
        return run.stdout.strip()

    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "a")
    git("tag", "-am", "v", "v1")
    return home, git


def test_the_revision_is_that_of_tracked_code_and_says_that_it_was_changed(repository, tmp_path, monkeypatch, urn):
    home, git = repository
    commit = git("rev-parse", "HEAD")
    assert git_revision(home / "code/__init__.py") == commit
    monkeypatch.setattr(mfsolve, "__file__", str(home / "code/__init__.py"))
    assert origin(urn)["git_revision"] == commit
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    assert git_revision(home / "code/__init__.py") == commit
    (home / "code/__init__.py").write_text("changed")
    assert git_revision(home / "code/__init__.py") == f"{commit}-dirty"


def test_code_that_a_repository_does_not_track_has_no_revision_of_it(repository, tmp_path):
    home, _ = repository
    (home / "new").mkdir()
    (home / "new/__init__.py").write_text("")
    assert git_revision(home / ".venv/code/__init__.py") == git_revision(home / "new/__init__.py") == "unknown"
    assert git_revision(tmp_path / "none/__init__.py") == "unknown"


def test_a_run_s_record_names_its_maker():
    versions = {"numba": 1, "llvmlite": "5", "numpy": "2", "scipy": "3", "h5py": "4"}
    made = {"code": "c", "numba": "1", "llvmlite": "5", "numpy": "2", "scipy": "3"}
    assert recorded_software({"code": "c", "versions": json.dumps(versions), "host": "h"}) == made
    assert software_differences(made, made) is None
    assert software_differences(made, {**made, "h5py": "9"}) is None
    assert software_differences({**made, "numpy": "1"}, {**made, "code": "d"}) == (
        "has code d, not c; numpy 2, not 1: results of different code or libraries are not mixed"
    )
    assert (
        software_differences({"numba": "1"}, {})
        == "has numba unknown, not 1: results of different code or libraries are not mixed"
    )


def test_a_record_from_before_the_compiler_was_named_is_one_and_nothing_is_held_against_it():
    versions = {"numba": "1", "numpy": "2", "scipy": "3", "h5py": "4"}
    earlier = recorded_software({"code": "c", "versions": json.dumps(versions)})
    assert earlier == {"code": "c", "numba": "1", "numpy": "2", "scipy": "3"}
    now = {**earlier, "llvmlite": "5"}
    assert software_differences(earlier, now) is software_differences(now, earlier) is None
    assert software_differences(now, {**now, "llvmlite": "6"}) == (
        "has llvmlite 6, not 5: results of different code or libraries are not mixed"
    )
    for library in ("numba", "numpy", "scipy"):
        with pytest.raises(KeyError):
            recorded_software(
                {"code": "c", "versions": json.dumps({k: v for k, v in versions.items() if k != library})}
            )
