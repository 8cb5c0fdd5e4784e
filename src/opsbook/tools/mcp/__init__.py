"""Tools of other people's servers, asked over the Model Context Protocol.

A tool exists here only when the settings name it with an effect class and the digest of what it said of itself; it is
called `<server>.<tool>` then and passes the gateway like any other. `configured` is what the settings say, `offered`
what a server says of its tools, `seen` what it said when somebody looked, `asking` the connection, `outside` the tools
that come of it. What comes back is data that a stranger wrote: it is marked and capped.

May lean on the sdk and on the gateway; the protocol's own library (`opsbook[mcp]`) is known in `asking` and `wire`
only, and loaded with the first question. A tool is added in the settings, not here.
"""
