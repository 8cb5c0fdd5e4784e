"""Documents with something wrong. `▶` stands where the problem is told; it is taken out before reading."""

from __future__ import annotations

from dataclasses import dataclass

MARK = "▶"
HEAD = "id: a_playbook\nname: A playbook\n"
WAIT = "{id: w, type: wait, for: 1s}"


@dataclass(frozen=True)
class Bad:
    """`cure` is a part of the cure that must be said; `severity` error unless told."""

    name: str
    marked: str
    code: str
    cure: str
    severity: str = "error"

    @property
    def text(self) -> str:
        return self.marked.replace(MARK, "")

    @property
    def place(self) -> tuple[int, int]:
        before = self.marked[: self.marked.index(MARK)]
        return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


def steps(*lines: str) -> str:
    """A playbook of these steps, each a line in flow style."""
    return f"{HEAD}steps:\n" + "".join(f"  - {line}\n" for line in lines)


TEXTS = [
    Bad("nothing", f"{MARK}", "empty", "begins with `id:`"),
    Bad("only a comment", f"{MARK}# nothing here\n", "empty", "begins with"),
    Bad("a list", f"{MARK}- a\n- b\n", "wrong_type", "Begin with `id:`"),
    Bad("a word", f"{MARK}hello\n", "wrong_type", "Begin with `id:`"),
    Bad("a duplicate key", f"id: a_playbook\nname: A\n{MARK}id: other\n", "duplicate_key", "Keep one"),
    Bad("an anchor", f"id: {MARK}&x a_playbook\nname: A\n", "anchor", "quote a text that begins with &"),
    Bad("an alias", f"id: a_playbook\nname: {MARK}*x\n", "alias", "quote a text that begins with *"),
    Bad(
        "a tag", f"id: a_playbook\nname: {MARK}!!python/object:os.system x\n", "tag", "quote a text that begins with !"
    ),
    Bad("a merge key", f"{HEAD}policy:\n  {MARK}<<: {{timeout: 1m}}\n", "merge_key", "Write the keys out"),
    Bad("a second document", f"{HEAD}{MARK}---\nid: b\n", "several_documents", "a file of its own"),
    Bad("a directive", f"%YAML 1.1\n{MARK}---\n{HEAD}", "directive", "begins with %"),
    Bad("a NUL", f"id: a\nname: x{MARK}\0y\n", "character", "Take it out"),
    Bad("a control character", f"id: a\nname: x{MARK}\x07y\n", "character", "Take it out"),
    Bad("a NUL by escape", f'id: a\nname: {MARK}"x\\0y"\n', "character", "Take it out"),
    Bad("half a character", f'{{"id": "a", "name": {MARK}"\\ud800"}}', "character", "Take it out"),
    Bad("a tab", f"id: a\npolicy:\n{MARK}\ttimeout: 1m\n", "syntax", "blanks"),
    Bad("a colon in a name", f"id: a\nname: Report{MARK}: daily\n", "syntax", "in quotes"),
    Bad("an open bracket", f"id: a\nsteps: [{{id: a\n{MARK}", "syntax", "brackets"),
    Bad("an open quote", f'id: a\nname: "open\n{MARK}', "syntax", "quotes"),
    Bad("a list as a key", f"? {MARK}[a, b]\n: 1\n", "key", "plain words"),
    Bad("a number beyond exactness", f"{HEAD}labels: {{n: {MARK}9007199254740993}}\n", "number", "quotes"),
    Bad("a number beyond floats", f"{HEAD}labels: {{n: {MARK}1.5e301}}\n", "number", "quotes"),
    Bad("too long", f"{MARK}# " + "x" * 65_536, "too_long", "Split it"),
]

