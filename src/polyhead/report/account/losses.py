"""Observations of the losses: whose fell, and whose share of the training was nearly all or nearly nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from polyhead.report.account.observation import Observation, among
from polyhead.report.course import Course, course, gain
from polyhead.report.numbers import decimals_of, number
from polyhead.report.portions import Portion
from polyhead.report.run import Run

LOUD, QUIET = 0.8, 0.02  # shares: four times all the others together; what a fiftieth of the step can hardly move


def losses(run: Run) -> Iterator[Observation]:
    """Which tasks' validation losses fell from the first epoch to the judged one."""
    found = course(run, "loss_components", "val")
    if found is None or found.best == 1:
        return
    changed = [(task, *found.of(f"loss_{task}")) for task in run.tasks]
    known = [(task, first, last) for task, first, last in changed if first is not None and last is not None]
    fell = [_moved(*one) for one in known if (gain(one[1], one[2], "lower") or 0) > 0]
    rose = [_moved(*one) for one in known if (gain(one[1], one[2], "lower") or 0) <= 0]
    span = f"from epoch 1 to the judged epoch {found.best}"
    for right, word, moved in ((True, "fell", fell), (False, "did not fall", rose)):
        if moved:
            of = among(len(moved), len(run.tasks))
            yield Observation(right, f"The validation loss of {of} {word} {span}: {', '.join(moved)}.", "losses")
    yield from _whole(found)


def shares(portions: Sequence[Portion]) -> Iterator[Observation]:
    """Tasks that nearly were the whole step, or hardly any of it, in the last epoch, where several have a part."""
    for word, part in (
        ("weighted loss in the last epoch", "loss"),
        ("weighted gradient at the backbone's output where it was last sampled", "gradient"),
    ):
        found = {one.task: getattr(one, part)[1] for one in portions if one.weight[1] != 0}
        known = {task: share for task, share in found.items() if share is not None}
        if len(known) > 1:
            yield from _shared(known, word)


def _shared(found: Mapping[str, float], word: str) -> Iterator[Observation]:
    odd = {task: share for task, share in found.items() if not QUIET <= share <= LOUD}
    for task, share in odd.items():
        yield Observation(False, f"`{task}` had {_percent(share)} of the {word}.", "shares")
    if not odd:
        low, high = min(found, key=found.__getitem__), max(found, key=found.__getitem__)
        ends = f"{_percent(found[low])} (`{low}`) to {_percent(found[high])} (`{high}`)"
        yield Observation(True, f"Every task had its part of the {word}: {ends}.", "shares")


def _percent(share: float) -> str:
    return f"{number(100 * share, 1).text} %"


def _whole(found: Course) -> Iterator[Observation]:
    first, last = found.of("total_loss")
    if first is None or last is None:
        return
    better = last < first
    text = _moved("", first, last).strip()
    yield Observation(
        better, f"The weighted validation loss of all tasks {'fell' if better else 'did not fall'}: {text}.", "losses"
    )


def _moved(task: str, first: float, last: float) -> str:
    """`fault` 1.15 → 1.12 (−3 %); without a share where the loss is a likelihood that may fall below 0."""
    decimals = decimals_of(first, last)
    share = f" ({number(100 * (last - first) / first, 1).text} %)" if first > 0 and last >= 0 else ""
    name = f"`{task}` " if task else ""
    return f"{name}{number(first, decimals).text} → {number(last, decimals).text}{share}"
