"""Every claim of ours that carries a figure, each with the program that measures it.

One file a family, found by its name: `python -m prove.<family>` prints one JSON line a claim, `{"claim", "figure",
"bar", "holds"}`, and nothing else on the standard output. `N` in the environment scales it. `python -m prove` runs them
all.
"""
