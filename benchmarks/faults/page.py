"""The results as Markdown."""

from __future__ import annotations

from collections import Counter

import numpy as np

from faults.case import Outcome
from faults.fault import DOSES
from faults.recipes import HELD_OUT
from faults.results import Results, wilson

GOALS = {"severe": 0.90, "medium": 0.75}


def page(found: Results) -> list[str]:
    """Every table, and beneath them the misses and the false alarms."""
    return [
        *_recall(found),
        *_causes(found),
        *_halves(found),
        *_precision(found),
        *_quiet(found),
        *_time(found),
        *_left_out(found),
        *_faults(found),
        *_misses(found),
        *_false(found),
    ]


def _of(found: Results, nature: str, dose: str) -> list[Outcome]:
    return [one for one in found.planted if one.dose == dose and found.nature(one) == nature]


def _recall(found: Results) -> list[str]:
    lines = [
        "## Recall",
        "",
        "| dose | faults x recipes | runs | own check | a check that names the cause | any right alarm | goal |",
        "|---|---|---|---|---|---|---|",
    ]
    for nature, words in (
        ("manifest", "hurts"),
        ("latent", "does no harm shown"),
        ("static", "seen in config or data"),
    ):
        for dose in DOSES:
            some = _of(found, nature, dose)
            shares = [found.share(some, hit) for hit in (found.own, found.any_cause, found.any_right)]
            goal = f"{GOALS[dose]:.2f}" if nature == "manifest" and dose in GOALS else ""
            told = " | ".join(map(str, shares))
            lines.append(f"| {dose}, {words} | {shares[0].cells} | {shares[0].runs} | {told} | {goal} |")
    for dose in DOSES:
        some = [one for one in found.planted if one.dose == dose]
        shares = [found.share(some, hit) for hit in (found.own, found.any_cause, found.any_right)]
        lines.append(f"| {dose}, all | {shares[0].cells} | {shares[0].runs} | {' | '.join(map(str, shares))} | |")
    return [*lines, ""]


def _causes(found: Results) -> list[str]:
    some = [one for one in found.planted if found.nature(one) != "latent"]
    lines = ["## Cause", "", "| of | top 1 | top 3 | an accepted remedy |", "|---|---|---|---|"]
    hits = (found.within(1), found.within(3), found.remedied)
    for words, part in (
        *((f"{dose} that hurts or is static", [one for one in some if one.dose == dose]) for dose in DOSES),
        ("all of these", some),
        ("all of these in which a cause was named", [one for one in some if found.any_cause(one)]),
    ):
        lines.append(f"| {words} | {' | '.join(str(found.share(part, hit)) for hit in hits)} |")
    return [*lines, "| goal | .65 | .85 | |", ""]


def _halves(found: Results) -> list[str]:
    lines = [
        "## Development and held out",
        "",
        "| half | " + " | ".join(f"{dose} that hurts" for dose in DOSES) + " | static | precision |",
        "|---|---|---|---|---|---|",
    ]
    for words, mine in (
        ("development recipes", lambda one: one.recipe not in HELD_OUT),
        ("held-out recipes", lambda one: one.recipe in HELD_OUT),
        ("turbine, a recipe made after every look", lambda one: one.recipe == "turbine"),
        ("held-out families", lambda one: found.faults[one.fault].held_out),
    ):
        some = [one for one in found.planted if mine(one)]
        parts = [[one for one in some if found.nature(one) == "manifest" and one.dose == dose] for dose in DOSES]
        parts.append([one for one in some if found.nature(one) == "static"])
        said = [(id, one) for one in some for id in one.ids]
        right = sum(id in found.faults[one.fault].accepted for id, one in said)
        told = " | ".join(str(found.share(part, found.any_cause)) for part in parts)
        lines.append(f"| {words} | {told} | {_share(right, len(said))} |")
    return [*lines, "", "Precision of this table is over faulty cases alone.", ""]


def _precision(found: Results) -> list[str]:
    told = found.alarms()
    right, alarms = sum(one["right"] for one in told.values()), sum(one["alarms"] for one in told.values())
    lines = ["## Precision", "", f"{right} of {alarms} alarms are right: {_share(right, alarms)}; goal .90", ""]
    lines += ["| check | alarms | right | precision |", "|---|---|---|---|"]
    for id, one in told.items():
        lines.append(f"| {id} | {one['alarms']} | {one['right']} | {_share(one['right'], one['alarms'])} |")
    return [*lines, ""]


def _share(hits: int, n: int) -> str:
    if not n:
        return "-"
    low, high = wilson(hits / n, n)
    return f"{hits / n:.2f} ({low:.2f} to {high:.2f})"


def _quiet(found: Results) -> list[str]:
    lines = [
        "## Where nothing is wrong",
        "",
        "| of | cases | with an error | with an alarm | errors each | warnings each |",
        "|---|---|---|---|---|---|",
    ]
    decoys = found.decoys()
    tables = [one for one in found.outcomes if one.sort == "healthy" and one.kind == "table"]
    groups = [("healthy runs and loops", found.healthy), ("healthy tables", tables), ("decoys", decoys)]
    names = sorted({_decoy(one) for one in decoys})
    groups += [(f"decoy {name}", [one for one in decoys if _decoy(one) == name]) for name in names]
    recipes = sorted({one.recipe for one in found.healthy})
    groups += [(f"healthy {name}", [one for one in found.healthy if one.recipe == name]) for name in recipes]
    for words, some in groups:
        if not some:
            continue
        n = len(some)
        bad = sum(any(said.severity == "error" for said in one.alarms) for one in some)
        errors = sum(said.severity == "error" for one in some for said in one.alarms)
        warnings = sum(said.severity == "warning" for one in some for said in one.alarms)
        alarmed = sum(bool(one.alarms) for one in some)
        lines.append(
            f"| {words} | {n} | {bad}, {_share(bad, n)} | {alarmed}, {_share(alarmed, n)} | {errors / n:.3f} |"
            f" {warnings / n:.3f} |"
        )
    return [
        *lines,
        "",
        "Goals: at most 1 healthy run with an error in 300, .3 warnings each; alarms on decoys .10.",
        "",
    ]


