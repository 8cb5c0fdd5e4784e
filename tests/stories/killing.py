"""Kills a run at every point where something becomes durable or leaves the house, and starts it again.

    python -m stories.killing FOLDER CLASS STRIDE PLAYBOOK

A point is the moment before and after each commit of the store (ours and the engine's), and before and after each
call that acts. For k = 1, 2, ... a child process carries one run out and is killed (SIGKILL) at its k-th point; a
second child finds what is left, finishes it and says what came of it. One JSON line for each k, until a child survives.
STRIDE takes every n-th point only. PLAYBOOK is one of `PLAYBOOKS`: `killed_one` goes along one line, `branching_one`
acts in branches, in loops inside them and in a child, and waits when all is done.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import sys
import traceback
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import event

from opsbook.inbox.deciding import Decision
from opsbook.records.audit import broken_at
from opsbook.records.store import Store
from opsbook.runs.acceptance import Request
from opsbook.runs.segment import OVER
from opsbook.sdk.clock import SteppedClock
from opsbook.sdk.effects import ConnectorClass, Parcel, Receipt
from opsbook.sdk.errors import Conflict
from runs.conftest import AT, House, Mail, Steered, fresh_store, house_of

PLAYBOOK = """
id: killed_one
name: Killed
agent: leo
steps:
  - {id: read_first, type: tool_call, tool: ask, with: {name: first}, save_as: seen}
  - {id: decide, type: condition, if: seen.count > 0, sets: found}
  - id: tell
    type: notify
    when: found
    channels: [dashboard, email]
    to: [owner]
    subject: Seen
    body: "n={{ seen.count }}"
  - id: each
    type: foreach
    items: "['a', 'b']"
    save_as: done
    do: [{id: do_one, type: tool_call, tool: act, with: {name: "{{ item }}"}}]
  - {id: pause, type: wait, for: 1s}
  - {id: read_again, type: tool_call, tool: ask, with: {name: again}, save_as: later}
  - id: open
    type: create_thread
    thread_type: general
    title: "n={{ seen.count }}"
    body: "later={{ later.count }}"
    assign_to: [owner]
    attach: [{title: Seen, value: seen}]
success:
  - {id: is_found, expr: seen.count > 0}
alerts:
  - {id: always, expr: seen.count > 0, message: "n={{ seen.count }}", key: one, notify: [email]}
"""

BRANCHING = """
id: branching_one
name: Branching
agent: leo
steps:
  - {id: read_first, type: tool_call, tool: ask, with: {name: first}, save_as: seen}
  - id: both
    type: parallel
    branches:
      letters:
        - id: each
          type: foreach
          items: "['a', 'b']"
          as: letter
          do:
            - {id: look, type: tool_call, tool: ask, with: {name: "{{ letter }}"}, save_as: got}
            - id: tell
              type: notify
              channels: [email]
              to: [owner]
              subject: "Letter {{ letter }}"
              body: "n={{ got.count }}"
      works:
        - id: loop
          type: foreach
          items: "[1, 2]"
          save_as: reads
          do: [{id: read_it, type: tool_call, tool: ask, with: {name: "n{{ item }}"}}]
        - id: wrong
          type: assert
          that: "1 > 2"
          on_error: {steps: [{id: mend, type: tool_call, tool: act, with: {name: mended}}]}
        - {id: do_it, type: tool_call, tool: act, with: {name: "n={{ seen.count }}, {{ reads.length }} reads"}}
  - {id: child, type: playbook, playbook: child_one, save_as: from_child}
  - {id: pause, type: wait, for: 1s}
  - {id: read_again, type: tool_call, tool: ask, with: {name: again}, save_as: later}
"""
CHILD = """
id: child_one
name: Child
agent: leo
steps: [{id: do_it, type: tool_call, tool: act, with: {name: child}, save_as: done}]
"""
ASKING = """
id: asking_one
name: Asking
agent: leo
steps:
  - {id: read_first, type: tool_call, tool: ask, with: {name: first}, save_as: seen}
  - {id: may_we, type: approval, to: [approver], message: "n={{ seen.count }}", of: seen, quorum: 2, save_as: asked}
  - {id: do_it, type: tool_call, tool: act, with: {name: "n={{ seen.count }}"}, when: asked.decision === "approved"}
  - {id: tell, type: notify, channels: [email], to: [boss], subject: Done, body: "n={{ seen.count }}"}
