"""What masked pre-training is worth on the expansions study: from scratch, begun with it, begun with a leaky one.

    python benchmarks/pretraining.py
    python benchmarks/pretraining.py --seeds 42 43 --bases 500 data.bases=60 data.overlapping=0

For each seed the config (recommended.yaml) trains three times on the same windows, from the same first weights of its
heads: from scratch; begun with a backbone that was pre-trained on other, unlabelled bars of the same market; and begun
with one pre-trained alike but for one thing, that nothing is hidden from it, as in the write-up. Overrides hold for all
three. Differences are paired: the same seed with and without.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from statistics import mean, stdev
from unittest.mock import patch

import numpy as np
from scipy.stats import t as student

from polyhead import api
from polyhead.training import feed

METRICS = (
    ("bar F1", "span", "f1"),
    ("span F1 at tIoU .5", "span", "span_f1_50"),
    ("separation", "span", "separation"),
    ("boundary MAE, bars", "span", "boundary_mae"),
    ("pointers MAE, bars", "ptr", "boundary_mae"),
    ("macro F1 of the state", "type", "macro_f1"),
)
OTHERS = 10_000  # added to the market's seed: bases that no labelled window is of
ARMS = ("scratch", "masked", "leaky")

Scores = dict[str, float]


def labelled(seed: int, overrides: list[str], out: Path, init: Path | None = None) -> Scores:
    """Test metrics of one run."""
    begin = [] if init is None else [f"model.init={init}"]
    config = api.study_config("expansions")
    run = api.train(config, [f"seed={seed}", *overrides, *begin], out=out, report=False, diagnosis=False)
    return {label: run.metrics["test"][task][metric]["value"] for label, task, metric in METRICS}


def unlabelled(seed: int, options: argparse.Namespace, out: Path, leaky: bool) -> tuple[Path, Scores]:
    """A pre-trained run and how well it fills in, {r2, floor}."""
    others = [f"data.bases={options.bases}", "data.overlapping=0", f"data.seed={OTHERS + seed}"]
    said = [f"pretrain.patch={options.patch}", f"pretrain.epochs={options.epochs}", "pretrain.batch_size=64"]
    given = [one for one in options.overrides if not one.startswith(("data.bases=", "data.overlapping="))]
    config = api.study_config("expansions")
    with patch.object(feed, "hide", _seen if leaky else feed.hide):
        run = api.pretrain(config, [f"seed={seed}", *given, *others, *said], out=out, report=False, diagnosis=False)
    score = run.metrics["test"]["masked"]["r2"]
    return run.folder, {"r2": score["value"], "floor": score["floor"]}


def _seen(signal: feed.Tensor, hidden: feed.Tensor) -> feed.Tensor:
    """The write-up's defect: samples are asked for and stand in the input."""
    return signal


def main() -> None:
    """Print how well each pre-training fills in, and a row per metric: means, and paired differences from scratch."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[42, 43, 44, 45, 46])
    parser.add_argument("--bases", type=int, default=2000, help="unlabelled base windows")
    parser.add_argument("--patch", type=int, default=10, help="bars hidden together")
    parser.add_argument("--epochs", type=int, default=20, help="of the pre-training")
    parser.add_argument("overrides", nargs="*", help="such as train.epochs=4")
    options = parser.parse_args()
    scores: dict[str, list[Scores]] = {arm: [] for arm in ARMS}
    for seed in options.seeds:
        for arm in ARMS:
            with tempfile.TemporaryDirectory() as folder:
                began, init, filled = time.perf_counter(), None, ""
                if arm != "scratch":
                    init, how = unlabelled(seed, options, Path(folder), arm == "leaky")
                    took = time.perf_counter() - began
                    filled = f", fills in with R2 {how['r2']:.3f} (floor {how['floor']:.3f}) after {took:.0f} s"
                scores[arm].append(labelled(seed, options.overrides, Path(folder), init))
            print(f"seed {seed}, {arm}: {time.perf_counter() - began:.0f} s{filled}", flush=True)
            print("   " + ", ".join(f"{label} {value:.3f}" for label, value in scores[arm][-1].items()), flush=True)
    print("| metric | scratch | masked | leaky | masked - scratch | leaky - scratch |\n|---|---|---|---|---|---|")
    for label, _, _ in METRICS:
        values = {arm: [one[label] for one in each] for arm, each in scores.items()}
        means = " | ".join(f"{mean(each):.3f}" for each in values.values())
        print(f"| {label} | {means} | {' | '.join(_difference(values[arm], values['scratch']) for arm in ARMS[1:])} |")


def _difference(values: list[float], beside: list[float]) -> str:
    """Mean of paired differences with Student's 95 % interval, or without one for a single pair."""
    apart = list(np.subtract(values, beside))
    if len(apart) < 2:
        return f"{apart[0]:+.3f}"
    half = float(student.ppf(0.975, len(apart) - 1)) * stdev(apart) / len(apart) ** 0.5
    return f"{mean(apart):+.3f} ({mean(apart) - half:+.3f} .. {mean(apart) + half:+.3f})"


if __name__ == "__main__":
    main()
