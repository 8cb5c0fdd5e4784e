"""Who is told of the work of runs: spans, sent to an OpenTelemetry collector.

May lean on sdk only, and alone knows the library of OpenTelemetry, which is imported when a collector is set up and not
before. Nothing here knows a run's content: what a span says is decided where the work is done, by names. To add another
receiver, write a module with a class that keeps `sdk.tracing.Tracer`, and choose it in `app/tracing.py`.
"""
