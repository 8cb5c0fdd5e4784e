"""A run, from trigger to record: accepted durably, planned purely, carried out in segments, judged at its end.

`acceptance` starts one, `plan` says what comes next (pure), `segment` carries it out, `verdict` judges it, `engine` is
the port to the durable engine with `durable` and `memory` behind it, `schedule` computes slots and `clockwork` turns
them into runs. May lean on everything below; writes the run's own records and nobody else's. To add an
engine, write a module that fulfils `engine.Engine` and have the composition root hand it in.
"""
