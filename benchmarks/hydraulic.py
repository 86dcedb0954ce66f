"""The hydraulic test rig in five folds, dealt out at random and in contiguous blocks, beside a random forest.

    python benchmarks/hydraulic.py hydraulic_1hz.npz

Each fold's test cycles are a fifth of all; of the rest, validation takes an eighth (at random) or one block (the next
but one). Network (examples/hydraulic.yaml) and forest train on the very same cycles; accuracy is pooled over the five
folds.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np
import polars
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier

from polyhead import train

CONFIG = Path(__file__).parent.parent / "examples" / "hydraulic.yaml"
TASKS = ("cooler", "valve", "pump", "accumulator", "stable")
FOLDS = 5


def sides(how: str, fold: int, count: int) -> NDArray[np.str_]:
    """train, val or test for each cycle."""
    if how == "blocks":
        block = np.arange(count) * FOLDS // count
        return np.where(block == fold, "test", np.where(block == (fold + 2) % FOLDS, "val", "train"))
    order = np.random.default_rng(0).permutation(count)
    test = np.array_split(order, FOLDS)[fold]
    rest = np.setdiff1d(order, test, assume_unique=True)
    side = np.full(count, "train", dtype="<U5")
    side[test] = "test"
    side[np.random.default_rng([0, fold]).choice(rest, len(rest) // 8, replace=False)] = "val"
    return side


def network(
    x: NDArray[np.float32], profile: NDArray[np.float64], side: NDArray[np.str_]
) -> dict[str, NDArray[np.bool_]]:
    """Whether the network is right, per task and test cycle."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "fold.npz"
        np.savez(path, x=x, profile=profile, side=side)
        # A cycle alone is the recording here: the given sides decide what stands together.
        run = train(CONFIG, [f"data.path={path}", "data.group=null", "data.split={column: side}"], out=folder)
        frame = polars.read_parquet(run.folder / "predictions" / "test.parquet")
        right = {task: frame[f"{task}.truth"] == frame[f"{task}.pred"] for task in TASKS[:4]}
        # The binary task is decided at .5, as the forest is, not at the threshold of largest F1.
        right["stable"] = (frame["stable.score"] >= 0.5).cast(polars.Int64) == frame["stable.truth"].cast(polars.Int64)
        return {task: each.to_numpy() for task, each in right.items()}


def forest(
    x: NDArray[np.float32], profile: NDArray[np.float64], side: NDArray[np.str_]
) -> dict[str, NDArray[np.bool_]]:
    """The same for a random forest on mean, sd, least, largest and slope of each sensor in six parts of the cycle."""
    parts = np.stack(np.split(x, 6, axis=1), axis=1)
    slope = parts[:, :, -1] - parts[:, :, 0]
    features = [parts.mean(axis=2), parts.std(axis=2), parts.min(axis=2), parts.max(axis=2), slope]
    table = np.concatenate([f.reshape(len(x), -1) for f in features], axis=1)
    right = {}
    for column, task in enumerate(TASKS):
        model = RandomForestClassifier(300, random_state=0, n_jobs=-1)
        model.fit(table[side == "train"], profile[side == "train", column])
        right[task] = model.predict(table[side == "test"]) == profile[side == "test", column]
    return right


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    with np.load(parser.parse_args().data) as held:
        x, profile = held["x"], held["profile"]
    print("| split | model | " + " | ".join(TASKS) + " |\n|---|---|" + "---|" * len(TASKS), flush=True)
    for how in ("random", "blocks"):
        for name, model in (("random forest", forest), ("network", network)):
            folds = [model(x, profile, sides(how, fold, len(x))) for fold in range(FOLDS)]
            shares = [np.concatenate([fold[task] for fold in folds]).mean() for task in TASKS]
            print(f"| {how} | {name} | " + " | ".join(f"{share:.3f}" for share in shares) + " |", flush=True)


if __name__ == "__main__":
    main()
