"""What programs call: health, the cron door, and the REST API under `v1`.

May lean on `app` and on the rest of `web`. A module holds one `router`; `site` names it. Handlers read through records'
queries and start things through `app.operations`; they decide nothing about runs.
"""
