"""What a run was trained and judged on: windows, labels and inputs per split, as data.json has them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from polyhead.report.numbers import Number, decimals_of, number
from polyhead.report.run import Record, Run
from polyhead.trace.folder import SPLITS

SUMMARY = ("mean", "sd", "min", "median", "max")
LISTED = 200  # recordings of a split that are named; more would bury the page


@dataclass(frozen=True)
class Row:
    """A line of a table: what it is about, and its cells; `aligned` with the points of the lines above or not."""

    label: str
    cells: Sequence[Number]
    aligned: bool = True


@dataclass(frozen=True)
class Table:
    """A table of numbers; `points` is the width of the fractions of each column."""

    title: str
    corner: str
    columns: Sequence[str]
    rows: Sequence[Row]

    @property
    def points(self) -> list[int]:
        """Characters that the longest fraction of each column takes."""
        return [max((len(row.cells[i].fraction) for row in self.rows), default=0) for i in range(len(self.columns))]


def split_table(run: Run) -> Table | None:
    """Windows and recordings per split."""
    split = run.data.get("split") or {}
    windows, recordings = split.get("windows") or {}, split.get("recordings") or {}
    names = _ordered({**windows, **recordings})
    if not names:
        return None
    rows = [
        Row(name, [_count(windows.get(name)), _count(len(recordings[name]) if name in recordings else None)])
        for name in names
    ]
    return Table("Windows and recordings", "split", ["windows", "recordings"], rows)


def recordings(run: Run) -> list[tuple[str, str]]:
    """The recordings of each split by name, as many as a page can bear."""
    named = (run.data.get("split") or {}).get("recordings") or {}
    lists = []
    for split in _ordered(named):
        rest = len(named[split]) - LISTED
        text = ", ".join(str(name) for name in named[split][:LISTED])
        lists.append((split, f"{text} and {rest} more" if rest > 0 else text))
    return lists


def label_tables(run: Run) -> list[Table]:
    """Labels of each task per split: counts of classes, or the summary of a number, and what is missing."""
    return [_labels(task, run.target(task)) for task in run.tasks if run.target(task).get("known")]


def input_tables(run: Run) -> list[Table]:
    """Profile and scaling of each channel of each input."""
    return [_input(name, made) for name, made in (run.data.get("inputs") or {}).items() if made.get("profile")]


def counted_lines(run: Run) -> list[str]:
    """What was masked and what was left out of all splits, in sentences."""
    windows, split = run.data.get("windows") or {}, run.data.get("split") or {}
    lines = []
    if windows.get("masked"):
        of = f" of {_count(windows['total']).text}" if windows.get("total") is not None else ""
        lines.append(
            f"{_count(windows['masked']).text}{of} windows are shorter than their length: what is missing at the front"
            " is masked."
        )
    if split.get("left_out"):
        lines.append(f"{_count(split['left_out']).text} windows stand in no split.")
    return lines


def reweighting_table(run: Run) -> Table | None:
    """The weights of training windows: how many windows of equal weight would count as much, and the largest weight."""
    made = run.data.get("reweighting")
    if not made:
        return None
    columns = ["windows", "effective", "share, %", "largest weight", "bins", "of them empty"]
    targets = made.get("targets") or {}
    rows = [Row(name, [_count(one.get("known")), *_spread(one), *_bins(one)]) for name, one in targets.items()]
    # With one target the product is that target's weights.
    if len(targets) != 1:
        rows.append(Row("their product", [_count(made.get("windows")), *_spread(made), number(None), number(None)]))
    return Table("Weights of training windows", "target", columns, rows)


def _spread(made: Record) -> list[Number]:
    share = made.get("share")
    percent = number(None if share is None else 100 * share, 1)
    return [number(made.get("effective"), 0), percent, number(made.get("largest"), 2)]


def _bins(made: Record) -> list[Number]:
    text = " × ".join(str(count) for count in made.get("bins") or [])
    return [Number(text or number(None).text, text), _count(made.get("empty"))]


def _labels(task: str, target: Record) -> Table:
    known, missing = target.get("known") or {}, target.get("missing") or {}
    counts, summary = target.get("counts"), target.get("summary")
    splits = _ordered({**known, **missing, **(counts or {}), **(summary or {})})
    if counts:
        named = [str(label) for label in target.get("classes") or []]
        classes = list(dict.fromkeys([*named, *(label for split in splits for label in counts.get(split) or {})]))
        rows = [Row(label, [_count((counts.get(split) or {}).get(label, 0)) for split in splits]) for label in classes]
    elif summary:
        rows = [_aligned(key, [(summary.get(split) or {}).get(key) for split in splits]) for key in SUMMARY]
    else:
        rows = []
    rows += [
        Row("known", [_count(known.get(split)) for split in splits], aligned=False),
        Row("missing", [_count(missing.get(split)) for split in splits], aligned=False),
    ]
    return Table(_titled(task, target), "class" if counts else "", splits, rows)


def _input(name: str, made: Record) -> Table:
    profile, scaling = made.get("profile") or {}, made.get("scaling") or {}
    channels = [str(channel) for channel in made.get("channels") or profile]
    scaled = [
        key for key in ("offset", "scale") if scaling.get(key) is not None
    ]  # not where each recording has its own
    columns = ["mean", "sd", "min", "max", "non-finite", *scaled]
    rows = []
    for index, channel in enumerate(channels):
        of = profile.get(channel) or {}
        values = [of.get(key) for key in ("mean", "sd", "min", "max")]
        cells = [number(value) for value in values] + [_count(of.get("non_finite"))]
        rows.append(Row(channel, cells + [number(_at(scaling.get(key), index)) for key in scaled]))
    shape = " × ".join(str(size) for size in made.get("shape") or [])
    title = ", ".join(
        part
        for part in (_titled(name, made), shape, f"scaling {str(scaling.get('kind', 'none')).replace('_', ' ')}")
        if part
    )
    return Table(title, "channel", columns, rows)


def _titled(name: str, of: Record) -> str:
    return f"{name} ({of['unit']})" if of.get("unit") else name


def _aligned(label: str, values: list[float | None]) -> Row:
    decimals = decimals_of(*[None if value is None else round(value, 12) for value in values])
    return Row(label, [number(value, decimals) for value in values])


def _count(value: Any) -> Number:
    return number(None if value is None else int(value), 0)


def _at(values: Any, index: int) -> float | None:
    if isinstance(values, list):
        return float(values[index]) if index < len(values) and values[index] is not None else None
    return float(values) if isinstance(values, int | float) else None


def _ordered(splits: Record) -> list[str]:
    return [name for name in SPLITS if name in splits] + [name for name in splits if name not in SPLITS]
