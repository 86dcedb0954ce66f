"""A run in TensorBoard: event files in the run's folder, one event an epoch."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from polyhead.config.experiment import Experiment
from polyhead.tracking.quiet import quiet
from polyhead.tracking.store import Card, Outcome, Record

if TYPE_CHECKING:
    from tensorboard.summary.writer.event_file_writer import EventFileWriter

FOLDER = "tensorboard"


def open_tensorboard(experiment: Experiment, run: Path) -> TensorBoard:
    """The store, which is a folder of the run's own."""
    with quiet("tensorboard"):
        from tensorboard.summary.writer import event_file_writer

    return TensorBoard(event_file_writer.EventFileWriter)


class TensorBoard:
    """One run at a time; each time it is begun writes an event file of its own."""

    name = "tensorboard"

    def __init__(self, writer: type[EventFileWriter]) -> None:
        self._make = writer
        self._held: dict[str, int] = {}

    def begin(self, card: Card, record: Record) -> int:
        folder = card.folder / FOLDER
        with quiet("tensorboard"):
            self._held = _held(folder)
            _wait_for_the_next_name(folder)
            self._writer = self._make(str(folder))
            epoch = max(self._held.values(), default=0)
            self._session(epoch + 1)
            if not self._held:
                self._text("config", f"```yaml\n{(card.folder / 'config.yaml').read_text(encoding='utf-8')}\n```")
                self._text("notes", card.notes)
        return epoch

    def log(self, epoch: int, values: Mapping[str, float]) -> None:
        from tensorboard.compat.proto.summary_pb2 import Summary

        each = [Summary.Value(tag=name, simple_value=value) for name, value in values.items()]
        self._add(step=epoch, summary=Summary(value=each))
        self._writer.flush()  # it writes in a thread of its own

    def conclude(self, epoch: int, values: Mapping[str, float], files: Sequence[Path]) -> None:
        new = {name: value for name, value in values.items() if name not in self._held}
        if new:
            self.log(epoch, new)

    def end(self, outcome: Outcome) -> None:
        self._writer.close()

    def _session(self, step: int) -> None:
        """Say that what an earlier file may hold from this epoch on no longer counts."""
        from tensorboard.compat.proto.event_pb2 import SessionLog

        self._add(step=step, session_log=SessionLog(status=SessionLog.START))

    def _text(self, name: str, text: str) -> None:
        """A text that the text dashboard shows; the package's own function for this asks for TensorFlow."""
        from tensorboard.compat.proto.summary_pb2 import Summary, SummaryMetadata
        from tensorboard.compat.proto.tensor_pb2 import TensorProto

        if text:
            shown = SummaryMetadata(plugin_data=SummaryMetadata.PluginData(plugin_name="text"))
            tensor = TensorProto(dtype="DT_STRING", string_val=[text.encode()])
            self._add(step=0, summary=Summary(value=[Summary.Value(tag=name, metadata=shown, tensor=tensor)]))

    def _add(self, **content: Any) -> None:
        from tensorboard.compat.proto.event_pb2 import Event

        self._writer.add_event(Event(wall_time=time.time(), **content))


def _wait_for_the_next_name(folder: Path) -> None:
    """Event files are read in the order of their names, which tell whole seconds: two of one second would mix."""
    newest = max((int(file.name.split(".")[3]) for file in folder.glob("events.out.tfevents.*")), default=0)
    time.sleep(min(max(newest + 1 - time.time(), 0.0), 1.0))


def _held(folder: Path) -> dict[str, int]:
    """The last epoch of each scalar that the event files of a folder hold."""
    if not folder.is_dir():
        return {}
    from tensorboard.backend.event_processing.event_accumulator import SCALARS, EventAccumulator

    events = EventAccumulator(str(folder), size_guidance={SCALARS: 1}).Reload()
    return {name: events.Scalars(name)[-1].step for name in events.Tags()["scalars"]}
