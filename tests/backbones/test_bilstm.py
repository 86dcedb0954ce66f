"""Long short-term memory: both directions, the mask, and what it is made of."""

from __future__ import annotations

import torch

from polyhead.backbones import InputShape, build_backbone
from polyhead.config.backbones import BiLstmOptions


def bilstm(known=0, **options):
    torch.manual_seed(0)
    return build_backbone(BiLstmOptions(name="bilstm", **options), InputShape(2, 12, known))


def changed_steps(network):
    """The steps of the map that change when sample 5 of 12 does."""
    signal = torch.randn(1, 2, 12)
    other = signal.clone()
    other[..., 5] += 1
    return (network(other, None) != network(signal, None)).any(dim=1)[0].tolist()


def test_both_directions_see_the_window_and_one_sees_the_past():
    both = bilstm(hidden=4)
    assert changed_steps(both) == [True] * 12
    assert (both.width, both.receptive_field) == (8, None)
    past = bilstm(hidden=4, bidirectional=False)
    assert changed_steps(past) == [False] * 5 + [True] * 7
    assert past.width == 4


def test_two_steps_by_hand():
    """One unit, gates open but the candidate: c = sum of tanh(x), h = tanh(c), each gate's sigmoid being 1."""
    network = bilstm(hidden=1, bidirectional=False).double()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.zero_()
        network.lstm.weight_ih_l0[2, 0] = 1.0  # gates are stacked: input, forget, candidate, output
        network.lstm.bias_ih_l0[[0, 1, 3]] = 50.0
    out = network(torch.tensor([[[0.5, -0.2], [9.0, 9.0]]], dtype=torch.float64), None)
    cell = torch.tanh(torch.tensor([0.5, -0.2], dtype=torch.float64)).cumsum(0)
    torch.testing.assert_close(out[0, 0], torch.tanh(cell))


def test_parameters_by_hand():
    """Four gates, of 2 signals + 1 known, 3 units and two biases, in two directions."""
    counted = sum(parameter.numel() for parameter in bilstm(known=1, hidden=3).parameters())
    assert counted == 2 * 4 * (3 * 3 + 3 * 3 + 3 + 3)


def test_evaluation_is_deterministic_and_training_is_not():
    network, signal = bilstm(hidden=8, layers=2, dropout=0.5), torch.randn(2, 2, 12)
    assert not torch.equal(network(signal, None), network(signal, None))
    network.eval()
    assert torch.equal(network(signal, None), network(signal, None))


def test_a_gradient_goes_through_padded_windows_and_stops_at_absent_samples():
    network, signal = bilstm(hidden=4), torch.randn(2, 2, 12, requires_grad=True)
    present = torch.arange(12) >= torch.tensor([[3], [0]])
    network(signal, None, present).square().sum().backward()
    assert torch.equal(signal.grad.abs().sum(dim=1) > 0, present)
