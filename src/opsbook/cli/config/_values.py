"""An example value for any setting: its default, or the first of a few plain ones that the setting takes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import AwareDatetime, SecretStr, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from opsbook.integrations.catalog import ids
from opsbook.playbooks.fields import duration_text
from opsbook.sdk.errors import NeverWorks

LONG_TEXT = "your-secret-of-16-characters-or-more"
ADDRESS = "https://ops.example.com"
BEGINS, ENDS = "2030-01-01T22:00:00-05:00", "2030-01-02T02:00:00-05:00"
BY_NAME: Mapping[str, object] = {
    "database_url": "postgresql+psycopg://opsbook@localhost/opsbook",
    "phone": "15550100000",
    "approve_token_sha256": "0" * 64,
    "port": 587,
    "table": "orders",
    "query": "SELECT id, account AS organization_id, at AS ordered_at, cents AS total_cents, updated_at FROM orders",
    "cursor": "updated_at",
    "overlap": "5m",
    "replace": False,
    "mapping": {},
    "minimum_n": 20,
    "fresh_within": "26h",
    "minimum_completeness": 0.95,
    "until": ENDS,
    "channels": ["C0123456789"],
    "ca_file": "certificates.pem",
    "credentials": "key.json",
    "orders_from": "2024-01-01",
    "telemetry_endpoint": "http://localhost:4318",
    "metadata_host": "metadata.google.internal",
    "sha256": "0" * 64,
    "rights": ["read", "dry_run"],
    "playbooks": ["ops_daily_health_check"],
    "command": ["python", "-m", "your_server"],
}  # where the type alone gives a poor example; what the setting does not take is passed over
TEXTS = ("ops@example.com", "C0123456789", "us-east1", "us-east-1", "localhost:8080", "your_id_0123456789")


def toml_value(name: str, field: FieldInfo, known: object = None) -> str:
    """The right side of `name = …` in TOML; `known` is a better example than those that can be found here."""
    if known is not None:
        return _written(known)
    if not field.is_required():
        value = field.get_default(call_default_factory=True)
        if value not in (None, ()):
            return _written(value)
    constrained: Any = Annotated[field.annotation, *field.metadata, None]
    accepts: TypeAdapter[Any] = TypeAdapter(constrained)
    for value in _candidates(name, field.annotation):
        try:
            accepts.validate_python(value)
        except ValidationError:
            continue
        return _written(value)
    raise NeverWorks(f"No example is known for the setting {name}.", code="no_example")


def _candidates(name: str, annotation: Any) -> Iterator[object]:
    """From what fits best to what may fit."""
    kinds = [annotation, *get_args(annotation)]
    if name in BY_NAME:
        yield BY_NAME[name]
    yield from (get_args(kind)[0] for kind in kinds if get_origin(kind) is Literal)
    if get_origin(annotation) is tuple:
        yield [LONG_TEXT if SecretStr in kinds else "owner"]
    elif int in kinds or float in kinds:
        yield 12
    elif AwareDatetime in kinds:
        yield BEGINS
    if name == "url" or name.endswith("_url"):
        yield ADDRESS
    if SecretStr in kinds:
        yield LONG_TEXT
    if name == "system":
        yield ids()[0]
    if name.endswith("_id"):
        yield "your_id_0123456789"
    yield f"your-{name.replace('_', '-')}"
    yield from TEXTS


def _written(value: object) -> str:
    """A text, number, flag, time or list of texts: what JSON writes is TOML for these, but for times."""
    if isinstance(value, str) and value in (BEGINS, ENDS):
        return value
    if isinstance(value, timedelta):
        return json.dumps(duration_text(value))
    if isinstance(value, Path):
        return json.dumps(str(value))
    return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)
