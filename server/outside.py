"""How Goldloop calls other platforms: one client with limits of time, keys of the settings."""

from threading import Event
from typing import TYPE_CHECKING

from server.settings import Settings, SettingsError
from storage.clock import Clock
from storage.errors import PullFault

if TYPE_CHECKING:
    from storage.pull import Outside

CONNECT_SECONDS = 10.0
READ_SECONDS = 60.0


def open_outside(settings: Settings, clock: Clock, stop: Event | None = None) -> "Outside":
    """What a pull needs of the world; close its client when done. `stop` ends pulls early."""
    import httpx

    from storage.pull import Outside

    def secret(name: str) -> str:
        try:
            return settings.secret(name)
        except SettingsError as error:
            raise PullFault(str(error)) from error

    ended = stop or Event()
    client = httpx.Client(timeout=httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS))
    return Outside(client, clock, ended.wait, secret, ended.is_set)
