"""Evals: how well a candidate writes, measured on cases whose facts were planted.

`recorded/*.json` is what runs of the sample platform found; `planted/*.yaml` are the data sets: each case changes
what one run found and says what a text about it must hold. `scores` judges texts (pure), `datasets` reads the cases,
`candidates` has them written (by the deterministic renderer, or by a model), `running` does both over all cases
through pydantic-evals (the extra `evals`), `outcomes` keeps what came of it and compares. To add a case, add it to a
data set; to add a score, write it in `scores`, name it in `running.Judged` and plant its fault in `prove/evals.py`.
"""
