"""Files of bars: spellings, series, gaps and splits, real files, and one clear line for what cannot be."""

from __future__ import annotations

import gzip
import importlib.util
import json
import re
import time
import zipfile
from pathlib import Path

import numpy as np
import polars
import pytest

from polyhead.config.data import DataOptions
from polyhead.errors import InputError
from polyhead.studies.expansions import STUDY
from polyhead.studies.expansions.features import features

SHARED = Path(__file__).parents[5] / "shared" / "data"


def read(path, **options):
    data = DataOptions.model_validate({"reader": "bars", "path": path and str(path), "options": options})
    return STUDY.readers()["bars"].read(data)


def refused(path, *words, **options):
    with pytest.raises(InputError) as caught:
        read(path, **options)
    for word in words:
        assert re.search(word, caught.value.line), caught.value.line
    assert "\n" not in caught.value.line


def walk(count=40, seed=0, start=100.0):
    """Rows of open, high, low, close of a random walk."""
    rng = np.random.default_rng(seed)
    close = start * np.exp(rng.normal(0, 0.01, count).cumsum())
    opening = np.concatenate([[start], close[:-1]])
    wick = 0.2 * rng.random((2, count))
    return np.stack(
        [opening, np.maximum(opening, close) + wick[0], np.minimum(opening, close) - wick[1], close], axis=1
    )


def stamps(count, step="1h", start="2024-01-01 00:00"):
    first = np.datetime64(start.replace(" ", "T"))
    return [str(first + n * np.timedelta64(int(step[:-1]), step[-1])).replace("T", " ") for n in range(count)]


def table(path, rows=None, times=None, header="time,open,high,low,close", first=()):
    rows = walk() if rows is None else rows
    times = stamps(len(rows)) if times is None else times
    lines = [",".join([*first, str(at), *map(repr, map(float, row))]) for at, row in zip(times, rows, strict=True)]
    path.write_text("\n".join([*([header] if header else []), *lines]) + "\n")
    return path


def test_features_are_the_series_and_the_first_15_bars_are_left_out(tmp_path):
    rows = walk()
    source = read(table(tmp_path / "gold.csv", rows))
    assert source.sampled
    assert source.rows == 25
    np.testing.assert_array_equal(source.inputs["signal"].values, features(*rows.T)[15:])
    np.testing.assert_array_equal(source.columns["close"], rows[15:, 3])
    assert set(source.columns["series"]) == {"gold"}
    # 2024-01-01 15:00 UTC is 1704121200
    assert source.columns["time"][:2].tolist() == [1704121200, 1704124800]
    assert source.files == (tmp_path / "gold.csv",)


@pytest.mark.parametrize(
    "header",
    [
        "Date,Open,High,Low,Close",
        "timestamp,o,h,l,c",
        " DateTime ,OPEN,HIGH,LOW,LAST",
        "<DATE>,<OPEN>,<HIGH>,<LOW>,<CLOSE>",
    ],
)
def test_usual_spellings_are_known(tmp_path, header):
    assert read(table(tmp_path / "a.csv", header=header)).rows == 25


def test_other_names_are_said(tmp_path):
    path = table(tmp_path / "a.csv", header="when,first,top,bottom,last price")
    refused(path, "a.csv: no column for time, open, high, low, close", "'when', 'first'")
    named = {"time": "when", "open": "first", "high": "top", "low": "bottom", "close": "last price"}
    assert read(path, columns=named).rows == 25


def test_two_names_for_one_thing_are_refused(tmp_path):
    path = table(tmp_path / "a.csv", header="time,Close,high,low,close")
    refused(path, "'Close' and 'close' may both be close", columns={"open": "Close"})


@pytest.mark.parametrize("columns", [{"time": "nope"}, {"close": "nope"}, {"symbol": ["open", "nope"]}])
def test_a_column_that_is_not_there_is_one_line(tmp_path, columns):
    refused(table(tmp_path / "a.csv"), "a.csv: no column 'nope'", "it has 'time', 'open'", columns=columns)


