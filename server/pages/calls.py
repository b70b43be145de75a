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
from server.pages.shell import Frame
from server.pages.told import Told
from storage.queries.accounts import Account, account_named
from storage.types import encode_json

Answer = dict[str, Any]
Act = Callable[[Account, Told], Answer]
SENT_CHARS = 200_000
SESSIONS_KEPT = 100

_decode = msgspec.json.Decoder(Told).decode


def build(house: House, permission: Permission, acts: Mapping[str, Act], title: str) -> gr.Blocks:
    """A page with a private handler per act, for accounts that have the permission."""
    with gr.Blocks(title=title, analytics_enabled=False, fill_width=True) as made:
        Frame()
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
            return encode_json(_refusal("not_allowed", "You may not do this. Log in again."))
        if not isinstance(sent, str) or len(sent) > SENT_CHARS:
            return encode_json(_refusal("too_large", "That is too long to be sent."))
        try:
            return encode_json(act(account, _decode(sent)))
        except (msgspec.DecodeError, UnicodeError):
            return encode_json(_refusal("malformed", "The page sent something unreadable."))
        except Exception as error:
            if not known(error):
                raise
            return encode_json({"error": error_body(error)})

    return handle


def _account(house: House, name: str | None) -> Account | None:
    with house.store.read() as session:
        found = account_named(session, name) if name else None
    return None if found is None or found.disabled else found


def _refusal(code: str, message: str) -> Answer:
    return {"error": {"code": code, "message": message}}