SHAPES = [
    Bad("no name", f"{MARK}id: a_playbook\nsteps: [{WAIT}]\n", "missing_key", "Add a name"),
    Bad("no steps", f"{MARK}id: a_playbook\nname: A\n", "missing_key", "at least one step"),
    Bad("no step in steps", f"{HEAD}steps: {MARK}[]\n", "wrong_length", ""),
    Bad("an id that is none", f"id: {MARK}Not-An-Id\nname: A\nsteps: [{WAIT}]\n", "bad_id", "small letters"),
    Bad("a misspelt key", f"{HEAD}{MARK}step: []\nsteps: [{WAIT}]\n", "unknown_key", "Did you mean steps?"),
    Bad(
        "a camelCase key",
        f"{HEAD}polic: 1\n".replace("polic", f"{MARK}Policy") + f"steps: [{WAIT}]\n",
        "unknown_key",
        "Did you mean policy?",
    ),
    Bad("a name that is a number", f"id: a_playbook\nname: {MARK}12\nsteps: [{WAIT}]\n", "wrong_type", "quotes"),
    Bad("yes is a text", f"{HEAD}enabled: {MARK}yes\nsteps: [{WAIT}]\n", "wrong_type", "true or false"),
    Bad(
        "a number in quotes",
        f'{HEAD}policy: {{budget: {{usd_per_run: {MARK}"1"}}}}\nsteps: [{WAIT}]\n',
        "wrong_type",
        "without quotes",
    ),
    Bad("steps that are an object", f"{HEAD}steps: {MARK}{{a: 1}}\n", "wrong_type", "dash"),
    Bad("a step that is a word", f"{HEAD}steps: [{MARK}wait]\n", "wrong_type", ""),
    Bad("a step without an id", steps(f"{MARK}{{type: wait, for: 1s}}"), "missing_key", "an id"),
    Bad("a step without a type", steps(f"{MARK}{{id: a}}"), "missing_key", "type"),
    Bad(
        "a key of another type", steps(f"{{id: a, type: wait, for: 1s, {MARK}tool: x}}"), "unknown_key", "keys here are"
    ),
    Bad(
        "a misspelt step key",
        steps(f"{{id: a, type: wait, fro: 1s}}".replace("fro", f"{MARK}timout: 1s, for")),
        "unknown_key",
        "Did you mean timeout?",
    ),
    Bad(
        "an earlier system's key",
        steps(f"{{id: a, type: set, values: {{x: 1}}, {MARK}saveAs: y}}"),
        "unknown_key",
        "Did you mean save_as?",
    ),
    Bad(
        "our code's own key",
        steps(f"{{id: a, type: tool_call, tool: crmGetStats, {MARK}with_: {{}}}}"),
        "unknown_key",
        "Did you mean with?",
    ),
    Bad(
        "a key called fields",
        steps(f"{{id: a, type: wait, {MARK}fields: {{for: 1s}}}}"),
        "unknown_key",
        "beside `type`",
    ),
    Bad("a duration without a unit", steps(f"{{id: a, type: wait, for: {MARK}5}}"), "bad_duration", "a unit"),
    Bad(
        "a duration in words", f"{HEAD}policy: {{timeout: {MARK}ten minutes}}\nsteps: [{WAIT}]\n", "bad_duration", "10m"
    ),
    Bad("no duration at all", f"{HEAD}policy: {{timeout: {MARK}0s}}\nsteps: [{WAIT}]\n", "bad_duration", "10m"),
    Bad(
        "no time zone",
        f'{HEAD}triggers: [{{schedule: {MARK}{{cron: "0 9 * * *"}}}}]\nsteps: [{WAIT}]\n',
        "missing_key",
        "timezone: America/New_York",
    ),
    Bad(
        "EST",
        f'{HEAD}triggers: [{{schedule: {{cron: "0 9 * * *", timezone: {MARK}EST}}}}]\nsteps: [{WAIT}]\n',
        "bad_timezone",
        "",
    ),
    Bad(
        "a zone that is not there",
        f'{HEAD}triggers: [{{schedule: {{cron: "0 9 * * *", timezone: {MARK}America/NewYork}}}}]\nsteps: [{WAIT}]\n',
        "bad_timezone",
        "America/New_York",
    ),
    Bad(
        "four cron fields",
        f'{HEAD}triggers: [{{schedule: {{cron: {MARK}"0 9 * *", timezone: UTC}}}}]\nsteps: [{WAIT}]\n',
        "bad_cron",
        "day-of-week",
    ),
    Bad(
        "a 25th hour",
        f'{HEAD}triggers: [{{schedule: {{cron: {MARK}"0 25 * * *", timezone: UTC}}}}]\nsteps: [{WAIT}]\n',
        "bad_cron",
        "0 9 * * 1-5",
    ),
    Bad(
        "a trigger of two kinds",
        f'{HEAD}triggers:\n  - {MARK}event: a.b\n    schedule: {{cron: "0 9 * * *", timezone: UTC}}\nsteps: [{WAIT}]\n',
        "wrong_value",
        "",
    ),
    Bad(
        "an event that is none",
        f"{HEAD}triggers: [{{event: {MARK}A B}}]\nsteps: [{WAIT}]\n",
        "bad_id",
        "customer.created",
    ),
    Bad(
        "a misspelt choice",
        f'{HEAD}triggers: [{{schedule: {{cron: "0 9 * * *", timezone: UTC, misfire: {MARK}lastest}}}}]\n'
        f"steps: [{WAIT}]\n",
        "wrong_value",
        "Did you mean latest?",
    ),
    Bad(
        "a misspelt severity",
        steps(f"{{id: a, type: notify, channels: [email], subject: x, body: y, severity: {MARK}hihg}}"),
        "wrong_value",
        "Did you mean high?",
    ),
    Bad(
        "on_error that is none",
        steps(f"{{id: a, type: wait, for: 1s, on_error: {MARK}ignore}}"),
        "wrong_value",
        "continue",
    ),
    Bad(
        "on_error with a misspelt key",
        steps(f"{{id: a, type: wait, for: 1s, on_error: {{{MARK}step: [], steps: [{WAIT}]}}}}"),
        "unknown_key",
        "Did you mean steps?",
    ),
    Bad(
        "eleven attempts",
        steps(f"{{id: a, type: wait, for: 1s, retry: {{max_attempts: {MARK}11}}}}"),
        "out_of_range",
        "",
    ),
    Bad("a wait without an end", steps(f"{MARK}{{id: a, type: wait}}"), "wrong_value", ""),
    Bad(
        "a case of two kinds",
        steps(f'{{id: a, type: switch, on: today, cases: [{MARK}{{is: 1, when: "true", do: [{WAIT}]}}]}}'),
        "wrong_value",
        "",
    ),
    Bad("no branches", steps(f"{{id: a, type: parallel, branches: {MARK}{{}}}}"), "wrong_length", ""),
    Bad(
        "an input of no type",
        f"{HEAD}inputs: {{n: {{type: {MARK}int}}}}\nsteps: [{WAIT}]\n",
        "wrong_value",
        "Write one of",
    ),
    Bad(
        "a save_as that is no name",
        steps(f"{{id: a, type: set, values: {{x: 1}}, save_as: {MARK}my result}}"),
        "bad_id",
        "A name",
    ),
]