def test_csv_gz_zip_and_parquet_hold_the_same(tmp_path):
    plain = table(tmp_path / "a.csv")
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(plain.read_bytes()))
    with zipfile.ZipFile(tmp_path / "c.zip", "w") as packed:
        packed.write(plain, "inside.csv")
    polars.read_csv(plain, try_parse_dates=True).write_parquet(tmp_path / "d.parquet")
    together = read(tmp_path)  # the folder of all four
    assert together.rows == 4 * 25
    names = together.columns["series"]
    assert [str(name) for name in dict.fromkeys(names.tolist())] == ["a", "b", "c", "d"]
    for name in "bcd":
        np.testing.assert_array_equal(
            together.inputs["signal"].values[names == name], together.inputs["signal"].values[names == "a"]
        )
        assert (together.columns["time"][names == name] == together.columns["time"][names == "a"]).all()


def test_series_of_one_file_are_told_apart_by_symbol(tmp_path):
    lines = ["symbol,venue,time,open,high,low,close"]
    for n, at in enumerate(stamps(20)):
        for symbol, venue, seed in (("x", "p", 1), ("y", "p", 2), ("x", "q", 3)):
            lines.append(",".join([symbol, venue, at, *map(repr, map(float, walk(20, seed)[n]))]))
    path = tmp_path / "all.csv"
    path.write_text("\n".join(lines) + "\n")
    refused(path, "row 3: has the time of the row before", "data.columns.symbol")
    source = read(path, columns={"symbol": ["symbol", "venue"]})
    assert list(dict.fromkeys(source.columns["series"].tolist())) == ["all x p", "all y p", "all x q"]
    np.testing.assert_array_equal(source.columns["close"][5:10], walk(20, 2)[15:, 3])


def test_a_bad_row_is_named_as_it_stands_in_the_file(tmp_path):
    rows = walk()
    rows[6, 1] = rows[6, 2] - 1
    refused(
        table(tmp_path / "a.csv", rows), r"a\.csv: row 7: high .* is below low .* at 2024-01-01T06:00:00", "columns"
    )


def test_a_price_that_is_no_number_is_refused(tmp_path):
    path = table(tmp_path / "a.csv")
    lines = path.read_text().splitlines()
    lines[5] = lines[5].rpartition(",")[0] + ",n.v."
    path.write_text("\n".join(lines))
    refused(path, "row 5: close is 'n.v.', not a number; leave the row out, or fill in its price")
    lines[5] = lines[5].replace("n.v.", "")
    path.write_text("\n".join(lines))
    refused(path, "row 5: close is empty or infinite")


def test_unsorted_and_repeated_times_are_refused(tmp_path):
    times = stamps(40)
    refused(table(tmp_path / "a.csv", times=times[::-1]), "row 2: is earlier than the row before", "39 such rows")
    refused(table(tmp_path / "b.csv", times=[times[0], *times[:-1]]), "row 2: has the time of the row before")


def test_holidays_and_weekends_are_told_in_gap(tmp_path):
    days = [day for day in stamps(60, "1D", "2024-01-01") if np.is_busday(day[:10]) and day[:10] != "2024-02-01"]
    source = read(table(tmp_path / "a.csv", walk(len(days)), days))
    # from 22 January on: Friday to Monday is 3, and 1 February is missing
    by_day = dict(zip(source.columns["time"].astype("datetime64[s]").astype(str), source.columns["gap"], strict=True))
    assert by_day["2024-01-23T00:00:00"] == 1
    assert by_day["2024-01-29T00:00:00"] == 3
    assert by_day["2024-02-02T00:00:00"] == 2


def test_a_gap_ends_a_series_where_it_is_asked_for(tmp_path):
    times = [*stamps(30), *stamps(20, start="2024-02-01 00:00"), *stamps(10, start="2024-03-01 00:00")]
    path = table(tmp_path / "a.csv", walk(60), times)
    assert read(path).rows == 45
    cut = read(path, gap_s=86400.0)
    assert {name: int((cut.columns["series"] == name).sum()) for name in set(cut.columns["series"])} == {
        "a #1": 15,
        "a #2": 5,  # and of ten bars nothing is left
    }
    np.testing.assert_array_equal(cut.inputs["signal"].values[15:], features(*walk(60)[30:50].T)[15:])


