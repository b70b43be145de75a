"""A lean HTTP/1.1 client, so that a benchmark measures the server and not itself."""

import asyncio
import json
from typing import Any


class Wire:
    """One kept-alive connection."""

    def __init__(self, host: str, port: int, token: str) -> None:
        self._host, self._port, self._token = host, port, token
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def post(
        self, path: str, body: bytes = b"{}", *, kind: str = "application/json", more: str = ""
    ) -> tuple[int, Any]:
        """Status and parsed body of a POST."""
        if self._writer is None or self._reader is None:
            self._reader, self._writer = await asyncio.open_connection(self._host, self._port)
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {self._host}\r\nAuthorization: Bearer {self._token}\r\n"
            f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n{more}\r\n"
        )
        self._writer.write(head.encode() + body)
        await self._writer.drain()
        found = await self._reader.readuntil(b"\r\n\r\n")
        lines = found.decode("latin-1").lower().split("\r\n")
        status = int(lines[0].split(" ")[1])
        length = next(
            (int(line.split(":")[1]) for line in lines if line.startswith("content-length:")), 0
        )
        answer = await self._reader.readexactly(length)
        return status, json.loads(answer) if answer else None

    def close(self) -> None:
        """Hang up."""
        if self._writer is not None:
            self._writer.close()
