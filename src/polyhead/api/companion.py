"""What every process of a run but the first does: `python -m polyhead.api.companion RUN NUMBER COUNT PORT`."""

from __future__ import annotations

import os
import signal
import sys
import threading
from datetime import timedelta
from pathlib import Path

LEFT_ALONE = 3
"""Exit code of a process that ended since another had."""

_PATIENCE = timedelta(days=365)  # the first may be suspended; where it ends, this one does


def main(run: Path, number: int, count: int, port: int) -> int:
    """Train this process's share of `run`; returns the exit code."""
    from polyhead.errors import InputError
    from polyhead.training.ranks import LostRankError
    from polyhead.training.watcher import InterruptedRunError

    try:
        _train(run, number, count, port)
    except LostRankError as error:
        print(error.line, file=sys.stderr)
        return LEFT_ALONE
    except InputError as error:
        print(error.line, file=sys.stderr)
        return 2
    except InterruptedRunError:
        pass  # the first says so
    return 0


def _train(path: Path, number: int, count: int, port: int) -> None:
    from datetime import UTC, datetime

    from torch import distributed

    from polyhead.api.configuration import load
    from polyhead.api.reading import read
    from polyhead.trace.folder import RunFolder
    from polyhead.training.fit import fit
    from polyhead.training.memory import explained
    from polyhead.training.preparation import prepare
    from polyhead.training.ranks import Ranks, joined
    from polyhead.training.session import Session
    from polyhead.training.watcher import StopRequest, Watcher

    experiment = load(path / "config.yaml").experiment
    ranks = Ranks(number, count)
    session = Session(prepare(experiment, read(experiment.data)), RunFolder.open(path), ranks)
    store = distributed.TCPStore("127.0.0.1", port, None, False)  # type: ignore[attr-defined]
    store.add("ready", 1)
    with joined(ranks, store, session.fabric.device, _PATIENCE):
        session.begin(datetime.now(UTC))
        with explained(session):
            fit(session, Watcher(), StopRequest())


def _end_with_the_first() -> None:
    """The first holds the other end of this pipe and never writes: it closes when that one ends, however it does."""
    os.read(0, 1)  # not through sys.stdin, whose lock would be held when Python ends, which then aborts
    os._exit(LEFT_ALONE)


if __name__ == "__main__":
    # The first one decides when all stop; what is sent to every process of a job must not end the others before.
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)
    threading.Thread(target=_end_with_the_first, daemon=True).start()
    sys.exit(main(Path(sys.argv[1]), *map(int, sys.argv[2:])))