def test_a_split_is_refused_cut_or_kept(tmp_path):
    rows = walk(60)
    rows[30:] /= 4
    path = table(tmp_path / "a.csv", rows)
    refused(path, "bar 31 of 2024-01-02T06:00:00: opens at", "split of 4:1", "data.splits: cut")
    assert set(read(path, splits="cut").columns["series"]) == {"a #1", "a #2"}
    kept = read(path, splits="keep")
    assert kept.rows == 45
    assert kept.columns["split"].tolist() == [*[""] * 15, "4:1", *[""] * 29]
    assert kept.columns["expansion"][15] == 1  # what comes of keeping it


def test_a_hole_is_not_called_a_split(tmp_path):
    """Minutes, seven months without data, and a price that is 3:4 of the one before."""
    rows = walk(60)
    rows[30:] *= rows[29, 3] / rows[30, 0] * 4 / 3
    times = [*stamps(30, "1m", "2017-09-04 23:30"), *stamps(30, "1m", "2018-04-04 00:00")]
    path = table(tmp_path / "a.csv", rows, times)
    hole = "a has a hole of 211 days, from 2017-09-04T23:59:00 to 2018-04-04T00:00:00"
    refused(path, hole, "data.gap_s: 604800 to begin a new series", "data.splits: keep")
    assert set(read(path, gap_s=604800).columns["series"]) == {"a #1", "a #2"}
    for options in ({"splits": "keep"}, {"gap_s": 3e7}):
        kept = read(path, **options)
        assert kept.rows == 45
        assert set(kept.columns["split"]) == {""}


def test_a_split_is_called_one_beside_a_hole_and_after_a_night(tmp_path):
    rows = walk(60)
    rows[20:] *= 4 / 3
    rows[40:] /= 4
    days = [stamps(20, "1m", f"{day} 12:00") for day in ("2023-01-06", "2024-01-05", "2024-01-08")]
    path = table(tmp_path / "a.csv", rows, [one for day in days for one in day])
    refused(path, "split of 4:1", "bar 41 of 2024-01-08T12:00:00", gap_s=604800)


def test_bars_without_range_are_kept_and_told(tmp_path):
    rows = walk()
    rows[20] = rows[20, 0]
    rows[21, 0] = rows[20, 0]
    rows[21, 1:3] = rows[21].max(), rows[21].min()
    source = read(table(tmp_path / "a.csv", rows))
    assert np.flatnonzero(source.columns["zero_range"]).tolist() == [5]
    assert np.isfinite(source.inputs["signal"].values).all()


@pytest.mark.parametrize(("count", "said"), [(1, "a has 1 bar, features need 15"), (15, "a has 15 bars")])
def test_too_few_bars_are_refused(tmp_path, count, said):
    refused(table(tmp_path / "a.csv", walk(count)), said)


def test_empty_and_missing_files_are_refused(tmp_path):
    (tmp_path / "a.csv").write_text("time,open,high,low,close\n")
    refused(tmp_path / "a.csv", "has a header but no rows")
    refused(tmp_path / "b.csv", "no such file")
    (tmp_path / "none").mkdir()
    refused(tmp_path / "none", "holds no file that ends in .csv")
    (tmp_path / "c.zip").write_bytes(b"no zip")
    refused(tmp_path / "c.zip", "cannot be read as zip")
    with zipfile.ZipFile(tmp_path / "d.zip", "w") as packed:
        packed.writestr("a.csv", "x")
        packed.writestr("b.csv", "x")
    refused(tmp_path / "d.zip", "holds 2 files, expected one csv")
    (tmp_path / "e.parquet").write_bytes(b"no parquet")
    refused(tmp_path / "e.parquet", "cannot be read as parquet")


def test_a_file_without_names(tmp_path):
    path = table(tmp_path / "a.csv", header="")
    refused(path, "line 1 holds '2024-01-01 00:00', no names", "data.header: false")
    source = read(path, header=False, price_unit=0.01)
    np.testing.assert_allclose(source.columns["open"], walk()[15:, 0] / 100)


def test_closes_alone_are_refused_or_made_into_bars(tmp_path):
    path = tmp_path / "a.csv"
    close = walk(100)[:, 3]
    cells = [repr(float(value)) for value in close]
    cells[50] = "."  # FRED's holiday
    path.write_text("\n".join(["date,close", *map(",".join, zip(stamps(100, "1D", "2024-01-01"), cells, strict=True))]))
    refused(path, "no column for open, high, low", "data.closes: 5")
    source = read(path, closes=5)
    left = np.delete(close, 50)
    assert source.rows == 98 // 5 - 15
    np.testing.assert_array_equal(source.columns["open"], left[75:95:5])
    np.testing.assert_array_equal(source.columns["close"], left[80:100:5])


