"""What is wrong with a file, in one line that names the place and the nearest valid spelling."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyhead.config.experiment import Experiment
from polyhead.config.experiment_file import load_experiment
from polyhead.config.fields import blocks
from polyhead.errors import InputError

from .cases import BEARINGS

KINDS = (
    "(valid: classification, binary, multilabel, ordinal, regression, forecast, reconstruction, masked, span, pointers,"
    " countdown)"
)

CASES = [
    ("train.epoch", "epochs: 50", "epoch: 50", 17, "unknown key train.epoch; did you mean train.epochs?"),
    ("elsewhere", "name: bearings", "name: bearings\nearly_stopping: 3", 3, "early_stopping belongs under train"),
    ("below", "rul:     {", "rul:     {dropout: 0.1, ", 13, "dropout belongs under tasks.rul.head"),
    ("window", "reader: npz", "stride: 3\n  reader: npz", 4, "stride belongs under data.window"),
    ("other kind", "target: fault}", "bounds: [0, 1]}", 11, "unknown key tasks.fault.bounds; only regression has it"),
    ("below other", "rul:     {", "rul:     {head: {decoder: conv}, ", 13, "only forecast or reconstruction has it"),
    ("each loss once", "smooth_l1", "{name: mse, calibrate: true}", 13, "only quantile or gaussian_nll has it"),
    (
        "evaluate",
        "stride: 1024}",
        "stride: 1024, evaluate: {train: last}}",
        8,
        "unknown key data.window.evaluate.train; valid here: val, test",
    ),
    (
        "hold_out",
        "by: bearing,",
        "hold_out: {train: {load: [1]}},",
        9,
        "unknown key data.split.hold_out.train; valid here: val, test",
    ),
    ("nothing held", "by: bearing,", "hold_out: {test: {}},", 9, "hold_out.test: expected a mapping with at least 1"),
    ("seed", "seed: 42", "seed: -1", 9, "data.split.seed: expected a whole number of at least 0 or null, found -1"),
    ("no value", "reader: npz", "select: {a: []}\n  reader: npz", 4, "data.select.a: expected a list of at least 1"),
    ("no range", "reader: npz", "select: {a: {}}\n  reader: npz", 4, "data.select.a: give min, max or both"),
    ("range", "reader: npz", "select: {a: {min: 2, max: 1}}\n  reader: npz", 4, "nothing lies between min 2 and max 1"),
    ("noise", "reader: npz", "augment: {noise_snr_db: [20, 5]}\n  reader: npz", 4, "db: a range is [low, high], found"),
    ("gain", "reader: npz", "augment: {gain_db: [5, -5]}\n  reader: npz", 4, "gain_db: a range is [low, high], found"),
    ("no channel", "channels: [drive_end], horizon", "channels: [], horizon", 14, "a list of at least 1 (text)"),
    ("twice", "channels: [drive_end], horizon", "channels: [a, b, a], horizon", 14, "channels: a stands there more"),
    ("input twice", "channels: [drive_end]}}", "channels: [a, a]}}", 6, "channels: a stands there more than once"),
    ("bins", "name: bearings", "name: bearings\nreweighting: {rul: {nbins: 10001}}", 3, "at most 10000, found 10001"),
    ("heads", "branches: none", "heads: {a: 1}", 15, "heads are made from tasks"),
    ("enabled_tasks", "name: bearings", "name: bearings\nenabled_tasks: []", 3, "heads are made from tasks"),
    ("member", "backbone: tcn", "backbone: {name: tcn, kernle: 3}", 15, "did you mean model.backbone.kernel?"),
    ("other member", "backbone: tcn", "backbone: {name: tcn, blocks: 3}", 15, "only resnet1d has it"),
    ("name", "backbone: tcn", "backbone: tnc", 15, "model.backbone.name: unknown name 'tnc'; did you mean tcn?"),
    ("two names", "backbone: tcn", "backbone: {name: resnet1}", 15, "unknown name 'resnet1'; did you mean resnet1d?"),
    ("no name", "backbone: tcn", "backbone: {layers: 3}", 15, "missing required key model.backbone.name; expected mlp"),
    ("backbone", "backbone: tcn", "backbone: 5", 15, "model.backbone: expected text or a mapping with name, found 5"),
    ("own", "backbone: tcn", 'backbone: "a b:C"', 15, "model.backbone.name: expected text that matches"),
    ("heads", "backbone: tcn", "backbone: {name: patch_transformer, width: 10}", 15, "4 heads do not divide a width"),
    ("stride", "backbone: tcn", "backbone: {name: resnet1d, kernel: 1}", 15, "a step of 2 samples of which kernel"),
    ("between", "backbone: tcn", "backbone: {name: bilstm, dropout: 0.1}", 15, "it stands between layers, and there"),
    ("branch", "branches: none", "branches: {kind: atention}", 15, "unknown kind 'atention'; did you mean attention?"),
    ("branch key", "branches: none", "branches: {kind: none, mix: 0.5}", 15, "only attention has it"),
    ("target", "missing: [1000.0]", "mising: [1]", 7, "did you mean data.targets.rul.missing?"),
    ("options", "reader: npz", "options: {}\n  reader: npz", 4, "unknown key data.options"),
    ("far", "reader: npz", "qqq: {}\n  reader: npz", 4, "unknown key data.qqq; valid here: reader, path, inputs"),
    ("odd", "name: bearings", 'name: bearings\n"a b": 3', 3, "unknown key 'a b'; valid here: name, notes"),
    ("kind", "kind: regression", "kind: regresion", 13, f"unknown kind 'regresion'; did you mean regression? {KINDS}"),
    ("no kind", "kind: regression, ", "", 13, "missing required key tasks.rul.kind; expected classification, "),
    ("method", "method: floor", "method: flor", 16, "balance.method: unknown method 'flor'; did you mean floor?"),
    ("loss", "smooth_l1", "smoth_l1", 13, "tasks.rul.loss_fn.name: unknown name 'smoth_l1'; did you mean smooth_l1?"),
    ("whole", "epochs: 50", "epochs: ten", 17, "train.epochs: expected a whole number of at least 1, found 'ten'"),
    ("quoted", "epochs: 50", "epochs: '50'", 17, "train.epochs: expected a whole number of at least 1, found '50'"),
    ("float", "epochs: 50", "epochs: 50.0", 17, "train.epochs: expected a whole number of at least 1, found 50.0"),
    ("bool", "epochs: 50", "epochs: true", 17, "train.epochs: expected a whole number of at least 1, found true"),
    ("zero", "epochs: 50", "epochs: 0", 17, "train.epochs: expected a whole number of at least 1, found 0"),
    ("null", "epochs: 50", "epochs: null", 17, "train.epochs: expected a whole number of at least 1, found null"),
    ("number", "lr: 1.0e-3", "lr: fast", 17, "train.lr: expected a number above 0, found 'fast'"),
    ("number or null", "clip_norm: 1.0", "clip_norm: -1", 17, "clip_norm: expected a number above 0 or null, found -1"),
    ("text", "name: bearings", "name: 5", 2, "name: expected text that matches"),
    ("block", "{method: floor}", "5", 16, "balance: expected text or a mapping with method, found 5"),
    ("list", "missing: [1000.0]", "missing: 1000.0", 7, "data.targets.rul.missing: expected a list (number or text)"),
    ("item", "missing: [1000.0]", "missing: [[1]]", 7, "rul.missing[0]: expected a number or text, found [1]"),
    ("too few", "[0.7, 0.15, 0.15]", "[0.7, 0.3]", 9, "data.split.fractions: expected [number, number, number], found"),
    ("sum", "[0.7, 0.15, 0.15]", "[0.7, 0.3, 0.3]", 9, "data.split: fractions must be shares that sum to 1"),
    ("bounds", "bounds: [0, 1]", "bounds: [1, 0]", 13, "tasks.rul: bounds must be [low, high] with low < high"),
    ("group", "reader: npz", "group: 5\n  reader: npz", 4, "data.group: expected text, a mapping with consecutive or"),
    ("group block", "reader: npz", "group: {consecutve: 5}\n  reader: npz", 4, "did you mean data.group.consecutive?"),
    ("precision", "epochs: 50", "precision: 8", 17, "train.precision: expected 32, bf16 or 16, found 8"),
    ("missing", "name: bearings\n", "", 2, "missing required key name"),
    ("reader", "reader: npz", "reader: npy", 4, "data.reader: unknown reader 'npy'; did you mean npz?"),
    ("disabled", "kind: ", "enabled: false, kind: ", 11, "tasks: every task is disabled"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "line", "part"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_one_problem_one_line(tmp_path: Path, before: str, after: str, line: int, part: str) -> None:
    path = tmp_path / "b.yaml"
    assert before in BEARINGS
    text = BEARINGS.replace(before, after)
    if "every task" in part:
        text, line = text.replace("enabled: true, ", ""), 10
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        load_experiment(path)
    assert caught.value.where == f"{path}:{line}"
    assert part in caught.value.line
    assert " more: " not in caught.value.line


def test_all_problems_of_a_file_are_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "b.yaml"
    text = BEARINGS.replace("epochs: 50", "epoch: 50").replace("fault: fault,", "fault: 3,").replace("none}", "x}")
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        load_experiment(path)
    assert caught.value.line == (
        f"{path}:7: data.targets.fault: expected text or a mapping with key, found 3; and 2 more: "
        f"{path}:15: model.branches.kind: unknown kind 'x' (valid: none, attention); "
        f"{path}:17: unknown key train.epoch; did you mean train.epochs?"
    )


def test_a_problem_of_an_override_names_the_override(tmp_path: Path) -> None:
    path = tmp_path / "b.yaml"
    path.write_text(BEARINGS)
    with pytest.raises(InputError) as caught:
        load_experiment(path, ["train.epoch=5"])
    assert caught.value.line == "override train.epoch=5: unknown key train.epoch; did you mean train.epochs?"


KEYS = st.text("abcdefghijklmnopqrstuvwxyz_", min_size=1, max_size=12)
BODY = """\
data: {reader: npz, path: x, inputs: {s: x}, targets: {a: a}}
tasks: {a: {kind: binary}}
name: x
"""


def keys_of(block: str) -> set[str]:
    """Every key that a block has."""
    return {name for path, _, model in blocks(Experiment) if ".".join(path) == block for name in model.model_fields}


@settings(deadline=None)  # a machine under load is no fault
@given(key=KEYS, block=st.sampled_from(["", "train", "model"]))
def test_any_unknown_key_is_named_with_its_line(tmp_path_factory: pytest.TempPathFactory, key: str, block: str) -> None:
    if key in keys_of(block) or key in ("on", "null", "true", "false"):
        return
    path = tmp_path_factory.getbasetemp() / "unknown.yaml"
    path.write_text(f"{BODY}{block}:\n  {key}: 1\n" if block else f"{BODY}\n{key}: 1\n")
    with pytest.raises(InputError) as caught:
        load_experiment(path)
    name = f"{block}.{key}" if block else key
    assert caught.value.line.startswith(f"{path}:5: unknown key {name}; ")
