"""What a reader wants to know before the numbers, and what the network is: status, size, what a step of it sees."""

from __future__ import annotations

from polyhead.report import numbers
from polyhead.report.data import Row, Table
from polyhead.report.numbers import number
from polyhead.report.run import Record, Run

STOPPED = {"early_stopping": "stopped early", "max_minutes": "stopped by the time limit"}
ENVIRONMENT = {  # keys of environment.json, and how the page calls them
    "device": "trained on",
    "cpu": "processor",
    "cpus": "its cores",
    "threads": "threads of tensor operations",
    "platform": "system",
    "python": "Python",
}


def facts(run: Run) -> list[tuple[str, str]]:
    """Names and texts, as far as the folder says them."""
    state, parameters = run.state, run.metadata.get("parameters") or {}
    best, backbone = state.get("best") or {}, run.metadata.get("backbone") or {}
    epochs = f"{state['epoch']} of {state['epochs']}" if state.get("epochs") is not None else ""
    seconds = [fold.state["seconds"] for fold in run.folds if fold.state.get("seconds") is not None]
    time = state.get("seconds", sum(seconds) if seconds else None)
    began = [run.state.get("started"), *(fold.state.get("started") for fold in run.folds)]
    each = " each" if run.folds else ""
    found = {
        "status": state.get("status") or "",
        "folds": ", ".join(run.fold_names) if 0 < len(run.folds) <= 12 else str(len(run.folds) or ""),
        "epochs": ", ".join(part for part in (epochs, STOPPED.get(state.get("stopped_by") or "")) if part),
        "left out": _left_out(state),
        "reason": state.get("reason") or "",
        "checkpoint": _kept(best) if best.get("epoch") is not None else "",
        "backbone": str(backbone.get("name") or ""),
        "parameters": number(parameters["total"], 0).text + each if parameters.get("total") is not None else "",
        "balance": balance_line(run),
        "time": numbers.duration(time) if time is not None else "",
        "processes": str(state["processes"]) if state.get("processes", 1) > 1 else "",
        "started": next((text for text in began if text), ""),
    }
    return [(name, text) for name, text in found.items() if text]


def words(run: Run) -> list[tuple[str, str]]:
    """What the configuration says for people: notes, hypothesis and tags, where it says anything."""
    said = {name: run.config.get(name) or "" for name in ("notes", "hypothesis", "tags")}
    if isinstance(said["tags"], list):
        said["tags"] = ", ".join(map(str, said["tags"]))
    return [(name, text) for name, each in said.items() if (text := str(each).strip())]


def _left_out(state: Record) -> str:
    """How many steps were left out since something in them was not finite."""
    count = state.get("left_out") or 0
    return f"{count} of {state.get('step')} steps, whose loss or gradient was not finite" if count else ""


def balance_line(run: Run) -> str:
    """How the tasks were balanced, where their gradients were compared, and what share of the steps' time that took."""
    options = (run.metadata.get("configuration") or {}).get("balance") or {}
    method, at, every = (options.get(key) for key in ("method", "at", "every"))
    where = f" at {at}" if at else ""
    where += f" every {every} steps" if at and every and every > 1 else ""
    share = run.state.get("balance_share")
    took = f", {number(100 * share, 1).text} % of the time of the steps" if share is not None else ""
    return f"{method}{where}{took}" if method else ""


def field_line(run: Run) -> str:
    """How much of a window one step of the backbone sees; empty where that is not known."""
    field = (run.metadata.get("backbone") or {}).get("receptive_field")
    length = (run.data.get("windows") or {}).get("length")
    if not field or not length:
        return ""
    sees, of = number(field, 0).text, number(length, 0).text
    if field < length:
        return (
            f"A step of the backbone sees {sees} of a window's {of} samples, less than the window: what lies further"
            " apart meets only where a head pools over time."
        )
    return f"The last step of the backbone sees all {of} samples of a window: its receptive field is {sees} samples."


def parameter_table(run: Run) -> Table | None:
    """Parameters of the backbone, of each branch and of each head."""
    found = run.metadata.get("parameters") or {}
    parts = {"backbone": found["backbone"]} if found.get("backbone") is not None else {}
    for word, key in (("branch", "branches"), ("head", "heads")):
        parts |= {f"{word} of {task}": count for task, count in (found.get(key) or {}).items()}
    if not parts:
        return None
    total = found.get("total") or sum(parts.values())
    rows = [Row(name, [number(count, 0), _percent(count, total)]) for name, count in parts.items()]
    rows.append(Row("all", [number(total, 0), _percent(total, total)]))
    return Table("Parameters", "part", ["parameters", "share, %"], rows)


def _percent(count: int, total: int) -> numbers.Number:
    return number(100 * count / total if total else None, 1)


def _kept(best: Record) -> str:
    return f"epoch {best['epoch']}, {best.get('monitor')} {number(best.get('value')).text}"


def environment_facts(run: Run) -> list[tuple[str, str]]:
    """Machine and versions, named for people; whatever else the file says by its own key."""
    found = run.environment
    named = {label: found.get(key) for key, label in ENVIRONMENT.items()}
    own = {
        key: value for key, value in found.items() if key not in (*ENVIRONMENT, "schema_version", "packages", "command")
    }
    packages = found.get("packages") or {}
    versions = {"packages": " ".join(f"{name}=={version}" for name, version in packages.items() if version)}
    return [(name, str(value)) for name, value in (named | own | versions).items() if value not in (None, "")]
