"""An animation that cannot be written leaves the one that stood there, and nothing beside it."""

from pathlib import Path

import pytest
from matplotlib.animation import PillowWriter

from mfsolve.commands import run as commands
from mfsolve.report.animation import animate
from mfsolve.study.storage.run_lookup import load_run


def test_a_failed_animation_leaves_nothing_behind(tmp_path, study_text, monkeypatch):
    (tmp_path / "small.toml").write_text(study_text)
    out = tmp_path / "out"
    assert commands.run(str(tmp_path / "small.toml"), out=str(out), workers=1, replicates=2) == 0
    (out / "content.gif").write_bytes(b"before")
    files = sorted(out.iterdir())

    def failing(self):
        Path(self.outfile).write_bytes(b"half")
        raise OSError(5, "Input/output error", str(self.outfile))

    monkeypatch.setattr(PillowWriter, "finish", failing)
    with pytest.raises(OSError, match="Input/output"):
        animate(load_run(str(out)))
    assert sorted(out.iterdir()) == files
    assert (out / "content.gif").read_bytes() == b"before"
