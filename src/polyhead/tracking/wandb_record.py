"""What the files of a Weights & Biases run hold: wandb keeps the last seconds in memory, which a killed run loses."""

from __future__ import annotations

from pathlib import Path

from polyhead.trace.wandb_file import messages


def last_step(folder: Path, identity: str) -> int:
    """The last step of run `identity` that the files below `folder` hold, over all its sittings; 0 for none."""
    steps = [0]
    for path in folder.glob(f"*/run-{identity}.wandb"):
        steps += [record.history.step.num for record in messages(path) if record.HasField("history")]
    return max(steps)