MEANINGS = [
    Bad(
        "an unknown step type",
        steps(f"{{id: a, type: {MARK}tool_cal, tool: x}}"),
        "unknown_step_type",
        "Did you mean tool_call?",
    ),
    Bad(
        "an unknown tool",
        steps(f"{{id: a, type: tool_call, tool: {MARK}getSystemHealt}}"),
        "unknown_tool",
        "getSystemHealth",
    ),
    Bad(
        "an unknown argument",
        steps(
            f"{{id: a, type: tool_call, tool: crmGetStats, with: {{{MARK}perod: last_24_hours}}}}".replace(
                f"{MARK}perod: last_24_hours", f"perod: {MARK}last_24_hours"
            )
        ),
        "unknown_argument",
        "Did you mean period?",
    ),
    Bad(
        "a bad argument",
        steps(f"{{id: a, type: tool_call, tool: crmGetStats, with: {{period: {MARK}yesterday}}}}"),
        "bad_argument",
        "last_24_hours",
    ),
    Bad(
        "an argument that is no choice",
        steps(f"{{id: a, type: tool_call, tool: crmGetStats, with: {{include_metrics: [{MARK}signup]}}}}"),
        "bad_argument",
        "Did you mean signups?",
    ),
    Bad(
        "a missing argument",
        steps(f"{{id: a, agent: craig, type: tool_call, tool: createReengagementCampaign, with: {MARK}{{}}}}"),
        "missing_argument",
        "audience",
    ),
    Bad(
        "arguments that are none",
        steps(f"{{id: a, type: tool_call, tool: crmGetStats, with: {MARK}[period]}}"),
        "wrong_type",
        "name: value",
    ),
    Bad(
        "an unknown system",
        steps(f"{{id: a, type: tool_call, tool: getIntegrationStatus, with: {{integrations: [{MARK}gmial]}}}}"),
        "unknown_integration",
        "Did you mean gmail?",
    ),
    Bad("an unknown agent", HEAD + f"agent: {MARK}leon\nsteps: [{WAIT}]\n", "unknown_agent", "Did you mean leo?"),
    Bad(
        "a step's unknown agent",
        steps(f"{{id: a, agent: {MARK}lino, type: synthesize}}"),
        "unknown_agent",
        "Did you mean linus?",
    ),
    Bad(
        "a delegate that is not there",
        steps(f"{{id: a, type: delegate, to: {MARK}pop, task: x}}"),
        "unknown_agent",
        "Did you mean pops?",
    ),
    Bad(
        "a tool that an agent may not use",
        steps(f"{{id: a, agent: pops, type: tool_call, tool: {MARK}crmGetStats}}"),
        "tool_not_allowed",
        "leo",
    ),
    Bad(
        "a tool that the delegate may not use",
        HEAD + "agent: leo\nsteps:\n  - id: a\n    type: delegate\n    to: pops\n    task: x\n"
        f"    tools: [{{tool: {MARK}getRevenueMetrics}}]\n",
        "tool_not_allowed",
        "jack",
    ),
    Bad(
        "a delegation that is not allowed",
        HEAD + f"agent: pops\nsteps: [{{id: a, type: delegate, to: {MARK}jack, task: x}}]\n",
        "delegation_not_allowed",
        "delegates to nobody",
    ),
    Bad(
        "an agent without a tool of its own",
        HEAD
        + f"agent: leo\nsteps: [{MARK}{{id: a, type: delegate, to: mrs_parker, task: x}}]\n".replace(
            f"{MARK}{{id: a, type: delegate, to: ", f"{{id: a, type: delegate, to: {MARK}"
        ),
        "no_tool",
        "List the tools",
    ),
    Bad(
        "an unknown channel",
        steps(f"{{id: a, type: notify, channels: [{MARK}emial], subject: x, body: y}}"),
        "unknown_channel",
        "email",
    ),
    Bad(
        "an alert's unknown channel",
        steps(WAIT) + f'alerts: [{{id: r, expr: "true", notify: [{MARK}slak]}}]\n',
        "unknown_channel",
        "slack",
    ),
    Bad(
        "an error that cannot pass",
        steps(f"{{id: a, type: wait, for: 1s, retry: {{on: [{MARK}timeouts]}}}}"),
        "unknown_error_code",
        "Did you mean timeout?",
    ),
    Bad("two steps of one id", steps(WAIT, f"{{id: {MARK}w, type: wait, for: 1s}}"), "duplicate_id", "of its own"),
    Bad(
        "two criteria of one id",
        steps(WAIT) + f'success: [{{id: c, expr: "true"}}, {{id: {MARK}c, expr: "true"}}]\n',
        "duplicate_id",
        "",
    ),
    Bad(
        "a name given twice",
        steps(
            "{id: a, type: set, values: {x: 1}, save_as: n}",
            f"{{id: b, type: set, values: {{y: 1}}, save_as: {MARK}n}}",
        ),
        "duplicate_name",
        "once",
    ),
    Bad(
        "a name that every run has",
        steps(f"{{id: a, type: set, values: {{x: 1}}, save_as: {MARK}today}}"),
        "reserved_name",
        "another",
    ),
    Bad(
        "a name that nobody gives",
        steps(
            "{id: a, type: set, values: {counted: [1]}}", f"{{id: b, type: condition, if: {MARK}cuonted.length > 0}}"
        ),
        "unknown_name",
        "Did you mean counted?",
    ),
    Bad(
        "a name in a text",
        steps(f'{{id: a, type: notify, channels: [email], subject: "On {{{{ {MARK}tody }}}}", body: x}}'),
        "unknown_name",
        "Did you mean today?",
    ),
    Bad(
        "a name read too early",
        steps(f"{{id: a, type: condition, if: {MARK}later === 1}}", "{id: b, type: set, values: {later: 1}}"),
        "read_too_early",
        "Move the step b",
    ),
    Bad(
        "a condition guarded by its own flag",
        steps(f'{{id: a, type: condition, when: {MARK}flag, if: "today === date", sets: flag}}'),
        "read_too_early",
        "Move the step a",
    ),
    Bad(
        "a flag that nobody sets",
        steps(f'{{id: a, type: wait, for: 1s, when: "!{MARK}has_customers"}}'),
        "unknown_flag",
        "",
    ),
    Bad(
        "a flag with a near name",
        steps(
            '{id: c, type: condition, if: "today === date", sets: any_offline}',
            f"{{id: a, type: wait, for: 1s, when: {MARK}any_ofline}}",
        ),
        "unknown_flag",
        "Did you mean any_offline?",
    ),
    Bad(
        "a step that is not there",
        steps(
            "{id: count, type: set, values: {x: 1}}",
            f'{{id: b, type: set, values: {{y: "{{{{ steps.{MARK}cuont.output }}}}"}}}}',
        ),
        "unknown_step",
        "Did you mean count?",
    ),
    Bad(
        "a step's field that is not there",
        steps(WAIT, f'{{id: b, type: set, values: {{y: "{{{{ steps.w.{MARK}outputs }}}}"}}}}'),
        "unknown_field",
        "Did you mean output?",
    ),
    Bad(
        "a later step",
        steps(f'{{id: b, type: set, values: {{y: "{{{{ steps.{MARK}w.output }}}}"}}}}', WAIT),
        "read_too_early",
        "after that step",
    ),
    Bad(
        "an input that is not declared",
        f'{HEAD}inputs: {{region: {{type: string}}}}\nsteps:\n  - {{id: a, type: set, values: {{y: "{{{{ inputs.{MARK}regoin }}}}"}}}}\n',
        "unknown_input",
        "Did you mean region?",
    ),
    Bad(
        "a run's field that is not there",
        steps(f'{{id: a, type: set, values: {{y: "{{{{ run.{MARK}ident }}}}"}}}}'),
        "unknown_field",
        "id",
    ),
    Bad(
        "a secret",
        steps(f'{{id: a, type: set, values: {{y: "{{{{ {MARK}secrets.KEY }}}}"}}}}'),
        "secret",
        "settings of its integration",
    ),
    Bad(
        "a criterion's unknown name",
        steps(WAIT) + f"success: [{{id: c, expr: {MARK}nothing_here > 1}}]\n",
        "unknown_name",
        "",
    ),
    Bad(
        "a rule's subject without subjects",
        steps(WAIT) + f'alerts: [{{id: r, expr: "true", message: "{{{{ {MARK}subject.name }}}}"}}]\n',
        "unknown_name",
        "`subjects`",
    ),
    Bad(
        "a branch's name outside",
        steps(
            "{id: p, type: parallel, branches: {one: [{id: a, type: set, values: {x: 1}}]}}",
            f"{{id: b, type: condition, if: {MARK}x === 1}}",
        ),
        "out_of_scope",
        "Read the step p",
    ),
    Bad(
        "an item outside its loop",
        steps(
            '{id: f, type: foreach, items: "[1]", do: [{id: a, type: wait, for: 1s}]}',
            f"{{id: b, type: condition, if: {MARK}item === 1}}",
        ).replace("type: wait, for: 1s", "type: set, values: {x: 1}"),
        "unknown_name",
        "",
    ),
    Bad(
        "a report of what nobody saved",
        steps("{id: a, type: set, values: {found: 1}}", f"{{id: r, type: synthesize, inputs: [{MARK}fuond]}}"),
        "unknown_name",
        "Did you mean found?",
    ),
    Bad("an expression that ends", steps(f'{{id: a, type: condition, if: "today ==={MARK}"}}'), "expression", ""),
    Bad("an assignment", steps(f'{{id: a, type: condition, if: "today {MARK}= date"}}'), "expression", "=="),
    Bad(
        "a text that does not close",
        steps(f'{{id: a, type: set, values: {{x: "{MARK}{{{{ today"}}}}'),
        "expression",
        "Close it",
    ),
    Bad(
        "a condition that is a number",
        steps(f"{{id: a, type: condition, if: {MARK}today.length}}"),
        "not_a_condition",
        "> 0",
    ),
    Bad(
        "a guard that is a list",
        steps(f'{{id: a, type: wait, for: 1s, when: {MARK}"[1].filter(x => x > 0)"}}'),
        "not_a_condition",
        "Compare",
    ),
    Bad(
        "a wait in a branch",
        steps(f"{{id: f, type: foreach, items: '[1]', do: [{{id: a, type: {MARK}wait, for: 1s}}]}}"),
        "not_in_branch",
        "Put it before or after f",
    ),
    Bad(
        "a playbook in a branch",
        steps(f"{{id: p, type: parallel, branches: {{x: [{{id: a, type: {MARK}playbook, playbook: other_one}}]}}}}"),
        "not_in_branch",
        "a playbook of its own",
    ),
]

