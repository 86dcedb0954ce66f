"""The readers that know no domain: files of arrays and tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from polyhead.config.block import Block
from polyhead.config.data import DataOptions
from polyhead.signals.readers import npz, table
from polyhead.signals.source import Source


@dataclass(frozen=True)
class Reader:
    """A reader: its own keys of the `data` block, and the function that reads.

    `embedded` readers bring their own inputs and targets and need no path.
    """

    options: type[Block]
    read: Callable[[DataOptions], Source]
    embedded: bool = False


READERS: dict[str, Reader] = {
    "npz": Reader(npz.NpzOptions, npz.read),
    "csv": Reader(table.CsvOptions, table.read_csv),
    "parquet": Reader(table.ParquetOptions, table.read_parquet),
}
