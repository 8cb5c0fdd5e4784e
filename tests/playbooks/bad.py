"""Documents with something wrong. `▶` stands where the problem is told; it is taken out before reading."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MARK = "▶"
HEAD = "id: a_playbook\nname: A playbook\n"
WAIT = "{id: w, type: wait, for: 1s}"


@dataclass(frozen=True)
class Bad:
    """`cure` is a part of the cure that must be said; `severity` error unless told."""

    name: str
    marked: str
    code: str
    cure: str
    severity: str = "error"

    @property
    def text(self) -> str:
        return self.marked.replace(MARK, "")

    @property
    def place(self) -> tuple[int, int]:
        before = self.marked[: self.marked.index(MARK)]
        return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


def steps(*lines: str) -> str:
    """A playbook of these steps, each a line in flow style."""
    return f"{HEAD}steps:\n" + "".join(f"  - {line}\n" for line in lines)


def _written(name: str, severity: str = "error") -> Iterator[Bad]:
    """The documents of a file in `bad_documents`."""
    text = (Path(__file__).parent / "bad_documents" / name).read_text("utf-8")
    for part in text.split("\n=== ")[1:]:
        head, _, document = part.partition("\n")
        title, code, cure = (one.strip() for one in f"{head} ".split(" :: "))
        if document.startswith("-"):
            document = steps(*document.rstrip("\n").split("\n- ")).replace("  - - ", "  - ", 1)
        yield Bad(title, document if document.endswith("\n") else document + "\n", code, cure, severity)


SHAPES = list(_written("shapes.txt"))
MEANINGS = list(_written("meanings.txt"))
WARNINGS = list(_written("warnings.txt", "warning"))

TEXTS = [
    Bad("nothing", f"{MARK}", "empty", "begins with `id:`"),
    Bad("only a comment", f"{MARK}# nothing here\n", "empty", "begins with"),
    Bad("a list", f"{MARK}- a\n- b\n", "wrong_type", "Begin with `id:`"),
    Bad("a word", f"{MARK}hello\n", "wrong_type", "Begin with `id:`"),
    Bad("a duplicate key", f"id: a_playbook\nname: A\n{MARK}id: other\n", "duplicate_key", "Keep one"),
    Bad("an anchor", f"id: {MARK}&x a_playbook\nname: A\n", "anchor", "quote a text that begins with &"),
    Bad("an alias", f"id: a_playbook\nname: {MARK}*x\n", "alias", "quote a text that begins with *"),
    Bad("an alias as a key", f"id: a_playbook\n{MARK}*x : name\n", "alias", "quote a text that begins with *"),
    Bad("a directive of no version", f"{MARK}%YAML 1.9\n---\n{HEAD}", "directive", "begins with %"),
    Bad(
        "a tag", f"id: a_playbook\nname: {MARK}!!python/object:os.system x\n", "tag", "quote a text that begins with !"
    ),
    Bad("a merge key", f"{HEAD}policy:\n  {MARK}<<: {{timeout: 1m}}\n", "merge_key", "Write the keys out"),
    Bad("a second document", f"{HEAD}{MARK}---\nid: b\n", "several_documents", "a file of its own"),
    Bad("a directive", f"{MARK}%YAML 1.1\n---\n{HEAD}", "directive", "begins with %"),
    Bad("a NUL", f"id: a\nname: x{MARK}\0y\n", "character", "Take it out"),
    Bad("a control character", f"id: a\nname: x{MARK}\x07y\n", "character", "Take it out"),
    Bad("a NUL by escape", f'id: a\nname: {MARK}"x\\0y"\n', "character", "Take it out"),
    Bad("an escape beyond the last character", f'id: a\nname: {MARK}"\\UFFFFFFFF"\n', "character", "Take it out"),
    Bad("an escape of the terminal", f'id: a\nname: {MARK}"\\e[31mred"\n', "character", "Take it out"),
    Bad("half a character", f'{{"id": "a", "name": {MARK}"\\ud800"}}', "character", "Take it out"),
    Bad("a tab", f"id: a\npolicy:\n{MARK}\ttimeout: 1m\n", "syntax", "blanks"),
    Bad("a colon in a name", f"id: a\nname: Report{MARK}: daily\n", "syntax", "in quotes"),
    Bad("an open bracket", f"id: a\nsteps: [{{id: a\n{MARK}", "syntax", "brackets"),
    Bad("an open quote", f'id: a\nname: "open\n{MARK}', "syntax", "quotes"),
    Bad("a list as a key", f"? {MARK}[a, b]\n: 1\n", "key", "plain words"),
    Bad("a number beyond exactness", f"{HEAD}labels: {{n: {MARK}9007199254740993}}\n", "number", "quotes"),
    Bad("a number beyond floats", f"{HEAD}labels: {{n: {MARK}1.5e301}}\n", "number", "quotes"),
    Bad("too long", f"{MARK}# " + "x" * 65_536, "too_long", "Split it"),
]
