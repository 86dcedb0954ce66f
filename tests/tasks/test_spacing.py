"""Maps of fewer steps at every sample: where an impulse that a step saw comes out again."""

from __future__ import annotations

import pytest
import torch

from polyhead.tasks.spacing import Spacing, stretched


def test_a_map_of_every_sample_stays_as_it_is():
    features = torch.randn(2, 3, 7)
    assert torch.equal(stretched(features, 7), features)
    assert stretched(features, 7, Spacing(1)) is features


@pytest.mark.parametrize("samples", [32, 37, 100, 105])
@pytest.mark.parametrize("stride", [1, 2, 4, 16, 32])
def test_an_impulse_comes_out_at_its_sample(stride, samples):
    """A map that holds every stride-th sample, counted back from the last, as the backbones take them."""
    for at in range((samples - 1) % stride, samples, stride):
        signal = torch.zeros(1, 1, samples)
        signal[..., at] = 1
        found = stretched(signal[..., (samples - 1) % stride :: stride], samples, Spacing(stride))[0, 0]
        about = torch.arange(samples) - at
        if at == (samples - 1) % stride:
            about.clamp_(min=0)  # constant before the first step
        torch.testing.assert_close(found, (1 - about.abs() / stride).clamp(min=0), rtol=0, atol=1e-5)


def test_steps_of_patches_stand_at_their_middles():
    """Patches of 6 samples, 4 apart, in 13: they end at samples 4, 8 and 12, so that two middles are 5.5 and 9.5."""
    found = stretched(torch.tensor([[[1.5, 5.5, 9.5]]]), 13, Spacing(4, 2.5))
    assert found[0, 0].tolist() == pytest.approx([1.5, 1.5, *range(2, 10), 9.5, 9.5, 9.5])


@pytest.mark.parametrize(
    ("steps", "samples", "expected"),
    [
        ([0.0, 4.0], 5, [0, 0, 4 / 3, 8 / 3, 4]),  # at samples 1 and 4
        ([1.0, 3.0], 4, [1, 1, 2, 3]),  # at samples 1 and 3
        ([0.0, 1.0, 3.0], 9, [0, 0, 0, 1 / 3, 2 / 3, 1, 5 / 3, 7 / 3, 3]),  # at 2, 5 and 8
        ([2.0], 3, [2, 2, 2]),
        ([0.0, 1.0, 2.0, 3.0, 4.0, 5.0], 3, [1, 3, 5]),
    ],
)
def test_a_map_that_says_nothing_has_as_many_strides_begun(steps, samples, expected):
    found = stretched(torch.tensor([[steps]]), samples)
    assert found[0, 0].tolist() == pytest.approx(expected)
