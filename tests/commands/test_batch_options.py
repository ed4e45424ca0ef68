"""What `sbatch` is told of an array and of its joining: options, paths, quotes."""

import os
import shlex

import pytest
from support.batch_site import sbatch_reads

from mfsolve.commands import submit

OF_BOTH = [
    "--partition=long", "-plong", "--part=long", "--account=us", "-Aus", "--qos=high", "-qhigh", "--clusters=b", "-Mb",
    "--constraint=a&b", "-Ca|b", "--reservation=r", "--exclude=n1", "-xn1", "--mail-type=END", "--mail-user=a@b",
    "--comment=it's \"a\" # \\ b", "--nice", "--nice=5", "--wckey=w", "--export=NONE", "--export-file=f", "--get-user-env",
]  # fmt: skip
OF_SLICES = [
    "--mem=4G",
    "--mem-per-cpu=1G",
    "--gres=gpu:1",
    "-N1",
    "-n1",
    "--exclusive",
    "--hold",
    "-H",
    "--requeue",
    "-Jx",
    "-b16:00",
    "-I60",
    "-suser",
    "-koff",
]


def test_the_joining_is_told_where_and_for_whom_it_runs_and_nothing_else(study_file, tmp_path, site, monkeypatch):
    out = tmp_path / "out"
    site.has("sbatch")
    monkeypatch.setenv("SBATCH_ARRAY_INX", "1-9")
    site.has("sbatch", f'[ -z "$SBATCH_ARRAY_INX" ] || exit 1\n{(site.folder / "sbatch").read_text()}')
    wishes = [*OF_BOTH, *OF_SLICES]
    assert site.submit(study_file, "--array", 2, "--out", out, *(f"--sbatch={wish}" for wish in wishes))[0] == 0
    first, second = site.calls()
    assert first[-len(wishes) - 1 : -1] == wishes
    assert sbatch_reads((out / "array.sh").read_text()) == first[1:-1]
    assert second[5:-2] == OF_BOTH


def test_a_letter_and_its_value_are_one_word(study_file, tmp_path, site):
    site.has("sbatch")
    assert site.submit(study_file, "--array", 2, "--out", tmp_path / "out", "--sbatch=-p  long")[0] == 0
    assert all("-plong" in call for call in site.calls())


@pytest.mark.parametrize(
    ("wish", "instead"),
    [
        ("--array=1-2%1", "--at-once K"), ("-a1-2", "--at-once K"), ("--arr=1-2", "--array N"), ("-a 1-2", "--array N"),
        ("--output=x", "--out DIR"), ("-ox", "--out DIR"), ("--error=x", "--out DIR"), ("--time=5", "--time-limit"),
        ("-t5", "--time-limit"), ("--time-min=5", "--time-limit"), ("--signal=TERM@9", "--time-limit"),
        ("--cpus-per-task=4", "--workers N"), ("-c4", "--workers N"), ("--cpus=4", "--workers N"),
        ("--dependency=afterok:1", "--begin=TIME"), ("-d1", "--begin=TIME"), ("--depend=1", "--begin=TIME"),
        ("-Pafterok:1", "--begin=TIME"), ("--wrap=ls", "array.sh"), ("--wait", "does not wait"), ("-W", "does not wait"),
        ("--parsable", "what sbatch prints"), ("--quiet", "-q"), ("-Q", "-q"), ("--test-only", "--dry-run"),
        ("-Ha1-2", "one --sbatch for every option"), ("--kill-on-invalid-dep=no", "the joining job has it"),
    ],
)  # fmt: skip
def test_what_an_array_cannot_have_is_refused_with_what_to_use_instead(study_file, tmp_path, site, wish, instead):
    site.has("sbatch")
    code, said = site.submit(study_file, "--array", 2, "--out", tmp_path / "out", f"--sbatch={wish}")
    assert code == 2
    assert said.startswith(f"--sbatch={wish}: ")
    assert instead in said
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "calls").exists()


@pytest.mark.parametrize(
    "name", ['it\'s # 100% "done" %a', "é\udcff", " two  blanks "], ids=["signs", "no text", "blanks"]
)
def test_every_path_is_what_sbatch_and_the_shell_read(study_file, tmp_path, site, name, monkeypatch):
    monkeypatch.setattr(submit, "say", lambda text: None)  # it names a path that no report of tests can
    site.has("sbatch")
    out, study = tmp_path / name, tmp_path / f"{name}.toml"
    study.write_bytes(study_file.read_bytes())
    assert site.submit(study, "--array", 2, "--out", out)[0] == 0
    script = os.fsdecode((out / "array.sh").read_bytes())
    (logs,) = (option for option in sbatch_reads(script) if option.startswith("--output="))
    assert logs == f"--output={str(out).replace('%', '%%')}/slice-%a.log"
    line = shlex.split(script.splitlines()[-1])
    assert line[line.index("run") :][1:4] == [str(study), "--out", str(out)]
    joining = os.fsdecode((tmp_path / "calls").read_bytes()).split("\n\n")[1].split("\n")
    assert f"--output={str(out).replace('%', '%%')}/merge.log" in joining
    assert shlex.split(joining[-1])[-1] == str(out)


@pytest.mark.parametrize("name", ["back\\slash", "line\nbreak"])
def test_a_folder_in_which_slurm_can_name_no_logs_is_refused(study_file, tmp_path, site, name):
    code, said = site.submit(study_file, "--array", 2, "--out", tmp_path / name)
    assert code == 2
    assert "without backslashes and line breaks" in said
    assert not (tmp_path / name).exists()


def test_a_study_whose_name_has_a_line_break_adds_no_line_to_the_script(study_file, tmp_path, site):
    study = study_file.rename(tmp_path / "a\nexit 3.toml")
    assert site.submit(study, "--array", 2, "--out", tmp_path / "out")[0] == 0
    assert "# Slices of a exit 3; " in (tmp_path / "out" / "array.sh").read_text()
