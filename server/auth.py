"""Who you are, and what that lets you do: one predicate per permission.

A machine shows a bearer token, a browser the cookie of its log-in. Both are random texts of which
only the SHA-256 is kept; passwords are kept as Argon2id hashes.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_urlsafe

from labeling.errors import InvalidLabel
from storage import NotFound, Session
from storage.queries import accounts
from storage.queries.accounts import Account
from storage.values import OWN_NAME, is_own_name

ROLES = ("annotator", "lead", "engineer", "admin")
PASSWORD_CHARS = (8, 1_000)
COOKIE = "goldloop_session"
FAILED = "login_failed"
FAILED_MINUTES = 5

Permission = Callable[[Account], bool]


def anybody(_account: Account) -> bool:
    """Whoever has an account."""
    return True


def may_label(account: Account) -> bool:
    """Own assignments, drafts and labels, in queues that they may enter."""
    return account.role in ("annotator", "lead", "admin")


def may_lead(account: Account) -> bool:
    """Make and change queues, schedules and verdicts."""
    return account.role in ("lead", "admin")


def may_draw(account: Account) -> bool:
    """Look at queues and draw into them."""
    return account.role in ("lead", "engineer", "admin")


def may_report(account: Account) -> bool:
    """Read reports, tasks and labels; take exports."""
    return account.role in ("lead", "engineer", "admin")


def may_import(account: Account) -> bool:
    """Bring in labels that were made elsewhere."""
    return account.role in ("lead", "engineer", "admin")


def may_ingest(account: Account) -> bool:
    """Send interactions, feedback and scores."""
    return account.role in ("engineer", "admin")


def may_curate(account: Account) -> bool:
    """Make datasets, their versions and rotations, and take them away."""
    return account.role in ("lead", "engineer", "admin")


def may_administer(account: Account) -> bool:
    """See to accounts: a lead to those of annotators, an admin to all."""
    return account.role in ("lead", "admin")


def may_administer_all(account: Account) -> bool:
    """See to every account, and read the audit."""
    return account.role == "admin"


def may_see_to(account: Account, other_role: str) -> bool:
    """Whether someone may create, change or shut out accounts of a role."""
    return may_administer_all(account) or (may_lead(account) and other_role == "annotator")


PAGES: Mapping[str, Permission] = {
    "/label": may_label,
    "/lead": may_lead,
    "/admin": may_administer_all,
}
"""Who may open which page."""

HOME = {"annotator": "/label/", "lead": "/lead/", "admin": "/admin/"}
"""Where a log-in leads to; an engineer works with the API and has no page."""


def digest(secret: str) -> str:
    """What is kept of a token or cookie."""
    return sha256(secret.encode()).hexdigest()


def password_hash(password: str) -> str:
    """What is kept of a password.

    Raises
    ------
    InvalidLabel
        If the password is too short or too long.
    """
    from argon2 import PasswordHasher

    low, high = PASSWORD_CHARS
    if not low <= len(password) <= high:
        message = f"want {low} to {high} characters, got {len(password)}"
        raise InvalidLabel("password", message, "a few words in a row are easy to remember")
    return PasswordHasher().hash(password)


def password_fits(hashed: str | None, password: str) -> bool:
    """Whether a password is right; takes as long for an account that has none."""
    from argon2 import PasswordHasher
    from argon2.exceptions import InvalidHashError, VerificationError

    hasher = PasswordHasher()
    if hashed is None:
        hasher.hash(password)
        return False
    try:
        return hasher.verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False


def existing(session: Session, name: str) -> Account:
    """The account of that name, or NotFound."""
    found = accounts.account_named(session, name)
    if found is None:
        raise NotFound("account", name)
    return found


def create_account(
    session: Session,
    name: str,
    role: str,
    now: datetime,
    *,
    password: str | None = None,
    by: Account | None = None,
) -> Account:
    """Make an account; without a password it cannot log in.

    Raises
    ------
    InvalidLabel
        If name, role or password cannot be; names the field.
    Conflict
        `exists` when the name is taken.
    """
    if not is_own_name(name):
        raise InvalidLabel("name", f"{name!r:.120} cannot name an account", OWN_NAME)
    if role not in ROLES:
        raise InvalidLabel("role", f"{role!r:.80} is no role", f"one of {', '.join(ROLES)}")
    hashed = None if password is None else password_hash(password)
    made = accounts.add_account(session, name, role, now, hashed)
    _audit(session, by, "account_added", made, now, {"role": role})
    return made


def issue_token(
    session: Session, account: Account, now: datetime, *, by: Account | None = None
) -> str:
    """A new bearer token; this is the only time it is known."""
    secret = token_urlsafe(32)
    accounts.add_token(session, account.id, digest(secret), now)
    _audit(session, by, "token_issued", account, now)
    return secret


def revoke_tokens(
    session: Session, account: Account, now: datetime, *, by: Account | None = None
) -> int:
    """Make every token of an account invalid; how many."""
    revoked = accounts.revoke_tokens(session, account.id, now)
    _audit(session, by, "tokens_revoked", account, now, {"tokens": revoked})
    return revoked


def change_password(
    session: Session, account: Account, password: str, now: datetime, *, by: Account | None = None
) -> None:
    """Set a password and log the account out of every browser.

    Raises
    ------
    InvalidLabel
        If the password is too short or too long.
    """
    accounts.set_password(session, account.id, password_hash(password))
    accounts.close_logins(session, account.id)
    _audit(session, by, "password_changed", account, now)


def disable_account(
    session: Session, account: Account, now: datetime, *, by: Account | None = None
) -> None:
    """Shut an account out at once: no log-in, no token. Its labels stay."""
    accounts.disable(session, account.id, now)
    _audit(session, by, "account_disabled", account, now)


def enable_account(
    session: Session, account: Account, now: datetime, *, by: Account | None = None
) -> None:
    """Let a disabled account in again."""
    accounts.enable(session, account.id)
    _audit(session, by, "account_enabled", account, now)


def has_to_wait(session: Session, name: str, now: datetime, limit: int) -> bool:
    """Whether there were too many wrong passwords for a name lately."""
    since = now - timedelta(minutes=FAILED_MINUTES)
    return accounts.count_audit(session, FAILED, name, since) >= limit


def open_login(session: Session, account: Account, now: datetime, days: int) -> str:
    """Log a browser in; the secret for its cookie."""
    secret = token_urlsafe(32)
    accounts.open_login(session, account.id, digest(secret), now, now + timedelta(days=days))
    _audit(session, account, "logged_in", account, now)
    return secret


def _audit(
    session: Session,
    by: Account | None,
    action: str,
    subject: Account,
    now: datetime,
    detail: Mapping[str, object] | None = None,
) -> None:
    accounts.record_audit(session, by.id if by else None, action, subject.name, detail, now)
