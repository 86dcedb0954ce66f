"""What the labels of a task look like, split by split."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyhead.config.experiment import Experiment
from polyhead.signals.codes import dense
from polyhead.signals.profile.labelling import Labelling, Output
from polyhead.signals.profile.parts import QUANTILES, Frequent, Labels, TargetProfile
from polyhead.signals.profile.tally import Tally
from polyhead.signals.split import Split
from polyhead.signals.target import label_of
from polyhead.signals.windows import Index, WindowSet

_FREQUENT = 8  # values that are told of
_DIGITS = 10  # of quantiles


def target_profiles(
    experiment: Experiment, windows: WindowSet, split: Split, labels: Mapping[str, Labelling]
) -> dict[str, TargetProfile]:
    """The target of every enabled task; of one that reads signals only how many windows there are."""
    found: dict[str, TargetProfile] = {}
    for name, options in experiment.enabled.items():
        if name not in labels:
            counts = {side: Labels(len(split[side]), 0) for side in split.names}
            found[name] = TargetProfile(None, options.kind, 1, counts)
            continue
        one = labels[name]
        named = experiment.data.targets.get(one.key)
        within = _within(windows, split["train"], one)
        found[name] = TargetProfile(
            key=one.key,
            kind=one.kind,
            outputs=len(one.outputs),
            splits={side: _labels(windows, split[side], one) for side in split.names},
            matched=_matched(one.target.values, named.missing) if named else {},
            between=within[0],
            constant=within[1],
            derived_from=named.derived_from if named else None,
        )
    return found


def _matched(values: NDArray[Any], missing: list[float | str]) -> dict[str, int]:
    """Windows in whose label each declared value stands."""
    found: dict[str, int] = {}
    for value in missing:
        if values.dtype.kind == "U":
            at = np.isin(values, [label_of(value), str(value)])
        else:
            at = values == np.asarray(value, dtype=values.dtype if values.dtype.kind == "f" else np.float64)
        found[label_of(value)] = int(np.count_nonzero(at.any(axis=1) if at.ndim == 2 else at))
    return found


def _labels(windows: WindowSet, index: Index, one: Labelling) -> Labels:
    used = index[one.known[index]]
    known, missing = len(used), len(index) - len(used)
    if one.outputs[0].numbers is None:
        counts, recordings = _classes(windows.recording[used], one, used)
        return Labels(known, missing, counts=counts, recordings=recordings)
    if not known:
        return Labels(known, missing)
    tally, seen = _tally(windows.recording[used], one, used)
    values, count = tally.values, tally.count
    return Labels(
        known,
        missing,
        mean=tally.mean,
        sd=tally.sd,
        quantiles=_quantiles(tally),
        magnitudes=_quantiles(_magnitudes(tally)),
        distinct=len(values),
        step=float(np.diff(values).min()) if len(values) > 1 else None,
        frequent=_frequent(tally, seen, one.target.values.dtype),
        at_min=float(count[0] / count.sum()),
        at_max=float(count[-1] / count.sum()),
    )


def _tally(recording: Index, one: Labelling, used: Index) -> tuple[Tally, Callable[[int], int]]:
    """The numbers of some windows, of all outputs or samples together, and how many of the windows' recordings
    (window,) have the one at a place."""
    if one.each is not None:
        each = one.each.take(used)
        tally = Tally(*each.tally())
        return tally, lambda place: len(np.unique(recording[each.having(tally.values[place])]))
    values = np.concatenate([output.values[used] for output in one.outputs])
    distinct, inverse, count = np.unique(values, return_inverse=True, return_counts=True)
    held = np.tile(recording, len(one.outputs))
    return Tally(distinct, count), lambda place: len(np.unique(held[inverse == place]))


def _magnitudes(tally: Tally) -> Tally:
    values, at = np.unique(np.abs(tally.values), return_inverse=True)
    return Tally(values, np.bincount(at, tally.count, len(values)))


def _quantiles(tally: Tally) -> dict[str, float]:
    return _told(tally.quantiles([float(name) for name in QUANTILES]))


def quantiles(values: NDArray[Any]) -> dict[str, float]:
    """The quantiles of a profile, linear between values."""
    return _told(np.quantile(values.astype(np.float64, copy=False), [float(name) for name in QUANTILES]))


def _told(found: NDArray[np.float64]) -> dict[str, float]:
    return {name: float(f"{value:.{_DIGITS}g}") for name, value in zip(QUANTILES, found, strict=True)}


def _frequent(tally: Tally, seen: Callable[[int], int], dtype: np.dtype[Any]) -> list[Frequent]:
    """The values that occur more than once, most frequent first."""
    distinct, count = tally.values, tally.count
    found: list[Frequent] = []
    for place in np.argsort(-count, kind="stable")[:_FREQUENT].tolist():
        many = int(count[place])
        if many < 2:
            break
        value = float(distinct[place])
        others = np.delete(distinct, place)
        sd = _spread(others, np.delete(count, place)) or tally.sd
        gap = float(np.abs(others - value).min() / sd) if len(others) and sd else 0.0
        outside = bool(len(others)) and place in (0, len(distinct) - 1)
        # of float32 the decimal number that was meant: -99.9, not -99.9000015
        meant = float(str(np.float32(value))) if dtype == np.float32 else value
        found.append(Frequent(meant, many, seen(place), gap, outside))
    return found


def _spread(values: NDArray[np.float64], count: NDArray[np.number]) -> float:
    """Standard deviation of values that occur so many times."""
    return Tally(values, count).sd if len(values) else 0.0


def _classes(recording: Index, one: Labelling, used: Index) -> tuple[dict[str, int], dict[str, int]]:
    """Windows and recordings that have each class; of several answers of yes or no those that say yes."""
    if one.names:
        yes = [output.values[used] > 0 for output in one.outputs]
        return (
            {name: int(np.count_nonzero(each)) for name, each in zip(one.names, yes, strict=True)},
            {name: len(np.unique(recording[each])) for name, each in zip(one.names, yes, strict=True)},
        )
    output = one.outputs[0]
    assert output.codes is not None
    codes, many = output.codes[used], len(output.classes)
    count = np.bincount(codes, minlength=many)
    pairs = np.sort(recording * many + codes)
    pairs = pairs[np.diff(pairs, prepend=-1) != 0]
    held = np.bincount(pairs % many, minlength=many)
    return (
        {name: int(number) for name, number in zip(output.classes, count, strict=True)},
        {name: int(number) for name, number in zip(output.classes, held, strict=True)},
    )


def _within(windows: WindowSet, train: Index, one: Labelling) -> tuple[float | None, float | None]:
    """(share of the variance between recordings, share of recordings of several windows that have one label only)."""
    used = train[one.known[train]]
    recording, recordings = dense(windows.recording[used])
    count = np.bincount(recording, minlength=recordings)
    several = count > 1
    moves = np.zeros(recordings, bool)
    between = total = 0.0
    each = one.each.take(used) if one.each is not None else None
    for output in one.outputs:
        values = _comparable(output, used) if each is None else each.means  # equal where all samples are
        first = np.zeros(recordings)
        first[recording] = values
        moves |= np.bincount(recording, weights=values != first[recording], minlength=recordings) > 0
        if output.numbers is not None and len(values):
            centred = values - values.mean()
            sums = np.bincount(recording, weights=centred, minlength=recordings)
            between += float((sums**2 / count).sum())
            total += float(centred @ centred)
            total += 0.0 if each is None else float((each.squares - each.means**2).sum())  # within the windows
    constant = float(np.mean(~moves[several])) if several.any() else None
    return (min(between / total, 1.0) if total > 0 else None), constant


def _comparable(output: Output, used: Index) -> NDArray[np.float64]:
    """Labels as numbers that are equal where the labels are."""
    values = output.codes if output.numbers is None else output.numbers
    assert values is not None
    return values[used].astype(np.float64)
