"""Commands on a user's own measurements and tables."""

from typing import Any

from mfsolve.grammar import arguments
from mfsolve.grammar.arguments import number


def add(add_command: Any) -> None:
    """Add these commands; `add_command(name, help)` makes one."""
    add_regress(add_command)
    add_deals(add_command)
    add_example(add_command)
    add_provenance(add_command)


def add_regress(add_command: Any) -> None:
    """Add `mfsolve regress`, for a log of generations."""
    regress = add_command("regress", "fit the collapse law and its rivals to your own measurements")
    regress.add_argument(
        "table", metavar="GENERATIONS.csv", help="columns generation, contamination, a metric; - is standard input"
    )
    regress.add_argument(
        "--metric",
        metavar="NAME:WAY",
        help="metric column, and whether lower or higher is better; :log or :linear may follow",
    )
    regress.add_argument(
        "--contamination", type=arguments.share, metavar="COLUMN|X",
        help="column with the share of synthetic text in the training data of the row's own model; default: "
        "contamination, or exposure (cumulative squares); or a constant share, if there is no such column",
    )  # fmt: skip
    regress.add_argument(
        "--by", metavar="COLUMN", help="column of conditions, whose slopes are compared; default: condition"
    )
    regress.add_argument(
        "--generation", metavar="COLUMN", help="column of generations; default: generation, gen, or consecutive steps"
    )
    regress.add_argument(
        "--run", metavar="COLUMN", help="column that identifies runs; default: run, run_id, run_name or seed"
    )
    regress.add_argument("--wide", action="store_true", help="treat every column as a run, regardless of its name")
    regress.add_argument(
        "--start", choices=("measured", "exact"), default="measured",
        help="whether each run's first value is exact or measured with error; default measured",
    )  # fmt: skip
    regress.add_argument("--structural", type=number, metavar="B", help="slope to test against")
    regress.add_argument(
        "--lags", type=int, metavar="L", help="lags of the Newey-West standard errors; default: by rule"
    )
    regress.add_argument("--level", type=number, default=0.95, help="confidence level of intervals; default 0.95")
    arguments.encoding(regress)
    arguments.figure(regress, "default GENERATIONS.png beside a file")
    arguments.as_json(regress)


def add_deals(add_command: Any) -> None:
    """Add `mfsolve deals`, for a table of data deals."""
    deals = add_command("deals", "summarise a table of data deals: totals, concentration, bounds, pay by regime")
    deals.add_argument(
        "file",
        metavar="FILE",
        help="columns receiver, aggregator, year, content_type, value_raw and codes (optional; C confirmed, U unclear, "
        "L litigation, S revenue share, R recurring, such as C|R), as CSV or JSON",
    )
    deals.add_argument(
        "--cap", type=number, metavar="USD", help="upper bound on an undisclosed value; default: the largest disclosed"
    )
    deals.add_argument(
        "--rate", action="append", default=[], metavar="CODE=X",
        help="dollars per unit of another currency, such as EUR=1.08; may be repeated",
    )  # fmt: skip
    deals.add_argument("--revenue-share", type=number, metavar="X", help="assumed share of receipts")
    deals.add_argument(
        "--bargaining-share", type=number, metavar="X", help="assumed share of the intermediary's surplus"
    )
    deals.add_argument("--developers", type=int, metavar="J", help="assumed number of developers competing under EDVEX")
    deals.add_argument("--lineage", type=number, metavar="R", help="assumed share of pay that reaches the source")
    deals.add_argument("--fee", type=number, metavar="X", help="assumed share that the exchange keeps")
    arguments.encoding(deals)
    arguments.figure(deals, "default FILE.png beside the table")
    arguments.as_json(deals)


def add_example(add_command: Any) -> None:
    """Add `mfsolve example`, which writes data for the other commands."""
    example = add_command("example", "write real data to try provenance and regress on")
    example.add_argument(
        "directory", metavar="DIR", help="folder of pool.csv, human.csv and synthetic.csv, or of log.csv"
    )
    example.add_argument(
        "--data", choices=("co2", "elnino", "topics", "log"), default="co2",
        help="carbon dioxide or sea surface temperatures mixed with a Gaussian, texts by month mixed with a Markov "
        "chain's, or a log of a bigram model trained on its own text; default co2",
    )  # fmt: skip
    example.add_argument("--share", type=number, default=0.3, metavar="X", help="share of synthetic rows; default 0.3")
    example.add_argument("--seed", type=int, default=1, metavar="N", help="seed of the draws; default 1")


def add_provenance(add_command: Any) -> None:
    """Add `mfsolve provenance`, for a pool and its references."""
    provenance = add_command("provenance", "estimate the share of synthetic items in a pool of your own")
    provenance.add_argument(
        "pools", metavar="POOL", nargs="+",
        help="texts: a folder of .txt, a .txt (one text per line), a table with a column of them; or a table of item, "
        "token, count; token, count; log_human, log_synthetic; numeric features. Several: one per period",
    )  # fmt: skip
    provenance.add_argument(
        "--human", required=True, action="append", metavar="FILE", help="reference of human items; may be repeated"
    )
    provenance.add_argument(
        "--synthetic", action="append", metavar="FILE", help="reference of synthetic items; may be repeated"
    )
    provenance.add_argument(
        "--source", action="append", metavar="NAME=FILE", help="one of several generators, instead of --synthetic"
    )
    provenance.add_argument(
        "--baseline", metavar="FILE", help="human items from the same source as the pool's, to measure drift"
    )
    provenance.add_argument(
        "--kind", choices=("documents", "matrix", "tokens", "features", "likelihoods"),
        help="content of the files; default: from the header. matrix: documents by tokens",
    )  # fmt: skip
    provenance.add_argument("--unit", choices=("document", "sentence"), default="document", help="unit of texts")
    provenance.add_argument("--text", metavar="COLUMN", help="column of texts; default text")
    provenance.add_argument(
        "--date", metavar="COLUMN",
        help="shares by period, from a column of dates (Unix times are UTC); filename: from the names of a folder's "
        "files",
    )  # fmt: skip
    provenance.add_argument(
        "--date-format", metavar="FORMAT", help="format of non-ISO dates, as in strptime, such as %%d/%%m/%%Y"
    )
    provenance.add_argument(
        "--period",
        choices=("as_given", "day", "month", "quarter", "year"),
        default="month",
        help="length of a period; default month",
    )
    provenance.add_argument("--by", metavar="COLUMN", help="shares by group, from a column such as source")
    provenance.add_argument(
        "--cluster", metavar="COLUMN",
        help="rows with the same value (e.g. one author) count as one observation, also in references; each cluster is "
        "assumed to have one source: if some mix both, intervals are up to twice too wide",
    )  # fmt: skip
    provenance.add_argument("--columns", metavar="A,B,...", help="features to use; default: all but row numbers")
    provenance.add_argument("--ignore", metavar="A,B,...", help="features to leave out")
    arguments.encoding(provenance)
    arguments.figure(provenance, "default: no figure; it shows shares by period or group")
    provenance.add_argument(
        "--moments", metavar="POLICY", help="print shares by period as a study's [[estimates]] under this policy"
    )
    provenance.add_argument(
        "--into", metavar="STUDY", help="with --moments: print that study, its calibrated shares replaced by these"
    )
    provenance.add_argument(
        "--half-width",
        type=number,
        metavar="H",
        help="report the pool size required for this half-width; default 0.05",
    )
    provenance.add_argument("--level", type=number, default=0.95, help="confidence level of intervals; default 0.95")
    arguments.as_json(provenance)
