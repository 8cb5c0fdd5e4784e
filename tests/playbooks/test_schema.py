"""The published JSON Schema: current, and not stricter than the loader."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from opsbook.playbooks.catalog import Catalog
from opsbook.playbooks.load import plain_document
from opsbook.playbooks.model import AlertRule, Criterion, InputField, Playbook, Policy, Retry, Schedule, Step
from opsbook.playbooks.schema import DRAFT, playbook_schema, schema_text
from opsbook.playbooks.suite import texts
from opsbook.playbooks.validate.annotations import keys, step_keys
from playbooks.bad import SHAPES, Bad

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"


def test_the_published_schema_is_current(catalog: Catalog) -> None:
    published = (REFERENCE / "playbook.schema.json").read_text("utf-8")
    assert published == schema_text(catalog), "write it anew: opsbook schema --out docs/reference/playbook.schema.json"
    assert json.loads(published)["$schema"] == DRAFT


def test_every_reference_leads_somewhere(catalog: Catalog) -> None:
    schema = playbook_schema(catalog)
    references = set(re.findall(r'"\$ref": "([^"]+)"', json.dumps(schema)))
    assert references
    for reference in references:
        assert reference.removeprefix("#/$defs/") in schema["$defs"], reference
    unused = set(schema["$defs"]) - {one.removeprefix("#/$defs/") for one in references}
    assert unused == set()


def test_every_key_of_every_step_type_is_there(catalog: Catalog) -> None:
    schema = playbook_schema(catalog)
    shared = set(schema["$defs"]["Step"]["properties"])
    for name, grammar in catalog.steps.items():
        own = set(schema["$defs"][f"step_{name}"].get("properties", {}))
        assert shared | own == set(step_keys(grammar)), name
        assert schema["$defs"][f"step_{name}"]["description"].startswith(f"`{name}`")


@pytest.mark.parametrize("name", sorted(texts()))
def test_the_suite_fits_the_schema(name: str, catalog: Catalog) -> None:
    assert list(mistakes(plain_document(texts()[name]), playbook_schema(catalog), playbook_schema(catalog))) == []


@pytest.mark.parametrize(
    "bad", [bad for bad in SHAPES if bad.code in ("unknown_key", "missing_key")], ids=lambda bad: bad.name
)
def test_the_schema_sees_wrong_and_missing_keys_too(bad: Bad, catalog: Catalog) -> None:
    schema = playbook_schema(catalog)
    assert list(mistakes(plain_document(bad.text), schema, schema))


def test_every_key_has_its_place_in_the_reference(catalog: Catalog) -> None:
    text = (REFERENCE / "playbook.md").read_text("utf-8")
    said = set(re.findall(r"`([a-z_]+)`", text))
    for model in (Playbook, Step, Schedule, Policy, Retry, Criterion, AlertRule, InputField):
        assert set(keys(model)) <= said, (model.__name__, set(keys(model)) - said)
    for name, grammar in catalog.steps.items():
        assert {name, *keys(grammar)} <= said, (name, set(keys(grammar)) - said)


def mistakes(value: Any, schema: dict[str, Any], whole: dict[str, Any], seen: set[str] | None = None) -> Iterator[str]:
    """A small validator of the keywords that our schema uses; `seen` collects the keys that something described."""
    if "$ref" in schema:
        yield from mistakes(value, whole["$defs"][schema["$ref"].removeprefix("#/$defs/")], whole, seen)
    own: set[str] = set() if seen is None else seen
    for part in schema.get("allOf", ()):
        if "if" not in part:
            yield from mistakes(value, part, whole, own)
        elif not list(mistakes(value, part["if"], whole)):
            yield from mistakes(value, part["then"], whole, own)
    for kind in ("anyOf", "oneOf"):
        if kind in schema and all(list(mistakes(value, one, whole)) for one in schema[kind]):
            yield f"{value!r} fits none of {kind}"
    if "const" in schema and value != schema["const"]:
        yield f"{value!r} is not {schema['const']!r}"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{value!r} is none of {schema['enum']}"
    yield from _of_type(value, schema)
    if isinstance(value, list) and "items" in schema:
        for item in value:
            yield from mistakes(item, schema["items"], whole)
    if isinstance(value, dict):
        yield from _of_object(value, schema, whole, own)


def _of_type(value: Any, schema: dict[str, Any]) -> Iterator[str]:
    kinds: dict[str, Any] = {
        "object": dict, "array": list, "string": str, "boolean": bool, "null": type(None), "number": (int, float),
        "integer": int,
    }  # fmt: skip
    if "type" in schema and not isinstance(value, kinds[schema["type"]]):
        yield f"{value!r} is no {schema['type']}"
    if isinstance(value, str) and "pattern" in schema and not re.search(schema["pattern"], value):
        yield f"{value!r} does not match {schema['pattern']}"
    if isinstance(value, list | str | dict):
        for key in ("minItems", "minLength", "minProperties"):
            if key in schema and len(value) < schema[key]:
                yield f"{value!r} is too short"


def _of_object(value: dict[str, Any], schema: dict[str, Any], whole: dict[str, Any], seen: set[str]) -> Iterator[str]:
    for key in schema.get("required", ()):
        if key not in value:
            yield f"{key} is missing"
    properties = schema.get("properties", {})
    seen.update(key for key in value if key in properties)
    for key, inner in value.items():
        if key in properties:
            yield from mistakes(inner, properties[key], whole)
        elif schema.get("additionalProperties") is False:
            yield f"{key} is not known"
        elif isinstance(schema.get("additionalProperties"), dict):
            yield from mistakes(inner, schema["additionalProperties"], whole)
        for pattern, described in schema.get("patternProperties", {}).items():
            if re.search(pattern, key):
                yield from mistakes(inner, described, whole)
    if schema.get("unevaluatedProperties") is False:
        yield from (f"{key} is not known" for key in value if key not in seen)
