"""A backbone that begins with the weights of another run."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from polyhead.config.experiment import Experiment
from polyhead.errors import InputError
from polyhead.signals.windows import WindowSet
from polyhead.trace.folder import RunFolder
from polyhead.training.checkpoint import load
from polyhead.training.network import Network

Weights = Mapping[str, Tensor]
_PART = "backbone."
_NAMED = 3  # channels that a line can name


def begin_with(init: str, network: Network, experiment: Experiment, windows: WindowSet) -> dict[str, Any]:
    """Give the network's backbone the weights at `init`, a run's folder (its best.ckpt) or a checkpoint; the heads stay
    as they are. Returns what metadata.json says of them. Raises InputError where they are of another backbone or of
    other channels."""
    given = Path(init)
    path = RunFolder.open(given).single().checkpoint("best") if given.is_dir() else given
    state = load(path)
    weights = {key.removeprefix(_PART): one for key, one in state["network"].items() if key.startswith(_PART)}
    run = RunFolder(path.parent.parent)
    wrong = _wrong(weights, network.backbone.state_dict())
    known = list(_differing(run, experiment, windows)) if (run.path / "metadata.json").is_file() else []
    if wrong or any(mixed for mixed, _ in known):
        raise InputError(
            f"the backbone at {path} does not fit: {known[0][1] if known else wrong}",
            where="model.init",
            do="write the backbone and the inputs of that run, or pre-train with these",
        )
    network.backbone.load_state_dict(weights)
    epoch = state.get("epoch", (state.get("position") or {}).get("epoch"))
    return {"path": str(path), "epoch": epoch, "fingerprint": weights_fingerprint(weights)}


def weights_fingerprint(weights: Weights) -> str:
    """Of names, shapes and values of weights, whatever file holds them."""
    digest = hashlib.sha256()
    for name, one in sorted(weights.items()):
        digest.update(repr((name, tuple(one.shape), str(one.dtype))).encode())
        digest.update(one.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()[:16]


def _wrong(theirs: Weights, ours: Weights) -> str | None:
    """The first weight that differs in name or shape."""
    for name in dict.fromkeys([*ours, *theirs]):
        shapes = [tuple(each[name].shape) if name in each else None for each in (theirs, ours)]
        if shapes[0] != shapes[1]:
            there, here = ("missing" if shape is None else f"of shape {shape}" for shape in shapes)
            return f"its {name} is {there}, here {here}"
    return None


def _differing(run: RunFolder, experiment: Experiment, windows: WindowSet) -> Iterator[tuple[bool, str]]:
    """What differs between a run and this one, in the words of the configuration; true where the weights would fit and
    yet read the wrong channels."""
    described = run.read("metadata.json")
    theirs: dict[str, Any] = described["configuration"]["model"]["backbone"]
    ours = experiment.model.backbone.model_dump(mode="json")
    if theirs["name"] != ours["name"]:
        yield False, f"it is a {theirs['name']}, here a {ours['name']}"
        return
    for key in dict.fromkeys([*theirs, *ours]):
        if theirs.get(key) != ours.get(key) and key != "dropout":
            yield False, f"its {key} is {theirs.get(key)}, here {ours.get(key)}"
    yield from _channels(
        described["features"], [f"{name}.{one}" for name, array in windows.inputs.items() for one in array.channels]
    )
    length = run.read("data.json")["windows"]["length"]
    if length != windows.length:
        yield False, f"its windows have {length} samples, these {windows.length}"


def _channels(theirs: list[str], ours: list[str]) -> Iterator[tuple[bool, str]]:
    if len(theirs) != len(ours):
        apart = [one for one in (*theirs, *ours) if (one in theirs) != (one in ours)]
        named = ", ".join(apart[:_NAMED]) + (", ..." if len(apart) > _NAMED else "")
        yield False, f"it reads {len(theirs)} channels, here are {len(ours)}; not in both: {named}"
    elif theirs != ours:
        first = next(place for place, (one, other) in enumerate(zip(theirs, ours, strict=True)) if one != other)
        what = "its channels stand in another order" if sorted(theirs) == sorted(ours) else "it reads other channels"
        yield True, f"{what}: {theirs[first]} where {ours[first]} is here"
