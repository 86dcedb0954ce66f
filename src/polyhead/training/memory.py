"""Out of memory: which batch size would fit, found by trying."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from polyhead.errors import InputError
from polyhead.training.fit import train_step
from polyhead.training.session import Session


@contextmanager
def explained(session: Session) -> Iterator[None]:
    """Turn running out of memory into an InputError that names the batch size that fits, if it can be tried alone."""
    short: str | None = None
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not _is_memory(error):
            raise
        short = str(error).strip().splitlines()[0] if str(error).strip() else "no memory left"
    if short is not None:  # outside the handler, so that the failed step's tensors are free again
        size = session.options.batch_size
        if session.ranks.count > 1:  # no step can be tried without the others
            raise InputError(
                f"out of memory with batches of {size} windows ({short})",
                where="train.batch_size",
                do="write a smaller one",
            )
        fits = _largest(session, size // 2)
        raise InputError(
            f"out of memory with batches of {size} windows ({short})",
            where="train.batch_size",
            do=f"write batch_size: {fits}, which fits" if fits else "not even one window fits: use a smaller model",
        )


def _is_memory(error: BaseException) -> bool:
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return "allocate memory" in str(error) or "out of memory" in str(error)


def _largest(session: Session, size: int) -> int:
    """The largest batch of `size`, size / 2, .. windows that a step gets through; 0 for none."""
    index = session.prepared.split["train"]
    session.log.begin(64)
    while size >= 1:
        gc.collect()
        if session.fabric.device.type == "cuda":
            torch.cuda.empty_cache()
        try:
            session.optimizer.zero_grad()
            train_step(session, [index[:size]])
        except (MemoryError, RuntimeError) as error:
            if not _is_memory(error):
                raise
            size //= 2
            continue
        return size
    return 0
