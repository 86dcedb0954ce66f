"""Who moved the backbone: shares of loss and gradient, gradient norms and cosines of the tasks over training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from polyhead.report.figures.canvas import INK, Panel, colour, dash, draw, plain_logarithm, short, whole_numbers
from polyhead.report.portions import gradient_shares, loss_shares
from polyhead.report.run import Run

if TYPE_CHECKING:
    import polars
    from matplotlib.axes import Axes

FEW = 30  # samples up to which each is marked
POINTS = 200  # more stretches than this and a stacked area shows noise instead of its course


def share_panels(run: Run) -> list[Panel]:
    """What the trace of steps holds of the four; none where there is no such trace."""
    steps = run.steps
    if steps is None:
        return []
    panels = (_shares(run, steps), _gradients(run, steps), _norms(run, steps), _cosines(steps))
    return [panel for panel in panels if panel is not None]


def _shares(run: Run, steps: polars.DataFrame) -> Panel | None:
    tasks = [task for task in run.tasks if f"share.{task}" in steps.columns]
    if not tasks:
        return None
    rows = loss_shares(steps, tasks)
    if not rows.height:
        return None
    course = _thinned(rows, tasks)

    def paint(axes: Axes) -> None:
        _stack(axes, run, course["step"].to_numpy(), {task: course[task].to_numpy() for task in tasks})
        axes.set_title("share of the weighted loss")

    left_out = steps.height - rows.height
    some = (
        f"; without {left_out} of {steps.height} steps, of which a loss was below 0 or not finite" if left_out else ""
    )
    return draw("shares", f"Share of each task in the weighted loss, mean over stretches of steps{some}.", paint)


def _gradients(run: Run, steps: polars.DataFrame) -> Panel | None:
    rows = gradient_shares(steps, run.tasks)
    tasks = [task for task in run.tasks if task in rows.columns]
    rows = rows.drop_nulls(tasks)
    if len(tasks) < 2 or rows.height < 2:  # one sample makes no area
        return None
    course = _thinned(rows, tasks)

    def paint(axes: Axes) -> None:
        _stack(axes, run, course["step"].to_numpy(), {task: course[task].to_numpy() for task in tasks})
        axes.set_title("share of the weighted gradient")

    caption = (
        "Share of each task in the weighted gradients at the backbone's output: its norm over the sum of all norms,"
        " where they were sampled."
    )
    return draw("gradient-shares", caption, paint)


def _stack(axes: Axes, run: Run, steps: NDArray[Any], areas: Mapping[str, NDArray[Any]]) -> None:
    colours, labels = [colour(run.tasks.index(task)) for task in areas], [short(task) for task in areas]
    axes.stackplot(steps, list(areas.values()), colors=colours, labels=labels, lw=0)
    axes.set(ylim=(0, 1), xlabel="step")
    axes.margins(x=0)


def _norms(run: Run, steps: polars.DataFrame) -> Panel | None:
    tasks = [task for task in run.tasks if _sampled(steps, f"grad_norm.{task}")]
    if not tasks:
        return None

    def paint(axes: Axes) -> None:
        for task in tasks:
            index = run.tasks.index(task)
            rows = steps.select("step", f"grad_norm.{task}").drop_nulls()
            style = {"color": colour(index), "ls": dash(index), "label": short(task), **_marks(rows)}
            axes.plot(rows["step"], rows[f"grad_norm.{task}"], **style)
        plain_logarithm(axes)
        whole_numbers(axes)
        axes.set(xlabel="step", title="gradient norm at the backbone's output")

    return draw("gradient-norms", "Norm of each task's gradient at the backbone's output, where it was sampled.", paint)


def _cosines(steps: polars.DataFrame) -> Panel | None:
    pairs = [name for name in steps.columns if name.startswith("cosine.") and _sampled(steps, name)]
    if not pairs:
        return None

    def paint(axes: Axes) -> None:
        for index, pair in enumerate(pairs):
            rows = steps.select("step", pair).drop_nulls()
            name = " · ".join(short(task, 12) for task in pair.removeprefix("cosine.").split("~"))
            style = {"color": colour(index), "ls": dash(index), "label": name, **_marks(rows)}
            axes.plot(rows["step"], rows[pair], lw=1.1, **style)
        axes.axhline(0, color=INK, lw=0.8)
        whole_numbers(axes)
        axes.set(ylim=(-1.05, 1.05), xlabel="step", title="cosine between gradients")

    caption = "Cosine between the gradients of two tasks, where it was sampled; below 0 their steps oppose each other."
    return draw("gradient-cosines", caption, paint)


def _thinned(steps: polars.DataFrame, columns: list[str]) -> polars.DataFrame:
    import polars as pl

    stretch = max(1, -(-steps.height // POINTS))
    rows = steps.select("step", *columns).with_columns(_stretch=pl.int_range(pl.len()) // stretch)
    return rows.group_by("_stretch", maintain_order=True).agg(pl.all().mean())


def _sampled(steps: polars.DataFrame, column: str) -> bool:
    return column in steps.columns and not steps[column].is_null().all()


def _marks(rows: polars.DataFrame) -> dict[str, Any]:
    # One sample makes no line, and a few do not show where they were taken.
    return {"marker": "o", "ms": 3} if rows.height <= FEW else {}
