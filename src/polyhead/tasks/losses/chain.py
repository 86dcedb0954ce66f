"""A linear chain of two tags: the likelihood of a window's marks, and the probability of each (Lafferty et al. 2001).

A path y of 0 and 1 has the score sum e_t y_t + sum T[y_t, y_t+1], e the logits (batch, sample) and T the transitions
(batch, 2, 2); its probability is exp of that over the sum of all paths. Sums over paths are products of 2 x 2 matrices
in logarithms, taken in log2(samples) rounds, so that a graph has few nodes.
"""

from __future__ import annotations

import torch
from torch import Tensor

TRANSITIONS = 4
"""Numbers that follow the logits in an output: transitions no-no, no-yes, yes-no, yes-yes."""


def likelihood(output: Tensor, truth: Tensor) -> Tensor:
    """Negative log-likelihood over samples (batch,) of outputs (batch, sample + 4) for truth (batch, sample)."""
    logits, transitions = _parts(output)
    marks = truth.long()
    path = (logits * truth).sum(dim=1)
    steps = 2 * marks[:, :-1] + marks[:, 1:]
    path = path + transitions.flatten(1).gather(1, steps).sum(dim=1)
    return (log_partition(logits, transitions) - path) / logits.shape[1]


def log_partition(logits: Tensor, transitions: Tensor) -> Tensor:
    """Logarithm of the sum over all paths (batch,)."""
    product = _steps(logits, transitions)
    while product.shape[1] > 1:
        even = product.shape[1] // 2 * 2
        pairs = _times(product[:, 0:even:2], product[:, 1:even:2])
        product = torch.cat([pairs, product[:, even:]], dim=1)
    began = _began(logits)
    if product.shape[1]:
        began = began.unsqueeze(2) + product[:, 0]
    return began.flatten(1).logsumexp(dim=1)


def marginals(output: Tensor) -> Tensor:
    """Probability of a mark at each sample (batch, sample), by forward and backward sums."""
    logits, transitions = _parts(output)
    steps, began = _steps(logits, transitions), _began(logits).unsqueeze(1)
    forward = (began.unsqueeze(3) + _prefixes(steps)).logsumexp(dim=2)
    backward = _prefixes(steps.flip(1).transpose(2, 3)).flip(1).logsumexp(dim=2)
    forward = torch.cat([began, forward], dim=1)
    backward = torch.cat([backward, torch.zeros_like(began)], dim=1)
    both = forward + backward
    return (both[..., 1] - both[..., 0]).sigmoid()


def _parts(output: Tensor) -> tuple[Tensor, Tensor]:
    return output[:, :-TRANSITIONS], output[:, -TRANSITIONS:].reshape(-1, 2, 2)


def _began(logits: Tensor) -> Tensor:
    """Scores of the first tag (batch, 2)."""
    first = logits[:, 0]
    return torch.stack([torch.zeros_like(first), first], dim=1)


def _steps(logits: Tensor, transitions: Tensor) -> Tensor:
    """What each step adds, from tag to tag (batch, sample - 1, 2, 2)."""
    arriving = torch.stack([torch.zeros_like(logits), logits], dim=2)[:, 1:]
    return transitions.unsqueeze(1) + arriving.unsqueeze(2)


def _times(one: Tensor, other: Tensor) -> Tensor:
    """Products of matrices of logarithms, (..., 2, 2)."""
    return (one.unsqueeze(-1) + other.unsqueeze(-3)).logsumexp(dim=-2)


def _prefixes(steps: Tensor) -> Tensor:
    """Products of the first 1, 2, ... matrices of (batch, step, 2, 2) (Hillis and Steele 1986)."""
    reach = 1
    while reach < steps.shape[1]:
        steps = torch.cat([steps[:, :reach], _times(steps[:, :-reach], steps[:, reach:])], dim=1)
        reach *= 2
    return steps
