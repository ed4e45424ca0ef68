"""Replicates so small that a million of them are wanted: models refitted again and again, and a whole command."""

import json
import subprocess
import sys

import numpy as np
from benchmarks.row import Contender, Peer, Row, z_score
from benchmarks.rows.collapse import SMALL, small_expected, small_markets
from benchmarks.rows.replicates import Folder

from mfsolve.models.atlas.ensembles import Run
from mfsolve.models.atlas.gaussian import Gaussian, gaussian_ensemble
from mfsolve.models.atlas.workflows import Replace

SAMPLE, REFITS = 100, 50
STUDY = f"""
model = "collapse"
population = {{ producers = {SMALL.producers}, items = {SMALL.items}, generations = {SMALL.generations}, sampling = "statistics" }}
ensemble = {{ replicates = 2, seed = 3 }}
[policies]
none = {{}}
closed_form = {{}}
[[estimates]]
name = "without policy"
quantity = "contamination"
policy = "none"
[[estimates]]
name = "under the closed form"
quantity = "contamination"
policy = "closed_form"
"""


def variance_error(variance, n):
    """The last variance is 1 in the mean; its own variance is (1 + 2 / (items - 1))^generations - 1."""
    return z_score(variance, 1.0, np.sqrt(((1 + 2 / (SAMPLE - 1)) ** REFITS - 1) / n))


def refits(n, threads):
    return Contender(
        lambda: gaussian_ensemble(Gaussian(items=SAMPLE), Replace(), Run(REFITS, range(n), 1), threads=threads),
        lambda found: variance_error(float(found["variance"][-1]), n),
    )


def numpy_refits(n, threads):
    generator = np.random.Generator(np.random.SFC64(3))

    def call():
        m, s2 = np.zeros(n), np.ones(n)
        for _ in range(REFITS):
            m = m + np.sqrt(s2 / SAMPLE) * generator.standard_normal(n)
            s2 = s2 * generator.chisquare(SAMPLE - 1, n) / (SAMPLE - 1)
        return m, s2

    return Contender(call, lambda found: variance_error(float(found[1].mean()), n))


def command(n, threads):
    """A process of its own, from its start to the figures."""
    folder = Folder()
    home = folder.place()
    home.mkdir()
    (home / "small.toml").write_text(STUDY)

    def call():
        out = folder.place()
        subprocess.run(
            [sys.executable, "-m", "mfsolve", "run", str(home / "small.toml"), "--out", str(out), "--workers",
             str(threads), "--replicates", str(n // 2)],
            check=True, capture_output=True,
        )  # fmt: skip
        return json.loads((out / "summary.json").read_text())["rows"]

    def error(rows):
        mean, deviation = small_expected()
        return z_score(float(rows[1]["estimate"]["value"]), mean, deviation * np.sqrt(2 / n + 2.0**-15))

    return Contender(call, error)


STANDARD = "in standard errors of as many draws"
ROWS = (
    Row(
        "refits", f"{{n}} Gaussian models, each refitted {REFITS} times to {SAMPLE} items of the one before",
        f"distance of the mean last variance from 1, {STANDARD}", 2**15, refits,
        (Peer("numpy", "the same models as NumPy arrays", numpy_refits, less="2 measures instead of 8, last generation only"),),
        None, (2**12, 2**15, 2**18), threaded=True,
    ),
    Row(
        "command", "`mfsolve run` of {n} markets of 100 producers in two arms, from start to figures",
        f"distance of the mean last contamination from that of others, {STANDARD}", 10**6, command,
        (), ("the draws of one arm", small_markets), (10**5, 10**6), wall=True, threaded=True,
    ),
)  # fmt: skip
