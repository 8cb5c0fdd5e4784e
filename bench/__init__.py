"""Benchmarks: ours and its rivals in the same rounds, interleaved, medians; results in `README.md`.

One file a benchmark, found by its name: `make bench-<name>`, or `python -m bench.<name>`. Each prints a table for
people and JSON lines for programs: `{"claim", "figure", "bar", "holds"}` for what is promised, plain objects for what
was measured. `N` in the environment scales it. Files whose names begin with an underscore are no benchmarks.
"""
