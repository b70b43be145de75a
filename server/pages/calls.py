"""How a page asks: one JSON text in, one out, and who asks is looked up anew every time.

An answer tells the browser what to put where: `parts` (markup by element id), `go` (another
address of this page, or the same), `said`, `task` (a conversation, as data), or `error`.
"""

from collections.abc import Callable, Mapping
from typing import Any

import gradio as gr
import msgspec
from gradio.events import api

from server.api.deps import House
from server.api.errors import error_body, known
from server.auth import Permission
from server.pages.markup import Markup
from server.pages.shell import frame
from server.pages.told import Told
from storage.queries.accounts import Account, account_named

Answer = dict[str, Any]
Act = Callable[[Account, Told], Answer]
SENT_CHARS = 200_000
SESSIONS_KEPT = 100

_decode = msgspec.json.Decoder(Told).decode


def _plain(value: Any) -> str:
    """Markup as the text that it is; the encoder takes no other kind of text."""
    if isinstance(value, Markup):
        return str(value)
    raise TypeError(f"{type(value).__name__} cannot be sent")


_encoder = msgspec.json.Encoder(enc_hook=_plain)


def build(house: House, permission: Permission, acts: Mapping[str, Act], title: str) -> gr.Blocks:
    """A page with a private handler per act, for accounts that have the permission."""
    with gr.Blocks(title=title, analytics_enabled=False, fill_width=True) as made:
        frame()
        for name, act in acts.items():
            handle = handler(house, permission, act)
            api(handle, api_name=name, queue=False, api_visibility="private")
    page: gr.Blocks = made
    page.state_session_capacity = SESSIONS_KEPT
    return page


def handler(house: House, permission: Permission, act: Act) -> Callable[[str, gr.Request], str]:
    """A Gradio handler that checks what was sent and who sent it before it acts."""

    def handle(sent: str, request: gr.Request) -> str:
        account = _account(house, request.username)
        if account is None or not permission(account):
            answer = _refusal("not_allowed", "You may not do this. Log in again.")
        else:
            answer = _answer(act, account, sent)
        return _encoder.encode(answer).decode()

    return handle


def _answer(act: Act, account: Account, sent: object) -> Answer:
    if not isinstance(sent, str) or len(sent) > SENT_CHARS:
        return _refusal("too_large", "That is too long to be sent.")
    try:
        asked = _decode(sent)
    except (msgspec.DecodeError, UnicodeError):
        return _refusal("malformed", "The page sent something unreadable. Reload it.")
    try:
        return act(account, asked)
    except Exception as error:
        if not known(error):
            raise
        return {"error": error_body(error)}


def _account(house: House, name: str | None) -> Account | None:
    with house.store.read() as session:
        found = account_named(session, name) if name else None
    return None if found is None or found.disabled else found


def _refusal(code: str, message: str) -> Answer:
    return {"error": {"code": code, "message": message}}