"""
PLAYBOOKS = {"killed_one": (PLAYBOOK,), "branching_one": (CHILD, BRANCHING), "asking_one": (ASKING,)}


class Fuse:
    """Counts points; at the k-th the process is gone, as if the plug had been pulled."""

    def __init__(self, k: int) -> None:
        self.left = k

    def point(self) -> None:
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def on(self, store: Store) -> None:
        """Burn at every commit on the store, before and after it."""
        event.listen(store.engine, "commit", lambda connection: self.point())
        commit = store.engine.dialect.do_commit

        def do_commit(connection: Any) -> None:
            commit(connection)
            self.point()

        store.engine.dialect.do_commit = do_commit  # type: ignore[method-assign]


class Lines(list[Any]):
    """A list whose items are on disk: what was appended survives the process."""

    def __init__(self, file: Path, fuse: Fuse | None = None) -> None:
        super().__init__(json.loads(line) for line in file.read_text().splitlines()) if file.exists() else None
        self.file = file
        self.fuse = fuse

    def append(self, item: Any) -> None:
        if self.fuse:
            self.fuse.point()
        with self.file.open("a") as file:
            file.write(json.dumps(item) + "\n")
        super().append(item)
        if self.fuse:
            self.fuse.point()


class Counting(dict[str, Any]):
    """A read that never answers the same twice: what acts on it must be what the record says was read."""

    def __init__(self, calls: Lines) -> None:
        self.calls = calls

    def get(self, name: str, default: Any = None) -> Any:
        return {"count": len(self.calls)}


@dataclass
class Post(Mail):
    """Mail whose arrivals are on disk."""

    sent: Any = None

    async def send(self, parcel: Parcel) -> Receipt:
        repeat = self.effect_class is ConnectorClass.A and any(item["key"] == parcel.key for item in self.sent)
        if not repeat:
            self.sent.append({"key": parcel.key, "text": parcel.text})
        return Receipt("taken")

    async def find(self, key: str) -> Receipt | None:
        return Receipt("found") if any(item["key"] == key for item in self.sent) else None


async def carry_out(folder: Path, kind: ConnectorClass, fuse: Fuse | None, playbook: str) -> dict[str, Any]:
    """Start the run, or find it, and bring it to its end. Answers what an auditor would look at."""
    calls, acted, sent = (
        Lines(folder / name, fuse if name != "calls" else None) for name in ("calls", "acted", "sent")
    )
    steered = Steered(answers=Counting(calls), calls=calls, acted=acted)
    clock = SteppedClock(AT + timedelta(minutes=len(calls)))
    opened = fuse.on if fuse else lambda store: None
    async with house_of(
        folder / "a.db", "durable", clock, steered, Post(effect_class=kind, sent=sent), opened
    ) as house:
        for text in PLAYBOOKS[playbook]:
            house.publish(text)
        accepted = await house.operations.start(Request(playbook, dedup_key="once"))
        run_id = str(accepted.run["id"])
        await _until_over(house, run_id)
        return _audit(house, run_id)


async def _until_over(house: House, run_id: str) -> None:
    for _ in range(2000):
        if house.operations.get(run_id)["state"] in OVER:
            return
        house.clock.forward(timedelta(milliseconds=300))
        await house.clockwork.round(house.clock.now())
        for approval in house.approvals.rows.of_run(run_id):
            await _approve(house, approval["id"])
        await asyncio.sleep(0.005)
    raise AssertionError("the run came to no end")


async def _approve(house: House, approval_id: str) -> None:
    """Both approvers press, as people do: also again, when they saw no answer the first time."""
    for who in ("owner", "ops"):
        try:
            await house.approvals.decide(approval_id, who, Decision("approved", "cli"))
        except Conflict:
            continue


def _audit(house: House, run_id: str) -> dict[str, Any]:
    record = house.record(run_id)
    threads = [house.threads.get(row["id"]) for row in house.threads.latest()]
    return {
        "runs": len(house.records.runs.latest()),
        "state": record["state"],
        "verdict": record["verdict"],
        "results": record["results"],
        "steps": {step["path"]: step["status"] for step in record["steps"]},
        "outputs": {step["path"]: step["output"] for step in record["steps"]},
        "effects": [{name: row[name] for name in ("key", "channel", "state", "attempts")} for row in record["effects"]],
        "told": len(house.notifications.latest()),
        "threads": [
            {"title": thread["title"], "messages": len(thread["messages"]), "data": thread["artifacts"][0]["data"]}
            for thread in threads
        ],
        "acted": list(house.steered.acted),
        "sent": list(house.mail.sent),  # type: ignore[attr-defined]
        "approvals": [_decided(house, row["id"]) for row in house.approvals.rows.latest()],
        "alerts": [row["times_seen"] for row in house.alerts.latest()],
    }


def _decided(house: House, approval_id: str) -> dict[str, Any]:
    row = house.approvals.get(approval_id)
    return {
        "state": row["state"],
        "by": sorted(one["person"] for one in row["decisions"]),
        "broken_at": broken_at(row["audit"]),
        "frozen": house.approvals.frozen(row)["value"],
    }


def main(root: Path, kind: ConnectorClass, stride: int, playbook: str) -> None:
    _in_a_child(fresh_store(root / "fresh.db"))
    for k in range(1, 1000, stride):
        folder = root / str(k)
        folder.mkdir(parents=True)
        shutil.copy(root / "fresh.db", folder / "a.db")
        killed = _in_a_child(_carried_out(folder, kind, Fuse(k), playbook))
        broke = killed and _in_a_child(_carried_out(folder, kind, None, playbook))
        audit = {"broke": True} if broke else json.loads((folder / "audit.json").read_text())
        print(json.dumps({"k": k, "killed": killed, **audit}), flush=True)
        if not killed:
            return


async def _carried_out(folder: Path, kind: ConnectorClass, fuse: Fuse | None, playbook: str) -> None:
    audit = await carry_out(folder, kind, fuse, playbook)
    (folder / "audit.json").write_text(json.dumps(audit))


def _in_a_child(work: Coroutine[Any, Any, None]) -> bool:
    """Do the work in a child process; True when the child was killed or broke. A child that broke says why."""
    child = os.fork()
    if child == 0:
        try:
            asyncio.run(work)
        except BaseException:  # noqa: BLE001 the end of a child process
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    work.close()
    _, status = os.waitpid(child, 0)
    return status != 0


if __name__ == "__main__":
    main(Path(sys.argv[1]), ConnectorClass(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
