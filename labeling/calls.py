"""What every call of the labeling page shares: who asks, about which assignment, what went wrong.

Every answer has a `state`. An error changes nothing and tells the page what to say; the page keeps
what it shows.
"""

from collections.abc import Callable
from typing import Any

from labeling.errors import InvalidLabel, LabelingError, NotAllowed, NotAssigned
from storage import Conflict, NotFound, Session, StorageError
from storage.queries.accounts import Account, account_named

Answer = dict[str, Any]


def guarded(act: Callable[..., Answer], *told: Any) -> Answer:
    """What an act answers, or the error it ended in as an answer."""
    try:
        return act(*told)
    except (LabelingError, StorageError) as error:
        return {"state": "error", "error": _error(error)}


def account_of(session: Session, name: str) -> Account:
    """Who asks, looked up anew in every call; NotAllowed when the account is not in use."""
    account = account_named(session, name)
    if account is None or account.disabled:
        raise NotAllowed(f"the account {name} is not in use")
    return account


def id_of(text: str) -> int:
    """The number of an assignment; anything else is nobody's assignment."""
    if not (isinstance(text, str) and text.isascii() and text.isdigit() and len(text) <= 19):
        raise NotAssigned(text)
    if int(text) >= 2**63:  # more than a database counts to
        raise NotAssigned(text)
    return int(text)


def _error(error: LabelingError | StorageError) -> dict[str, Any]:
    """What the page says of an error; names only what the person sent themselves."""
    if isinstance(error, InvalidLabel):
        return {
            "code": "invalid",
            "field": error.field,
            "message": sentence(error.message),
            "hint": error.hint and sentence(error.hint),
        }
    if isinstance(error, Conflict):
        return {"code": error.code, "message": sentence(error.message), "hint": error.hint}
    codes: dict[type[Exception], tuple[str, str]] = {
        NotAssigned: ("not_assigned", "This task is not yours."),
        NotAllowed: ("not_allowed", "You may not label here. A lead can invite you."),
        NotFound: ("not_found", "There is no such queue."),
    }
    code, message = codes.get(type(error), ("failed", "That did not work."))
    return {"code": code, "message": message}


def sentence(text: str) -> str:
    """A message as a sentence for people."""
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else text + "."
