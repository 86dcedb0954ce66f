"""What lies in a run's folder: each file or kind of file, what it holds, and its size."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from polyhead.signals.cache import size_text

HOLDS = (  # in the order of the page; the first pattern that fits a file describes it
    ("config.yaml", "the configuration, as it was run"),
    ("data.json", "windows, split, recordings, labels, inputs and their scaling, with fingerprints"),
    ("profile.json", "the data in numbers, for the checks: labels, inputs, time, split, what goes with what"),
    ("metadata.json", "the configuration with every default, tasks, parameters per part"),
    ("environment.json", "machine, versions and command"),
    ("state.json", "where the run stands"),
    ("metrics.json", "every metric beside its floor, thresholds, slices, criteria of success"),
    ("findings.json", "what the checks found"),
    ("verdicts.json", "outcomes of trials"),
    ("trace/epoch_metrics.csv", "per epoch: total losses, every validation metric, learning rate, time"),
    ("trace/loss_components.csv", "per epoch and phase: the loss of each task"),
    ("trace/uncertainty_params.csv", "per epoch: weight of each task, and sigma where the balance has one"),
    ("trace/probability_stats.csv", "per epoch: scores of positives and negatives of each binary task"),
    ("trace/feature_stats.csv", "per epoch and phase: statistics of each input channel"),
    ("trace/gradient_stats.csv", "per epoch: gradient norms, of the whole and of each parameter"),
    ("trace/parameter_sums.csv", "per epoch: the sum of absolute values of each parameter"),
    ("trace/steps/*.parquet", "per step: losses, weights, shares, gradients, what the batch was made of"),
    ("trace/batches/*.npz", "a few windows as the network saw them, with truth and prediction"),
    ("published/*.csv", "tables of the trace under the names of the study's own publication"),
    ("predictions/*", "one row per window: truth, mask and prediction of each task"),
    ("checkpoints/last.ckpt", "the whole state, from which training goes on"),
    ("checkpoints/best.ckpt", "the weights that were judged"),
    ("checkpoints/best-*.ckpt", "the weights of each task's own best epoch"),
    ("checkpoints/epoch-*.ckpt", "weights kept on the way"),
    ("export/**", "networks written by polyhead export"),
    ("tracking.json", "under which id trackers know the run"),
    ("wandb/**", "what W&B keeps, to be sent with `wandb sync`"),
    ("tensorboard/**", "event files of TensorBoard"),
    ("mlartifacts/**", "files that MLflow keeps"),
    ("folds/**", "the run of each fold"),
    ("figures/*", "the figures of this page"),
    ("report.*", "this page"),
)
THIS = ("figures/*", "report.*")  # are about to be written: always listed, and without a size
OTHER = "not written by polyhead"


@dataclass(frozen=True)
class Artefact:
    """A file, or `count` of a kind; no count and size for what this page belongs to."""

    name: str
    holds: str
    count: str
    size: str


def artefacts(folder: Path) -> list[Artefact]:
    """Everything that lies in the folder, in the order of HOLDS and what is unknown last; hidden files are left out."""
    grouped: dict[tuple[str, str], list[Path]] = {kind: [] for kind in HOLDS}
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if path.is_file() and not any(part.startswith(".") for part in inside.parts):
            grouped.setdefault(_kind(inside), []).append(path)
    return [
        _artefact(folder, pattern, holds, paths)
        for (pattern, holds), paths in grouped.items()
        if paths or pattern in THIS
    ]


def _kind(inside: Path) -> tuple[str, str]:
    return next((kind for kind in HOLDS if _fits(inside, kind[0])), (str(inside), OTHER))


def _fits(inside: Path, pattern: str) -> bool:
    """Whether a path fits a pattern, or lies below the folder that a pattern with ** names."""
    if "**" in pattern:
        return inside.parts[0] == pattern.partition("/")[0]
    return len(inside.parts) == pattern.count("/") + 1 and inside.match(pattern)


def _artefact(folder: Path, pattern: str, holds: str, paths: list[Path]) -> Artefact:
    if pattern in THIS:
        return Artefact(pattern, holds, "", "")
    name = str(paths[0].relative_to(folder)) if len(paths) == 1 else pattern
    return Artefact(name, holds, str(len(paths)), size_text(sum(path.stat().st_size for path in paths)))
