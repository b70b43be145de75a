"""How Goldloop calls other platforms: one client with limits of time, keys of the settings."""

import time
from typing import TYPE_CHECKING

from server.settings import Settings, SettingsError
from storage.clock import Clock
from storage.errors import PullFault

if TYPE_CHECKING:
    from storage.pull import Outside

CONNECT_SECONDS = 10.0
READ_SECONDS = 60.0


def open_outside(settings: Settings, clock: Clock) -> "Outside":
    """What a pull needs of the world; close its client when done."""
    import httpx

    from storage.pull import Outside

    def secret(name: str) -> str:
        try:
            return settings.secret(name)
        except SettingsError as error:
            raise PullFault(str(error)) from error

    client = httpx.Client(timeout=httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS))
    return Outside(client, clock, time.sleep, secret)
