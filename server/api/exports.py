"""Taking labels and settled answers away."""

import re
from typing import Annotated
from urllib.parse import quote, unquote

from fastapi import APIRouter, Query
from starlette.responses import Response, StreamingResponse

from labeling.attributes import parse_pattern
from labeling.exports import ExportOptions, stream_export
from server.api.deps import Reader, ThisHouse
from storage.exports import EXPORTS, FileFormat

router = APIRouter(prefix="/v1/queues/{queue}", tags=["exports"])


@router.get("/export")
def export(  # noqa: PLR0913 - one parameter per option
    house: ThisHouse,
    who: Reader,
    queue: str,
    format: Annotated[str, Query(json_schema_extra={"enum": sorted(EXPORTS)})],
    labels: str = "settled",
    expected: str = "corrected",
    where: Annotated[list[str] | None, Query()] = None,
) -> Response:
    """A file, or a folder as a zip, read from the store as it is sent."""
    options = ExportOptions(labels=labels, expected=expected, where=parse_pattern(where or []))
    chunks = stream_export(house.store, queue, format, options, house.clock())
    house.note_done(who, "exported", queue, format=format, labels=labels)
    chosen = EXPORTS[format]
    told = "-raw" if labels == "raw" else ""
    told += "" if isinstance(chosen, FileFormat) else f"-{format}"
    told += "-good-responses" if expected.startswith("response-if-") else ""
    name = quote(f"{queue}{told}{chosen.suffix}", safe="")
    plain = re.sub(r"[^\w.-]+", "-", unquote(name), flags=re.ASCII)
    headers = {"content-disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{name}"}
    return StreamingResponse(chunks, media_type=chosen.media_type, headers=headers)
