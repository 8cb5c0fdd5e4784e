"""The outside systems: one folder a system, found by its name, with the same file names in each.

May lean on records, playbooks and sdk; a system never imports another one. Every folder holds

    __init__.py   NAME and KIND, so that a system can be listed without loading it; FAMILY where the settings name
                  any number of such systems, each with an id of its own
    client.py     Config (every field described, with its environment name) and INTEGRATION with `ask`, the probe
    actions.py    connectors, where the system can carry a message to a person
    documents.py  its documents, where it is a store of them that is read or mirrored into
    <records>.py  a feed, where it tells of records that are read into the warehouse: `contacts.py`, `orders.py`
    hooks.py      HOOK, where the system can call us: how a delivery proves itself and what it says
    README.md     what it does, its settings, its probe, its contract's source, and what was never tried
    quality.yaml  what it says of every rule of the scale in `quality`: done, todo or exempt, the last two with a reason

To add a system, make a folder named after its id with these files; nothing else lists it. The conformance suite in
`tests/integrations` then asks for its sample settings and good answers, and tries what `quality.yaml` says. Files whose
names begin with an underscore are shared pieces: `_system` (settings and the probe's frame), `_verdicts` (what an
answer means), `_shares` (how much of its day a way out has had), `_mail` (how a mail is written), `_posting` (what
became of a message that was posted), `_patience` (asking again), `_tokens`, `_google` (the account
of Google's systems) with `_google_tokens`, `_service_account` and `_rsa`.
`_standard_webhooks` and `_cloud_events` are the doors of a deployment's own, `hooks` finds all doors.
`configuration` makes the systems of a deployment, `monitor` probes them, `catalog` lists them, `quality` grades them;
`references` fetches the secrets that settings refer to, before that.
"""
