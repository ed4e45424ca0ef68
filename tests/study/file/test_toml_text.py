"""Study files as they are written: numbers with their digits, depths, opening comments, and single settings."""

import json
from decimal import Decimal

import pytest

from mfsolve.study.file.source import StudyError
from mfsolve.study.file.toml_text import DEEPEST, WrittenFloat, as_toml, assign, header, read_toml


def test_a_number_remembers_its_digits(tmp_path):
    (tmp_path / "a.toml").write_text("x = 0.30\ny = 1e3\nn = 3\n")
    found = read_toml(tmp_path / "a.toml")
    assert found == {"x": 0.3, "y": 1000.0, "n": 3}
    assert (found["x"].text, found["y"].text) == ("0.30", "1e3")
    assert isinstance(found["x"], WrittenFloat)
    assert type(found["n"]) is int


def test_a_byte_order_mark_is_no_part_of_a_study(tmp_path):
    text = "# What is found.\nx = 1\n"
    (tmp_path / "a.toml").write_text(text, encoding="utf-8-sig")
    assert read_toml(tmp_path / "a.toml") == {"x": 1}
    assert header(tmp_path / "a.toml") == "What is found."


def test_what_is_written_is_read_in_the_same_order(tmp_path):
    spread = {"range": [1, 2], "scale": "log"}
    study = {
        "title": "a = 0\n",
        "estimates": [{"name": "b", "of": []}, {}],
        "design": {"kind": "morris", "over": {"parameters": {"x": spread, "y": [0, 1]}}, "points": 8},
        "grid": {"policies": {"a b": {"z": [1.5, "q\n"]}, "rate": [0.1], "c = 0": {"w": [True]}}, "population": {}},
        "calibration": {"free": {"parameters": {"v": spread, "u": [0.5, 1.0]}}, "starts": 2},
    }
    (tmp_path / "a.toml").write_text(as_toml(study), encoding="utf-8")
    found = read_toml(tmp_path / "a.toml")
    assert found == study
    for section in ("design", "grid", "calibration"):
        assert json.dumps(found[section]) == json.dumps(study[section])


def test_what_is_written_keeps_the_digits_of_what_was_read(tmp_path):
    """0.30 is known to half a hundredth; 0.3 to half a tenth."""
    text = "a = 0.30\nb = [1.50, 2]\nc = 1e3\nd = -0.0\ne = inf\nf = 0.00000100\ng = 5\nh = 1_000.0\n[grid]\nx = 0.10\n"
    (tmp_path / "a.toml").write_text(text)
    first = read_toml(tmp_path / "a.toml")
    (tmp_path / "b.toml").write_text(as_toml(first))
    again = read_toml(tmp_path / "b.toml")
    assert again == first
    assert type(again["g"]) is int
    for key in "acdefh":
        assert Decimal(again[key].text).as_tuple() == Decimal(first[key].text).as_tuple()
    assert (again["b"][0].text, again["grid"]["x"].text) == ("1.50", "0.10")


def said(ask, *arguments):
    with pytest.raises(StudyError) as caught:
        ask(*arguments)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"x = = 1", "not valid TOML: Invalid value (at line 1, column 5)"),
        (b"\xff", "not a UTF-8 text file"),
        (b"x = " + b"9" * 5000, "not valid TOML: a number of thousands of digits"),
        (b"x = " + b"[" * 13 + b"]" * 13, "not valid TOML: tables or lists within one another; allowed: at most 12"),
        (
            b"x = " + b"[" * 3000 + b"]" * 3000,
            "not valid TOML: tables or lists within one another; allowed: at most 12",
        ),
    ],
)
def test_what_is_no_study_file_is_refused_in_one_line(tmp_path, data, line):
    path = tmp_path / "a.toml"
    assert said(read_toml, path) == f"{path}: No such file or directory"
    path.write_bytes(data)
    assert said(read_toml, path) == f"{path}: {line}"


def nested(depth):
    return ".".join("abcdefghijklmn"[:depth])


def test_twelve_tables_within_one_another_are_the_most(tmp_path):
    path = tmp_path / "a.toml"
    for text in (f"x = {'[' * 11}{'0'}{']' * 11}", f"{nested(12)} = 0", f"x = [[{{a = {'[' * 8}1{']' * 8}}}]]"):
        path.write_text(text)
        assert read_toml(path)
    for text in (f"x = {'[' * 12}{'0'}{']' * 12}", f"{nested(13)} = 0"):
        path.write_text(text)
        assert f"allowed: at most {DEEPEST}" in said(read_toml, path)
    assert len(nested(12).split(".")) == DEEPEST


def test_the_opening_comment(tmp_path):
    path = tmp_path / "a.toml"
    assert header(path) == ""
    for text, found in (
        ("# What is asked.\n#\n#  What was found.\nx = 1\n# no more\n", "What is asked.\n\nWhat was found."),
        ("\n# late\n", ""),
        ("x = 1", ""),
        ("", ""),
    ):
        path.write_text(text)
        assert header(path) == found
    path.write_bytes(b"# \xff\n")
    assert header(path) == ""


def test_a_setting_is_put_into_its_table(tmp_path):
    raw = {"title": "t", "grid": {"a": 1}}
    for setting in (
        "parameters.x=0.50",
        " grid . b = [1, 2]",
        "title=two words",
        "name=a=b",
        "on=true",
        "e.f.g={h = 1}",
    ):
        assign(raw, setting)
    assert raw == {
        "title": "two words",
        "grid": {"a": 1, "b": [1, 2]},
        "parameters": {"x": 0.5},
        "name": "a=b",
        "on": True,
        "e": {"f": {"g": {"h": 1}}},
    }
    assert raw["parameters"]["x"].text == "0.50"
    deepest = nested(12)
    assign(raw, f"{deepest}=1")


@pytest.mark.parametrize(
    ("setting", "line"),
    [
        ("x", "KEY=VALUE is needed, such as parameters.imitation=0.5"),
        ("=1", "KEY=VALUE is needed"),
        ("a..b=1", "KEY=VALUE is needed"),
        ("a.=1", "KEY=VALUE is needed"),
        (f"{nested(13)}=1", "KEY=VALUE is needed"),
        ("title.x=1", "title is not a table"),
        ("grid.a.b.c=1", "a is not a table"),
        (f"x={'9' * 5000}", "not valid TOML: a number of thousands of digits"),
        (f"x={'[' * 13}{']' * 13}", "not valid TOML: tables or lists within one another"),
    ],
)
def test_what_is_no_setting_is_refused(setting, line):
    raw = {"title": "t", "grid": {"a": 1}}
    assert said(assign, raw, setting).startswith(f"--set {setting}: {line}"[:150])
    assert raw == {"title": "t", "grid": {"a": 1}}
