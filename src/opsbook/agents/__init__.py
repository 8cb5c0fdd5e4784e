"""Who works in a run: the roster, the desk where work is handed out, and the reports that are written.

May lean on tools, inbox, effects, warehouse, integrations, records, playbooks and sdk. To add an agent, write
`roster/<id>.md` (or put it into the deployment's own roster folder). To add a report kind, write
`reports/<kind>.py` with a `REPORT`. A figure reaches a report only as a fact of the run's evidence.
"""
