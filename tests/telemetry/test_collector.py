"""Spans on their way to a collector: in the standard's own form, and never in the way of the work."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

import peers
from opsbook.app import open_app
from opsbook.runs.acceptance import Request
from opsbook.sdk.errors import InvalidInput
from opsbook.sdk.tracing import UNTRACED
from opsbook.settings import Settings, read_settings
from opsbook.telemetry.otlp import OpenTelemetry
from runs.test_steps import playbook
from sdk.serving import answer, serving

LOOKS = playbook("  - {id: look, type: set, values: {a: 1}}\n")


async def carried_out(home: Path, endpoint: str | None) -> str:
    """One run of a deployment that tells the collector at `endpoint`; its state."""
    async with open_app(Settings(home=home, telemetry_endpoint=endpoint)) as app:
        from opsbook.playbooks.load import load_playbook

        found = load_playbook(LOOKS, app.catalog)
        app.operations.publish(found, LOOKS, "a test")
        async with app.working():
            accepted = await app.operations.start(Request(found.id))
            return str((await app.operations.ended(accepted.run["id"], 10))["state"])


async def test_a_collector_gets_the_spans_of_a_run_under_the_services_name(tmp_path: Path) -> None:
    got: list[bytes] = []

    async def collect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = served.requests[-1].decode("latin-1")
        length = re.search(r"content-length: (\d+)", head, re.IGNORECASE)
        got.append(await reader.readexactly(int(length[1])) if length else b"")
        writer.write(answer(b"", content_type="application/x-protobuf", connection="close"))
        await writer.drain()

    async with serving(collect) as served:
        assert await carried_out(tmp_path, served.url("").rstrip("/")) == "succeeded"
    assert served.requests[0].startswith(b"POST /v1/traces ")
    request = ExportTraceServiceRequest()
    request.ParseFromString(got[0])
    (resource,) = request.resource_spans
    about = {one.key: one.value.string_value for one in resource.resource.attributes}
    assert about["service.name"] == "opsbook"
    names = [span.name for scope in resource.scope_spans for span in scope.spans]
    assert sorted(names) == sorted(["step look", "segment 1", f"invoke_workflow {playbook_id()}"])


async def test_a_collector_that_is_away_costs_the_run_nothing_and_the_end_a_few_seconds(tmp_path: Path) -> None:
    began = time.monotonic()
    assert await carried_out(tmp_path, f"http://127.0.0.1:{peers.free_port()}") == "succeeded"
    assert time.monotonic() - began < 20


async def test_without_a_collector_nobody_is_told_and_nothing_of_the_library_is_loaded(tmp_path: Path) -> None:
    async with open_app(Settings(home=tmp_path)) as app:
        assert app.world.tracer is UNTRACED
    code = "import sys, opsbook.app; sys.exit(any(name.startswith('opentelemetry') for name in sys.modules))"
    done = await asyncio.to_thread(subprocess.run, [sys.executable, "-c", code], check=False)
    assert done.returncode == 0


def test_the_standard_variable_names_the_collector_and_a_wrong_one_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = read_settings({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"})
    assert found.telemetry_endpoint == "http://127.0.0.1:4318"
    with pytest.raises(InvalidInput, match="telemetry_endpoint"):
        read_settings({"OTEL_EXPORTER_OTLP_ENDPOINT": "collector"})


def test_the_service_has_the_name_that_the_standard_variable_gives_it() -> None:
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    kept = InMemorySpanExporter()
    with OpenTelemetry(kept, {"OTEL_SERVICE_NAME": "night shift"}, at_once=True).span("one", {"a": None, "b": 2}):
        pass
    (span,) = kept.get_finished_spans()
    assert span.resource.attributes["service.name"] == "night shift"
    assert dict(span.attributes or {}) == {"b": 2}


def playbook_id() -> str:
    found = re.search(r"^id: (\w+)", LOOKS, re.MULTILINE)
    return found[1] if found else ""
