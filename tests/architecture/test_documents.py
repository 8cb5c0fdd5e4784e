"""The manual holds together: decisions fit on a page, links lead somewhere, the reference is what the code says."""

from __future__ import annotations

import re
from functools import cache

import pytest

from architecture.tree import ROOT, SOURCE, VERBS, files, short, text
from opsbook.agents.roster import load_roster
from opsbook.cli import reference
from opsbook.integrations.catalog import ids
from opsbook.settings import ENVIRONMENT, Settings
from opsbook.steps._found import step_types
from opsbook.tools._found import entries

DOCS = ROOT / "docs"
REFERENCE = DOCS / "reference"
PAGES = sorted(f"{path.stem}.md" for path in (SOURCE / "cli" / "reference").glob("[a-z]*.py"))
DECISIONS = sorted((DOCS / "decisions").glob("*.md"))
MARKDOWN = [path for path in files() if path.suffix == ".md" and SOURCE not in path.parents]
LINK = re.compile(r"(?<!!)\[[^]]+\]\((?!https?:|mailto:)([^)#\s]+)(?:#[^)]*)?\)")


@cache
def pages() -> dict[str, str]:
    return reference.pages()


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_is_one_page_with_its_four_parts(path):
    assert text(path).count("\n") <= 60
    for part in ("Context", "Decision", "Consequences", "The check that enforces it"):
        assert f"\n## {part}\n" in text(path)


def test_decisions_are_numbered_without_a_gap_and_listed_in_the_manual():
    assert [path.stem[:4] for path in DECISIONS] == [f"{number:04}" for number in range(1, len(DECISIONS) + 1)]
    listed = text(DOCS / "README.md")
    assert [path.name for path in DECISIONS if path.name not in listed] == []


@pytest.mark.parametrize("path", MARKDOWN, ids=short)
def test_every_link_inside_the_repository_leads_somewhere(path):
    assert [link for link in LINK.findall(text(path)) if not (path.parent / link).exists()] == []


def test_every_page_of_the_manual_is_reached_from_its_index():
    reached = {(DOCS / link).resolve() for link in LINK.findall(text(DOCS / "README.md"))}
    written = {path.resolve() for folder in ("howto", "explain", "reference") for path in (DOCS / folder).glob("*.md")}
    assert sorted(short(path) for path in written - reached) == []


@pytest.mark.parametrize("name", PAGES)
def test_the_reference_is_what_the_code_says(name):
    written = REFERENCE / name
    assert written.exists(), "run `make docs`"
    assert written.read_text("utf-8") == pages()[name], "run `make docs`"


def test_no_page_of_the_reference_is_left_over():
    assert sorted(path.name for path in REFERENCE.glob("*.md") if reference.is_rendered(path)) == PAGES


def test_writing_the_reference_takes_out_what_nothing_renders_any_more_and_leaves_what_people_wrote(tmp_path):
    (tmp_path / "gone.md").write_text(reference.NOTE + "old")
    (tmp_path / "essay.md").write_text("by hand")
    written = {path.name for path in reference.write(tmp_path)}
    assert {path.name for path in tmp_path.iterdir()} == written | {"essay.md"}


def headings(name: str) -> set[str]:
    return set(re.findall(r"^#+ `([^`]+)`", pages()[name], re.MULTILINE))


def test_every_plug_in_has_its_place_in_the_reference():
    assert set(step_types()) <= headings("steps.md")
    assert set(entries()) <= headings("tools.md")
    assert set(load_roster().agents) <= headings("agents.md")
    assert set(ids()) <= headings("integrations.md")


def test_every_verb_has_its_place_in_the_reference():
    assert {f"opsbook {verb}" for verb in VERBS} <= headings("cli.md")


def test_every_setting_and_every_variable_of_the_environment_is_documented():
    page = pages()["settings.md"]
    assert [name for name in [*Settings.model_fields, *ENVIRONMENT] if f"`{name}`" not in page] == []
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []
