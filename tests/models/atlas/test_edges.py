"""A user's own network: read as it was meant, and refused in one line that says what would be right."""

import pickle
import re

import numpy as np
import pytest

from mfsolve.models.atlas.edges import Edges
from mfsolve.models.frozen import InputError

GOOD = "source,target,weight\nb,a,0.75\nhuman,a,0.25\na,b,0.5\nb,b,0.5\n"


def written(folder, text):
    path = folder / "net.csv"
    path.write_text(text)
    return path


def test_a_table_of_edges(tmp_path):
    edges = Edges.of(written(tmp_path, GOOD))
    assert edges.models == ("a", "b")
    np.testing.assert_array_equal(edges.network.matrix().toarray(), [[0.0, 0.75], [0.5, 0.5]])
    np.testing.assert_array_equal(edges.network.human, [0.25, 0.0])
    assert pickle.loads(pickle.dumps(edges)) == edges
    semicolons = written(tmp_path, GOOD.replace(",", ";").replace(".", ","))
    assert (
        Edges.of({"data": "net.csv", "folder": str(tmp_path), "sha256": edges.sha256}) == Edges.of(semicolons) == edges
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GOOD.replace("b,a,0.75", "b,a,1.5"), "line 2, column weight: 1.5 given; allowed: [0, 1]"),
        (GOOD.replace("b,a,0.75", "b,a,much"), "line 2, column weight: 'much' given; a number is needed"),
        (GOOD.replace("b,a,0.75", "c,a,0.75"), "line 2, column source: 'c' given, a model that no row trains; allowed: a target of the table, or human"),
        (GOOD.replace("b,b,0.5", "b,b,0.4"), "weights of the target 'b' sum to 0.9; allowed: 1; the row human,b,0.1 is missing?"),
        (GOOD.replace("human,a,0.25", "human,a,0.3"), "weights of the target 'a' sum to 1.05; allowed: 1"),
        (GOOD.replace("b,b,0.5", "a,b,0.5"), "line 5: 'a' to 'b' given twice, first in line 4; allowed: once"),
        (GOOD + "a,human,1\n", "line 6, column target: 'human' given; allowed: a model, since human content is not trained"),
        (GOOD.replace("weight", "share"), "column 'weight' is missing"),
        (GOOD + "a,,1\n", "line 6, column target: the cell is missing; a model's name is needed"),
        ("source,target,weight\n", "no rows; a row for every source of every model is needed"),
    ],
)  # fmt: skip
def test_what_is_no_network_is_refused(tmp_path, text, message):
    path = written(tmp_path, text)
    with pytest.raises(InputError, match=re.escape(f"{path}: {message}")) as refusal:
        Edges.of(path)
    assert "\n" not in str(refusal.value)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match=r"No such file or directory; allowed: a table with source, target, weight"):
        Edges.of(tmp_path / "no.csv")
