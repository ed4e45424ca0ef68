"""Syntax trees of modules: what tells them apart, what people alone read, and what names a module gives."""

import ast

import pytest

from mfsolve.study.origin import syntax


def written(folder, files):
    """A folder with these files."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def test_encoding_tells_trees_apart():
    texts = [
        "x = 1", "x = 1.0", "x = True", "x = '1'", "x = y", "y = x", "x = -1", "x += 1", "x = (1,)", "x = [1]", "x, = 1",
        "f(x, y)", "f(x)(y)", "f(x=y)", "if x:\n    y\n    z", "if x:\n    y\nz", "if x:\n    y\nelse:\n    z",
        "def f(x): pass", "def f(*, x): pass", "def f(x, /): pass", "global x, y", "x: y", "x: y = 1", "x[y]", "x.y",
        "lambda: x", "a < b < c", "(a < b) < c", "f'{x}'", "f'x'", "import x", "import x as y", "from . import x",
        "(x, (y, z))", "((x, y, z),)", "((x, y), z)",
    ]  # fmt: skip
    assert len({syntax._digest(ast.parse(text))[0] for text in texts}) == len(texts)


@pytest.mark.parametrize(
    "text",
    [
        "def x(): ...", "async def x(): ...", "class x: ...", "x = 1", "x: int = 1", "(y, [x]) = z", "import x.z",
        "import y as x", "if y:\n x = 1", "if y:\n from q import x", "if y:\n from q import z as x", "for x in y: ...",
        "with y as x: ...", "try:\n import x\nexcept E: ...",
    ],
)  # fmt: skip
def test_every_form_of_definition_makes_a_name_the_package_s_own(text):
    (node,) = ast.parse(text).body
    assert "x" in set(syntax._bound(node))


@pytest.mark.parametrize(
    "text", ["y = x", "import y.x", "import x as y", "def y(): x = 1", "class y: x = 1", "x.y = 1", "x[0] = 1"]
)
def test_what_is_only_used_is_no_definition(text):
    (node,) = ast.parse(text).body
    assert "x" not in set(syntax._bound(node))


def test_a_package_tells_what_it_passes_on_and_what_it_defines(tmp_path):
    files = {"a/__init__.py": "'doc'\nfrom .b import c as d, e\nimport f.g\nh = (i := 1)\nprint(j := 2)"}
    source = syntax.read("a", written(tmp_path, files) / "a/__init__.py")
    assert (source.name, source.package) == ("a", True)
    assert source.passed_on == {"d": ("a.b", "c"), "e": ("a.b", "e")}
    assert source.defined == {"f", "h", "i"}
    assert set(source.imports) == {("a.b", "c", ()), ("a.b", "e", ()), ("f.g", "", ())}
    plain = syntax.read("a.m", written(tmp_path, {"a/m.py": "from .b import c\nc.x, c.y\nd = 1"}) / "a/m.py")
    assert (plain.package, plain.passed_on, plain.defined) == (False, {}, frozenset())
    assert plain.imports == (("a.b", "c", ("x", "y")),)


def test_attributes_are_those_of_names_that_are_used_for_nothing_else():
    _, found = syntax._digest(ast.parse("a.x + a.y.z\nb.x = b\nc.x\ndef f():\n    c.y = d\n(e + 1).x"))
    assert found == {"a": ("x", "y"), "c": ("x", "y")}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("f(x='a')", "f(x='b')", False), ("f(description='a')", "f(description='b')", True),
        ("f(description=a)", "f(description=b)", False), ("f(description=1)", "f(description=2)", False),
        ("'a'\nx", "x", True), ("1\nx", "x", False), ("y\nx", "x", False), ("x = 'a'", "x = 'b'", False),
        ("f('a')", "f('b')", False), ("global x, y", "global x, z", False), ("x  =  1  # c", "x = 1", True),
    ],
)  # fmt: skip
def test_texts_that_only_people_read_do_not_count(one, other, same):
    assert (syntax._digest(ast.parse(one)) == syntax._digest(ast.parse(other))) == same
