"""The steps of dialect A, one after the other."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from opsbook.playbooks.catalog import Catalog
from opsbook.playbooks.importers._a_delegates import tools_for
from opsbook.playbooks.importers._a_messages import Messages
from opsbook.playbooks.importers._expressions import expression
from opsbook.playbooks.importers._mend import switched_off
from opsbook.playbooks.importers._notes import Notes

Step = dict[str, Any]
THREADS = {"incident_response": "incident", "incident": "incident", "growth_review": "growth_review"}
THREADS |= {"campaign": "campaign", "general": "general"}
READ = frozenset(
    {
        "id",
        "type",
        "name",
        "agent",
        "tool",
        "task",
        "config",
        "condition",
        "storeResultAs",
        "modelTier",
        "timeoutSeconds",
        "retry",
        "onError",
        "when",
    }
)
REPORTS = (  # the report that fits what the playbook asks for, the most telling tool first
    ("getRevenueMetrics", "growth_report"),
    ("getSystemHealth", "health_report"),
    ("getIntegrationStatus", "incident_report"),
    ("findInactiveOrganizations", "churn_report"),
    ("getAtRiskOrganizations", "churn_report"),
)


class Steps:
    """Converts the steps in order and remembers what they saved. `found` is the document that is being made."""

    def __init__(self, source: dict[str, Any], found: dict[str, Any], catalog: Catalog, notes: Notes) -> None:
        self.source = [step for step in source.get("steps") or [] if isinstance(step, dict)]
        self.found = found
        self.catalog = catalog
        self.notes = notes
        self.saved: dict[str, str] = {}  # name → the tool that answered it, or "report"
        self.messages = Messages(self.saved, notes)
        self.kinds: dict[str, Callable[[Step, Step, str], Step | None]] = {
            "tool_call": self._tool_call,
            "delegate": self._delegate,
            "synthesize": self._synthesize,
            "notify": self._notify,
            "create_thread": self._create_thread,
            "condition": self._condition,
        }

    def all(self) -> list[Step]:
        """Every step, those that are not understood switched off."""
        return [self._step(step, f"steps/{index}") for index, step in enumerate(self.source)]

    def _step(self, step: Step, path: str) -> Step:
        name = re.sub(r"\W+", "_", str(step.get("id") or path.replace("/", "_")))
        made: Step = {"id": name if not name[:1].isdigit() else f"step_{name}"}
        if step.get("name"):
            made["name"] = str(step["name"])
        raw = step.get("config")
        config: Step = dict(raw) if isinstance(raw, dict) else {}
        kind = str(step.get("type"))
        convert = self.kinds.get(kind)
        if convert is None:
            self.notes.warn(
                f"{path}/type", f"Steps of type {kind} are not understood; it is switched off.", code="switched_off"
            )
            return switched_off({**self._plain(step), **made}, self.found)
        more = convert(step, config, path)
        if more is None:
            return switched_off({**self._plain(step), **made}, self.found)
        made |= more
        return self._common(made, step, kind, path)

    def _plain(self, step: Step) -> Step:
        name = step.get("storeResultAs")
        return {"earlier": {**step}, **({"save_as": name} if isinstance(name, str) else {})}

    def _common(self, made: Step, step: Step, kind: str, path: str) -> Step:
        if isinstance(name := step.get("storeResultAs"), str):
            made["save_as"] = name
        if kind != "condition" and (guard := step.get("condition") or step.get("when")):
            made["when"] = expression(str(guard)) or self._not_understood(str(guard), f"{path}/condition")
        if isinstance(seconds := step.get("timeoutSeconds"), int | float) and seconds > 0:
            made["timeout"] = f"{seconds:g}s"
        if step.get("onError") in ("continue", "fail"):
            made["on_error"] = step["onError"]
        if isinstance(retry := step.get("retry"), dict) and isinstance(tries := retry.get("maxAttempts"), int):
            made["retry"] = {"max_attempts": max(1, min(tries, 10))}
        for key in step.keys() - READ:
            self.notes.warn(f"{path}/{key}", f"The key {key} means nothing here; it is left out.", code="left_out")
        return made

    def _not_understood(self, guard: str, path: str) -> str:
        self.notes.warn(path, f"The guard `{guard[:80]}` is not understood; the step never runs.", code="guard")
        return "false"

    def _tool_call(self, step: Step, config: Step, path: str) -> Step | None:
        name = str(step.get("tool") or config.pop("tool", ""))
        tool = self.catalog.tools.get(name)
        if tool is None:
            self.notes.warn(
                f"{path}/tool", f"There is no tool {name} here; the step is switched off.", code="switched_off"
            )
            return None
        made: Step = {"type": "tool_call", "tool": name}
        if args := self._arguments(name, config):
            made["with"] = args
        self._remember(step, name)
        caller = self._caller(str(step.get("agent")), name)
        return {**made, "agent": caller} if caller else made

    def _caller(self, agent: str, tool: str) -> str | None:
        """The step's agent if it may use the tool, else whoever may when the playbook's agent may not."""
        agents = self.catalog.agents
        if agent in agents and tool in agents[agent].tools:
            return agent
        own = agents.get(self.found.get("agent", ""))
        if own is None or tool in own.tools:
            return None
        return next((one.id for one in agents.values() if tool in one.tools), None)

    def _arguments(self, tool: str, config: Step) -> Step:
        """The configuration as arguments, under our names where the tool knows them."""
        known = {_plain(name): name for name in self.catalog.tools[tool].args.model_fields}
        return {known.get(_plain(key), key): self.messages.filled(value) for key, value in config.items()}

    def _delegate(self, step: Step, config: Step, path: str) -> Step | None:
        agent = str(step.get("agent") or config.get("agent") or "")
        if agent not in self.catalog.agents:
            self.notes.warn(
                f"{path}/agent", f"There is no agent {agent} here; the step is switched off.", code="switched_off"
            )
            return None
        task = str(config.pop("task", None) or step.get("task") or step.get("name") or step.get("id"))
        tools = tools_for(agent, f"{task} {step.get('storeResultAs') or ''} {step.get('id')}", self.saved, self.catalog)
        made: Step = {"type": "delegate", "to": agent, "task": self.messages.text(task, f"{path}/task")}
        for use in tools:
            known = {_plain(name): name for name in self.catalog.tools[use["tool"]].args.model_fields}
            for key in [key for key in config if _plain(key) in known]:
                use.setdefault("with", {})[known[_plain(key)]] = self.messages.filled(config.pop(key))
        if config:
            kept = ", ".join(sorted(config))
            self.notes.warn(f"{path}/config", f"No tool of {agent} takes {kept}; left out.", code="left_out")
        if tools:
            made["tools"] = tools
            asked = ", ".join(use["tool"] for use in tools)
            self.notes.warn(
                path, f"{agent} is asked through {asked}.", "Change `tools` where others are meant.", "tools"
            )
        if not isinstance(step.get("storeResultAs"), str):
            made["save_as"] = str(step.get("id")).removeprefix("create_").removeprefix("delegate_")
        self.saved[made.get("save_as") or step["storeResultAs"]] = tools[0]["tool"] if tools else agent
        return made | self._tier(step)

    def _tier(self, step: Step) -> Step:
        return {"model_tier": str(step["modelTier"])} if step.get("modelTier") else {}

    def _synthesize(self, step: Step, config: Step, path: str) -> Step:
        asked = set(self.saved.values())
        kind = next((report for tool, report in REPORTS if tool in asked), "report")
        made: Step = {"type": "synthesize", "kind": kind}
        if step.get("agent") in self.catalog.agents:
            made["agent"] = step["agent"]
        if isinstance(title := config.get("title"), str):
            made["title"] = self.messages.text(title, f"{path}/config/title")
        if config.get("template") or config.get("prompt") or step.get("task"):
            sentence = f"The template is replaced by the sections of a {kind.replace('_', ' ')}."
            self.notes.warn(f"{path}/config", sentence, "Pick among them with `sections`.", "template")
        name = step.get("storeResultAs")
        if not isinstance(name, str):
            name = str(step.get("id")).removeprefix("synthesize_")
            name = name if name not in ("report", "") else f"{kind}"
            made["save_as"] = name
            self.notes.warn(path, f"The report was not stored; it is now saved as {name}.", code="saved")
        self.saved[name] = "report"
        return made | self._tier(step)

    def _notify(self, step: Step, config: Step, path: str) -> Step:
        return self.messages.notify(step, config, path)

    def _create_thread(self, step: Step, config: Step, path: str) -> Step:
        kind = THREADS.get(str(config.get("threadType") or config.get("type")), "general")
        made: Step = {"type": "create_thread", "thread_type": kind}
        title = str(config.get("title") or step.get("name") or step.get("id"))
        made["title"] = self.messages.text(title, f"{path}/config/title")
        if isinstance(body := config.get("message") or config.get("body") or step.get("task"), str):
            made["body"] = self.messages.text(body, f"{path}/config")
        assigned = config.get("assignTo") or []
        if assigned:
            made["assign_to"] = [str(one) for one in (assigned if isinstance(assigned, list) else [assigned])]
        report = self.messages.report()
        campaign = next((name for name, tool in self.saved.items() if tool == "createReengagementCampaign"), None)
        if config.get("attachReport") and report:
            made["attach"] = [{"title": made["title"], "value": report}]
        if kind == "campaign" and campaign:
            made["campaign"] = f"{campaign}.campaign_id"
            made["attach"] = [*made.get("attach", []), {"title": made["title"], "value": campaign}]
        if config.get("autoApprove"):
            self.notes.warn(
                f"{path}/config/autoApprove", "Nothing approves itself here: a person decides.", code="approval"
            )
        return made

    def _condition(self, step: Step, config: Step, path: str) -> Step:
        source = str(config.get("expression") or step.get("expression") or "")
        asked = expression(source) if source else None
        made: Step = {"type": "condition", "if": asked or self._not_understood(source, f"{path}/config/expression")}
        if isinstance(flag := step.get("condition"), str) and flag:
            made["sets"] = flag
        return made

    def _remember(self, step: Step, tool: str) -> None:
        if isinstance(name := step.get("storeResultAs"), str):
            self.saved[name] = tool


def _plain(name: str) -> str:
    return name.replace("_", "").lower()
