"""Settings of reading a pool and its references: kind, unit, columns, periods, encoding (MODEL 3.5)."""

from dataclasses import dataclass, replace

from mfsolve.data.dates import Period
from mfsolve.data.table import Table
from mfsolve.data.words import Unit

BATCH = 2**22
"""Code points read at a time."""


@dataclass(frozen=True)
class Reading:
    """Reading of files: kind of the samples, unit of texts, column of texts, column and length of periods.

    `named` says what the column `date` holds in messages: dates, or the group's name as it stands (`Period.AS_GIVEN`).
    `columns` of features are taken, all but those of `ignore` where none are named. `cluster` is a column
    that says which rows are one draw; a `reference` may lack it. `encoding` is that of texts that are not UTF-8.
    """

    kind: str | None = None
    unit: Unit = Unit.DOCUMENT
    text: str | None = None
    date: str | None = None
    period: Period = Period.MONTH
    named: str = "date"
    columns: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    date_format: str | None = None
    cluster: str | None = None
    reference: bool = False
    encoding: str | None = None

    def in_table(self, table: Table) -> "Reading":
        """The same without a column of clusters that a reference lacks; InputError where another table lacks it."""
        if self.cluster is None or (self.reference and self.cluster not in table.header):
            return replace(self, cluster=None)
        table.place(self.cluster)
        return self
