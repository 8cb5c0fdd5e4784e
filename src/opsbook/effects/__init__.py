"""The one door for whatever acts outside: the ledger, the delivery of messages to people, the mirror of our records.

May lean on integrations, records, playbooks and sdk. An effect is one recipient under one key; `ledger` commits that it
is started before it leaves, knows what to do with one whose outcome was lost, and never sends one twice that its
connector's class cannot take twice. `mirror` follows the records into the platform's own collections, in the shapes of
`mirrored`. To add a way out to people, write a connector into its system's `actions.py`: nothing here names one.
"""
