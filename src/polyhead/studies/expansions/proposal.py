"""A first configuration for a file of price bars."""

from __future__ import annotations

import gzip
import json
import os
import re
import zlib
from importlib.util import find_spec
from pathlib import Path

from polyhead.errors import InputError
from polyhead.studies.expansions.readers.apart import telling_apart
from polyhead.studies.expansions.readers.bar_table import PRICES, SPELLINGS, spelt_as
from polyhead.studies.expansions.readers.bars_options import BarsOptions

_CONFIG = """\
# A guess: {prices} are columns of price bars. The reader `bars` makes twelve features of them, and labels
# expansions by a rule (docs: data, price bars); data.rule holds its parameters.
name: {name}
data:
  reader: bars
  path: {path}
{keys}  targets:
    expansion: {{key: expansion, axes: [window, time], unit: bars}}
  group: series
  time: time
  window: {{length: 105, stride: 52, position: true}}
  split: {{by: time}}               # the past trains, the future is judged
tasks:
  span: {{kind: span, target: expansion, pos_weight: auto}}
  ptr: {{kind: pointers, target: expansion}}
model:
  backbone: bilstm
balance: floor
"""


def propose_bars(path: Path, folder: Path, name: str) -> str | None:
    """The text of a YAML, to stand in `folder`, for a csv or parquet file with open, high, low and close; None for
    other files. Raises InputError where it has them and the extra is not installed, for too few bars, and for high, low
    and close without an open."""
    found = _names(path)
    if found is None:
        return None
    names, options = found
    prices = [key for price in PRICES for key in spelt_as(price, names)]
    _refuse_without_open(path, names)
    if len(prices) != len(PRICES) or not all(spelt_as(price, names) for price in PRICES):
        return None
    if find_spec("numba") is None:
        what = f"holds price bars ({', '.join(prices)}), whose features need the extra expansions"
        raise InputError(what, where=str(path), do="pip install 'polyhead[expansions]'")
    apart = telling_apart(path, BarsOptions.model_validate(options))
    written = {key: json.dumps(value) for key, value in options.items()}
    if apart:
        written["columns"] = f"{{symbol: {json.dumps(apart, ensure_ascii=False)}}}  # tell the series apart"
    keys = "".join(f"  {key}: {value}\n" for key, value in written.items())
    where = json.dumps(os.path.relpath(path, folder), ensure_ascii=False)
    return _CONFIG.format(prices=", ".join(prices), name=json.dumps(name), path=where, keys=keys)


def _refuse_without_open(path: Path, names: list[str]) -> None:
    if any(spelt_as(one, names) for one in SPELLINGS["open"]):
        return
    if all(spelt_as(price, names) for price in ("high", "low", "close")):
        raise InputError(
            "no column open: price bars have open, high, low and close",
            where=str(path),
            do="add it, or leave high and low out and write data.closes: 5 to make a bar of five closes",
        )


def _names(path: Path) -> tuple[list[str], dict[str, str | bool]] | None:
    """The columns of a table, and the reader's keys without which it is not read; None where it is none."""
    kind = path.name.lower()
    if not path.is_file() or not kind.endswith((".csv", ".csv.gz", ".parquet")):
        return None
    import polars

    try:
        if kind.endswith(".parquet"):
            return list(polars.read_parquet_schema(path)), {}
        with gzip.open(path, "rt", encoding="utf-8") if kind.endswith(".gz") else path.open(encoding="utf-8") as file:
            first, second = (str(file.readline(2**16)).strip().lstrip("\ufeff") for _ in range(2))
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, polars.exceptions.PolarsError):
        return None  # what is wrong with it is said where it is read
    separator = max(",;\t", key=first.count)
    names, values = ([cell.strip().strip('"') for cell in line.split(separator)] for line in (first, second))
    options: dict[str, str | bool] = {} if separator == "," else {"separator": separator}
    if options and any(re.fullmatch(r"\d+,\d+", value) for value in values):
        options["decimal_comma"] = True
    return names, options
