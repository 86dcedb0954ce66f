"""The log of a W&B run read piece by piece, whole and cut off."""

from __future__ import annotations

import struct

import pytest

from polyhead.trace.wandb_file import records
from polyhead.tracking.wandb_record import last_step

BLOCK = 32768


def piece(kind: int, content: bytes) -> bytes:
    return struct.pack("<IHB", 0, len(content), kind) + content


HEAD = b":W&B\xe1\xbe\x00"
FIRST = b"a" * (BLOCK - 7 - 7 - 7 - 3 - 5)  # leaves 5 bytes of the first block, too few for a piece
LONG = (b"b" * (BLOCK - 7), b"c" * 9)
LOG = HEAD + piece(1, b"one") + piece(1, FIRST) + bytes(5) + piece(2, LONG[0]) + piece(4, LONG[1]) + piece(1, b"end")


def test_records_within_and_across_blocks():
    assert len(HEAD + piece(1, b"one") + piece(1, FIRST)) == BLOCK - 5
    assert list(records(LOG)) == [b"one", FIRST, b"".join(LONG), b"end"]


@pytest.mark.parametrize(
    ("left_out", "whole"), [(1, 3), (10, 3), (11, 2), (BLOCK, 2), (len(LOG) - 7, 0), (len(LOG), 0)]
)
def test_what_was_cut_off_is_left_out(left_out, whole):
    assert len(list(records(LOG[: len(LOG) - left_out]))) == whole


def test_no_file_is_no_step(tmp_path):
    assert last_step(tmp_path / "wandb", "abc") == 0
