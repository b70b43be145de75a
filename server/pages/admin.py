"""The admin's page: accounts, tokens, the audit, the installation."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from secrets import token_urlsafe

import gradio as gr

from labeling.errors import InvalidLabel
from labeling.redaction import in_words, redaction_told
from server import auth
from server.api.deps import House
from server.pages import shell
from server.pages.calls import Answer, build
from server.pages.lead import PASSWORD_BYTES
from server.pages.markup import Markup, h
from server.pages.sections import accounts as parts
from server.pages.told import Told
from storage import Conflict, Session
from storage.migrate import revision
from storage.queries import accounts
from storage.queries.accounts import Account

SECTIONS = {
    "accounts": "Accounts",
    "tokens": "Tokens",
    "audit": "Audit",
    "installation": "Installation",
}
AUDIT_ROWS = 200


def build_admin(house: House) -> gr.Blocks:
    """The page, to be mounted at `/admin` with `shell.mount_options` and an auth dependency."""
    return build(house, auth.may_administer_all, Registry(house).acts(), "Goldloop · admin")


@dataclass(frozen=True)
class Registry:
    """What an admin can ask and do; every act opens its own transaction."""

    house: House

    def acts(self) -> dict[str, Callable[[Account, Told], Answer]]:
        """Every act by the name that the page calls it by."""
        return {
            "show": self.show,
            "add_account": self.add_account,
            "reset_password": self.reset_password,
            "disable": self.disable,
            "enable": self.enable,
            "issue_token": self.issue_token,
            "revoke_tokens": self.revoke_tokens,
        }

    def show(self, who: Account, asked: Told) -> Answer:
        """One section of the page."""
        key = asked.text("section") or "accounts"
        key = key if key in SECTIONS else "accounts"
        with self.house.store.read() as session:
            body = self._section(session, key, who)
        page = shell.page(
            shell.header(who, "/admin"), h("h1", None, "Admin"), shell.tabs(SECTIONS, key), body
        )
        return {"title": f"{SECTIONS[key]} · Admin · Goldloop", "parts": {"ld-page": page}}

    def _section(self, session: Session, key: str, who: Account) -> Markup:
        if key == "audit":
            return parts.audit(accounts.audit_rows(session, AUDIT_ROWS))
        if key == "installation":
            return parts.installation(self._facts(session))
        listed = accounts.list_accounts(session)
        counted = accounts.token_counts(session)
        if key == "tokens":
            return parts.tokens(listed, counted)
        return parts.accounts(listed, counted, who.name)

    def _facts(self, session: Session) -> list[tuple[str, str]]:
        store, guidelines = self.house.store, self.house.guidelines
        kind = "SQLite" if store.is_sqlite else "PostgreSQL"
        return [
            ("Goldloop", version("goldloop")),
            ("Database", kind),
            ("Where", str(store.path or store.engine.url.render_as_string(hide_password=True))),
            ("Schema", revision(session) or "none"),
            ("Guidelines", ", ".join(f"{key} {one.version}" for key, one in guidelines.items())),
            ("Redaction", in_words(redaction_told(session, store.redaction.default))),
        ]

    def add_account(self, who: Account, asked: Told) -> Answer:
        """Make an account with a generated password; engineers get a token instead."""
        name, role = asked.needed("name"), asked.needed("role")
        with self.house.store.write() as session:
            now = self.house.clock()
            if role == "engineer":
                made = auth.create_account(session, name, role, now, by=who)
                shown = parts.token(name, auth.issue_token(session, made, now, by=who))
            else:
                password = token_urlsafe(PASSWORD_BYTES)
                auth.create_account(session, name, role, now, password=password, by=who)
                shown = parts.password(name, password)
        return {"go": "", "then": {"ld-secret": shown}}

    def reset_password(self, who: Account, asked: Told) -> Answer:
        """Set a generated password; it is shown this once."""
        password = token_urlsafe(PASSWORD_BYTES)
        with self.house.store.write() as session:
            account = auth.existing(session, asked.needed("account"))
            auth.change_password(session, account, password, self.house.clock(), by=who)
        return {
            "parts": {"ld-secret": parts.password(account.name, password)},
            "focus": "ld-secret",
        }

    def disable(self, who: Account, asked: Told) -> Answer:
        """Shut an account out; nobody shuts themselves out."""
        with self.house.store.write() as session:
            account = auth.existing(session, asked.needed("account"))
            if account.id == who.id:
                raise Conflict("own_account", "you would shut yourself out", "ask another admin")
            auth.disable_account(session, account, self.house.clock(), by=who)
        return {"go": "", "said": f"{account.name} is shut out."}

    def enable(self, who: Account, asked: Told) -> Answer:
        """Let an account in again."""
        with self.house.store.write() as session:
            account = auth.existing(session, asked.needed("account"))
            auth.enable_account(session, account, self.house.clock(), by=who)
        return {"go": "", "said": f"{account.name} may enter again."}

    def issue_token(self, who: Account, asked: Told) -> Answer:
        """A further token; it is shown this once."""
        with self.house.store.write() as session:
            account = auth.existing(session, asked.needed("account"))
            if account.disabled:
                raise InvalidLabel("account", "is disabled", "let it in again first")
            token = auth.issue_token(session, account, self.house.clock(), by=who)
        return {"go": "", "then": {"ld-secret": parts.token(account.name, token)}}

    def revoke_tokens(self, who: Account, asked: Told) -> Answer:
        """Make every token of an account invalid."""
        with self.house.store.write() as session:
            account = auth.existing(session, asked.needed("account"))
            revoked = auth.revoke_tokens(session, account, self.house.clock(), by=who)
        return {"go": "", "said": f"Revoked {revoked} of {account.name}."}
