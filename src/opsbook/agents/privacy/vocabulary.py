"""The words that may stand in a text of somebody's and tell of nobody: what machines say of themselves."""

from __future__ import annotations

_JOINS = """
of and the & de la le van von der den di da del du al el bin
"""
_PERSONS = """
user customer client member account owner contact patient driver buyer person name named
"""
_AFTER_PERSONS = """
a an and are as at be been by can cannot could did do does for from had has have id ids in is it its may must
name names no not of on or was were who whose will with without email mail phone address account accounts record
records data login logins session sessions page table query request requests token tokens service list lists
lookup profile profiles role roles status state failed missing deleted created updated exists unknown invalid
locked
"""
_KNOWN = """
a access account aeropay after all alleaves already an and api are as at auth authentication authorization
backend bad batch be before blackleaf body broken buffer build bulk but by cache calendar call cannot cannpay
card cart certificate charge check checkout client closed cloud code column commit config configuration conflict
connection constraint could cpu create cron csv customer data database deadlock delivery denied deploy
deprecated did disk dns does down drive due duplicate e edge email empty endpoint entity error event exceeded
exception expired export fail failed failure fatal fetch field file filter firebase firestore for forbidden
foreign format from gateway get gmail gmt google got graphql group had has header health host http https hubspot
i id if import in index insert internal into invalid inventory invoice is it item job json jwt key latency limit
list load lock log login long lookup lost mail mailjet malformed memory menu message method migration missing
model module more mysql network no none not null number object of offline ok on online or order orders out over
page parameter parse patch payload payment payout permission please pool port post postgres process product
profile provider proxy put query queue quota rate read record redis refund refused rejected relation render
replica report request required reset resource response rest result retry retrying role rollback route row rpc
rule s scheduler schema search select send sent server service session set shard sheets signature signup skipped
slack slow smtp socket sql ssl stale status step stock stop storage store stream stripe sync syntax system t
table task tcp template tenant terminated the there this thread throttled ticket time timed timeout tls to token
too transaction true type unable unauthorized unavailable unexpected unhandled unique unknown unreachable update
upload upstream url user utc valid validation value version wait warning was webhook when while will with worker
write xml you your web site mobile admin frontend scheduler mailer importer billing search
"""
_ERRORS = """
ECONNREFUSED ECONNRESET ETIMEDOUT ENOTFOUND EPIPE EACCES ENOENT EAI_AGAIN EHOSTUNREACH ENOSPC EMFILE OOM
"""

JOINS = frozenset(_JOINS.split())  # between the words of one name
PERSONS = frozenset(_PERSONS.split())  # before a name
AFTER_PERSONS = frozenset(_AFTER_PERSONS.split())  # behind such a word, and no name
KNOWN = frozenset(_KNOWN.split())  # in small letters or with a capital
ERRORS = frozenset(_ERRORS.split())  # in capitals
ENDS = ("Error", "Exception", "Timeout", "Warning", "Failure", "Refused")  # of the name of an error
