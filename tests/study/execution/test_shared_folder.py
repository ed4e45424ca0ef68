"""The mark by which workers elsewhere know that they see the same folder."""

import os

from mfsolve.study.execution import shared_folder


def test_a_mark_is_there_for_the_time_of_the_block_and_none_without_a_cluster(tmp_path):
    with shared_folder.folder_mark(tmp_path, None) as name:
        assert name is None
        assert list(tmp_path.iterdir()) == []
    with shared_folder.folder_mark(tmp_path, "tcp://x") as name:
        (mark,) = tmp_path.iterdir()
        assert (mark.name, mark.stat().st_size) == (name, 0)
        assert name.startswith(".mark-")
        assert len(name) == len(".mark-") + 16
        assert mark.stat().st_mode & 0o777 & ~0o022 == 0o644
        with shared_folder.folder_mark(tmp_path, "tcp://x") as other:
            assert other != name
    assert list(tmp_path.iterdir()) == []


def test_a_worker_says_why_it_cannot_store(tmp_path, monkeypatch):
    now, slept = [0.0], []
    monkeypatch.setattr(shared_folder.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(
        shared_folder.time, "sleep", lambda pause: (slept.append(pause), now.__setitem__(0, now[0] + 2.5))
    )
    (tmp_path / "mark").write_text("")
    assert shared_folder.unseen(tmp_path, "mark") is None
    assert shared_folder.unseen(tmp_path / "none", "mark") == (
        f"does not see {tmp_path / 'none'}: a cluster needs a folder that all its workers share"
    )
    assert len(slept) == 3
    slept.clear()
    assert shared_folder.unseen(tmp_path, "other") == (
        f"sees another folder as {tmp_path}: a cluster needs one that all its workers share"
    )
    assert len(slept) == 3  # five seconds are not over after two looks, nor at their very end
    monkeypatch.setattr(shared_folder.time, "sleep", lambda pause: (tmp_path / "late").write_text(""))
    assert shared_folder.unseen(tmp_path, "late") is None
    new = tmp_path / "shards"
    monkeypatch.setattr(shared_folder.time, "sleep", lambda pause: (new.mkdir(), (new / "mark").write_text("")))
    assert shared_folder.unseen(new, "mark") is None
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
    assert shared_folder.unseen(tmp_path, "mark") == f"cannot write to {tmp_path}"
