"""Scripts of the benchmarks: all of them import what there is, so that one that is run once a year still runs."""

import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent / "benchmarks"


def test_every_script_finds_what_it_imports():
    names = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "__main__")
    code = f"import importlib\nfor name in {names}:\n    importlib.import_module(name)\n"
    paths = f"import sys\nsys.path[:0] = [{str(FOLDER)!r}, {str(FOLDER.parent)!r}]\n"
    done = subprocess.run(
        [sys.executable, "-c", paths + code], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert len(names) > 10
