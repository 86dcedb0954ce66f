"""Tables of metrics, as a paper or a colleague hands them over, as a case: csv or json, long or wide."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.logs.metric_case import Cell, case_of
from polyhead.diagnosis.logs.metric_words import BOUNDED, METRICS, is_fact, metric_name, split_name
from polyhead.diagnosis.table import read_csv, text_of
from polyhead.errors import InputError

_HEADERS = {
    "task": ("task", "head", "target", "output", "objective"),
    "metric": ("metric", "measure", "quantity", "metric_name"),
    "value": ("value", "score", "result"),
    "split": ("split", "set", "phase", "subset", "partition"),
    "epoch": ("epoch", "epochs"),
    "low": ("low", "lower", "ci_low", "ci_lower"),
    "high": ("high", "upper", "ci_high", "ci_upper"),
}
_FACTS = {
    **dict.fromkeys(("prevalence", "majority"), (0.0, 1.0)),
    **dict.fromkeys(("n", "classes", "batch_size"), (0.0, 1e12)),
    **dict.fromkeys(("sigma", "weight", "target_sd"), (0.0, 1e300)),
}
"""Between which values a fact can lie."""
_NOTHING = ("", "-", "nan", "none", "null", "na", "n/a", "undefined")
_NUMBER = re.compile(r"[≈~=]?\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*(%)?", re.IGNORECASE)
_PERCENT = (1.5, 100.0)
"""Between which a metric that is bounded by 1 is taken to be in percent; 1.2 is rather a wrong number."""
_SOME = ("accuracy", "auroc", "f1", "mae", "r2")
_DO = "write columns task, metric, value; or task and one column per metric"
_LOG = "of a log over epochs, say which column is the epoch in a file of names, --columns FILE"

Row = Mapping[str, str]


@dataclass(frozen=True)
class _Place:
    """Where a row stands: the file, and its line or its number."""

    file: Path
    row: str

    def error(self, what: str, do: str = "") -> InputError:
        return InputError(what, where=f"{self.file}, {self.row}", do=do)


def read_metric_table(path: Path) -> Case:
    """A table of metrics as a case.

    csv: columns task, metric, value, or task and one column per metric; optional split, epoch, low and high (interval),
    and facts such as n, floor, kind, prevalence, classes, unit, majority, target_sd. json: a list of such rows,
    {task: {metric: value}} or {split: {task: {metric: value}}}. `92.3 %` is 0.923; what is empty or nan is undefined.
    Raises InputError naming the file and the row.
    """
    rows = _json_rows(path) if path.suffix.lower() == ".json" else _csv_rows(path)
    cells = [cell for place, row in rows for cell in _cells(place, row)]
    if not cells:
        raise InputError("the table holds no row", where=str(path), do=_DO)
    _refuse_percent(cells)
    _refuse_unknown(path, cells)
    return case_of(str(path), cells)


def _refuse_percent(cells: Sequence[Cell]) -> None:
    """Raises InputError where every metric of a task that is bounded by 1 is in percent without saying so."""
    for task in dict.fromkeys(cell.task for cell in cells):
        own = [(cell, cell.value) for cell in cells if cell.task == task and cell.name in BOUNDED]
        known = [(cell, value) for cell, value in own if value is not None]
        if known and all(_PERCENT[0] <= value <= _PERCENT[1] for _, value in known):
            cell, value = known[0]
            raise InputError(
                f"{cell.name} {value:g} is beyond 1", where=f"{cell.file}, {cell.row}", do=f"write {value:g} %"
            )


def _refuse_unknown(path: Path, cells: Sequence[Cell]) -> None:
    """Raises InputError where no word of the table is known as a metric or a loss."""
    unknown = list(dict.fromkeys(cell.name for cell in cells if not is_fact(cell.name)))
    if not unknown or any(cell.name in METRICS.values() or cell.name == "loss" for cell in cells):
        return
    near = list(dict.fromkeys(METRICS[one] for word in unknown for one in get_close_matches(word.lower(), METRICS, 2)))
    raise InputError(
        f"no metric that is known ({', '.join(unknown[:5])})",
        where=str(path),
        do=f"write one such as {', '.join(near[:5] or _SOME)}",
    )


def _csv_rows(path: Path) -> list[tuple[_Place, Row]]:
    """Rows as they are typed, since the digits of a number say how it was rounded."""
    read_csv(path)  # refuses what is no table
    text, mark = text_of(path)
    reader = csv.reader(io.StringIO(text), delimiter=mark)
    header = [name.strip() for name in next(reader)]
    rows: list[tuple[_Place, Row]] = []
    for cells in reader:
        if any(cell.strip() for cell in cells) and [cell.strip() for cell in cells] != header:
            place = _Place(path, f"row {reader.line_num}")
            if len(cells) > len(header):
                raise place.error(f"has {len(cells)} cells, the header {len(header)}")
            typed = [re.sub(r"(?<=\d),(?=\d)", ".", cell.strip()) if mark == ";" else cell.strip() for cell in cells]
            rows.append((place, dict(zip(header, typed, strict=False))))
    return rows


def _json_rows(path: Path) -> list[tuple[_Place, Row]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
        value = json.loads(text, parse_float=str, parse_int=str, parse_constant=str)
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", where=str(path)) from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"is no JSON ({error})", where=str(path)) from error
    if isinstance(value, list):
        found = [(_Place(path, f"row {index}"), one) for index, one in enumerate(value, 1)]
        wrong = next((place for place, one in found if not isinstance(one, dict)), None)
        if wrong:
            raise wrong.error("is no row of names and values", _DO)
        return [(place, {str(name): _text(place, one) for name, one in row.items()}) for place, row in found]
    if isinstance(value, dict):
        return list(_nested(path, value))
    raise InputError("holds neither rows nor tasks", where=str(path), do='write {"task": {"metric": value}}')


def _nested(path: Path, value: Mapping[str, Any]) -> Iterator[tuple[_Place, Row]]:
    """Rows of {task: {metric: value}} or {split: {..}}; a value may be {value, floor, n, ..} of its own."""
    for task, inner in value.items():
        place = _Place(path, task)
        if not isinstance(inner, dict):
            raise place.error("is no task with metrics", 'write {"task": {"metric": value}}')
        for metric, one in inner.items():
            if isinstance(one, dict) and "value" not in one:
                yield from ((where, {**row, "split": task}) for where, row in _nested(path, {metric: one}))
                continue
            said = one if isinstance(one, dict) else {"value": one}
            interval = said.get("interval")
            ends = dict(zip(("low", "high"), interval, strict=False)) if isinstance(interval, list) else {}
            kept = {name: said[name] for name in ("value", "floor", "n", "epoch", "unit") if name in said}
            at = _Place(path, f"{task}.{metric}")
            yield at, {name: _text(at, each) for name, each in {"task": task, "metric": metric, **kept, **ends}.items()}


def _text(place: _Place, value: Any) -> str:
    if isinstance(value, dict | list):
        raise place.error("holds a list where a number or a word is expected")
    return "" if value is None else str(value)


def _cells(place: _Place, row: Row) -> Iterator[Cell]:
    """The metrics and facts of one row."""
    named = _columns(place, tuple(row))
    task = row.get(named.get("task", ""), "").strip()
    if not task:
        raise place.error("names no task", _DO)
    split, epoch = row.get(named.get("split", ""), ""), _number(place, "epoch", row.get(named.get("epoch", ""), ""))
    rest = {name: text for name, text in row.items() if name not in named.values()}
    ends = [_number(place, end, row.get(named.get(end, ""), "")) for end in ("low", "high")]

    def cell(name: str, text: str, *, own: bool = False) -> Cell:
        part, canonical = metric_name(name)
        words = is_fact(canonical) and canonical in ("kind", "unit", "loss_fn")
        value, half = (None, 0.0) if words else _number(place, name, text) or (None, 0.0)
        least, most = _FACTS.get(canonical, (-math.inf, math.inf))
        if value is not None and not least <= value <= most:
            raise place.error(f"{name} is {text.strip()}, not between {least:g} and {most:g}")
        low, high = ends if own else (None, None)
        return Cell(
            row=place.row,
            file=str(place.file),
            task=task,
            split=split_name(split) if split else part or "",
            epoch=epoch[0] if epoch else None,
            name=canonical,
            value=value,
            half=half,
            word=text.strip() if words else "",
            interval=(low[0], high[0]) if low and high else None,
            floor=None if not own else _floor(place, rest),
            n=None if not own else _count(place, rest),
        )

    if "metric" in named:
        yield cell(row[named["metric"]], row.get(named["value"], ""), own=True)
        rest = {name: text for name, text in rest.items() if is_fact(metric_name(name)[1])}
        rest = {name: text for name, text in rest.items() if metric_name(name)[1] != "floor"}
    yield from (cell(name, text) for name, text in rest.items() if text.strip())


def _columns(place: _Place, header: Sequence[str]) -> dict[str, str]:
    """Which column holds the task, the metric, its value, .. by their words; `name` is whichever of the two lacks."""
    lower = {name.strip().lower().replace(" ", "_"): name for name in header}
    found = {role: lower[word] for role, words in _HEADERS.items() for word in words[::-1] if word in lower}
    if "name" in lower:
        found.setdefault("metric" if "task" in found and "value" in found else "task", lower["name"])
    if "task" not in found:
        raise place.error(f"no column names the task (there are {', '.join(header)})", f"{_DO}; {_LOG}")
    if "metric" in found and "value" not in found:
        raise place.error(f"no column holds the value (there are {', '.join(header)})", _DO)
    return found if "metric" in found else {role: name for role, name in found.items() if role != "value"}


def _number(place: _Place, name: str, text: str) -> tuple[float, float] | None:
    """A number and half a unit of its last digit; None where it is empty, nan or infinite."""
    bare = text.strip().replace("\N{MINUS SIGN}", "-")
    if bare.lower() in _NOTHING or bare.lower().lstrip("+-") in ("inf", "infinity", "infinite"):
        return None
    match = _NUMBER.fullmatch(bare)
    value = float(match[1]) if match else math.nan
    if match is None or not math.isfinite(value):
        raise place.error(f"{name} is {text.strip()!r}, no number")
    mantissa, _, exponent = match[1].lower().partition("e")
    digits = len(mantissa.partition(".")[2]) - int(exponent or 0) + (2 if match[2] else 0)
    return (value / 100 if match[2] else value), 0.5 * 10.0 ** max(-300, -digits)


def _floor(place: _Place, rest: Row) -> float | None:
    found = [_number(place, name, text) for name, text in rest.items() if metric_name(name)[1] == "floor"]
    return found[0][0] if found and found[0] else None


def _count(place: _Place, rest: Row) -> int | None:
    found = [_number(place, name, text) for name, text in rest.items() if metric_name(name)[1] == "n"]
    return round(found[0][0]) if found and found[0] else None
