"""Models that answer with rubbish, over the vendors' own wire format: no text of theirs is used, and nothing breaks."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from agents.metering import a_charge, a_meter
from opsbook.agents.marks import bare
from opsbook.agents.models import Models, ModelSettings, Prose
from opsbook.agents.page import Fact
from sdk.serving import answer, serving

FACTS = [Fact("f1", "Monthly recurring revenue", "$5,000.00", "getRevenueMetrics", 500_000, "cents")]
USAGE = {"input_tokens": 1, "output_tokens": 1}


def claude_says(content: Any, **more: Any) -> bytes:
    """A message of Claude's API."""
    whole = {"id": "m", "type": "message", "role": "assistant", "model": "claude", "stop_reason": "tool_use"}
    return json.dumps({**whole, "usage": USAGE, "content": content, **more}).encode()


def writes(paragraph: Any) -> bytes:
    sections = [{"title": "Revenue", "paragraphs": [paragraph]}]
    return claude_says([{"type": "tool_use", "id": "t", "name": "final_result", "input": {"sections": sections}}])


async def asked(body: bytes, vendor: str, **headers: str) -> Prose:
    """What comes of asking a vendor whose server answers every request with `body`."""
    async with serving(answer(body, content_type="application/json", connection="close", **headers)) as served:
        keys = {f"{vendor}_api_key": "key", f"{vendor}_base_url": served.url("").rstrip("/")}
        with TemporaryDirectory() as made, a_meter(Path(made)) as meter:
            models = Models(ModelSettings(timeout=timedelta(seconds=10), **keys), meter)
            return await models.write(a_charge(), "economy", "Revenue", FACTS)


def not_used(prose: Prose) -> None:
    assert prose.sections == ()
    assert prose.credit.startswith("Written by the deterministic renderer; a model was asked")
    assert prose.warnings


@pytest.mark.parametrize("vendor", ["anthropic", "gemini"])
@pytest.mark.parametrize(
    "body",
    [
        b"null",
        b"[]",
        b"{}",
        b'"text"',
        b"<html>",
        b"\xff\xfe\x00",
        b"[" * 50_000,
        claude_says(None),
        claude_says("text"),
        claude_says([1, 2]),
        claude_says([{"type": "strange"}]),
        claude_says([{"type": "text", "text": "x"}], usage=None),
        claude_says([{"type": "tool_use", "id": "t", "name": "delete_everything", "input": {}}]),
        writes("\ud800"),
        writes(None),
    ],
)
@pytest.mark.filterwarnings("ignore::UserWarning")
async def test_an_answer_that_is_none_is_not_used_and_breaks_nothing(body: bytes, vendor: str):
    not_used(await asked(body, vendor))


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("vendor", ["anthropic", "gemini"])
async def test_bytes_that_are_not_packed_as_they_say_are_not_used(vendor: str):
    not_used(await asked(b"not gzip", vendor, content_encoding="gzip"))


@pytest.mark.parametrize("text", ["Revenue is $7,000 and [[f1]].", "It is ½ of [[f1]].", "It is doubled: [[f1]]."])
async def test_a_figure_that_no_fact_carries_does_not_leave_and_one_that_does_is_put_in(text: str):
    not_used(await asked(writes(text), "anthropic"))
    prose = await asked(writes("Revenue is [[f1]]."), "anthropic")
    assert [bare(text) for text in prose.sections[0].blocks] == ["Revenue is $5,000.00."]


BLOCKED = """
import asyncio, sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == {package!r}:
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Absent())
from opsbook.agents.models import Models, ModelSettings
from opsbook.sdk.errors import PersonNeeded
try:
    asyncio.run(Models(ModelSettings("key"), None).write(None, "economy", "x", []))
except PersonNeeded as error:
    print(error.code, error.cure)
"""


@pytest.mark.parametrize("package", ["pydantic_ai", "anthropic"])
def test_without_the_package_that_asks_models_the_extra_is_named(package: str):
    code = BLOCKED.format(package=package)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.startswith("missing_extra Run: pip install 'opsbook[models]'")
