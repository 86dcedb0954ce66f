"""Every figure again, from saved predictions alone: as PNG and as PDF."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from polyhead.errors import InputError
from polyhead.report.figures.canvas import Panel
from polyhead.report.figures.names import apart
from polyhead.report.figures.shares import share_panels
from polyhead.report.plates import PAINTERS, curves
from polyhead.report.run import Run, read_run
from polyhead.report.samples import samples
from polyhead.report.saved.predictions import ENDINGS, Saved, read_saved, unknown_run
from polyhead.trace.folder import write_whole

INNER = "predictions"  # the folder of a run that holds them


@dataclass
class Place:
    """A folder whose predictions are drawn: what it says of them, its files by group, and its trace where it is asked
    for. A group is a folder of figures of its own, the split where there are several; an empty one is none."""

    home: Path
    run: Run
    saved: list[tuple[str, Saved]] = field(default_factory=list)
    traced: bool = False

    @property
    def tasks(self) -> list[str]:
        """Tasks that have something to be drawn."""
        saved = [task for _, one in self.saved for task in one.kinds]
        return list(dict.fromkeys([*saved, *(self.run.tasks if self.traced else ())]))


@dataclass(frozen=True)
class Plotted:
    """The files that were written, and what was left out of them, in sentences."""

    paths: list[Path]
    notes: list[str]


def plot_saved(sources: Sequence[Path], *, tasks: Sequence[str] = (), output: Path | None = None) -> Plotted:
    """Draw the predictions in run folders and files, of all tasks or of these, under `output` or into figures/ beside
    them. Everything is drawn before the first file is written.

    Raises InputError where a source holds no predictions that can be drawn, or a task is not among them.
    """
    places = _places(sources)
    known = list(dict.fromkeys(task for place in places for task in place.tasks))
    for task in tasks:
        if task not in known:
            raise InputError(f"no predictions of {task!r}; there are {', '.join(known)}", where="--tasks")
    drawn: list[tuple[Path, Panel]] = []
    for place, folder in zip(places, _folders(places, output), strict=True):
        drawn += [(folder / group, panel) for group, panel in _panels(place, set(tasks or known), not tasks)]
    notes = [note for place in places for _, one in place.saved for note in one.notes]
    if not drawn:
        raise InputError("nothing that can be drawn", where=", ".join(map(str, sources)), do="; ".join(notes))
    paths = apart(str(folder / panel.name) for folder, panel in drawn)
    written = [_write(Path(path), panel) for path, (_, panel) in zip(paths, drawn, strict=True)]
    return Plotted([file for files in written for file in files], notes)


def _places(sources: Sequence[Path]) -> list[Place]:
    """What is asked for, folder by folder, each file once."""
    places: dict[Path, Place] = {}
    seen: set[Path] = set()
    for source in sources:
        folder = source.is_dir()
        files = _files(source) if folder else [source]
        inner = any(file.parent.name == INNER for file in files)
        home = files[0].parent.parent if inner else source if folder else source.parent
        run = _told(home) if folder or inner else unknown_run(home)
        place = places.setdefault(home.resolve(), Place(home, run))
        place.traced |= folder and (home / "trace").is_dir()
        for file in (file for file in files if file.resolve() not in seen):
            seen.add(file.resolve())
            place.saved.append((file.stem if inner else "", read_saved(file, run)))
        if folder and not files and not place.traced:
            raise InputError(
                f"holds no predictions: expected {INNER}/SPLIT.parquet or predictions_TASK_RUN.csv",
                where=str(source),
                do="write them with `polyhead evaluate RUN`, or name a file",
            )
    for place in places.values():
        _part_groups(place)
    return list(places.values())


def _told(home: Path) -> Run:
    """What the folder says of its predictions, if it says anything."""
    said = any((home / name).is_file() for name in ("config.yaml", "state.json", "metrics.json"))
    return read_run(home) if said else unknown_run(home)


def _files(folder: Path) -> list[Path]:
    """Files of predictions: of a run all its splits, else those that are called predictions. CSV stands in where there
    is no Parquet, for it is otherwise the same once more."""
    inner = folder if folder.name == INNER else folder / INNER
    named = [inner.glob(f"*{ending}") if inner.is_dir() else folder.glob(f"{INNER}*{ending}") for ending in ENDINGS]
    return next((found for found in map(sorted, named) if found), [])


def _part_groups(place: Place) -> None:
    """Give bare files that hold the same task a group each, so that neither takes the other's names."""
    bare = [one for group, one in place.saved if not group]
    tasks = [task for one in bare for task in one.kinds]
    if len(tasks) > len(set(tasks)):
        place.saved = [(group or one.path.stem, one) for group, one in place.saved]


def _folders(places: Sequence[Place], output: Path | None) -> Iterator[Path]:
    """Where the figures of each place go; several places under one `output` get a folder each."""
    taken: set[str] = set()
    for place in places:
        name = place.home.resolve().name
        while name in taken:
            name += "-again"
        taken.add(name)
        yield place.home / "figures" if output is None else output / name if len(places) > 1 else output


def _panels(place: Place, tasks: set[str], whole: bool) -> Iterator[tuple[str, Panel]]:
    """Group and figure of everything asked for: curves where there is a trace; if `whole`, also what is of all tasks,
    shares and sampled windows."""
    if place.traced:
        for task in place.run.tasks:
            if task in tasks:
                yield from (("", panel) for panel in curves(place.run, task).panels)
        if whole:
            yield from (("", panel) for panel in share_panels(place.run))
            yield from (("", sample.panel) for sample in samples(place.run) if sample.panel is not None)
    for group, one in place.saved:
        for task, kind in one.kinds.items():
            known = one.rows.filter(one.rows[f"{task}.mask"])
            if task in tasks and known.height and kind in PAINTERS:
                yield from ((group, panel) for panel in PAINTERS[kind](one.run, task, known))


def _write(path: Path, panel: Panel) -> list[Path]:
    files = [path.with_name(f"{path.name}{ending}") for ending in (".png", ".pdf")]
    for file, content in zip(files, (panel.png, panel.pdf), strict=True):
        write_whole(file, content)
    return files
