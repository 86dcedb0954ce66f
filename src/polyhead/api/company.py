"""The processes that train beside this one, from their start to their end."""

from __future__ import annotations

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, suppress
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Self

import torch
from torch import distributed

from polyhead.api.companion import LEFT_ALONE
from polyhead.trace.folder import RunFolder
from polyhead.training.ranks import LostRankError, Ranks, joined

if TYPE_CHECKING:
    from torch._C._distributed_c10d import Store

_PATIENCE = timedelta(minutes=10)  # more than a step, a split's predictions or a checkpoint take
_GOODBYE = 5.0  # seconds for a process to end by itself, or for its end to be seen


class Company:
    """`count` processes that train `run`, of which this one is the first; it starts and ends the others.

    They are commands of their own, which read what they need from the run's folder, and not forks or copies of this
    process: those would run a script a second time, or find no notebook to run. They end when this one does, whatever
    ends it: each holds a pipe from it and sees it close.
    """

    def __init__(self, run: RunFolder, count: int) -> None:
        self._run, self._count = run, count
        self.ranks = Ranks(0, count, self._lost)
        self._others: list[_Companion] = []
        self._held = ExitStack()

    def __enter__(self) -> Self:
        if self._count > 1:
            self._store, port = _store()
            with ExitStack() as started:
                for number in range(1, self._count):
                    self._others.append(started.enter_context(_Companion(self._run, number, self._count, port)))
                self._held = started.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._held.close()

    def meet(self, device: torch.device) -> None:
        """Wait until all are ready to train on devices such as this. Raises LostRankError where one will never be."""
        if self._count == 1:
            return
        while self._store.add("ready", 0) < self._count - 1:
            if any(one.ended for one in self._others):
                raise self._lost("")
            time.sleep(0.01)
        self._held.enter_context(joined(self.ranks, self._store, device, _PATIENCE))

    def _lost(self, why: str) -> LostRankError:
        """Who is gone, in their own last words; what is saved, and how to go on. Without anybody gone it was `why`."""
        who = self._gone()
        what = who.end if who else f"of {self._count} processes one does not answer ({why})"
        if not self._run.checkpoint("last").exists():
            return LostRankError(what, where="train.devices", do="write `devices: 1` to train without it")
        state = self._run.path / "state.json"
        epoch = self._run.read("state.json")["epoch"] if state.exists() else 0
        saved = f"everything up to epoch {epoch} is saved" if epoch else "no epoch had ended"
        again = shlex.quote(str(_whole(self._run.path)))
        return LostRankError(
            f"{what}; {saved}", where=str(self._run.path), do=f"resume with: polyhead train --resume {again}"
        )

    def _gone(self) -> _Companion | None:
        """The one that ended first: others may have ended since it left them alone."""
        until = time.monotonic() + _GOODBYE
        while time.monotonic() < until:
            for one in self._others:
                if one.ended and one.code != LEFT_ALONE:
                    return one
            time.sleep(0.01)
        return next((one for one in self._others if one.ended), None)


class _Companion:
    """One of the other processes, `number` of `count`."""

    def __init__(self, run: RunFolder, number: int, count: int, port: int) -> None:
        self._name = f"process {number + 1} of {count}"
        self._words: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115
        command = [sys.executable, "-P", "-m", "polyhead.api.companion", str(run.path)]
        self._process = subprocess.Popen(
            [*command, *map(str, (number, count, port))],
            env=os.environ | {"PYTHONPATH": os.pathsep.join(path or str(Path.cwd()) for path in sys.path)},
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,  # the first says it all
            stderr=self._words,
            process_group=0,  # Ctrl-C in a terminal reaches the first only, which tells the others
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.close()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_GOODBYE)
        finally:
            self._process.kill()
            self._process.wait()
            self._words.close()

    @property
    def ended(self) -> bool:
        return self._process.poll() is not None

    @property
    def code(self) -> int | None:
        """Its exit code, or minus the signal that ended it."""
        return self._process.returncode

    @property
    def end(self) -> str:
        """How it ended, where it did."""
        assert self.code is not None
        if self.code < 0:
            return f"{self._name} was killed (signal {-self.code}, {signal.Signals(-self.code).name})"
        self._words.seek(0)
        lines = self._words.read().decode(errors="replace").strip().splitlines()
        last = re.sub(r"^\[rank\d+\]: ", "", lines[-1]) if lines else f"exit code {self.code}"  # torch's mark
        return f"{self._name} ended: {last}"


def _store() -> tuple[Store, int]:
    """Where the processes find each other, and its port, which no other machine can reach."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        port = listening.getsockname()[1]
        store: Store = distributed.TCPStore(  # type: ignore[attr-defined]
            "127.0.0.1", port, None, True, wait_for_workers=False, master_listen_fd=listening.fileno()
        )
        listening.detach()  # it is the store's now
    return store, port


def _whole(run: Path) -> Path:
    """The run that is resumed: for a fold, the one that it belongs to."""
    return run.parent.parent if run.parent.name == "folds" else run
