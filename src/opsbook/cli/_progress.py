"""A run while it goes: a line for every step that ends, and which steps are under way.

The news comes over the bus when this process carries the run out, and from the record when another one does. Both are
told by the same lines.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.status import Status

from opsbook.cli._printing import coloured, console
from opsbook.runs.events import Event, ModelWrote, RunStarted, StepEnded, StepStarted

UNFINISHED = frozenset({"running", "parked"})


class Progress:
    """Prints unless it is quiet. Enter it to show a spinner in a terminal."""

    def __init__(self, run_id: str, *, quiet: bool) -> None:
        self.run_id = run_id
        self.quiet = quiet
        self.under_way: dict[str, str] = {}
        self.told: set[str] = set()
        self.status = Status("starting", console=console())

    @property
    def lively(self) -> bool:
        """Whether it shows what changes within a step."""
        return not self.quiet and console().is_terminal

    def __enter__(self) -> Progress:
        if self.lively:
            self.status.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.status.stop()

    def hear(self, event: Event) -> None:
        """A listener for the bus; other runs' news is not ours."""
        if event.run_id != self.run_id:
            return
        if isinstance(event, RunStarted):
            self._now(event.playbook_name)
        elif isinstance(event, StepStarted):
            self.under_way[event.path] = event.name
            self._now()
        elif isinstance(event, ModelWrote):
            self._now(f"a model writes, {event.characters:,} characters so far")
        elif isinstance(event, StepEnded):
            self.under_way.pop(event.entry.path, None)
            self.ended({**vars(event.entry), "status": event.entry.status.value})
            self._now()

    def read(self, steps: list[dict[str, Any]]) -> None:
        """The steps as the record has them: those that have ended since the last look are told."""
        for step in steps:
            if step["status"] not in UNFINISHED:
                self.ended(step)

    def ended(self, step: Mapping[str, Any]) -> None:
        """One step's line, once: status, name, how long, how often, and why when it is not plain."""
        if step["path"] in self.told or step["status"] in UNFINISHED:
            return
        self.told.add(step["path"])
        if self.quiet:
            return
        depth = step["path"].count("/") // 2
        console().print(
            f"{'  ' * depth}{coloured(step['status'])} {coloured(step['step_id'])} {_details(step)}".rstrip()
        )

    def _now(self, what: str = "") -> None:
        names = ", ".join(self.under_way.values())
        self.status.update(coloured(" · ".join(filter(None, (names, what))) or "working"))


def _details(step: Mapping[str, Any]) -> str:
    words = [] if step["status"] == "skipped" else [lasted(step["duration_ms"])]
    if step["attempts"] > 1:
        words.append(f"{step['attempts']} attempts")
    if step["type"] == "condition" and step["status"] == "completed":
        words.append(f"answered {_answer(step)}")
    error = step.get("error") or {}
    reason = "its guard said no" if step.get("reason") == "guard" else step.get("reason")
    words += [str(why) for why in (error.get("message"), reason) if why]
    return coloured(" · ".join(words))


def _answer(step: Mapping[str, Any]) -> str:
    value = step["value"] if "value" in step else step["outcome"]["value"]
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else "unknown"


def lasted(milliseconds: float | None) -> str:
    """A duration for people; nothing when it is not known."""
    if milliseconds is None:
        return ""
    if milliseconds < 1000:
        return f"{milliseconds:.0f} ms"
    seconds = milliseconds / 1000
    return f"{seconds:.1f} s" if seconds < 120 else f"{seconds / 60:.1f} min"
