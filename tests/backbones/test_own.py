"""A user's own backbone: what it is given, what it may leave out, and what is said of one that does not fit."""

from __future__ import annotations

import copy
import itertools
import sys

import pytest
import torch

from polyhead.backbones import InputShape, build_backbone
from polyhead.config.experiment_file import load_experiment
from polyhead.errors import InputError

GOOD = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, shape, width=3, gain=1.0):
        super().__init__()
        self.shape, self.width, self.gain = shape, width, gain
        self.conv = nn.Conv1d(shape.channels, width, 3, stride=2, padding=1)
        self.dropout = nn.Dropout(0.5)
    def forward(self, signal, known):
        return self.gain * self.dropout(self.conv(signal))
"""
MASKED = GOOD.replace("signal, known)", "signal, known, present=None)")
TOLD = (
    MASKED
    + """
    def steps_present(self, present):
        return present[:, ::2]
"""
)
WHOLE, CUT = InputShape(2, 9, 0), InputShape(2, 9, 0, masked=True)
NUMBER = itertools.count()


@pytest.fixture
def build(tmp_path, monkeypatch):
    """Writes a module into the current directory and builds the class Net in it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))

    def made(code, shape=WHOLE, name=None, **keys):
        module = f"own_backbone_{next(NUMBER)}"
        (tmp_path / f"{module}.py").write_text(code)
        backbone = {"name": (name or "MODULE:Net").replace("MODULE", module)} | keys
        values = {"name": "x", "data": {"reader": "bearings"}, "tasks": {"fault": {"kind": "classification"}}}
        loaded = load_experiment(values | {"model": {"backbone": backbone if keys else backbone["name"]}})
        return build_backbone(loaded.experiment.model.backbone, shape)

    return made


def test_a_class_beside_the_config_is_made_with_the_shape_and_the_keys(build):
    network = build(GOOD, width=5, gain=2.0)
    assert network.module.shape == WHOLE
    assert network.module.gain == 2.0
    assert (network.width, network.receptive_field) == (5, None)
    signal = torch.randn(4, 2, 9)
    assert network.eval()(signal, None).shape == (4, 5, 5)
    assert torch.equal(network(signal, None), 2 * network.module.conv(signal))
    twin = copy.deepcopy(network)
    assert torch.equal(twin(signal, None), network(signal, None))


def test_it_is_tried_in_evaluation_and_handed_over_for_training(build):
    network = build(GOOD)
    assert network.training
    assert network.module.dropout.training


def test_its_receptive_field_is_taken_over(build):
    assert (
        build(GOOD.replace("super().__init__()", "super().__init__(); self.receptive_field = 3")).receptive_field == 3
    )


@pytest.mark.parametrize(("said", "stride"), [("2", 2), ("9 / 5", 1.8), ("4", None), ("(2,)", None), ("True", None)])
def test_its_stride_is_taken_over_where_its_steps_can_stand_so_far_apart(build, said, stride):
    """Its map of 9 samples has 5 steps."""
    assert build(GOOD.replace("super().__init__()", f"super().__init__(); self.stride = {said}")).stride == stride
    assert build(GOOD).stride is None


@pytest.mark.parametrize(("late", "stride"), [("early", 2), ("early[..., ::2]", None)])
def test_one_stride_cannot_be_that_of_maps_which_differ_in_steps(build, late, stride):
    code = GOOD.replace("super().__init__()", "super().__init__(); self.stride = 2")
    code = code.replace("return self.gain * self.dropout(self.conv(signal))", "early = self.conv(signal)")
    assert build(f"{code}        return {{'a': early, 'b': {late}}}\n").stride == stride


def test_steps_are_present_where_the_nearest_sample_is_counted_from_the_end(build):
    network = build(MASKED, CUT)
    present = torch.arange(9) >= torch.tensor([[0], [4], [8]])
    steps = network.steps_present(present)  # 5 steps of 9/5 samples: the last sample of each is 1, 3, 5, 7, 9
    assert steps.tolist() == [[True] * 5, [False, False, True, True, True], [False] * 4 + [True]]
    mapped = network(torch.randn(3, 2, 9), None, present)
    assert not mapped[~steps[:, None].expand_as(mapped)].any()


def test_or_where_it_says_so(build):
    network = build(TOLD, CUT)
    present = torch.arange(9).expand(2, -1) >= 3
    assert torch.equal(network.steps_present(present), present[:, ::2])


