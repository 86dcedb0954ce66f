"""Predictions against truth for classes: confusion and calibration, or scores and ROC."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from polyhead.report.figures.canvas import COLOURS, HEIGHT, INK, PAPER, Panel, draw, short, whole_numbers
from polyhead.report.figures.marks import tell_cells
from polyhead.report.figures.roc import roc_axes, roc_corners
from polyhead.report.figures.scores import score_panel
from polyhead.report.run import Run

if TYPE_CHECKING:
    import polars
    from matplotlib.axes import Axes

COUNTED = 8  # classes up to which a cell holds its count and its share
SHARED = 12  # classes up to which it holds its share
NAMED = 30  # classes up to which every row is named


def classification_panels(run: Run, task: str, rows: polars.DataFrame) -> list[Panel]:
    """The confusion matrix and, where probabilities were kept, how far they can be believed."""
    truth, pred = (rows[f"{task}.{part}"].cast(str).to_numpy() for part in ("truth", "pred"))
    known = [str(label) for label in run.target(task).get("classes") or []]
    labels = known + sorted((set(truth) | set(pred)) - set(known))
    place = {label: index for index, label in enumerate(labels)}
    counts = np.zeros((len(labels), len(labels)), dtype=np.int64)
    np.add.at(counts, ([place[label] for label in truth], [place[label] for label in pred]), 1)
    panels = [_confusion(task, labels, counts)]
    scores = [f"{task}.score.{index}" for index in range(len(known))]
    if known and all(score in rows.columns for score in scores):
        panels.append(_reliability(task, rows.select(scores).to_numpy().max(axis=1), truth == pred))
    return panels


def ordinal_panels(run: Run, task: str, rows: polars.DataFrame) -> list[Panel]:
    """The confusion matrix with the classes in their order, by how many steps predictions are off, and calibration."""
    confusion, *others = classification_panels(run, task, rows)
    known = [str(label) for label in run.target(task).get("classes") or []]
    truth, pred = (rows[f"{task}.{part}"].cast(str).to_list() for part in ("truth", "pred"))
    steps = steps_off(known, truth, pred)
    return [confusion, *others] if steps is None else [confusion, _steps(task, steps), *others]


def steps_off(classes: list[str], truth: list[str], pred: list[str]) -> np.ndarray | None:
    """By how many steps each prediction is above the truth; None where a class has no place in the order."""
    place = {label: index for index, label in enumerate(classes)}
    if any(label not in place for label in {*truth, *pred}):
        return None
    return np.array([place[b] - place[a] for a, b in zip(truth, pred, strict=True)])


def binary_panels(run: Run, task: str, rows: polars.DataFrame) -> list[Panel]:
    """The scores of both classes with the threshold, and the ROC."""
    truth = rows[f"{task}.truth"].cast(float).to_numpy() > 0.5
    if f"{task}.score" not in rows.columns:
        return []
    score = rows[f"{task}.score"].to_numpy()
    threshold = run.metrics.get("thresholds", {}).get(task)
    panels = [score_panel(task, f"Scores of {task} by true class", truth, score, threshold)]
    return [*panels, _roc(task, truth, score, threshold)] if truth.any() and not truth.all() else panels


def _confusion(task: str, labels: list[str], counts: np.ndarray) -> Panel:
    totals = counts.sum(axis=1, keepdims=True)
    share = np.divide(counts, totals, out=np.zeros(counts.shape), where=totals > 0)
    size = len(labels)

    def paint(axes: Axes) -> None:
        from matplotlib.colors import LinearSegmentedColormap, to_rgba

        fade = LinearSegmentedColormap.from_list("fade", [to_rgba(COLOURS[0], 0.03), to_rgba(COLOURS[0], 1.0)])
        # Drawn cell by cell, sharp in print; as a bitmap where the cells, each a shape of its own, would be thousands.
        mesh = axes.pcolormesh(share, cmap=fade, vmin=0, vmax=1, edgecolor="none", rasterized=size > NAMED)
        tell_cells(mesh, labels, counts)
        axes.invert_yaxis()
        axes.grid(visible=False)
        axes.spines[:].set_visible(False)
        axes.tick_params(length=0)
        names = [short(label, 12) for label in labels] if size <= NAMED else []
        ticks, fine = np.arange(len(names)) + 0.5, 6.5 if size > SHARED else 8
        turn: dict[str, Any] = {"rotation": 90 if size > SHARED else 35, "ha": "right"} if size > 4 else {}
        axes.set_xticks(ticks, names, fontsize=fine, **turn)
        axes.set_yticks(ticks, names, fontsize=fine)
        what = "windows and share of the row" if size <= COUNTED else "share of the row in percent"
        axes.set(xlabel="predicted", ylabel="true", title=f"confusion: {what}")
        for row, column in np.ndindex(counts.shape) if size <= SHARED else ():
            ink = PAPER if share[row, column] > 0.45 else INK
            text = _cell(int(counts[row, column]), share[row, column], bool(totals[row]), size)
            axes.text(column + 0.5, row + 0.5, text, ha="center", va="center", color=ink, fontsize=7.5)

    height = HEIGHT if size <= 4 else min(1.0 + 0.34 * size, 4.4)
    caption = f"Confusion matrix of {task}: counts, and shares of each true class."
    return draw(f"confusion-{task}", caption, paint, height=height)


def _cell(count: int, share: float, known: bool, size: int) -> str:
    if not known:
        return "–"
    if not count:
        return "0"
    percent = f"{100 * share:.0f}" if share >= 0.005 else "<1"
    return f"{count}\n{percent} %" if size <= COUNTED else percent


def _steps(task: str, steps: np.ndarray) -> Panel:
    reach = max(1, int(np.abs(steps).max()))
    at = np.arange(-reach, reach + 1)
    shares = np.array([(steps == step).mean() for step in at])

    def paint(axes: Axes) -> None:
        from matplotlib.ticker import FuncFormatter

        axes.bar(at, shares, color=[COLOURS[0] if step == 0 else COLOURS[1] for step in at], alpha=0.75, width=0.8)
        whole_numbers(axes, 9)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda step, _: f"{step:+.0f}".replace("-", "−") if step else "0"))
        axes.set(xlabel="steps from the true class, + is higher", title="share of windows")

    return draw(f"steps-off-{task}", f"By how many steps the predicted class of {task} is off.", paint)


def _reliability(task: str, confidence: np.ndarray, right: np.ndarray) -> Panel:
    edges = np.linspace(0, 1, 11)
    bins = np.clip(np.digitize(confidence, edges) - 1, 0, 9)
    filled = [index for index in range(10) if (bins == index).any()]

    def paint(axes: Axes) -> None:
        axes.plot([0, 1], [0, 1], color=INK, lw=0.8, ls=":", label="as sure as right")
        at = [confidence[bins == index].mean() for index in filled]
        hit = [right[bins == index].mean() for index in filled]
        size = [8 + 70 * np.sqrt((bins == index).mean()) for index in filled]
        axes.plot(at, hit, color=COLOURS[0], lw=1)
        axes.scatter(at, hit, s=size, color=COLOURS[0], label="windows (area: how many)")
        axes.set(xlim=(0, 1.03), ylim=(-0.03, 1.06), xlabel="largest probability", title="share that is right")

    return draw(f"reliability-{task}", f"Share of right predictions of {task} against their probability.", paint)


def _roc(task: str, truth: np.ndarray, score: np.ndarray, threshold: float | None) -> Panel:
    def paint(axes: Axes) -> None:
        roc_axes(axes)
        axes.plot(*roc_corners(truth, score), color=COLOURS[0], label=short(task))
        if threshold is not None:
            axes.plot(*operating_point(truth, score, threshold), "o", color=COLOURS[1], ms=5, label="at the threshold")

    return draw(f"roc-{task}", f"Receiver operating characteristic of {task}.", paint)


def operating_point(truth: np.ndarray, score: np.ndarray, threshold: float) -> tuple[float, float]:
    """Shares of false alarms and of found positives when scores from `threshold` on count as positive."""
    return float((score[~truth] >= threshold).mean()), float((score[truth] >= threshold).mean())
