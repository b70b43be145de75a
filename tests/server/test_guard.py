"""Nobody comes in who may not: every route there is, asked by everyone."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.routing import Mount
from starlette.testclient import TestClient, WebSocketDenialResponse
from starlette.websockets import WebSocketDisconnect

from server.auth import PAGES
from tests.server.conftest import Clock, Town, opened_city

EVERYBODY = {"annotator", "lead", "engineer", "admin"}
READERS = {"lead", "engineer", "admin"}
LABELERS = {"annotator", "lead", "admin"}
LEADS, SENDERS, ADMINS = {"lead", "admin"}, {"engineer", "admin"}, {"admin"}
REST = {
    ("POST", "/v1/queues/{queue}/assignments"): LABELERS,
    ("POST", "/v1/assignments/{assignment}/label"): LABELERS,
    ("POST", "/v1/assignments/{assignment}/skip"): LABELERS,
    ("POST", "/v1/assignments/{assignment}/return"): LABELERS,
    ("POST", "/v1/assignments/{assignment}/heartbeat"): LABELERS,
    ("GET", "/v1/assignments/{assignment}/draft"): LABELERS,
    ("PUT", "/v1/assignments/{assignment}/draft"): LABELERS,
    ("POST", "/v1/assignments/{assignment}/questions"): LABELERS,
    ("GET", "/v1/queues/{queue}/precedents"): LABELERS,
    ("GET", "/v1/me/progress"): LABELERS,
    ("GET", "/v1/queues/{queue}/questions"): LEADS,
    ("POST", "/v1/questions/{question}/answer"): LEADS,
    ("DELETE", "/v1/questions/{question}/precedent"): LEADS,
    ("GET", "/v1/queues/{queue}/gold"): LEADS,
    ("GET", "/v1/queues/{queue}/annotators"): LEADS,
    ("POST", "/v1/queues/{queue}/qualifications"): LEADS,
    ("GET", "/v1/me"): EVERYBODY,
    ("GET", "/v1/me/assignments"): LABELERS,
    ("POST", "/v1/interactions"): SENDERS,
    ("POST", "/v1/feedback"): SENDERS,
    ("POST", "/v1/scores"): SENDERS,
    ("POST", "/v1/traces"): SENDERS,
    ("POST", "/v1/logs"): SENDERS,
    ("POST", "/v1/metrics"): SENDERS,
    ("POST", "/api/public/otel/v1/traces"): SENDERS,
    ("POST", "/api/public/scores"): SENDERS,
    ("POST", "/api/public/ingestion"): SENDERS,
    ("GET", "/api/public/projects"): SENDERS,
    ("POST", "/otel/v1/traces"): SENDERS,
    ("POST", "/runs/batch"): SENDERS,
    ("POST", "/runs/multipart"): SENDERS,
    ("POST", "/feedback"): SENDERS,
    ("GET", "/v1/traces"): READERS,
    ("GET", "/v1/queues"): READERS,
    ("POST", "/v1/queues"): LEADS,
    ("GET", "/v1/queues/{queue}"): READERS,
    ("PATCH", "/v1/queues/{queue}"): LEADS,
    ("PUT", "/v1/queues/{queue}/schedule"): LEADS,
    ("POST", "/v1/queues/{queue}/draws"): READERS,
    ("GET", "/v1/queues/{queue}/tasks"): READERS,
    ("GET", "/v1/queues/{queue}/labels"): READERS,
    ("POST", "/v1/queues/{queue}/labels"): READERS,
    ("GET", "/v1/queues/{queue}/progress"): READERS,
    ("GET", "/v1/queues/{queue}/agreement"): READERS,
    ("GET", "/v1/queues/{queue}/quality"): READERS,
    ("GET", "/v1/queues/{queue}/failures"): READERS,
    ("GET", "/v1/queues/{queue}/failures/tasks"): READERS,
    ("GET", "/v1/queues/{queue}/judge"): READERS,
    ("GET", "/v1/queues/{queue}/plan"): READERS,
    ("GET", "/v1/queues/{queue}/consensus"): READERS,
    ("POST", "/v1/queues/{queue}/consensus/verdicts"): LEADS,
    ("GET", "/v1/queues/{queue}/report"): READERS,
    ("GET", "/v1/queues/{queue}/reports"): READERS,
    ("GET", "/v1/queues/{queue}/disagreements"): LEADS,
    ("GET", "/v1/queues/{queue}/tasks/{task}"): LEADS,
    ("GET", "/v1/queues/{queue}/verdicts"): LEADS,
    ("POST", "/v1/queues/{queue}/verdicts"): LEADS,
    ("GET", "/v1/queues/{queue}/notes"): LEADS,
    ("POST", "/v1/queues/{queue}/notes"): LEADS,
    ("POST", "/v1/notes/{note}/close"): LEADS,
    ("GET", "/v1/queues/{queue}/export"): READERS,
    ("GET", "/v1/accounts"): LEADS,
    ("POST", "/v1/accounts"): LEADS,
    ("POST", "/v1/accounts/{name}/disable"): LEADS,
    ("POST", "/v1/accounts/{name}/enable"): LEADS,
    ("POST", "/v1/accounts/{name}/token"): LEADS,
    ("DELETE", "/v1/accounts/{name}/token"): LEADS,
    ("PUT", "/v1/accounts/{name}/password"): LEADS,
    ("GET", "/v1/connections"): SENDERS,
    ("POST", "/v1/connections"): SENDERS,
    ("DELETE", "/v1/connections/{name}"): SENDERS,
    ("POST", "/v1/connections/{name}/test"): SENDERS,
    ("POST", "/v1/connections/{name}/pull"): SENDERS,
    ("POST", "/v1/queues/{queue}/patterns"): LEADS,
    ("PATCH", "/v1/patterns/{pattern}"): LEADS,
    ("POST", "/v1/texts"): LEADS,
    ("DELETE", "/v1/texts/{name}"): LEADS,
    ("PUT", "/v1/queues/{queue}/reports/schedule"): LEADS,
    ("GET", "/v1/judges"): READERS,
    ("GET", "/v1/judge-runs"): READERS,
    ("GET", "/v1/judge-runs/{run}"): READERS,
    ("GET", "/v1/layers"): READERS,
    ("GET", "/v1/queues/{queue}/wins"): READERS,
    ("GET", "/v1/queues/{queue}/patterns"): READERS,
    ("GET", "/v1/texts"): READERS,
    ("GET", "/v1/queues/{queue}/reports/schedule"): READERS,
    ("POST", "/v1/queues/{queue}/judge-runs"): LEADS,
    ("POST", "/v1/judge-runs/{run}/stop"): LEADS,
    ("POST", "/v1/judge-runs/{run}/resume"): LEADS,
    ("GET", "/v1/datasets"): READERS,
    ("POST", "/v1/datasets"): READERS,
    ("GET", "/v1/datasets/{dataset}"): READERS,
    ("POST", "/v1/datasets/{dataset}/versions"): READERS,
    ("GET", "/v1/datasets/{dataset}/diff"): READERS,
    ("GET", "/v1/datasets/{dataset}/check"): READERS,
    ("PUT", "/v1/datasets/{dataset}/rotation"): READERS,
    ("POST", "/v1/datasets/{dataset}/export"): READERS,
    ("GET", "/v1/datasets/{dataset}/export"): READERS,
    ("GET", "/v1/redaction"): ADMINS,
    ("PUT", "/v1/redaction/{source}"): ADMINS,
    ("GET", "/v1/sendings"): READERS,
    ("PUT", "/v1/queues/{queue}/sendings/{connection}"): READERS,
    ("DELETE", "/v1/queues/{queue}/sendings/{connection}"): READERS,
    ("GET", "/v1/webhooks"): ADMINS,
    ("POST", "/v1/webhooks"): ADMINS,
    ("PATCH", "/v1/webhooks/{webhook}"): ADMINS,
    ("DELETE", "/v1/webhooks/{webhook}"): ADMINS,
    ("POST", "/v1/webhooks/{webhook}/test"): ADMINS,
    ("GET", "/v1/webhooks/{webhook}/log"): ADMINS,
}
OPEN_TO_ALL = {("GET", "/healthz"), ("GET", "/readyz"), ("GET", "/info")}
PAGE_ROLES = {"/label": LABELERS, "/lead": LEADS, "/admin": {"admin"}}
# What Gradio serves and nobody here may reach, not even with a session.
CLOSED = [
    ("GET", "config"), ("GET", "config/"), ("GET", "monitoring"), ("GET", "monitoring/summary"),
    ("POST", "login"), ("POST", "login/"), ("GET", "logout"), ("GET", "manifest.json"),
    ("GET", "openapi.json"), ("GET", "docs"), ("GET", "gradio_api/openapi.json"),
    ("GET", "gradio_api/info"), ("GET", "gradio_api/user"), ("GET", "gradio_api/token"),
    ("GET", "gradio_api/app_id"), ("GET", "gradio_api/startup-events"),
    ("GET", "gradio_api/file=/etc/passwd"), ("GET", "gradio_api/file=https://example.com/x.png"),
    ("GET", "gradio_api/file/x"), ("GET", "gradio_api/proxy=https://example.com/x"),
    ("GET", "gradio_api/deep_link"), ("POST", "gradio_api/upload"),
    ("GET", "gradio_api/upload_progress"), ("POST", "gradio_api/component_server"),
    ("GET", "gradio_api/custom_component/x/client/component/x.js"),
    ("GET", "gradio_api/stream/a/b/c/playlist.m3u8"), ("GET", "gradio_api/heartbeat/abc"),
    ("POST", "gradio_api/process_recording"), ("GET", "gradio_api/runs"),
    ("GET", "gradio_api/run-history"), ("POST", "gradio_api/vibe-edit"),
    ("POST", "gradio_api/undo-vibe-edit"), ("POST", "gradio_api/call/open"),
    ("POST", "gradio_api/api/predict"), ("POST", "gradio_api/run/open"),
    ("POST", "gradio_api/queue/join"), ("GET", "gradio_api/queue/data"),
    ("POST", "gradio_api/cancel"), ("POST", "gradio_api/reset"), ("GET", "gradio_api/mcp/sse"),
    ("GET", "gradio_api/dev/reload"), ("GET", "gradio_api/profiling"),
    ("GET", "static/../config"), ("GET", "assets/..%2fconfig"), ("PUT", "gradio_api/run/predict"),
    ("GET", "gradio_api/run/predict"), ("DELETE", ""),
]  # fmt: skip


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Town]:
    """One for all: nobody changes anything here."""
    with opened_city(tmp_path_factory.mktemp("city"), sqlite_template, Clock()) as made:
        yield made


def rest_routes(town) -> list[tuple[str, str]]:
    paths = town.app.openapi()["paths"]
    return [(method.upper(), path) for path, known in paths.items() for method in known]


def test_every_rest_route_is_in_the_table(sqlite_town) -> None:
    assert set(rest_routes(sqlite_town)) == set(REST) | OPEN_TO_ALL


def test_nobody_without_a_token(sqlite_town) -> None:
    client = sqlite_town.client()
    for method, path in REST:
        answer = client.request(method, _filled(path), content=b"not json")
        assert answer.status_code == 401, (method, path)
        assert answer.json()["error"]["code"] == "not_authenticated"


def test_nobody_with_a_wrong_role(sqlite_town) -> None:
    asked = 0
    for name, account in sqlite_town.accounts.items():
        client = sqlite_town.client(name)
        for (method, path), roles in REST.items():
            if account.role not in roles:
                answer = client.request(method, _filled(path), content=b"not json")
                assert answer.status_code == 403, (name, method, path)
                assert answer.json()["error"]["code"] == "wrong_role"
                asked += 1
    assert asked > 40


def test_everybody_with_the_right_role(sqlite_town) -> None:
    for name, account in sqlite_town.accounts.items():
        client = sqlite_town.client(name)
        for (method, path), roles in REST.items():
            if account.role in roles:
                answer = client.request(method, _filled(path), content=b"not json")
                assert answer.status_code not in (401, 403, 500), (name, method, path)


def _filled(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "1", path)


# --- the pages -------------------------------------------------------------------------------


def gradio_routes(city) -> Iterator[tuple[str, str]]:
    """Every route below every page, as Gradio declares it."""
    mounts = [one for one in city.app.routes if isinstance(one, Mount) and one.path in PAGES]
    assert len(mounts) == len(PAGES)
    for mount in mounts:
        for method, path in _declared(mount.routes):
            yield method, mount.path + _filled(path)


def _declared(routes) -> Iterator[tuple[str, str]]:
    for route in routes:
        inner = getattr(route, "original_router", None)
        if inner is not None:
            prefix = route.include_context.prefix
            yield from ((method, prefix + path) for method, path in _declared(inner.routes))
        elif getattr(route, "path", None) is not None:
            for method in getattr(route, "methods", None) or ["GET"]:
                yield method, route.path


def test_every_gradio_route_is_shut_to_strangers(city) -> None:
    client = city.client()
    asked = 0
    for method, path in gradio_routes(city):
        answer = client.request(method, path)
        asked += 1
        if method in ("GET", "HEAD") and path.count("/") == 2 and path.endswith("/"):
            assert (answer.status_code, answer.headers["location"][:12]) == (303, "/login?next=")
        else:
            assert answer.status_code in (401, 404), (method, path)
    assert asked > 100


def test_every_gradio_route_is_shut_to_wrong_roles(city) -> None:
    for name, account in city.accounts.items():
        client = city.browser(name)
        for method, path in gradio_routes(city):
            page = "/" + path.split("/")[1]
            if account.role not in PAGE_ROLES[page]:
                assert client.request(method, path).status_code in (403, 404), (name, path)


def test_the_pages_open_to_their_roles(city) -> None:
    for page, roles in PAGE_ROLES.items():
        assert city.client().get(page).headers["location"] == f"/login?next=%2F{page[1:]}"
        for name, account in city.accounts.items():
            answer = city.browser(name).get(f"{page}/")
            assert answer.status_code == (200 if account.role in roles else 403), (page, name)


def test_the_address_without_a_slash_keeps_its_query(city) -> None:
    answer = city.browser("ann").get("/label?queue=a%20b")
    assert answer.status_code == 307
    assert answer.headers["location"] == "/label/?queue=a%20b"
    stranger = city.client().get("/label?queue=a%20b")
    assert stranger.headers["location"] == "/login?next=%2Flabel%3Fqueue%3Da%2520b"


@pytest.mark.parametrize("page", PAGES)
def test_what_our_pages_do_not_use_does_not_exist(city, page: str) -> None:
    client = city.browser("root")
    for method, path in CLOSED:
        answer = client.request(method, f"{page}/{path}")
        assert answer.status_code == 404, (method, path)
        assert answer.json()["error"]["code"] == "not_found"


def _predict(client: TestClient, **headers: str):
    body = {"data": ["{}"], "fn_index": 0, "session_hash": "abc"}
    return client.post("/label/gradio_api/run/predict", json=body, headers=headers)


def test_a_handler_answers_its_people(city) -> None:
    assert _predict(city.client()).status_code == 401
    assert _predict(city.browser("eng")).status_code == 403
    answer = _predict(city.browser("ann"))
    assert answer.status_code == 200
    assert '"state":"queues"' in answer.json()["data"][0]


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://testserver:81"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_another_site_cannot_act_for_a_person(city, headers: dict[str, str]) -> None:
    browser = city.browser("ann")
    assert _predict(browser, **headers).status_code == 403
    for path in ("/logout", "/login"):
        answer = browser.post(path, headers=headers, data={"username": "x", "password": "y"})
        assert answer.json()["error"]["code"] == "foreign_origin"
    assert browser.get("/label/").status_code == 200  # still logged in


def test_our_own_site_can(city) -> None:
    own = {"origin": "http://testserver", "sec-fetch-site": "same-origin"}
    assert _predict(city.browser("ann"), **own).status_code == 200


def test_every_script_of_a_page_carries_the_nonce_of_its_policy(city) -> None:
    client = city.browser("root")
    seen = set()
    for page in PAGES:
        answer = client.get(f"{page}/", headers={"accept-encoding": "gzip, br"})
        policy = answer.headers["content-security-policy"]
        nonce = re.search(r"script-src 'self' 'nonce-([\w-]+)' 'unsafe-eval'", policy)
        assert nonce is not None
        scripts = re.findall(r"<script\b[^>]*>", answer.text)
        assert len(scripts) > 2
        assert all(f'nonce="{nonce[1]}"' in script for script in scripts)
        assert "content-encoding" not in answer.headers
        assert int(answer.headers["content-length"]) == len(answer.content)
        seen.add(nonce[1])
    assert len(seen) == len(PAGES)


def test_headers_of_every_answer(city) -> None:
    for path in ("/login", "/label/", "/v1/queues", "/nothing", "/healthz", "/static/login.css"):
        answer = city.browser("root").get(path)
        assert answer.headers["x-content-type-options"] == "nosniff", path
        assert answer.headers["referrer-policy"] == "same-origin"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert (
            "unsafe-inline" not in answer.headers["content-security-policy"].split("style-src")[0]
        )


def test_what_a_browser_may_keep(city) -> None:
    client = city.browser("root")
    for path in ("/v1/queues", "/login", "/label/", "/static/nothing.js", "/lead/config"):
        assert client.get(path).headers["cache-control"] == "no-store", path
    assert client.get("/static/login.css").headers["cache-control"] == "no-cache"
    (asset, *_) = re.findall(r'src="\.?(/label)?/(assets/[^"]+\.js)"', client.get("/label/").text)
    for path in (f"/label/{asset[1]}", "/static/label.js?v=1"):
        assert client.get(path).headers["cache-control"] == "private, max-age=86400", path


@pytest.mark.parametrize("path", ["/label/gradio_api/queue/ws", "/v1/queues", "/"])
def test_there_are_no_web_sockets(city, path: str) -> None:
    with pytest.raises((WebSocketDisconnect, WebSocketDenialResponse)):
        city.browser("ann").websocket_connect(path).__enter__()


def test_log_in_page_loads_nothing_but_its_own(city) -> None:
    answer = city.client().get("/login")
    assert "<script" not in answer.text
    for file in re.findall(r'(?:src|href)="([^"]+)"', answer.text):
        assert file.startswith("/static/")
        assert city.client().get(file).status_code == 200