CASES = {
    "no module": ({"name": "no_such_module:Net"}, GOOD, "no backbone 'no_such_module:Net' (No module named"),
    "no class": ({"name": "MODULE:Nett"}, GOOD, "has no attribute 'Nett'); write `package.module:Class`"),
    "broken module": ({}, "1 / 0", "raised ZeroDivisionError when imported: division by zero"),
    "broken syntax": ({}, "def (", "raised SyntaxError when imported"),
    "unknown key": ({"depth": 3}, GOOD, "raised TypeError when made: Net.__init__() got an unexpected keyword"),
    "raising": ({"width": "three"}, GOOD, "raised TypeError when made"),
    "no width": ({}, GOOD.replace("self.width, ", "self.wide, "), "has no width; set self.width, the channels of"),
    "odd width": ({}, GOOD.replace("shape, width, gain", "shape, 3.5, gain"), "has a width of 3.5; set self.width"),
    "no module made": ({}, "def Net(shape):\n    return 3", "made a int; name a subclass of torch.nn.Module"),
    "no map": ({}, GOOD.replace("signal))", "signal)).mean(2)"), "put out (2, 3) for 2 windows; return a map"),
    "other width": ({}, GOOD.replace("channels, width", "channels, 4"), "put out (2, 4, 5) for 2 windows; return"),
    "a tuple": ({}, GOOD.replace("signal))", "signal)), 0"), "put out tuple for 2 windows"),
    "forward": ({}, GOOD.replace("self.conv(s", "self.con(s"), "raised AttributeError on windows of zeros: 'Net'"),
    "other steps": ({"shape": CUT}, TOLD.replace("::2", "::3"), "put out (2, 3) for a map of 5"),
    "no mask": ({"shape": CUT}, GOOD, "write forward(signal, known, present)"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_one_that_does_not_fit_is_named_in_one_line(build, case):
    keys, code, says = CASES[case]
    with pytest.raises(InputError) as caught:
        build(code, **keys)
    assert caught.value.where == "model.backbone"
    assert says in caught.value.line
    assert "\n" not in caught.value.line


def test_a_map_that_is_wrong_only_later_is_refused_then(build):
    network = build(GOOD.replace("return ", "if self.training: return signal[0]\n        return "))
    with pytest.raises(InputError, match=r"put out \(2, 9\) for 4 windows"):
        network(torch.randn(4, 2, 9), None)


RAISES = GOOD.replace("return ", "if self.training: raise RuntimeError('WHY')\n        return ")


def test_one_that_raises_only_while_training_is_named(build):
    network = build(RAISES.replace("WHY", "no such speed\\nmore"))
    network.eval()(torch.randn(4, 2, 9), None)
    with pytest.raises(InputError) as caught:
        network.train()(torch.randn(4, 2, 9), None)
    assert caught.value.where == "model.backbone"
    assert caught.value.line.endswith(":Net raised RuntimeError while training: no such speed")


def test_one_that_runs_out_of_memory_leaves_it_to_training_to_say_which_batch_fits(build):
    network = build(RAISES.replace("WHY", "CUDA out of memory"))
    with pytest.raises(RuntimeError, match="out of memory"):
        network(torch.randn(4, 2, 9), None)


EARLY = GOOD.replace(
    "        return self.gain * self.dropout(self.conv(signal))",
    """        early = self.conv(signal)
        return {"level": early, "tone": torch.tanh(early[..., ::2]), "loud": early}""",
)


def test_a_map_for_each_task(build):
    maps = build(EARLY)(torch.randn(4, 2, 9), None)
    assert {task: tuple(one.shape) for task, one in maps.items()} == {
        "level": (4, 3, 5),
        "tone": (4, 3, 3),
        "loud": (4, 3, 5),
    }
    assert maps["level"] is maps["loud"]


def test_each_of_the_maps_must_be_one(build):
    with pytest.raises(InputError, match=r"put out \(2, 3\) for 2 windows; return a map"):
        build(EARLY.replace('"loud": early}', '"loud": early[..., 0]}'))


def test_maps_of_windows_with_absent_samples_have_the_same_steps(build):
    masked = EARLY.replace("signal, known)", "signal, known, present=None)")
    with pytest.raises(InputError, match="maps of different steps"):
        build(masked, CUT)
    maps = build(masked.replace("[..., ::2]", ""), CUT)(torch.randn(2, 2, 9), None, torch.ones(2, 9).bool())
    assert maps["level"] is maps["loud"]
