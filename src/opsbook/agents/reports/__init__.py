"""The kinds of report, one file each: its name is the kind, `REPORT` its sections in reading order.

A section is a function that reads the run's evidence and writes on the page. Figures are written through
`Page.fact` only. Siblings never import each other; what they share is in files that begin with an underscore.
"""
