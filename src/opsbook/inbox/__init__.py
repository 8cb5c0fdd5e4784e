"""What people answer and what people are told: threads, campaign drafts, notifications, and who these people are.

May lean on effects, records, playbooks and sdk. `people` resolves names; `threads` opens, appends to and closes
threads; `campaigns` drafts what waits for a person, with `letters` and `paragraphs` writing, `told` keeping the facts
of each letter, `compliance` reading and `consent` deciding who may be written to at all; `notifications` is the
dashboard's own connector.

`approvals` asks for decisions and takes them: `questions` says what is frozen and who may decide, `deciding` judges,
`deadlines` says what time does, `summons` tells people with the words of `invitations` and the links of `passes`,
`amending` edits a letter and voids what was approved. `sender` lets approved letters leave past the `gate`, and
`steering` is what a person does with a campaign meanwhile. What leaves the house leaves through effects.

To add something that people answer, give it a table under `records/tables`, a repository beside it, and one module
here that is the only one to write it.
"""
