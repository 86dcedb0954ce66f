"""Heads: what they pool, and where they start."""

from __future__ import annotations

import pytest
import torch

from polyhead.config.tasks import ForecastHeadOptions, HeadOptions
from polyhead.tasks.head import ForecastHead, WindowHead


def test_a_window_is_pooled_to_mean_and_maximum_over_time():
    head = WindowHead(2, torch.tensor([10.0]), HeadOptions())
    with torch.no_grad():
        head.output.weight.copy_(torch.tensor([[1.0, 2.0, 100.0, 1000.0]]))
    features = torch.tensor([[[1.0, 2.0, 6.0], [0.0, -3.0, 0.0]]])  # means 3 and -1, maxima 6 and 0
    assert head(features).tolist() == [[10 + 3 - 2 + 600]]


def test_absent_steps_count_neither_in_the_mean_nor_in_the_maximum():
    head = WindowHead(2, torch.tensor([10.0]), HeadOptions())
    with torch.no_grad():
        head.output.weight.copy_(torch.tensor([[1.0, 2.0, 100.0, 1000.0]]))
    features = torch.tensor([[[0.0, 2.0, 6.0], [0.0, -3.0, -1.0]]])  # of the last two: means 4 and -2, maxima 6 and -1
    assert head(features, torch.tensor([[False, True, True]])).tolist() == [[10 + 4 - 4 + 600 - 1000]]


@pytest.mark.parametrize("options", [HeadOptions(), HeadOptions(hidden=7, dropout=0.3)])
def test_without_features_a_window_head_puts_out_its_constant(options):
    head = WindowHead(4, torch.tensor([1.0, -2.0, 3.0]), options).eval()
    if options.hidden:
        torch.nn.init.zeros_(head.hidden[0].bias)
    assert head(torch.zeros(2, 4, 5)).tolist() == [[1.0, -2.0, 3.0]] * 2


def test_the_last_weights_are_a_tenth_of_the_usual_spread():
    """torch draws them uniformly within 1 / sqrt(inputs)."""
    torch.manual_seed(0)
    weight = WindowHead(200, torch.zeros(50), HeadOptions()).output.weight
    assert weight.abs().max().item() == pytest.approx(0.1 / 400**0.5, rel=0.01)


@pytest.mark.parametrize(("hidden", "parameters"), [(None, 8 * 3 + 3), (5, 8 * 5 + 5 + 5 * 3 + 3)])
def test_parameters_of_a_window_head(hidden, parameters):
    head = WindowHead(4, torch.zeros(3), HeadOptions(hidden=hidden))
    assert sum(p.numel() for p in head.parameters()) == parameters


@pytest.mark.parametrize(
    "head",
    [
        WindowHead(8, torch.zeros(3), HeadOptions(dropout=0.5)),
        ForecastHead(8, 1, 3, torch.zeros(3), ForecastHeadOptions(dropout=0.5, context=4)),
    ],
    ids=["window", "forecast"],
)
def test_dropout_acts_while_training_only(head):
    torch.manual_seed(0)
    features = torch.randn(4, 8, 6)
    assert not torch.equal(head.train()(features), head(features))
    assert torch.equal(head.eval()(features), head(features))


def test_a_forecast_starts_at_one_constant_per_channel_and_step():
    head = ForecastHead(4, 2, 3, torch.arange(6.0), ForecastHeadOptions(context=2))
    with torch.no_grad():
        head.narrow.weight.zero_()
        head.narrow.bias.zero_()
    assert head(torch.randn(1, 4, 5)).tolist() == [[[0, 1, 2], [3, 4, 5]]]


@pytest.mark.parametrize(
    ("pooling", "weights", "value"),  # means 3 and -1, maxima 6 and 0, last 6 and -3
    [
        ("last", [1.0, 10.0], 6 - 30),
        ("mean_max_last", [1.0, 2.0, 100.0, 1000.0, 1e4, 1e5], 3 - 2 + 600 + 6e4 - 3e5),
    ],
)
def test_the_last_step_of_the_map_where_asked(pooling, weights, value):
    head = WindowHead(2, torch.tensor([10.0]), HeadOptions(pooling=pooling))
    with torch.no_grad():
        head.output.weight.copy_(torch.tensor([weights]))
    features = torch.tensor([[[1.0, 2.0, 6.0], [0.0, 0.0, -3.0]]])
    assert head(features).tolist() == [[10 + value]]


def test_absent_steps_do_not_count():
    head = WindowHead(2, torch.zeros(3), HeadOptions(pooling="mean_max_last"))
    features = torch.randn(2, 2, 6)
    present = torch.arange(6) >= torch.tensor([[0], [4]])
    torch.testing.assert_close(head(features, present)[0], head(features)[0])
    torch.testing.assert_close(head(features, present)[1], head(features[:, :, 4:])[1])
