"""The examples are as we would write them: valid, without a warning, in canonical form, with every step type."""

from __future__ import annotations

from pathlib import Path

import pytest

from opsbook.playbooks.catalog import Catalog
from opsbook.playbooks.format import format_playbook
from opsbook.playbooks.load import check_playbook, load_playbook
from opsbook.playbooks.suite import texts

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.yaml"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_valid_and_tidy(path: Path, catalog: Catalog) -> None:
    text = path.read_text("utf-8")
    playbook, problems = check_playbook(text, catalog, path.name)
    assert [str(problem) for problem in problems] == []
    assert playbook is not None
    assert playbook.id == path.stem
    assert format_playbook(text, catalog) == text


def test_examples_and_suite_show_every_step_type(catalog: Catalog) -> None:
    every = [*texts().values(), *(path.read_text("utf-8") for path in EXAMPLES)]
    used = {step.type for text in every for _, step in load_playbook(text, catalog).every_step()}
    assert used == set(catalog.steps)