def test_closes_of_a_file_of_bars_are_refused(tmp_path):
    refused(table(tmp_path / "a.csv"), "'open', 'high', 'low'", "leave data.closes out", closes=5)


def test_swings_age_in_windows_of_the_length_that_is_asked_for(tmp_path):
    path = table(tmp_path / "a.csv", walk(400))
    given = {"reader": "bars", "path": str(path), "window": {"length": 20}}
    source = STUDY.readers()["bars"].read(DataOptions.model_validate(given))
    expected = features(*walk(400).T, window=20)[15:]
    np.testing.assert_array_equal(source.inputs["signal"].values, expected)
    assert (read(path).inputs["signal"].values[:, 8:10] != expected[:, 8:10]).any()


def test_pieces_that_are_all_too_short_are_told(tmp_path):
    times = [one for day in (1, 3, 5) for one in stamps(10, start=f"2024-01-0{day} 00:00")]
    path = table(tmp_path / "a.csv", walk(30), times)
    refused(path, "a is cut into 3 pieces, the longest of which has 10 bars", "raise data.gap_s", gap_s=86400)


def test_one_column_of_symbols_is_said_as_text(tmp_path):
    rows = walk(40)
    lines = [
        f"{name},{at},{','.join(map(repr, map(float, row)))}"
        for name in "ab"
        for at, row in zip(stamps(40), rows, strict=True)
    ]
    (tmp_path / "a.csv").write_text("\n".join(["code,time,open,high,low,close", *lines]))
    assert set(read(tmp_path / "a.csv", columns={"symbol": "code"}).columns["series"]) == {"a a", "a b"}


@pytest.mark.parametrize(("separator", "said"), [(";", '";"'), ("\t", r'"\\t"')])
@pytest.mark.parametrize("packed", [False, True])
def test_other_separators_and_decimal_commas(tmp_path, separator, said, packed):
    path = table(tmp_path / "a.csv")
    path.write_text(path.read_text().replace(",", separator).replace(".", ","))
    if packed:
        with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
            file.write(path, "a.csv")
        path = tmp_path / "a.zip"
    if separator == ";":
        refused(path, "holds the whole line|cannot be read")
    refused(path, r"'\d+,\d+', not a number; write data.decimal_comma: true", separator=separator)
    source = read(path, separator=separator, decimal_comma=True)
    np.testing.assert_allclose(source.columns["open"], walk()[15:, 0])


def test_a_whole_line_in_one_column_names_the_separator(tmp_path):
    path = table(tmp_path / "a.csv")
    path.write_text(path.read_text().replace(",", ";"))
    refused(path, "one column, 'time;open;high;low;close', holds the whole line; write data.separator: \";\"")


@pytest.mark.parametrize(
    ("first", "options"),
    [
        ("<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>", {"separator": "\t"}),
        ("day\tclock\topen\thigh\tlow\tclose", {"separator": "\t", "columns": {"time": ["day", "clock"]}}),
        ("", {"separator": "\t", "header": False}),
    ],
)
@pytest.mark.parametrize("seconds", ["", ":00"])
def test_date_and_time_in_two_columns(tmp_path, first, options, seconds):
    """As MetaTrader writes them."""
    times = [one.replace("-", ".").replace(" ", "\t")[:16] + seconds for one in stamps(40)]
    path = table(tmp_path / "a.csv", times=times, header="")
    path.write_text((first + "\n" if first else "") + path.read_text().replace(",", "\t"))
    source = read(path, **options)
    np.testing.assert_array_equal(source.columns["time"], 1704067200 + 3600 * np.arange(15, 40))
    np.testing.assert_allclose(source.columns["close"], walk()[15:, 3])


