"""Writes a report: the sections from the evidence, and around them the prose of a model when one may be asked."""

from __future__ import annotations

from collections.abc import Sequence

from opsbook.agents.evidence import Evidence
from opsbook.agents.marks import placed
from opsbook.agents.page import Page, Section
from opsbook.agents.reports._found import report_kind
from opsbook.agents.wording import inline, moment
from opsbook.sdk.step import RunFacts
from opsbook.sdk.work import Writing

NO_MODEL = "Written by the deterministic renderer; no model was asked."
ALWAYS = "not_measured"  # what could not be measured is said whichever sections are picked


def compose(writing: Writing, run: RunFacts, evidence: Evidence, criteria: Sequence[Section] = ()) -> Page:
    """Every section of the report with its facts; the picked ones only, when the writing picks some.

    All sections are written even then, so that the facts and the list of what is missing are those of the whole.
    Raises `InvalidInput` for a kind or a section that does not exist.
    """
    kind = report_kind(writing.kind, writing.sections)
    page = Page(run)
    kind.prepare(page, evidence)
    for section in kind.sections:
        page.begin(section.id, section.title)
        section.write(page, evidence)
    if writing.sections:
        page.sections = [one for one in page.sections if one.id in writing.sections or one.id == ALWAYS]
    closing = len(page.sections) - (1 if page.sections and page.sections[-1].id == ALWAYS else 0)
    page.sections[closing:closing] = criteria
    return page


def markdown(writing: Writing, page: Page, prose: Sequence[Section] = (), written_by: str = NO_MODEL) -> str:
    """The report as Markdown: title, time, the author's own lead, prose, sections, who wrote it."""
    return laid_out(writing, page, prose, written_by)[0]


def laid_out(
    writing: Writing, page: Page, prose: Sequence[Section] = (), written_by: str = NO_MODEL
) -> tuple[str, list[tuple[int, int, str]]]:
    """The report as `markdown` gives it, and where each fact stands in it: `(start, end, fact id)`, in order."""
    run = page.run
    parts = [
        f"# {inline(writing.title or report_kind(writing.kind).title)}",
        f"_{inline(run.playbook_name)}, as of {moment(run.as_of, run.timezone)}_",
    ]
    if run.dry_run:
        parts.append("_Dry run: what would act was not carried out._")
    if writing.template and writing.template.strip():
        parts.append(writing.template.strip())
    for section in [*prose, *page.sections]:
        if section.blocks:
            parts.append("\n\n".join([f"## {section.title}", *section.blocks]))
    closing = [f"---\n\n_{written_by}_", *([writing.footnote] if writing.footnote else [])]
    return placed("\n\n".join([*parts, *closing]) + "\n")
