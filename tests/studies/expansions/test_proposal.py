"""A file of price bars is proposed as such, and only such a file."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from polyhead import api
from polyhead.errors import InputError
from polyhead.studies.expansions.proposal import propose_bars


def bars(path: Path, header: str = "Time,Open,HIGH,low,Close", separator: str = ",") -> Path:
    price = 100 * np.exp(np.random.default_rng(0).normal(0, 0.01, 3000).cumsum())
    times = np.datetime64("2024-01-01T00:00") + np.arange(3000) * np.timedelta64(1, "h")
    rows = [f"{at},{one},{one + 1},{one - 1},{one}" for at, one in zip(times, price, strict=True)]
    path.write_text("\n".join([header, *rows]).replace(",", separator))
    return path


@pytest.mark.parametrize("separator", [",", ";"])
def test_what_is_proposed_reads_the_file(tmp_path: Path, separator: str) -> None:
    pytest.importorskip("numba")
    config = api.init(bars(tmp_path / "fx.csv", separator=separator), tmp_path / "fx.yaml")
    experiment = api.load(config).experiment
    assert {name: task.kind for name, task in experiment.tasks.items()} == {"span": "span", "ptr": "pointers"}
    assert api.read(experiment.data).rows == 3000 - 15


def test_decimal_commas_are_seen(tmp_path: Path) -> None:
    pytest.importorskip("numba")
    path = bars(tmp_path / "fx.csv", separator=";")
    path.write_text(path.read_text().replace(".", ","))
    assert api.read(api.load(api.init(path, tmp_path / "fx.yaml")).experiment.data).rows == 3000 - 15


def test_a_packed_file_is_looked_into(tmp_path: Path) -> None:
    path = bars(tmp_path / "a.csv")
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(path.read_bytes()))
    assert "reader: bars" in str(propose_bars(tmp_path / "b.csv.gz", tmp_path, "b"))
    (tmp_path / "c.csv.gz").write_bytes(gzip.compress(path.read_bytes())[:10] + b"broken")
    assert propose_bars(tmp_path / "c.csv.gz", tmp_path, "c") is None


def test_other_files_are_not_taken_for_bars(tmp_path: Path) -> None:
    assert propose_bars(bars(tmp_path / "a.csv", "time,open,high,low,last"), tmp_path, "a") is None
    assert propose_bars(tmp_path / "none.csv", tmp_path, "a") is None
    (tmp_path / "a.parquet").write_bytes(b"no parquet")
    assert propose_bars(tmp_path / "a.parquet", tmp_path, "a") is None


def stacked(path: Path, names: list[tuple[str, str]], mood: str = "calm,wild") -> Path:
    """30 hours of each series, one after the other."""
    rows = [
        f"{first},{second},{mood.split(',')[n % 2]},2024-01-{1 + n // 24:02}T{n % 24:02}:00,1,1,1,1"
        for first, second in names
        for n in range(30)
    ]
    path.write_text("\n".join(["market,symbol,mood,time,open,high,low,close", *rows]) + "\n")
    return path


def test_columns_that_tell_series_apart_are_named(tmp_path: Path) -> None:
    path = stacked(tmp_path / "all.csv", [("fx", "eur"), ("fx", "nzd"), ("oanda", "eur")])
    config = api.init(path, tmp_path / "all.yaml")
    assert 'columns: {symbol: ["market", "symbol"]}' in config.read_text()
    assert api.read(api.load(config).experiment.data).rows == 3 * 15


@pytest.mark.parametrize("names", [[("fx", "eur")], [("fx", "eur"), ("fx", "nzd")]])
def test_columns_are_not_named_where_the_reader_needs_none(tmp_path: Path, names: list[tuple[str, str]]) -> None:
    assert "columns:" not in str(propose_bars(stacked(tmp_path / "a.csv", names), tmp_path, "a"))


@pytest.mark.parametrize(("rows", "said"), [(0, "holds no bars"), (1, "holds 1 bar,"), (15, "holds 15 bars,")])
def test_too_few_bars_are_refused(tmp_path: Path, rows: int, said: str) -> None:
    path = bars(tmp_path / "a.csv")
    path.write_text("\n".join(path.read_text().splitlines()[: rows + 1]) + "\n")
    with pytest.raises(InputError, match=f"{said}.*features need 15 before the first; give a longer series"):
        api.init(path, tmp_path / "a.yaml")
    assert not (tmp_path / "a.yaml").exists()


def test_prices_without_an_open_are_refused(tmp_path: Path) -> None:
    path = bars(tmp_path / "a.csv", "Time,first,HIGH,low,Close")
    with pytest.raises(InputError, match=r"no column open: .*add it, or .* data.closes: 5"):
        api.init(path, tmp_path / "a.yaml")


def test_without_the_extra_one_line_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("polyhead.studies.expansions.proposal.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"holds price bars \(Open, HIGH, low, Close\).*pip install 'polyhead\[exp"):
        api.init(bars(tmp_path / "a.csv"), tmp_path / "a.yaml")
