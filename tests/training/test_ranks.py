"""Two processes end where one does: every method, under masks, several batches a step, and shares that are empty."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, distributed

from polyhead.errors import InputError
from polyhead.trace.folder import RunFolder
from polyhead.training.ranks import Ranks, joined
from polyhead.training.session import Session

from .partners import PATIENCE, cases, train
from .synthetic import prepared

ROOT = Path(__file__).parents[2]
State = dict[str, Tensor]


@contextmanager
def partner(folder: Path) -> Iterator[Ranks]:
    """This process as the first of two, of which the other trains all cases."""
    store = distributed.TCPStore("127.0.0.1", 0, None, True, wait_for_workers=False)
    command = [sys.executable, "-m", "tests.training.partners", str(folder), str(store.port)]
    with subprocess.Popen(command, cwd=ROOT) as other:
        ranks = Ranks(0, 2)
        try:
            with joined(ranks, store, torch.device("cpu"), PATIENCE):
                yield ranks
            assert other.wait(30) == 0
        finally:
            other.kill()


@pytest.fixture(scope="module")
def ends(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], tuple[State, State, State]]:
    """By case: what one process ends with, and what each of two does."""
    folder = tmp_path_factory.mktemp("ranks")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with partner(folder) as ranks:
        both = {case: ranks.gather(train(case, ranks, folder)) for case in cases()}
    alone = {case: train(case, Ranks(), folder) for case in cases()}
    torch.set_num_threads(threads)
    return {case: (alone[case], *both[case]) for case in cases()}


@pytest.mark.parametrize("case", cases(), ids=lambda case: "-".join(filter(None, case)))
def test_two_processes_end_with_the_weights_of_one(ends, case):
    alone, first, second = ends[case]
    for name, expected in alone.items():
        # What a balance holds is of any size, some of it the inverse of a gradient's length.
        near = {"rtol": 1e-5 if name.startswith("balance.") else 0, "atol": 1e-6}
        torch.testing.assert_close(first[name], expected, **near, msg=lambda text, name=name: f"{name}: {text}")
        assert torch.equal(first[name], second[name]), name  # so were random orders and weights on the way here


def test_the_methods_end_far_apart(ends):
    plain = ends["floor", ""][0]  # in units of the floor loss, as all but sum and kendall are
    for case in cases():
        other = ends[case][0]
        apart = max((other[name] - one).abs().max() for name, one in plain.items())
        assert (apart > 1e-4) == (case[0] != "floor"), case


@pytest.mark.parametrize(
    ("windows", "shares"),
    [(8, [2, 2, 2, 2]), (10, [3, 3, 2, 2]), (7, [3, 2, 2, 0]), (3, [3, 0, 0, 0]), (2, [2, 0, 0, 0]), (1, [1, 0, 0, 0])],
)
def test_a_batch_is_dealt_out_whole_and_nobody_has_one_window_alone(windows, shares):
    index = np.arange(100, 100 + windows)
    dealt = [Ranks(number, 4).share(index) for number in range(4)]
    assert [len(one) for one in dealt] == shares
    assert sorted(np.concatenate(dealt)) == index.tolist()


def test_more_processes_than_a_batch_can_feed_are_refused(tmp_path):
    Session(prepared(("level",), train={"device": "cpu", "devices": 2, "batch_size": 4}), RunFolder(tmp_path))
    starved = prepared(("level",), train={"device": "cpu", "devices": 2, "batch_size": 3})
    with pytest.raises(InputError, match=r"train\.devices: 2 processes cannot share batches of 3: each takes two"):
        Session(starved, RunFolder(tmp_path))
