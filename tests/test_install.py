"""`import mfsolve` finds its kernels and studies wherever Python is started and however it was installed."""

import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import mfsolve

CHECKOUT = Path(__file__).parent.parent
KERNELS_FILE = "__import__('mfsolve.kernels.random.philox', fromlist=['_']).__file__"
PROBE = (
    "import json, mfsolve, mfsolve.kernels.random.philox as k, mfsolve.runs as r;"
    "import numpy as np; out = np.zeros(1); k.uniforms(k.stream_key(1, 'probe'), *4 * (np.uint64(0),), out);"
    "print(json.dumps([mfsolve.__file__, k.__file__, r.__file__, out[0]]))"
)


def probe(cwd: Path, python: str = sys.executable, **environment: str) -> list:
    done = subprocess.run(
        [python, "-c", PROBE],
        cwd=cwd,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_from_the_root_of_a_checkout():
    package, kernels, runs, _ = probe(CHECKOUT, PYTHONPATH="")
    assert Path(package) == CHECKOUT / "mfsolve/__init__.py"
    assert Path(kernels).is_relative_to(CHECKOUT / "kernels")
    assert Path(runs).is_relative_to(CHECKOUT / "runs")


def test_from_anywhere_with_the_checkout_on_the_path(tmp_path):
    _, kernels, _, _ = probe(tmp_path, PYTHONPATH=str(CHECKOUT))
    assert Path(kernels) == CHECKOUT / "kernels/random/philox.py"


def test_python_m_pytest_from_the_root_of_a_checkout():
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", "0", "tests/test_install.py::test_version_is_one"],
        cwd=CHECKOUT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """A wheel built from the source distribution of a copy of the checkout's sources."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(CHECKOUT / name, source)
    for name in ("mfsolve", "kernels", "runs"):
        shutil.copytree(CHECKOUT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    packed = "import sys, setuptools.build_meta as build; print(build.build_sdist(sys.argv[1]))"
    pip = [
        sys.executable,
        "-m",
        "pip",
        "--disable-pip-version-check",
        "wheel",
        "-q",
        "--no-deps",
        "--no-build-isolation",
    ]
    for command, place in (
        ([sys.executable, "-c", packed, str(folder)], source),
        ([*pip, "-w", str(folder), str(folder / f"mfsolve-{mfsolve.__version__}.tar.gz")], folder),
    ):
        done = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    (path,) = folder.glob("*.whl")
    return path


@pytest.mark.slow
def test_wheel_holds_every_source_and_study(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    for folder, inside in (("mfsolve", "mfsolve"), ("kernels", "mfsolve/kernels"), ("runs", "mfsolve/runs")):
        for path in (CHECKOUT / folder).rglob("*"):
            if path.suffix in (".py", ".toml") or path.name in ("py.typed", "MODEL.md"):
                assert f"{inside}/{path.relative_to(CHECKOUT / folder)}" in names


@pytest.mark.slow
def test_wheel_works_from_anywhere_and_from_a_checkout(wheel, tmp_path):
    site = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(site)
    package, kernels, _, _ = probe(tmp_path, PYTHONPATH=str(site))
    assert Path(package) == site / "mfsolve/__init__.py"
    assert Path(kernels) == site / "mfsolve/kernels/random/philox.py"
    _, kernels, _, value = probe(CHECKOUT, PYTHONPATH=str(site))
    assert Path(kernels).parts[-3:] == ("kernels", "random", "philox.py")
    assert value > 0.0


@pytest.mark.slow
def test_an_empty_environment_runs_a_shipped_study(wheel, tmp_path):
    """Installed by pip into an environment of its own, whose dependencies are those of this one, far from the checkout."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    (site,) = (tmp_path / "venv").rglob("site-packages")
    paths = [path for path in sys.path if "site-packages" in path]
    (site / "dependencies.pth").write_text("\n".join(paths) + "\n")
    scripts = tmp_path / "venv" / ("Scripts" if os.name == "nt" else "bin")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(scripts / "python")]
    arguments = ["run", "headline", "--out", "out", "--replicates", "4", "--json"]
    toy = ["--set", "population.producers=200", "--set", "population.items=4", "--set", "figures=[]"]
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    for command in (
        [*pip, "install", "-q", "--no-deps", "--no-index", "--ignore-installed", wheel],
        [scripts / "mfsolve", *arguments, *toy],
    ):
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=clean, check=False)
        assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)["rows"]) > 5


def test_editable_install_finds_kernels(tmp_path):
    """An editable install is a finder that maps the package to the checkout, and nothing for the kernels."""
    finder = tmp_path / "editable.pth"
    finder.write_text(str(CHECKOUT))
    script = f"import site; site.addsitedir({str(tmp_path)!r}); {PROBE}"
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_in_a_dask_worker_of_another_process(tmp_path):
    from distributed import Client, LocalCluster

    with (
        LocalCluster(n_workers=1, threads_per_worker=1, processes=True, dashboard_address="127.0.0.1:0") as cluster,
        Client(cluster) as client,
    ):
        found = client.submit(eval, KERNELS_FILE).result(timeout=60)
    assert Path(found).name == "philox.py"


def test_version_is_one():
    assert mfsolve.__version__ == importlib.metadata.version("mfsolve")


def test_help_imports_no_numerics(run_cli, tmp_path):
    script = (
        "import sys; from mfsolve.cli import parser; parser();"
        "print(sorted({'numpy','numba','xarray','distributed','h5py','pydantic'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=CHECKOUT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
