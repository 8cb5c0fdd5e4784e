"""The REST API, one noun a file. Lists are `{"items": [...]}`, refusals problem+json.

May lean on `app` and on `web`'s own modules. To add a noun, write its module with a `router` and name it in `site`.
"""