WARNINGS = [
    Bad("a guard that never holds", steps(f'{{id: a, type: wait, for: 1s, when: {MARK}"false"}}'), "unreachable", "condition", "warning"),
    Bad("a dead block", steps(f'{{id: a, type: condition, if: "1 > 2", then: {MARK}[{WAIT}]}}'), "unreachable", "condition", "warning"),
    Bad("an else that is dead", steps(f'{{id: a, type: condition, if: "true", else: {MARK}[{WAIT}]}}'), "unreachable", "condition", "warning"),
    Bad("a step after an assertion that fails", steps('{id: a, type: assert, that: "false"}', f"{MARK}{WAIT}"), "unreachable", "", "warning"),
    Bad("a case behind a certain one", steps(f'{{id: a, type: switch, cases: [{{when: "true", do: [{WAIT}]}}, {MARK}{{when: "today === date", do: '
        "[{id: v, type: wait, for: 1s}]}]}"), "unreachable", "", "warning"),
    Bad("a limit beyond the run's", f"{HEAD}policy: {{timeout: 1m}}\nsteps: [{{id: a, type: wait, for: 1s, timeout: {MARK}5m}}]\n",
        "timeout_too_long", "policy.timeout", "warning"),
    Bad("a name of a guarded step", steps('{id: c, type: condition, if: "today === date", sets: flag}',
        "{id: a, type: set, when: flag, values: {found: 1}}", f"{{id: b, type: condition, if: {MARK}found === 1}}"), "maybe_unknown", "Guard", "warning"),
    Bad("a name of one branch of a choice", steps('{id: c, type: condition, if: "today === date", then: [{id: a, type: set, values: {found: 1}}]}',
        f"{{id: b, type: condition, if: {MARK}found === 1}}"), "maybe_unknown", "Guard", "warning"),
    Bad("a default for a name that nobody gives", steps(f'{{id: a, type: set, values: {{x: "{{{{ {MARK}missing ?? 1 }}}}"}}}}'),
        "unknown_name", "", "warning"),
]  # fmt: skip
