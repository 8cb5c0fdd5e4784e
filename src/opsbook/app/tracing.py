"""Who is told of the work of runs, as the settings say."""

from __future__ import annotations

from collections.abc import Mapping

from opsbook.sdk.errors import PersonNeeded
from opsbook.sdk.tracing import UNTRACED, Tracer
from opsbook.settings import Settings


def tracer_of(settings: Settings, environment: Mapping[str, str]) -> Tracer:
    """The collector's tracer, or the one that tells nobody. Raises `PersonNeeded`, code `missing_extra`."""
    if settings.telemetry_endpoint is None:
        return UNTRACED
    try:
        from opsbook.telemetry.otlp import otlp_tracer  # noqa: PLC0415 only who traces loads the library for it
    except ImportError as error:
        raise PersonNeeded(
            "A collector for telemetry is set, but the package that sends to it is not installed.",
            cure="Run: pip install 'opsbook[telemetry]', or take telemetry_endpoint out of the settings.",
            code="missing_extra",
        ) from error
    return otlp_tracer(settings.telemetry_endpoint, environment)
