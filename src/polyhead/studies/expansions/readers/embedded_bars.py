"""Real bars that come with a package: daily S&P 500 and Nasdaq, weekly WTI, of PyPI's arch."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from polyhead.errors import InputError
from polyhead.studies.expansions.readers.bar_table import Series, read_series
from polyhead.studies.expansions.readers.bars_options import BarColumns, BarsOptions

FILES = {
    "sp500": BarsOptions(),
    "nasdaq": BarsOptions(),
    "wti": BarsOptions(columns=BarColumns(close="DCOILWTICO"), closes=5),
}
"""Yahoo's daily bars of two indices from 1999 to 2018, and FRED's closes of crude oil from 1986, five to a bar."""


def read_arch() -> list[Series]:
    """The three series. Raises InputError where arch is not installed."""
    # Its files rather than its functions: importing arch takes seconds.
    package = find_spec("arch")
    if package is None or package.origin is None:
        do = "pip install 'polyhead[expansions]', or write `path:` with a file of bars"
        raise InputError("without a path, bars are read from the package arch", where="data.path", do=do)
    data = Path(package.origin).parent / "data"
    return [one for name, options in FILES.items() for one in read_series(data / name / f"{name}.csv.gz", options)]
