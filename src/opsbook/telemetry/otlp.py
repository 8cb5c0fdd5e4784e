"""Spans for an OpenTelemetry collector, over HTTP. Importing this loads OpenTelemetry's library.

The ids of a run's trace and of the span that all its others lie in follow from the run's id. So the segments of a run
belong together whoever carries them out and whenever, and nothing needs to be stored for it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from datetime import datetime

from opentelemetry.context import Context, attach, detach
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.id_generator import IdGenerator, RandomIdGenerator
from opentelemetry.sdk.trace.sampling import Decision
from opentelemetry.trace import (
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    StatusCode,
    TraceFlags,
    set_span_in_context,
)
from opentelemetry.trace import Span as OtelSpan

from opsbook.sdk.errors import OpsbookError
from opsbook.sdk.tracing import Attributes, Span

SCOPE = "opsbook"
LAST_SECONDS = 5  # what the collector has at the end to take what has not left

_Ids = tuple[int, int]
_next: ContextVar[_Ids | None] = ContextVar("ids_of_the_next_root", default=None)


def otlp_tracer(endpoint: str, environment: Mapping[str, str]) -> OpenTelemetry:
    """Spans for the collector at `endpoint`, `http(s)://host:port`; its own standard variables say the rest.

    `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`, a whole address, wins.
    """
    whole = environment.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") or f"{endpoint.rstrip('/')}/v1/traces"
    return OpenTelemetry(OTLPSpanExporter(endpoint=whole, timeout=LAST_SECONDS), environment)


class OpenTelemetry:
    """Implements `sdk.tracing.Tracer`. `at_once` hands each span over when it ends, for tests."""

    def __init__(
        self, exporter: SpanExporter, environment: Mapping[str, str] | None = None, *, at_once: bool = False
    ) -> None:
        name = (environment or {}).get("OTEL_SERVICE_NAME") or SCOPE
        self._provider = TracerProvider(
            resource=Resource.create({"service.name": name}), id_generator=_OwnIds(), shutdown_on_exit=False
        )
        handing = SimpleSpanProcessor if at_once else BatchSpanProcessor
        self._provider.add_span_processor(handing(exporter))
        self._tracer = self._provider.get_tracer(SCOPE)

    @contextmanager
    def span(self, name: str, attributes: Attributes, *, outward: bool = False) -> Iterator[Span]:
        kind = SpanKind.CLIENT if outward else SpanKind.INTERNAL
        with ExitStack() as work:
            span = self._tracer.start_as_current_span(
                name, kind=kind, attributes=_known(attributes), record_exception=False, set_status_on_exception=False
            )
            told = _Told(work.enter_context(span))
            work.push(told.left)
            yield told

    @contextmanager
    def inside(self, run_id: str, attempt: int) -> Iterator[None]:
        trace, root = _ids_of(run_id, attempt)
        sampled = self._provider.sampler.should_sample(Context(), trace, "").decision is Decision.RECORD_AND_SAMPLE
        flags = TraceFlags(TraceFlags.SAMPLED if sampled else TraceFlags.DEFAULT)
        above = NonRecordingSpan(SpanContext(trace, root, is_remote=True, trace_flags=flags))
        token = attach(set_span_in_context(above))
        try:
            yield
        finally:
            detach(token)

    def over(self, run_id: str, attempt: int, name: str, began: datetime, ended: datetime, about: Attributes) -> None:
        kept = _next.set(_ids_of(run_id, attempt))
        try:
            whole = self._tracer.start_span(name, Context(), attributes=_known(about), start_time=_nanoseconds(began))
        finally:
            _next.reset(kept)
        if code := about.get("error.type"):
            _Told(whole).failed(str(code))
        whole.end(_nanoseconds(ended))

    def close(self) -> None:
        self._provider.force_flush(LAST_SECONDS * 1000)
        self._provider.shutdown()


class _Told:
    def __init__(self, span: OtelSpan) -> None:
        self._span = span

    def note(self, attributes: Attributes) -> None:
        self._span.set_attributes(_known(attributes))

    def failed(self, code: str) -> None:
        self._span.set_attribute("error.type", code)
        self._span.set_status(StatusCode.ERROR)

    def left(self, kind: type[BaseException] | None, error: BaseException | None, _trace: object) -> bool:
        """The work is over, perhaps by an error that goes on from here."""
        if kind is not None:
            self.failed(error.code if isinstance(error, OpsbookError) else kind.__name__)
        return False


class _OwnIds(IdGenerator):
    """Drawn ids, but for the span of a whole run, which has those that its parts were told under."""

    def __init__(self) -> None:
        self._drawn = RandomIdGenerator()

    def generate_trace_id(self) -> int:
        given = _next.get()
        return given[0] if given else self._drawn.generate_trace_id()

    def generate_span_id(self) -> int:
        given = _next.get()
        return given[1] if given else self._drawn.generate_span_id()


def _ids_of(run_id: str, attempt: int) -> _Ids:
    """A trace for each run, and in it one outermost span for each attempt."""
    trace = hashlib.sha256(run_id.encode()).digest()[:16]
    root = hashlib.sha256(f"{run_id}/{attempt}".encode()).digest()[:8]
    return int.from_bytes(trace), int.from_bytes(root)


def _known(attributes: Attributes) -> dict[str, str | int | float | bool | tuple[str, ...]]:
    return {
        name: value if isinstance(value, str | int | float | bool) else tuple(value)
        for name, value in attributes.items()
        if value is not None
    }


def _nanoseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1_000_000) * 1000
