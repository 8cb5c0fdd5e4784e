"""What every sync prints: a bar while it reads, then a table, and below it whatever a person should look at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from opsbook.cli._printing import console, show_items
from opsbook.warehouse.sources._synced import Synced

COLUMNS = ("name", "table", "read", "loaded", "unchanged", "left out", "rejected", "rows now", "how")


@contextmanager
def bar(names: Sequence[str], *, quiet: bool) -> Iterator[Callable[[str, int], None]]:
    """A line for each of the names; what it gives takes a name and how much of it was read."""
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:,.0f} read"))
    hidden = quiet or not console().is_terminal
    with Progress(*columns, TimeElapsedColumn(), console=console(), transient=True, disable=hidden) as progress:
        tasks = {name: progress.add_task(name, total=None, start=False) for name in names}

        def told(name: str, read: int) -> None:
            progress.start_task(tasks[name])
            progress.update(tasks[name], completed=read)

        yield told


def tell(found: Sequence[Synced], what: str, *, as_json: bool) -> int:
    """Print what a sync did; 1 when something had rows and none of them could be loaded, else 0."""
    if as_json:
        show_items([one.as_json() for one in found], (), as_json=True)
        return int(any(one.useless for one in found))
    show_items([_row(one) for one in found], COLUMNS, as_json=False, title=what.capitalize())
    if all(one.loading is None and (one.unchanged or not one.whole) for one in found):
        _say("Nothing has changed since the last sync.")
    for one in found:
        for sentence in one.drift:
            _say(f"{one.name}: {sentence}")
        _list(f"{one.name}: left out", one.left_out)
        _list(f"{one.name}: texts cut short", one.shortened)
        if one.loading is not None:
            _list(f"{one.name}: rejected", one.loading.reasons)
            _list(f"{one.name}: loaded, but nobody can read", one.loading.unreadable)
            if one.loading.duplicates:
                _say(f"{one.name}: {one.loading.duplicates:,} replaced by a later row with the same key")
            if one.loading.quarantine:
                _say(f"Every one of them: {one.loading.quarantine}")
        if one.untimed:
            _say(f"{one.name}: {one.untimed:,} carry no time that would show a change of them; --whole reads them.")
    return int(any(one.useless for one in found))


def _row(one: Synced) -> dict[str, object]:
    how = "everything" if one.whole else "what changed"
    return {
        "name": one.name,
        "table": one.table,
        "read": f"{one.read:,}",
        "loaded": f"{one.loading.loaded if one.loading else 0:,}",
        "unchanged": f"{one.unchanged:,}" if one.unchanged else None,
        "left out": f"{sum(one.left_out.values()):,}" if one.left_out else None,
        "rejected": f"{one.loading.rejected:,}" if one.loading and one.loading.rejected else None,
        "rows now": f"{one.total:,}",
        "how": f"{how}, resumed" if one.resumed else how,
    }


def _list(title: str, counts: Mapping[str, int]) -> None:
    if counts:
        _say(f"{title}: {', '.join(f'{what} ({number:,})' for what, number in counts.items())}")


def _say(line: str) -> None:
    console().print(line, markup=False, soft_wrap=True)
