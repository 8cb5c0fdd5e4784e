"""The one ASGI app: the cron door, the REST API, the door for other agents and health.

May lean on `app` and below; web frameworks are known here and in `cli` only. What it shows comes from the records'
queries, what it starts goes through `app.operations`. To add a door, write a module in `api/` (or `api/v1/`) with a
`router`, and name it in `site`. Every route needs a bearer token unless `site` exempts its route object.
"""
