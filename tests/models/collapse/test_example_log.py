"""The example of a training log: what text loses on its own text, and what `mfsolve regress` makes of it."""

import json

import numpy as np

from mfsolve.cli import main
from mfsolve.models.collapse.example_log import CONDITIONS, example_log
from mfsolve.models.collapse.text_retraining import Retraining, TextParameters, retrain


def test_the_log_is_that_of_the_model():
    rows = example_log(seed=np.int64(3), runs=2, generations=2)
    assert len(rows) == len(CONDITIONS) * 2 * 3
    for condition, share in CONDITIONS.items():
        path = retrain(TextParameters(contamination=share), Retraining(), 2, 3, 1)
        mine = [row for row in rows if (row.condition, row.seed) == (condition, 2)]
        assert [row.perplexity for row in mine] == np.exp(path["cross_entropy"]).tolist()
        assert [row.contamination for row in mine] == path["contamination"].tolist()
    assert {row.perplexity for row in rows if row.generation == 0} == {rows[0].perplexity}


def test_the_file_is_read_back(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("mfsolve.commands.example.example_log", lambda seed: example_log(seed, 2, 4))
    assert main(["example", str(tmp_path), "--data", "log"]) == 0
    assert f"try: mfsolve regress {tmp_path / 'log.csv'}" in capsys.readouterr().out
    assert main(["regress", str(tmp_path / "log.csv"), "--figure", "none", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["metric"]["log_quality"] == "-ln perplexity"
    slopes = {one["condition"]: one["slope"] for one in found["conditions"]["slopes"]}
    assert set(slopes) == set(CONDITIONS)
    assert slopes["all replaced"] > 0.0
    assert main(["example", str(tmp_path), "--data", "log"]) == 2
    assert "log.csv: already exists" in capsys.readouterr().err
