"""Typed results of delegated work: what a model is asked for, how its answer is read, and what stands in for it.

May lean on the agents' facts, prose and checking, and on everything below. `schema` is what a model sees, `reading`
holds an answer against schema and facts, `filling` computes what no model is asked for and what none has answered. A
type of field more is added in all three. Pure.
"""
