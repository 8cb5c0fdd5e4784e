"""Every error of the product, split by what happens next.

    OpsbookError
    ├── CallerMistake        the caller must change something; repeating it unchanged fails again
    │   ├── InvalidDefinition    a playbook, an expression or a template (exit code 3, HTTP 422)
    │   ├── InvalidInput         an argument, a file or a setting (exit code 2, HTTP 400)
    │   ├── NotFound             (exit code 8, HTTP 404)
    │   ├── NotAllowed           (exit code 9, HTTP 403)
    │   └── Conflict             (exit code 10, HTTP 409)
    ├── RetryLater           the same call may work later; `after_seconds` says when, if somebody knows
    ├── PersonNeeded         credentials, configuration, an outcome that nobody can know
    │   └── BudgetUsedUp         (exit code 11)
    └── NeverWorks           a broken promise of ours or of a plug-in; repeating it is useless

`code` is stable and is what `retry: {on: [...]}` of a step names. No message carries a secret or a value out of a
run's data: messages name places and names only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class OpsbookError(Exception):
    """Something went wrong, `sentence` says what and `cure` says what to do about it."""

    code = "error"
    exit_code = 1
    http_status = 500

    def __init__(self, sentence: str, *, cure: str = "", code: str | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.cure = cure
        if code is not None:
            self.code = code

    def __str__(self) -> str:
        return f"{self.sentence} {self.cure}".rstrip()


@dataclass(frozen=True)
class Place:
    """Where in a text: 1-based line and column, and the file's name where there is one."""

    line: int
    column: int
    file: str | None = None

    def __str__(self) -> str:
        return f"{self.file or '<text>'}:{self.line}:{self.column}"


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a definition: where, what, and how to mend it.

    `path` is the place in the document as keys and indices (`steps/2/then/0/tool`), `code` is stable, `severity`
    is `error` (refused) or `warning` (kept, shown).
    """

    sentence: str
    cure: str = ""
    path: str = ""
    place: Place | None = None
    code: str = "invalid"
    severity: str = "error"

    def __str__(self) -> str:
        where = f"{self.place}: " if self.place else (f"{self.path}: " if self.path else "")
        return f"{where}{self.sentence} {self.cure}".rstrip()


class CallerMistake(OpsbookError):
    """The caller must change something first."""

    code = "caller_mistake"
    exit_code = 2
    http_status = 400


class InvalidDefinition(CallerMistake):
    """A definition is refused; `problems` lists every reason that was found, in document order."""

    code = "invalid_definition"
    exit_code = 3
    http_status = 422

    def __init__(self, sentence: str, *, problems: Sequence[Problem] = (), cure: str = "", code: str | None = None):
        super().__init__(sentence, cure=cure, code=code)
        self.problems = tuple(problems)


class InvalidInput(CallerMistake):
    """An argument, a file or a setting is refused; `field` names it."""

    code = "invalid_input"

    def __init__(self, sentence: str, *, field: str | None = None, cure: str = "", code: str | None = None):
        super().__init__(sentence, cure=cure, code=code)
        self.field = field


class NotFound(CallerMistake):
    """There is no such thing."""

    code = "not_found"
    exit_code = 8
    http_status = 404


class NotAllowed(CallerMistake):
    """The caller has no right to do this, or policy forbids it."""

    code = "not_allowed"
    exit_code = 9
    http_status = 403


class Conflict(CallerMistake):
    """The thing has changed meanwhile, or the same key was used with another content."""

    code = "conflict"
    exit_code = 10
    http_status = 409


RETRYABLE = (
    "timeout",
    "network",
    "rate_limited",
    "http_5xx",
    "busy",
    "delivery_failed",
    "store_unreachable",
    "retry_later",
)  # every code of a `RetryLater`: what `retry: {on: [...]}` can name


class RetryLater(OpsbookError):
    """The same call may work later. Its codes are those of `RETRYABLE`."""

    code = "retry_later"
    http_status = 503

    def __init__(
        self, sentence: str, *, after_seconds: float | None = None, cure: str = "", code: str | None = None
    ) -> None:
        super().__init__(sentence, cure=cure, code=code)
        self.after_seconds = after_seconds


class PersonNeeded(OpsbookError):
    """A person must act first. Codes in use: `credentials`, `not_configured`, `uncertain`, `missing_extra`,
    `missing_index`."""

    code = "person_needed"


class BudgetUsedUp(PersonNeeded):
    """A limit on models would be broken: wait for the next month, raise the limit, or go on without a model."""

    code = "budget_used_up"
    exit_code = 11


class NeverWorks(OpsbookError):
    """A promise was broken by our code, a plug-in or a reply that makes no sense; repeating it is useless."""

    code = "never_works"
