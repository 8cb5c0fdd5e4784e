"""Texts of dialect A: messages, their severities and channels, and placeholders that nobody stored."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from opsbook.playbooks.importers._expressions import names_in, template
from opsbook.playbooks.importers._notes import Notes

SEVERITIES = {"low": "low", "info": "low", "normal": "normal", "medium": "normal", "warning": "normal"}
SEVERITIES |= {"high": "high", "urgent": "critical", "critical": "critical"}
CHANNELS = {
    "email": "email", "mail": "email", "slack": "slack", "sms": "sms", "dashboard": "dashboard", "in_app": "dashboard",
}  # fmt: skip
REQUESTS = ("prioritize_issues", "generate_recommendations")  # wishes to a writing model, never values
OFFLINE = '{name}.filter(s => s.status === "offline").map(s => s.name).join(", ")'
SHORT = {"getSystemHealth": ".overall"}  # what of an object reads well in a sentence
Step = dict[str, Any]


class Messages:
    """`saved` maps what steps saved so far to the tools that answered, or to `report`."""

    def __init__(self, saved: Mapping[str, str], notes: Notes) -> None:
        self.saved = saved
        self.notes = notes

    def notify(self, step: Step, config: Step, path: str) -> Step:
        made: Step = {"type": "notify", "channels": self._channels(config, path)}
        to = config.get("recipients") or config.get("to") or []
        made["to"] = [str(one) for one in (to if isinstance(to, list) else [to])]
        severity = str(config.get("severity") or config.get("priority") or "normal").lower()
        if severity not in SEVERITIES:
            self.notes.warn(
                f"{path}/config", f"The severity {severity} is not known; it is now normal.", code="severity"
            )
        made["severity"] = SEVERITIES.get(severity, "normal")
        subject = config.get("subject") or config.get("title") or step.get("name") or step.get("id")
        made["subject"] = self.text(str(subject), f"{path}/config/subject")
        body = config.get("message") or config.get("body") or step.get("task")
        if isinstance(body, str) and body.strip():
            made["body"] = self.text(body, f"{path}/config/message")
            return made
        report = self.report()
        made["body"] = f"{{{{ {report} }}}}" if report else made["subject"]
        what = f"the report {report}" if report else "its subject"
        self.notes.warn(f"{path}/config", f"The message had no text; it now says {what}.", code="body")
        return made

    def report(self) -> str | None:
        """The name of the report that was written last."""
        return next((name for name in reversed(list(self.saved)) if self.saved[name] == "report"), None)

    def _channels(self, config: Step, path: str) -> list[str]:
        given = config.get("channels") or config.get("channel") or ["dashboard"]
        found: list[str] = []
        for one in given if isinstance(given, list) else [given]:
            channel = CHANNELS.get(str(one).lower())
            if channel is None:
                self.notes.warn(
                    f"{path}/config/channels", f"There is no channel {one} here; left out.", code="left_out"
                )
            elif channel not in found:
                found.append(channel)
        return found or ["dashboard"]

    def text(self, source: str, path: str) -> str:
        """The text in our language. What no step stores is derived where that is possible, else taken out and told."""
        found = template(source)
        if found is None:
            self.notes.warn(path, "This text's placeholders are not understood; they are shown as words.", code="text")
            return re.sub(r"\{\{|\}\}|\{%|%\}", "", source)
        for name in sorted(names_in(found)):
            found = self._resolved(found, name, path)
        return found

    def filled(self, value: Any) -> Any:
        """A configured value with its placeholders in our language."""
        if isinstance(value, str):
            return template(value) or value
        if isinstance(value, list):
            return [self.filled(item) for item in value]
        return {key: self.filled(item) for key, item in value.items()} if isinstance(value, dict) else value

    def _resolved(self, text: str, name: str, path: str) -> str:
        alone = re.compile(r"\{\{\s*" + re.escape(name) + r"\s*\}\}")
        status = next((saved for saved, tool in self.saved.items() if tool == "getIntegrationStatus"), None)
        if name == "offline_services" and status:
            self.notes.warn(path, f"offline_services, which nobody stored, is read from {status}.", code="derived")
            return alone.sub(lambda match: "{{ " + OFFLINE.format(name=status) + " }}", text)
        if name in REQUESTS:
            self.notes.warn(path, f"{name} is a wish and no value; the report has a section for it.", code="left_out")
            return alone.sub("", text)
        tool = self.saved.get(name)
        if tool is None or tool == "report" or not alone.search(text):
            return text
        report = self.report()
        shown = f"{{{{ {name}{SHORT[tool]} }}}}" if tool in SHORT else f"{{{{ {report} }}}}" if report else f"({name})"
        self.notes.warn(path, f"{name} is an object and no text; it now reads {shown}.", code="derived")
        return alone.sub(lambda match: shown, text)
