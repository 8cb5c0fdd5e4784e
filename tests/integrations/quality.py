"""What the rules of the scale mean: each is tried on a folder, and answers whether the folder keeps it.

A rule that cannot be tried on a folder answers None.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from importlib import import_module
from types import ModuleType
from typing import Any

from pydantic import SecretStr

from integrations.deliveries import comes_back_as_asked
from integrations.paging import ends_and_says_so
from integrations.samples import CANARY, SAMPLES, failing
from integrations.situations import ECHOED, ERRORS, VERDICTS, Situation, asked, echo, greeted, made
from opsbook.integrations import quality
from opsbook.integrations._system import SystemConfig
from opsbook.integrations.configuration import names_of, system_class
from opsbook.sdk.effects import ConnectorClass
from opsbook.sdk.integration import Status
from opsbook.sdk.testing import json_answer

MOST_PAGES = 1000  # more is no bound
PAGES = re.compile(r"[pP]ageToken|cursor")
READS = {"GET", "POST"}  # several vendors read by POST; a probe never puts, patches or deletes

Verdict = bool | None


async def probe_cheapest_call(key: str) -> Verdict:
    if key not in SAMPLES:
        return None
    system, desk = made(key)
    seen = await system.probe()
    return seen.status is Status.ONLINE and 1 <= len(desk.sent) <= 2 and {sent.method for sent in desk.sent} <= READS


async def probe_verdicts(key: str) -> Verdict:
    if key not in SAMPLES:
        return None
    bodies = [(await asked(key, json_answer(body))).status is Status.OFFLINE for body in SAMPLES[key].bad_bodies]
    well = (await made(key)[0].probe()).status is Status.ONLINE
    return well and bool(bodies) and all(bodies) and await _all_as_said(key, VERDICTS)


async def errors_mapped(key: str) -> Verdict:
    return await _all_as_said(key, ERRORS) if key in SAMPLES else None


async def _all_as_said(key: str, situations: list[Situation]) -> bool:
    return all([await as_said(key, one) for one in situations])


async def as_said(key: str, situation: Situation) -> bool:
    """Whether one situation is found with its status, its class and a sentence."""
    answer, status, error_class = situation
    seen = await asked(key, answer)
    return (seen.status, seen.error_class) == (status, error_class) and bool(seen.message)


async def secrets_redacted(key: str) -> Verdict:
    if key == "smtp":
        system, seen = await greeted(f"554 {CANARY}", username="user", password=CANARY)
        return CANARY not in f"{seen!r} {system.config!r} {system.config} {system.credential_state()}"
    if key not in SAMPLES:
        return None
    sample, shown = SAMPLES[key], ""
    for status in ECHOED:
        system, desk = made(key, failing(key, echo(str(sample.settings[sample.secrets[0]]), status)))
        seen = await system.probe()
        shown += f"{seen!r} {system.config!r} {system.config} {system.credential_state()} {desk.sent!r}"
        shown += "".join(sent.url for sent in desk.sent)
    stars = [isinstance(getattr(system.config, name), SecretStr) for name in sample.secrets]
    return bool(stars) and all(stars) and CANARY not in shown


async def retry_after_honoured(key: str) -> Verdict:
    if key not in SAMPLES:
        return None
    """The probe tells it, and a message that is put off goes out at the time that was asked for, and once."""
    seen = await asked(key, json_answer({}, 429, retry_after="30"))
    kept = [await comes_back_as_asked(way.name) for way in ways_out(key)]
    return "wait 30 s" in seen.message and all(kept)


async def paging_bounded(key: str) -> Verdict:
    """Pages are followed in the modules that name a token of theirs: each of these says how many are read, and one is
    served pages without an end."""
    bounds = [getattr(module, "MOST_PAGES", None) for module in paged(key)]
    written = bool(bounds) and all(isinstance(most, int) and 0 < most <= MOST_PAGES for most in bounds)
    return written and await ends_and_says_so(key)


async def settings_described(key: str) -> Verdict:
    text = readme(key)
    return all(
        field.description
        and (name in SystemConfig.model_fields or (names_of(field) and all(one in text for one in names_of(field))))
        for name, field in system_class(key).Config.model_fields.items()
    )


async def effect_class_declared(key: str) -> Verdict:
    classes = [(getattr(way, "effect_class", None), getattr(way, "channel", "")) for way in ways_out(key)]
    return bool(classes) and all(isinstance(one, ConnectorClass) and bool(channel) for one, channel in classes)


async def idempotency_declared(key: str) -> Verdict:
    """The README speaks of each class, and one that is searched says after what time that can be done."""
    ways = ways_out(key)
    told = [f"class {way.effect_class.value}" in readme(key) for way in ways]
    searched = [way.search_after > timedelta(0) for way in ways if way.effect_class is ConnectorClass.C]
    return bool(ways) and all(told) and all(searched)


async def contract_source(key: str) -> Verdict:
    return quality.contract(key) is not None


async def never_tried_said(key: str) -> Verdict:
    section = readme(key).partition("\n## Never tried\n")[2].partition("\n## ")[0]
    return "Not tried against: " in section


async def docs_headings(key: str) -> Verdict:
    """`Events` where it can call us; a folder's own headings may stand between."""
    wanted = ["Settings", "Probe", *(["Events"] if (quality.folder(key) / "hooks.py").exists() else []), "Never tried"]
    found = re.findall(r"^## (.+)$", readme(key), re.M)
    known = {*wanted, "Events"}
    return [title for title in found if title in known] == wanted


async def coverage_95(key: str) -> Verdict:
    """Counted over all folders at once, by `test_coverage`."""
    return None


VALIDATORS: dict[str, Callable[[str], Awaitable[Verdict]]] = {
    rule.__name__: rule
    for rule in (
        probe_cheapest_call,
        probe_verdicts,
        errors_mapped,
        secrets_redacted,
        retry_after_honoured,
        paging_bounded,
        settings_described,
        effect_class_declared,
        idempotency_declared,
        contract_source,
        never_tried_said,
        docs_headings,
        coverage_95,
    )
}


def disagreement(grade: quality.Grade, found: Verdict) -> str:
    """What is wrong with what a file says, seen beside what was found; empty when they agree."""
    if found is False and grade.state is quality.State.DONE:
        return "says done, and it is not kept"
    if found is True and grade.state is not quality.State.DONE:
        return f"says {grade.state.value}, and it is kept: say done"
    return ""


def readme(key: str) -> str:
    return (quality.folder(key) / "README.md").read_text(encoding="utf-8")


def modules(key: str) -> list[ModuleType]:
    """The modules of a folder."""
    found = sorted(path.stem for path in quality.folder(key).glob("[a-z]*.py"))
    return [import_module(f"opsbook.integrations.{key}.{name}") for name in found]


def paged(key: str) -> list[ModuleType]:
    """Those of them that follow pages."""
    return [module for module in modules(key) if PAGES.search(inspect.getsource(module))]


def ways_out(key: str) -> list[Any]:
    """The classes of `actions.py` that send a parcel."""
    if not (quality.folder(key) / "actions.py").exists():
        return []
    actions = import_module(f"opsbook.integrations.{key}.actions")
    own = [one for _, one in inspect.getmembers(actions, inspect.isclass) if one.__module__ == actions.__name__]
    return [one for one in own if hasattr(one, "send") and hasattr(one, "find")]
