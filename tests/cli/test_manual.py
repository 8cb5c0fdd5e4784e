"""What the manual shows can be done as it stands there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from architecture.tree import ROOT, files, short
from cli.commanding import Shell
from opsbook.cli.main import command

SPOKEN = re.compile(r"(?:`|^\$ )opsbook ([a-z][a-z-]*)", re.MULTILINE)
PAGES = [path for path in files() if path.suffix == ".md" and SPOKEN.search(path.read_text("utf-8"))]


def test_the_first_playbook_of_the_manual_is_valid(shell: Shell, tmp_path: Path) -> None:
    page = (ROOT / "docs" / "howto" / "first-playbook.md").read_text("utf-8")
    [playbook] = re.findall(r"^```yaml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    file = tmp_path / "shop_watch.yaml"
    file.write_text(playbook, "utf-8")
    answer = shell("validate", str(file))
    assert (answer.code, answer.err) == (0, ""), answer.out


@pytest.mark.parametrize("page", PAGES, ids=short)
def test_every_verb_that_a_page_names_exists(page: Path) -> None:
    root = command()
    verbs = set(root.list_commands(root.make_context("opsbook", [], resilient_parsing=True)))
    assert set(SPOKEN.findall(page.read_text("utf-8"))) - verbs == set()
