"""The readers that know no domain: files of arrays and tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from polyhead.config.block import Block
from polyhead.config.data import DataOptions
from polyhead.signals.readers import hdf5, metadata_cache, npz, table
from polyhead.signals.source import Source


@dataclass(frozen=True)
class Reader:
    """A reader: its own keys of the `data` block, and the function that reads.

    `embedded` readers bring their own inputs and targets; a `generator` is one that reads no file.
    """

    options: type[Block]
    read: Callable[[DataOptions], Source]
    embedded: bool = False
    generator: bool = False


READERS: dict[str, Reader] = {
    "npz": Reader(npz.NpzOptions, npz.read),
    "hdf5": Reader(hdf5.Hdf5Options, hdf5.read),
    "csv": Reader(table.CsvOptions, table.read_csv),
    "parquet": Reader(table.ParquetOptions, table.read_parquet),
    "metadata_cache": Reader(metadata_cache.MetadataCacheOptions, metadata_cache.read, embedded=True),
}