def _decoy(one: Outcome) -> str:
    return one.name.removeprefix("decoy-").rpartition("-")[0]


def _time(found: Results) -> list[str]:
    seen = [one for one in found.planted if one.epochs and found.nature(one) == "manifest"]
    early = [one for one in seen if one.seen_epoch is not None]
    before = sum(one.seen_epoch == 0 for one in early)
    shares = [one.seen_epoch / one.epochs for one in early if one.seen_epoch and one.epochs]
    lines = ["## Time", ""]
    if seen:
        part = f"a median of {np.median(shares):.0%} of the epochs" if shares else "no epoch"
        lines.append(
            f"Of {len(seen)} runs with a dose that hurts in which a cause was named, {before} could have been told"
            f" before the first step, {len(early) - before} while training, after {part}, and"
            f" {len(seen) - len(early)} at the end."
        )
    sources = Counter(one.checks for one in found.outcomes)
    lines.append(f"Checks asked, by a digest of src/polyhead/diagnosis: {', '.join(sorted(sources))}.")
    trained = [one.train_s for one in found.outcomes if one.train_s]
    asked = [one.diagnose_s for one in found.outcomes if one.train_s]
    if trained:
        lines.append(
            f"{len(trained)} trainings of a median of {np.median(trained):.1f} s of a processor, the longest"
            f" {max(trained):.1f} s; diagnosis {np.median(asked):.2f} s, at most {max(asked):.2f} s."
        )
    return [*lines, ""]


def _left_out(found: Results) -> list[str]:
    lines = ["## Left out before any diagnosis", ""]
    for sort in ("healthy", "decoy"):
        some = [one for one in found.outcomes if one.sort == sort]
        unfit = [one for one in some if one.unfit]
        lines.append(f"{sort}: {len(unfit)} of {len(some)}")
        lines += [f"- {one.name}: {one.unfit}" for one in unfit]
    return [*lines, ""]


def _faults(found: Results) -> list[str]:
    lines = [
        "## Each fault",
        "",
        "| row | fault | recipes | dose | hurts by (sd) | p | own | cause | any right |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name, fault in found.faults.items():
        for dose in DOSES:
            some = [one for one in found.planted if one.fault == name and one.dose == dose]
            if not some:
                continue
            harmed = found.harms.get((name, dose))
            nature = found.nature(some[0])
            loss = f"{harmed.loss:.2f} ({harmed.effect:.1f}) | {harmed.p:.3f}" if harmed else f"{nature} |"
            told = (f"{sum(map(hit, some))}/{len(some)}" for hit in (found.own, found.any_cause, found.any_right))
            recipes = ", ".join(sorted({one.recipe for one in some}))
            mark = "" if nature != "latent" else " latent"
            lines.append(f"| {fault.row} | {name} | {recipes} | {dose} | {loss}{mark} | {' | '.join(told)} |")
    return [*lines, ""]


def _misses(found: Results) -> list[str]:
    """Cells in which fewer than half of the runs named a cause, of doses that hurt or are static."""
    lines = ["## Misses", ""]
    cells: dict[tuple[str, str, str], list[Outcome]] = {}
    for one in found.planted:
        if found.nature(one) != "latent":
            cells.setdefault((one.fault, one.recipe, one.dose), []).append(one)
    for (name, recipe, dose), some in cells.items():
        hit = sum(map(found.any_cause, some))
        if hit * 2 < len(some):
            said = Counter(id for one in some for id in one.ids)
            why = Counter(one.unseen or ("a note" if _noted(one, found) else "silent") for one in some)
            others = ", ".join(f"{id} {n}" for id, n in said.most_common(4)) or "nothing"
            reason = why.most_common(1)[0][0]
            meant = found.faults[name].id
            lines.append(f"- {name}, {recipe}, {dose}: {hit} of {len(some)}; {meant} {reason}; said: {others}")
    return [*lines, ""]


def _noted(one: Outcome, found: Results) -> bool:
    return any(said.id == found.faults[one.fault].id for said in one.said)


def _false(found: Results) -> list[str]:
    """Wrong alarms by id, with the cases that they were given on."""
    lines = ["## Wrong alarms", ""]
    wrong: dict[str, Counter[str]] = {}
    for one in found.outcomes:
        accepted = found.faults[one.fault].accepted if one.fault else frozenset()
        for id in () if one.unfit else one.ids:
            if id not in accepted:
                wrong.setdefault(id, Counter())[_place(one)] += 1
    for id, places in sorted(wrong.items(), key=lambda item: -item[1].total()):
        lines.append(f"- {id} {places.total()}: " + ", ".join(f"{place} {n}" for place, n in places.most_common(8)))
    return lines


def _place(one: Outcome) -> str:
    return (
        f"{one.fault} {one.recipe}" if one.fault else f"{one.sort} {_decoy(one) if one.sort == 'decoy' else one.recipe}"
    )
