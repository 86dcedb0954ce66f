"""The chain against every path there is, and against numbers of pytorch-crf 0.7.2."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import torch

from polyhead.tasks.losses import chain

LOGITS = [[0.5, -1.0, 2.0, 0.25, -0.75, 1.5], [-2.0, 1.0, 0.0, -0.5, 3.0, 0.1]]
TRANSITIONS = [0.3, -1.2, -0.7, 0.9]
MARKS = [[0, 0, 1, 1, 0, 1], [0, 1, 1, 0, 1, 1]]


def outputs(logits, transitions) -> torch.Tensor:
    each = torch.tensor(logits, dtype=torch.float64)
    return torch.cat([each, torch.tensor(transitions, dtype=torch.float64).expand(len(each), 4)], dim=1)


def test_numbers_of_pytorch_crf():
    """CRF(2) without start and end scores, emissions (0, logit), `reduction="none"` over 6 samples; marginals there are
    the gradient of its normaliser in the logits."""
    output = outputs(LOGITS, TRANSITIONS)
    losses = chain.likelihood(output, torch.tensor(MARKS, dtype=torch.int8))
    assert losses.tolist() == pytest.approx([0.9329339001680941, 0.7313570167541693], rel=1e-12)
    first = [0.8422891255, 0.8399257061, 0.9721673916, 0.9326073579, 0.8686028559, 0.8968583432]
    assert chain.marginals(output)[0].tolist() == pytest.approx(first, abs=1e-9)


@pytest.mark.parametrize("samples", range(1, 9))
def test_every_path(samples):
    """Scores of all 2^n paths by hand; their sum, the share of each, and the share of those through a mark."""
    rng = np.random.default_rng(samples)
    logits, transitions = 2 * rng.normal(size=samples), rng.normal(size=(2, 2))
    paths = np.array(list(product((0, 1), repeat=samples)))
    score = paths @ logits + sum(transitions[paths[:, t], paths[:, t + 1]] for t in range(samples - 1))
    share = np.exp(score) / np.exp(score).sum()
    output = outputs([logits.tolist()] * len(paths), transitions.ravel().tolist())
    losses = chain.likelihood(output, torch.from_numpy(paths))
    np.testing.assert_allclose(losses, -np.log(share) / samples, rtol=1e-9)
    np.testing.assert_allclose(chain.marginals(output[:1])[0], share @ paths, rtol=1e-9)


def test_without_transitions_samples_are_independent():
    output = outputs(LOGITS, [0.0] * 4)
    truth = torch.tensor(MARKS, dtype=torch.float64)
    expected = torch.nn.functional.binary_cross_entropy_with_logits(output[:, :6], truth, reduction="none").mean(dim=1)
    torch.testing.assert_close(chain.likelihood(output, truth), expected)
    torch.testing.assert_close(chain.marginals(output), output[:, :6].sigmoid())


def test_the_gradient_is_finite_at_absent_samples():
    output = outputs([[-30.0, -30.0, 0.5, 0.2]], TRANSITIONS).float().requires_grad_()
    chain.likelihood(output, torch.tensor([[0, 0, 1, 0]])).sum().backward()
    assert output.grad is not None
    assert output.grad.isfinite().all()
    assert output.grad[0, :2].abs().max() < 1e-12
