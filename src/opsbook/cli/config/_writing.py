"""The example of the settings file, written from the settings' own classes and those of the systems.

A line that begins with `# ` explains; one that begins with `#` and no blank is a setting that is taken out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from textwrap import wrap

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from opsbook.cli.config._values import toml_value
from opsbook.inbox.pace import Pace
from opsbook.integrations._system import SystemConfig
from opsbook.integrations.catalog import ids, names, one_of
from opsbook.integrations.configuration import names_of, system_class
from opsbook.integrations.hooks import HookSettings
from opsbook.settings import ENVIRONMENT, ApprovalSettings, MaintenanceSettings, PersonSettings, Settings
from opsbook.settings.mcp import TokenSettings
from opsbook.tools.mcp.configured import ServerSettings
from opsbook.warehouse.contracts import ContractSettings
from opsbook.warehouse.definitions import Definitions, part_named
from opsbook.warehouse.sources.sql.declared import QuerySettings, SourceSettings

WIDTH = 100
HEAD = """# The settings of opsbook. All are taken out: what stands in one is its default, or an example.
# The environment wins over this file; its names stand beside the settings. Secrets are better kept
# there, or in Secret Manager: "sm://NAME" in place of a secret fetches it.
"""
BY_ADDRESS, BY_PROGRAM = ("url", "token"), ("command", "env")  # what a server of the other kind does not have
SECTIONS: Mapping[str, tuple[str, type[BaseModel]]] = {
    "people": ("[people.owner]", PersonSettings),
    "approvals": ("[approvals]", ApprovalSettings),
    "campaigns": ("[campaigns]", Pace),
    "metrics": ("[metrics.signup_conversion]", ContractSettings),
    "hooks": ("[hooks.billing]", HookSettings),
    "maintenance": ("[[maintenance]]", MaintenanceSettings),
}


def example() -> str:
    """The whole text, which is TOML as it is, and still is when every setting in it is put in force."""
    apart = {*SECTIONS, "integrations", "definitions", "mcp", "sources"}
    plain = [name for name in Settings.model_fields if name not in apart]
    top = (_setting(name, Settings.model_fields[name], _variables(name)) for name in plain)
    lines = [HEAD, *(line for setting in top for line in setting)]
    for name, (heading, model) in SECTIONS.items():
        lines += _section(heading, str(Settings.model_fields[name].description), model)
    for heading, section in (("[sources.shop]", SourceSettings), ("[sources.shop.orders]", QuerySettings)):
        lines += _section(heading, str(section.__doc__).split(".")[0], section)
    lines += _section("[mcp.tokens.assistant]", "who may ask over the Model Context Protocol", TokenSettings)
    lines += _section("[mcp.servers.files]", "a server of the protocol that is a program", ServerSettings, BY_ADDRESS)
    lines += _section("[mcp.servers.incidents]", "one at an address", ServerSettings, BY_PROGRAM)
    for name, field in Definitions.model_fields.items():
        lines += _section(f"[definitions.{name}]", f"Definitions: {field.description}", part_named(name))
    lines += ["", "# Every system below takes these as well, with these defaults:"]
    for name, field in SystemConfig.model_fields.items():
        lines.append(f"#   {name} {field.default or 'its own, stated there'}: {field.description}")
    for key in ids():
        lines += _system(key)
    return "\n".join(lines).rstrip() + "\n"


def _section(heading: str, told: str, model: type[BaseModel], left_out: Sequence[str] = ()) -> Iterator[str]:
    yield from ("", f"# {_sentence(told)}", f"#{heading}")
    for name, field in model.model_fields.items():
        if name not in left_out:
            yield from _setting(name, field, ())


def _system(key: str) -> Iterator[str]:
    """A section for a system, or for one of a family. What all of them share is told once and stands in one block."""
    system, origin = system_class(key), one_of(key)
    shared = {"slow_after_ms": system.slow_after_ms}
    choices = [" and ".join(group) for group in system.Config.needs]
    needs = f": it needs {', or '.join(choices)}" if choices else ""
    yield from ("", *_words(f"{names()[key]}{needs}."), f"#[{origin.place}]")
    for name, field in system.Config.model_fields.items():
        if name in SystemConfig.model_fields:
            yield f"#{name} = {toml_value(name, field, shared.get(name))}"
        else:
            yield from _setting(name, field, names_of(field, origin.id))


def _setting(name: str, field: FieldInfo, variables: Sequence[str]) -> Iterator[str]:
    """What it is, and the line that sets it."""
    told = f"{field.description}{' (required)' if field.is_required() else ''}"
    yield from _words(_sentence(told) + (f" Environment: {', '.join(variables)}." if variables else ""))
    key = field.alias if name.endswith("_") and field.alias else name
    yield f"#{key} = {toml_value(name, field)}"


def _variables(setting: str) -> list[str]:
    return [variable for variable, name in ENVIRONMENT.items() if name == setting]


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _words(text: str) -> list[str]:
    return [f"# {line}" for line in wrap(text, WIDTH - 2)]
