"""What changed between two versions of a playbook, as a person would say it: by step id and key, not by line.

`compare` finds the changes, `capabilities` says what a playbook may reach (its tools, agents and channels), `words`
puts schedules and changes into sentences. Pure; nothing here reads a file.
"""

from __future__ import annotations

from opsbook.playbooks.diff.capabilities import Capabilities, capabilities
from opsbook.playbooks.diff.compare import Change, Diff, compare
from opsbook.playbooks.diff.words import render, schedule_words

__all__ = ["Capabilities", "Change", "Diff", "capabilities", "compare", "render", "schedule_words"]
