"""What object stores say, told as sentences. Pure."""

from __future__ import annotations

import re

from ...errors import DiskFullError, DownloadError

__all__ = ("explained", "gist")

_CODE = re.compile(r"<Code>([^<]{1,80})</Code>")
_MESSAGE = re.compile(r"<Message>([^<]{1,200})")
_STATUS = re.compile(r"status code: (\d{3}[A-Za-z -]*)")
_QUERY = re.compile(r"\?\S*")

# The first line that is found in what the store or obstore said decides. All are in lower case.
_FULL = re.compile(
    r"code: 507|quotaexceeded|insufficientstorage|storagefull|no space left|disk full"
)
_REMEDIES = (
    (
        re.compile(r"169\.254\.|latest/api/token|meta-?data/|token request"),
        "no credentials were found. Put them into the environment, as obstore reads it",
    ),
    (
        re.compile(r"nosuchbucket|containernotfound|code: 404"),
        "there is no such bucket. Create it, or correct the address",
    ),
    (
        re.compile(r"permanentredirect|authorizationheadermalformed|code: 301|code: 307"),
        "the bucket is in another region. Name its region in the environment (AWS_REGION)",
    ),
    (
        re.compile(r"expiredtoken|code: 401|invalidaccesskeyid|signaturedoesnotmatch"),
        "the credentials were not accepted. Renew those in the environment",
    ),
    (
        re.compile(r"code: 403"),
        "access was denied. Allow these credentials to read, write and list there",
    ),
    (
        re.compile(r"badscheme"),
        "the endpoint is not encrypted. Name one with https://, or set AWS_ALLOW_HTTP=true",
    ),
    (
        re.compile(r"code: 501|notimplemented"),
        "the store does not write under a condition. Set AWS_CONDITIONAL_PUT=disabled",
    ),
    (
        re.compile(r"kind: (connect|timeout|request)|error sending request|timed out|dns error"),
        "the store did not answer. Look at the network and the endpoint, and run again",
    ),
)


def explained(address: str, error: BaseException) -> DownloadError:
    """Turn what a store says into what to do; `address` holds no credentials."""
    said = str(error).lower()
    if _FULL.search(said):
        return DiskFullError(
            f"{address} takes no more: there is no space, or a quota is used up ({gist(error)}). "
            "Make room and run again: finished files are kept."
        )
    remedy = next(
        (remedy for found, remedy in _REMEDIES if found.search(said)),
        "the store refused. Correct what it names, or run again",
    )
    return DownloadError(f"{address} cannot be used: {remedy} ({gist(error)}).")


def gist(error: BaseException) -> str:
    """Say in a few words what a store said: the whole may hold signed addresses, or pages."""
    said = str(error).partition("\n\nDebug source")[0]
    named = [
        found[1].strip() for found in (m.search(said) for m in (_STATUS, _CODE, _MESSAGE)) if found
    ]
    if named:
        return ", ".join(named).rstrip(".")
    last = _QUERY.sub("", said.strip().splitlines()[0] if said.strip() else type(error).__name__)
    return last.rpartition(" - ")[2][:200].rstrip(" .:")
