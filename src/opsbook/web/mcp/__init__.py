"""The Model Context Protocol: playbooks, runs and the tools that only read, for other agents.

`caller` is who asks and what they may; `playbooks`, `runs` and `reading` are the tools, one module for each noun, and
`offers` the list of them; `documents` are the resources; `server` gives all of it to the protocol's library, `door`
stands before it on HTTP and `stdio` on a program's streams. Nothing here writes: runs are started through
`app.operations`, tools are called through the gateway, and both keep their own records.

May lean on `app` and below, and on the rest of `web`; the protocol's library (`opsbook[mcp]`) is known in `answers`,
`server`, `door` and `stdio`, and the whole room is imported only when somebody is served. To add a tool, write its
arguments, its answer and its function beside its noun and name it in `offers` with the right that it takes.
"""
