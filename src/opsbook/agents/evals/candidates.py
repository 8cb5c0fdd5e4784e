"""Who writes: the deterministic renderer, or a model behind the desk as it stands in a run."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from opsbook.agents.desk import Desk
from opsbook.agents.evals.datasets import LETTERS, Case, Dataset
from opsbook.agents.evals.scores import Written
from opsbook.agents.evidence import Evidence
from opsbook.agents.marks import bare
from opsbook.agents.models import Models
from opsbook.agents.page import Fact, Page
from opsbook.agents.spending import Meter
from opsbook.agents.tiers import ModelSettings, Tier
from opsbook.agents.writer import compose
from opsbook.inbox.audience import Organization, read_audience
from opsbook.inbox.letters import Footer, Terms, write_letter
from opsbook.sdk.errors import InvalidInput, PersonNeeded
from opsbook.sdk.step import Allowance
from opsbook.sdk.values import JsonObject, digest

RENDERER = "renderer"
RANKED = ("action_items", "action_plan")  # the sections in which a report ranks what is to be done
TERMS = Terms(20, date(2026, 4, 9), "K7RV2-PTJ4T")
FOOTER = Footer("Sample Platform, 1 Sample Street, Sampleton", "https://ops.platform.example/unsubscribe/sample")
OWN = ("orders.", "days_silent.")  # where the facts come from that are one organisation's alone
_HEADING = re.compile(r"^## (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Answer:
    """What a candidate wrote. `opening` is what is read first: a model's own words, or summary and actions of the
    renderer; `ranking` is where it says what comes first.

    `accepted` is 1 for a model's text that was used at once, a half for one that was mended, 0 for one that was not
    used; None where no model was asked.
    """

    text: str
    opening: str
    ranking: str
    facts: tuple[Fact, ...] = ()
    ordinary: tuple[str, ...] = ()
    letters: tuple[Written, ...] = ()
    accepted: float | None = None
    cost: JsonObject = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Candidate:
    """`name` is the model's, or `renderer`; `desk` has nobody but that one to ask."""

    name: str
    desk: Desk
    run_id: str
    allowance: Allowance

    @property
    def is_model(self) -> bool:
        return self.name != RENDERER

    async def answer(self, case: Case) -> Answer | None:
        """The case in this candidate's words; None where it has none: letters are written by the renderer alone."""
        if case.writing.kind == LETTERS:
            return None if self.is_model else _letters(case)
        run = replace(case.run, run_id=self.run_id, playbook_id="evals", allowance=self.allowance)
        page = page_of(case)
        path = f"{case.writing.kind}/{case.name}"
        done = await self.desk.write(case.writing, run, path, case.evidence, case.criteria)
        own = _own(str(done.value), page)
        asked = int(str(done.cost.get("requests") or 0))
        return Answer(
            str(done.value),
            own or _of(page, ("summary", *RANKED)),
            own or _of(page, RANKED),
            (*page.facts, *_counted(page)),
            tuple(re.findall(r"\w+", f"{case.writing.title} {run.playbook_name}")),
            accepted=(0.0 if not own else 1.0 if asked <= 1 else 0.5) if self.is_model else None,
            cost=done.cost,
            warnings=done.warnings,
        )


def candidate(desk: Desk, asked: str, run_id: str, usd: float | None) -> Candidate:
    """The renderer, the model of a tier, or a model by its name. `usd` is the most that all of its requests may cost.

    Raises `PersonNeeded` when the model's vendor has no key.
    """
    settings = desk.models.settings
    meter = desk.models.meter
    if asked == RENDERER:
        return Candidate(RENDERER, _desk(desk, ModelSettings(), meter), run_id, Allowance())
    claude, gemini = settings.anthropic_api_key, settings.gemini_api_key
    tier = settings.tiers.get(asked)
    name = asked if tier is None else tier.gemini if gemini and not claude else tier.claude
    if not re.fullmatch(r"(claude|gemini)-[\w.-]{1,60}", name):
        cure = f"Name {RENDERER}, a tier ({', '.join(sorted(settings.tiers))}) or a model such as claude-haiku-5-5."
        raise InvalidInput(f"{asked} is no candidate.", field="--model", cure=cure)
    ours = claude if name.startswith("claude") else gemini
    if not ours:
        variable = "ANTHROPIC_API_KEY" if name.startswith("claude") else "GEMINI_API_KEY"
        raise PersonNeeded(f"There is no key to ask {name} with.", cure=f"Set {variable}.", code="no_key")
    only = replace(
        settings,
        anthropic_api_key=claude if name.startswith("claude") else None,
        gemini_api_key=gemini if name.startswith("gemini") else None,
        tiers=dict.fromkeys(settings.tiers, Tier(name, name)),
    )
    return Candidate(name, _desk(desk, only, meter), run_id, Allowance(usd_per_run=usd, fail_when_used_up=True))


def _desk(desk: Desk, settings: ModelSettings, meter: Meter) -> Desk:
    return Desk(desk.roster, Models(settings, meter, screen=desk.models.screen), desk.clock)


def page_of(case: Case) -> Page:
    """The case's report as the renderer has it, with the facts that a model is told."""
    picked = {name: case.evidence[name] for name in case.writing.inputs} or case.evidence
    return compose(case.writing, case.run, Evidence(picked))


def _own(text: str, page: Page) -> str:
    """A model's own words: whatever stands before the renderer's first section."""
    first = next((section.title for section in page.sections if section.blocks), "")
    headings = list(_HEADING.finditer(text))
    begins = max((one.start() for one in headings if one[1] == first), default=0)
    return text[headings[0].start() : begins].strip() if headings else ""


def _of(page: Page, sections: Sequence[str]) -> str:
    return bare("\n\n".join(block for one in page.sections if one.id in sections for block in one.blocks))


def _counted(page: Page) -> list[Fact]:
    """How many actions there are, which the page itself is the evidence of."""
    urgent = sum(1 for action in page.actions if action.priority == 1)
    return [Fact("todo", "Things to do today", str(urgent), "page", urgent, "count")]


def _letters(case: Case) -> Answer:
    letters = tuple(_letter(one) for one in read_audience(case.evidence["audience"]) if one.contacts)
    text = "\n\n".join(f"{one.subject}\n{one.body}" for one in letters)
    return Answer(text, text, text, letters=letters)


def _letter(organization: Organization) -> Written:
    people = organization.contacts
    contact = people[0] if isinstance(people, list | tuple) else None
    if contact is None:
        raise InvalidInput(f"Nobody can be written to at {organization.name}.", field="contacts")
    made = write_letter(organization, contact, TERMS, FOOTER)
    known = {fact.label: fact.text for fact in made.facts}
    own = tuple(fact.text for fact in made.facts if fact.source.startswith(OWN))
    return Written(contact.contact_id, known.get("organisation", ""), made.subject, made.body, made.facts, own)


def instructions_of(one: Candidate, chosen: Sequence[Dataset]) -> str | None:
    """A digest of the words that a model is told to work by; None for the renderer, which is told none."""
    if not one.is_model:
        return None
    try:
        from opsbook.agents.asking import RULES  # noqa: PLC0415 it loads the vendors' clients
    except ImportError as error:
        raise PersonNeeded(
            "The package that asks models is not installed.",
            cure="Run: pip install 'opsbook[models]'.",
            code="missing_extra",
        ) from error
    agents = sorted({case.writing.agent for dataset in chosen for case in dataset.cases})
    return digest([RULES, *(one.desk.roster.get(agent).instructions for agent in agents)])[:16]
