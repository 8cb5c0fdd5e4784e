"""What the errors of SES mean."""

from __future__ import annotations

from opsbook.integrations._verdicts import CODE, at, peek
from opsbook.sdk.http import Reply

BAD_CREDENTIALS = frozenset(
    {
        "AccessDeniedException",
        "ExpiredTokenException",
        "IncompleteSignatureException",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "MissingAuthenticationTokenException",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
OUR_ACCOUNT = frozenset({"AccountSuspendedException", "MailFromDomainNotVerifiedException", "SendingPausedException"})
THROTTLES = frozenset({"Throttling", "ThrottlingException", "TooManyRequestsException"})


def code_of(reply: Reply) -> str:
    """The name of the error, which stands in a header or in the body, perhaps between a namespace and an address."""
    told = reply.headers.get("x-amzn-errortype") or at(peek(reply), "__type") or at(peek(reply), "code")
    name = str(told or "").partition(":")[0].rpartition("#")[2]
    return name if CODE.fullmatch(name) else ""


def said(reply: Reply) -> str:
    """The prose of the error in lower case, to be looked into and never shown: it can name an address."""
    body = peek(reply)
    return str(at(body, "message") or at(body, "Message") or "").lower()
