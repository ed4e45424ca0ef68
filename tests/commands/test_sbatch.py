"""What `sbatch` and `squeue` answer: numbers of jobs, refusals, an array that still waits or runs."""

import shlex

import pytest

from mfsolve.cli import main


def test_what_sbatch_says_is_one_line_with_its_name_once(study_file, tmp_path, site):
    site.has("sbatch", "echo 'sbatch: error: no such account' >&2\necho 'sbatch: error: submission failed' >&2\nexit 1")
    assert site.submit(study_file, "--array", 3, "--out", tmp_path / "out") == (
        1, "sbatch: no such account; submission failed"
    )  # fmt: skip
    assert not (tmp_path / "out" / "array.job").exists()
    site.has("sbatch", "exit 1")
    assert site.submit(study_file, "--array", 3, "--out", tmp_path / "out") == (1, "sbatch: no message")


def test_an_array_whose_joining_is_refused_is_named(study_file, tmp_path, site):
    out = tmp_path / "out"
    site.has("sbatch", "case $* in *--wrap*) echo 'sbatch: error: QOSMaxSubmit' >&2; exit 1;; esac\necho '77;b'")
    code, said = site.submit(study_file, "--array", 3, "--out", out)
    assert code == 1
    assert said == (
        "array 77 is submitted, but not the job that joins it: sbatch: QOSMaxSubmit; once all slices are done: "
        f"mfsolve merge {out}; or cancel it: scancel --clusters=b 77"
    )
    assert (out / "array.job").read_text() == "77;b\n"


@pytest.mark.parametrize(
    "printed",
    ["sbatch: Job estimated cost: 3\n78", "78;cluster", "78\n", "78 \r\n", "welcome 2 all\n78;c\nbye", "3\n78"],
)
def test_the_number_of_a_job_is_found_beside_what_a_site_prints(study_file, tmp_path, site, printed):
    site.has("sbatch", f"echo \"$@\" >> {tmp_path}/calls; printf '%s' {shlex.quote(printed)}")
    code, said = site.submit(study_file, "--array", 3, "--out", tmp_path / "out")
    assert code == 0
    assert "submitted as 78 (3 slices), joined by 78" in said
    assert "--dependency=afterok:78 " in (tmp_path / "calls").read_text()


@pytest.mark.parametrize("printed", ["", "Submitted batch job", "cost: 3", "12.5", "x78"])
def test_a_job_without_a_number_is_said_with_what_was_printed(study_file, tmp_path, site, printed):
    site.has("sbatch", f'echo "$@" >> {tmp_path}/calls; echo {shlex.quote(printed)}')
    code, said = site.submit(study_file, "--array", 3, "--out", tmp_path / "out")
    assert code == 1
    assert said.startswith(f"sbatch: no job number in what it printed ({printed or 'no message'}); squeue shows")
    assert len((tmp_path / "calls").read_text().splitlines()) == 1, "nothing waits for a job that nobody knows"


@pytest.mark.parametrize("listed", ["77_[2-3%1]", "77_1", "77", "CLUSTER: b\n  77_3  "])
def test_an_array_that_still_waits_or_runs_is_not_submitted_beside_another(study_file, tmp_path, site, listed):
    out = tmp_path / "out"
    site.has("sbatch", f"echo x >> {tmp_path}/calls; echo '77;b'")
    site.has("squeue", f"echo \"$@\" > {tmp_path}/asked; printf '%s\\n' {shlex.quote(listed)}")
    again = [study_file, "--array", 3, "--out", out]
    assert site.submit(*again)[0] == 0
    code, said = site.submit(*again)
    assert code == 2
    assert said == (
        f"{out}: its array 77 is still queued or running; cancel it with scancel --clusters=b 77, or submit another alongside "
        "with --again"
    )
    assert {"--jobs=77", "--clusters=b", "--noheader"} <= {*(tmp_path / "asked").read_text().split()}
    assert len((tmp_path / "calls").read_text().splitlines()) == 2
    assert site.submit(*again, "--again")[0] == 0
    for ended in ("echo 'slurm_load_jobs error: Invalid job id specified' >&2; exit 1", "echo 177_1; echo 771", ""):
        site.has("squeue", ended)
        assert site.submit(*again)[0] == 0, ended
    (site.folder / "squeue").unlink()
    assert site.submit(*again)[0] == 0
    (out / "array.job").write_text("nonsense")
    site.has("squeue", "echo 77")
    assert site.submit(*again)[0] == 0


def test_the_record_of_an_array_is_in_nobodys_way(study_file, tmp_path, site, capsys):
    out = tmp_path / "out"
    site.has("sbatch", "echo 77")
    assert site.submit(study_file, "--array", 2, "--out", out)[0] == 0
    for slice_ in ("1/2", "2/2"):
        assert main(["run", str(study_file), "--out", str(out), "--shard", slice_]) == 0
    for command in (
        ["merge", out], ["show", out], ["run", study_file, "--out", out], ["report", out],
        ["diff", out, out], ["export", out, tmp_path / "table.csv"],
    ):  # fmt: skip
        assert main([*map(str, command)]) == 0, command
    assert (out / "array.job").read_text() == "77\n"
