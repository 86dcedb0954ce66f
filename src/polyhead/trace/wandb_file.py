"""The files in which wandb keeps a run: logs as LevelDB writes them (leveldb.org, "log format").

After a head of 7 bytes come blocks of 32 KiB of pieces, each a checksum (4 bytes), a length (2) and a type (1: a whole
record, 2, 3 and 4: its first, middle and last piece) before its content. A record is a message of wandb's own.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_HEAD, _BLOCK, _PIECE = 7, 32_768, struct.Struct("<IHB")
_WHOLE, _FIRST, _LAST = 1, 2, 4


def messages(path: Path) -> Iterator[Any]:
    """Each record of the file as wandb's message. Raises google.protobuf.message.DecodeError where one is none, and
    ImportError without wandb."""
    from wandb.proto.wandb_internal_pb2 import Record  # type: ignore[attr-defined]

    for content in records(path.read_bytes()):
        yield Record.FromString(content)


def records(data: bytes) -> Iterator[bytes]:
    """Each whole record; a last one that was cut off is left out."""
    at, parts = _HEAD, b""
    while True:
        room = _BLOCK - at % _BLOCK
        if room < _PIECE.size:  # the rest of a block that has no room for a piece
            at += room
        if at + _PIECE.size > len(data):
            return
        _, length, kind = _PIECE.unpack_from(data, at)
        at += _PIECE.size
        if kind == 0 or at + length > len(data):
            return
        parts = data[at : at + length] if kind in (_WHOLE, _FIRST) else parts + data[at : at + length]
        at += length
        if kind in (_WHOLE, _LAST):
            yield parts