@pytest.mark.parametrize(
    ("date", "clock"),
    [
        (lambda at: at[:10].replace("-", ""), lambda at: at[11:].replace(":", "") + "00"),  # 20240101,093000
        (lambda at: at[:10], lambda at: at[11:].replace(":", "")),
        (lambda at: f"{at[5:7]}/{at[8:10]}/{at[:4]}", lambda at: at[11:].replace(":", "")),
    ],
)
def test_times_of_day_as_whole_numbers_are_not_seconds_since_1970(tmp_path, date, clock):
    """20 bars of 13 January: zeros in front are lost where a table is read."""
    times = [f"{date(at)},{clock(at)}" for at in stamps(20, start="2024-01-13 00:00")]
    path = table(tmp_path / "a.csv", walk(20), times, header="<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>")
    np.testing.assert_array_equal(read(path).columns["time"], 1705104000 + 3600 * np.arange(15, 20))


def test_numbers_beside_a_date_that_are_no_times_of_day_stay_stamps(tmp_path):
    times = [f"{at[:10]},{1704067200 + 3600 * n}" for n, at in enumerate(stamps(40))]
    source = read(table(tmp_path / "a.csv", times=times, header="date,time,open,high,low,close"))
    np.testing.assert_array_equal(source.columns["time"], 1704067200 + 3600 * np.arange(15, 40))


def test_a_time_of_day_without_a_date_is_refused(tmp_path):
    path = table(tmp_path / "a.csv", times=[one[11:] for one in stamps(40)])
    refused(path, "row 1: time '00:00' has no date", r"columns: \{time: \[DATE, time\]\}")


def test_the_rule_is_in_the_config(tmp_path):
    path = table(tmp_path / "a.csv", walk(400))
    strict, loose = read(path, rule={"move_atr": 6.0}), read(path, rule={"move_atr": 1.5})
    assert strict.columns["expansion"].sum() < loose.columns["expansion"].sum()


@pytest.mark.skipif(not importlib.util.find_spec("arch"), reason="arch is not installed")
def test_without_a_path_three_real_series_are_read():
    source = read(None)
    counts = dict(zip(*np.unique(source.columns["series"], return_counts=True), strict=True))
    assert counts["sp500"] == counts["nasdaq"] == 5031 - 15
    assert counts["wti"] == (8321 - 1) // 5 - 15  # days with a close, in fives
    assert 0.05 < source.columns["expansion"].mean() < 0.25
    assert {"", "consolidation", "retracement"} == set(source.columns["state"])


def test_without_a_path_and_without_arch_the_extra_is_named(monkeypatch):
    monkeypatch.setattr("polyhead.studies.expansions.readers.embedded_bars.find_spec", lambda name: None)
    refused(None, "arch", r"pip install 'polyhead\[expansions\]'")


@pytest.mark.skipif(not (SHARED / "price_bars_lean").exists(), reason="shared/data/price_bars_lean is not here")
def test_real_files_of_lean():
    lean = SHARED / "price_bars_lean"
    apple = lean / "equity_usa_daily_aapl.zip"
    refused(apple, "data.header: false")
    refused(apple, "opens at 50.5 after a close of 101", "2:1", header=False, price_unit=1e-4)
    cut = read(apple, header=False, price_unit=1e-4, splits="cut")
    assert set(cut.columns["series"]) == {f"equity_usa_daily_aapl #{n}" for n in range(1, 6)}  # four splits
    assert cut.rows == 5849 - 5 * 15
    assert read(lean / "crypto_coinbase_daily_btcusd_trade.zip", header=False, splits="keep").rows == 1318 - 15


@pytest.mark.slow
def test_a_million_rows(tmp_path):
    count = 1_000_000
    rows = np.tile(np.concatenate([walk(500), walk(500)[::-1][:, [3, 1, 2, 0]]]), (count // 1000, 1))  # there and back
    at = np.datetime64("2000-01-01T00:00:00.000") + np.arange(count) * np.timedelta64(60_000, "ms")
    names = dict(zip(("open", "high", "low", "close"), rows.T, strict=True))
    polars.DataFrame({"time": at} | names).write_parquet(tmp_path / "a.parquet")
    began = time.perf_counter()
    assert read(tmp_path / "a.parquet").rows == count - 15
    assert time.perf_counter() - began < 60


def test_options_come_from_yaml_as_they_are():
    from polyhead.studies.expansions.readers.bars_options import BarsOptions

    given = {"columns": {"symbol": ["a"]}, "rule": {"move_atr": 3.0, "retraced": [0.1, 0.5]}, "splits": "keep"}
    assert BarsOptions.model_validate_json(json.dumps(given)).rule.retraced == (0.1, 0.5)
