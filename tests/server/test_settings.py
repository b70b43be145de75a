"""Settings: where they come from, what is refused, and that each says what it is for."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from server.api.errors import error_body
from server.doctor import examine
from server.settings import Settings, SettingsError, misspelt


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"GOLDLOOP_{name.upper()}", raising=False)
    monkeypatch.delenv("GOLDLOOP_CONFIG", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)


def test_by_default_a_file_in_the_data_folder(tmp_path: Path) -> None:
    settings = Settings()
    assert settings.database_url.startswith(f"sqlite:///{tmp_path}")
    assert settings.database_url.endswith("goldloop.db")
    assert settings.host == "127.0.0.1"
    assert settings.demo_logins_path().parent == Path(settings.database_url[10:]).parent


def test_arguments_win_over_the_environment_and_that_over_the_file(monkeypatch, tmp_path) -> None:
    file = tmp_path / "goldloop.toml"
    file.write_text('port = 1111\nhost = "::1"\nsession_days = 3\n')
    monkeypatch.setenv("GOLDLOOP_CONFIG", str(file))
    monkeypatch.setenv("GOLDLOOP_PORT", "2222")
    monkeypatch.setenv("GOLDLOOP_SESSION_DAYS", "4")
    settings = Settings(session_days=5)
    assert (settings.host, settings.port, settings.session_days) == ("::1", 2222, 5)
    assert settings.address() == "http://[::1]:2222"


def test_every_network_is_opened_as_this_machine() -> None:
    assert Settings(host="0.0.0.0", port=80).address() == "http://127.0.0.1:80"


@pytest.mark.parametrize("text", ["port = ", "port = 1\nport = 2", "\x00"])
def test_a_file_that_is_no_toml(monkeypatch, tmp_path, text: str) -> None:
    file = tmp_path / "bad.toml"
    file.write_text(text)
    monkeypatch.setenv("GOLDLOOP_CONFIG", str(file))
    with pytest.raises(SettingsError, match=r"bad\.toml"):
        Settings()


def test_a_file_that_is_not_there(monkeypatch) -> None:
    monkeypatch.setenv("GOLDLOOP_CONFIG", "/nowhere/goldloop.toml")
    with pytest.raises(SettingsError, match=r"GOLDLOOP_CONFIG names /nowhere/goldloop\.toml"):
        Settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", "0"),
        ("DATABASE_URL", "mysql://x/y"),
        ("SESSION_DAYS", "0"),
        ("SECURE_COOKIES", "perhaps"),
        ("MAX_BODY_BYTES", "-1"),
    ],
)
def test_a_wrong_value_is_named(monkeypatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"GOLDLOOP_{name}", value)
    with pytest.raises(ValidationError) as caught:
        Settings()
    told = error_body(caught.value)
    assert told["message"].startswith(f"GOLDLOOP_{name}: ")
    assert told["hint"] == f"it was {value!r}"


def test_a_misspelt_key_of_the_file(monkeypatch, tmp_path) -> None:
    file = tmp_path / "goldloop.toml"
    file.write_text("prot = 80\n")
    monkeypatch.setenv("GOLDLOOP_CONFIG", str(file))
    with pytest.raises(ValidationError, match="prot"):
        Settings()


def test_each_setting_says_what_it_is_for() -> None:
    for name, field in Settings.model_fields.items():
        assert field.description is not None, name
        assert field.description.strip().endswith("."), name


def test_a_password_in_the_address_of_the_database_is_not_shown() -> None:
    settings = Settings(database_url="postgresql://me:sesame@db/goldloop")
    assert "sesame" not in repr(settings)


def test_the_demo_has_a_store_of_its_own_unless_one_is_named(monkeypatch, tmp_path) -> None:
    own = Settings().apart()
    assert own.database_url == f"sqlite:///{tmp_path}/.local/share/goldloop/demo.db"
    assert own.demo_logins_path().name == "demo-logins.json"
    monkeypatch.setenv("GOLDLOOP_DATABASE_URL", "sqlite:////data/mine.db")
    assert Settings().apart().database_url == "sqlite:////data/mine.db"


def test_a_misspelt_variable_is_found_and_a_strange_one_is_not(monkeypatch) -> None:
    monkeypatch.setenv("GOLDLOOP_DATABSE_URL", "sqlite:////data/mine.db")
    monkeypatch.setenv("GOLDLOOP_MASCOT", "otter")
    assert misspelt() == {"GOLDLOOP_DATABSE_URL": "GOLDLOOP_DATABASE_URL"}
    check = next(one for one in examine(Settings()) if one.what == "settings")
    assert not check.ok
    assert "GOLDLOOP_DATABASE_URL?" in check.found


def test_a_secret_is_read_by_its_name_and_shown_nowhere(monkeypatch, tmp_path) -> None:
    file = tmp_path / "goldloop.toml"
    file.write_text('[secrets]\nphoenix = "from the file"\nlangfuse = "too"\n')
    monkeypatch.setenv("GOLDLOOP_CONFIG", str(file))
    monkeypatch.setenv("GOLDLOOP_SECRET_MY_JUDGE", "from the environment")
    monkeypatch.setenv("GOLDLOOP_SECRET_LANGFUSE", "nearer")
    settings = Settings()
    assert settings.secret("phoenix") == "from the file"
    assert settings.secret("my-judge") == "from the environment"
    assert settings.secret("langfuse") == "nearer"
    assert "from the file" not in repr(settings)
    assert misspelt() == {}


def test_a_secret_that_is_nowhere_says_how_to_give_it() -> None:
    with pytest.raises(SettingsError, match="set GOLDLOOP_SECRET_MY_KEY"):
        Settings().secret("my key")
