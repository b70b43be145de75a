"""The description of the interface tells the truth about its routes and asks nobody else."""

from collections.abc import Iterator

from server.api.schemas import Body


def test_it_is_served_to_anybody_and_documentation_pages_are_not(sqlite_town) -> None:
    client = sqlite_town.client()
    answer = client.get("/openapi.json")
    assert answer.status_code == 200
    assert answer.json()["info"]["title"] == "Goldloop"
    for page in ("/docs", "/redoc"):
        assert client.get(page).status_code == 404


def test_every_operation_is_told_in_words(sqlite_town) -> None:
    operations = {
        f"{method} {path}": told
        for path, known in sqlite_town.app.openapi()["paths"].items()
        for method, told in known.items()
    }
    assert len(operations) > 30
    for name, told in operations.items():
        assert told["description"].endswith("."), name
        assert told["tags"], name
        assert all(reply["description"] for reply in told["responses"].values()), name


def test_the_operations_under_v1_ask_for_a_token(sqlite_town) -> None:
    described = sqlite_town.app.openapi()
    assert described["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    for path, known in described["paths"].items():
        for told in known.values():
            assert (told.get("security") == [{"token": []}]) == path.startswith("/v1/"), path


def leaves(kind: type) -> Iterator[type]:
    inner = kind.__subclasses__()
    yield from (leaf for one in inner for leaf in leaves(one)) if inner else [kind]


def test_every_body_is_described(sqlite_town) -> None:
    described = sqlite_town.app.openapi()["paths"]
    written = {
        told["requestBody"]["content"]["application/json"]["schema"].get("title")
        for known in described.values()
        for told in known.values()
        if "requestBody" in told
    }
    assert {one.__name__ for one in leaves(Body)} <= written


def test_errors_are_described_once(sqlite_town) -> None:
    described = sqlite_town.app.openapi()
    assert "Error" in described["components"]["schemas"]
    assert "HTTPValidationError" not in described["components"]["schemas"]
