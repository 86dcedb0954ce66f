"""A window that is padded with more absent samples at its front gives the same predictions in evaluation."""

from __future__ import annotations

import pytest
import torch

from polyhead.backbones import AttentionBranch
from polyhead.config.backbones import PatchTransformerOptions, ResNet1dOptions, TcnOptions
from polyhead.config.model import AttentionBranches, BranchOptions
from polyhead.config.tasks import ForecastHeadOptions, HeadOptions
from polyhead.tasks.head import ForecastHead, WindowHead
from polyhead.training.network import Network

from .cases import OPTIONS, PADDED, built, padded

SAMPLES = 47
VARIANTS = {
    "tcn, batch norm": TcnOptions(name="tcn", channels=[6, 6], norm="batch"),
    "resnet1d, batch norm": ResNet1dOptions(name="resnet1d", channels=[4, 6], kernel=4, stem_kernel=5, stem_stride=3),
    "resnet1d, no stride": ResNet1dOptions(name="resnet1d", channels=[6], stride=1, stem_stride=1, norm="none"),
    "patches side by side": PatchTransformerOptions(
        name="patch_transformer", patch_length=5, patch_stride=5, width=6, layers=1, heads=3, feedforward=4
    ),
} | {name: OPTIONS[name] for name in PADDED}


def network(options, branches):
    backbone = built(options.name, SAMPLES, known=1, options=options, masked=True)
    for module in backbone.modules():  # statistics that are not the neutral ones of a fresh network
        if isinstance(module, torch.nn.BatchNorm1d):
            module.running_mean.uniform_(-1, 1)
            module.running_var.uniform_(0.5, 2)
            torch.nn.init.uniform_(module.bias, -1, 1)
    width, own = backbone.width, {}
    names = ("label", "low_rank", "conv")
    if branches:
        block = AttentionBranches(kind="attention", width=5)
        own = {name: AttentionBranch(width, block, BranchOptions(attention="tanh")) for name in names}
        width = 5
    heads = {
        "label": WindowHead(width, torch.ones(3), HeadOptions(hidden=7)),
        "low_rank": ForecastHead(width, 1, 5, torch.zeros(5), ForecastHeadOptions(context=12, decoder="low_rank")),
        "conv": ForecastHead(width, 1, 5, torch.zeros(5), ForecastHeadOptions(context=12, decoder="conv")),
    }
    return Network(backbone, heads, own).eval()


@pytest.mark.parametrize("gradients", [True, False])
@pytest.mark.parametrize("branches", [False, True])
@pytest.mark.parametrize("variant", VARIANTS)
def test_predictions_do_not_depend_on_the_padding(variant, branches, gradients):
    whole = network(VARIANTS[variant], branches)
    with torch.no_grad():
        for parameter in whole.parameters():  # differences must not drown in small last weights
            parameter.mul_(1.5)
    signal, known = 2 * torch.randn(3, 2, 19), torch.randn(3, 1)
    with torch.set_grad_enabled(gradients):
        plain = whole(signal, known)
        for front in (1, 2, 3, 7, 28):
            longer = whole(*_with(signal, known, front))
            kept = plain.features[0].shape[-1]
            torch.testing.assert_close(longer.features[0][..., -kept:], plain.features[0], rtol=0, atol=1e-5)
            assert not longer.features[0][..., :-kept].any()
            for one, other in zip(longer.outputs, plain.outputs, strict=True):
                torch.testing.assert_close(one, other, rtol=0, atol=1e-5)


def _with(signal, known, front):
    whole, present = padded(signal, front)
    return whole, known, present


@pytest.mark.parametrize("name", PADDED)
def test_windows_of_a_batch_may_be_padded_differently(name):
    backbone = built(name, 30)
    signal = torch.randn(3, 2, 30)
    present = torch.arange(30) >= torch.tensor([[0], [11], [24]])
    together = backbone(signal * present[:, None], None, present)
    for row, front in enumerate((0, 11, 24)):
        alone = backbone(signal[row : row + 1, :, front:], None)
        torch.testing.assert_close(together[row : row + 1, :, -alone.shape[-1] :], alone, rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", PADDED)
def test_it_takes_the_mask_to_say_so(name):
    """The same padding as zeros that were measured gives another map."""
    backbone, signal = built(name, 40), torch.randn(2, 2, 19)
    whole, present = padded(signal, 9)
    assert not torch.allclose(backbone(whole, None), backbone(whole, None, present), atol=1e-4)


@pytest.mark.parametrize("name", PADDED)
def test_a_step_is_real_where_its_last_sample_is(name):
    """Counted back from the end: step m from the end stands for sample m * stride from the end."""
    stride = {"tcn": 2, "resnet1d": 4, "patch_transformer": 4, "bilstm": 1}[name]
    present = torch.arange(13) >= torch.tensor([[0], [4], [5], [12]])
    steps = built(name, 13).steps_present(present)
    expected = [[bool(row[12 - m * stride]) for m in reversed(range(12 // stride + 1))] for row in present]
    assert steps.tolist() == expected
