"""Every knob, its default, its sentence of help. The only place that reads the environment."""

import os
import re
import tomllib
from difflib import get_close_matches
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, PositiveInt, SecretStr, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from storage.redact.key import Redaction
from storage.traces import Patience

CONFIG_VARIABLE = "GOLDLOOP_CONFIG"
SECRET_VARIABLE = "GOLDLOOP_SECRET_"
MEGABYTE = 1024 * 1024


class SettingsError(Exception):
    """The settings cannot be read, or lack what is needed; says which, and why."""


def data_folder() -> Path:
    """Where this user's data lies unless the settings say otherwise."""
    from platformdirs import user_data_path

    return user_data_path("goldloop", appauthor=False)


def _database_url() -> str:
    return f"sqlite:///{data_folder() / 'goldloop.db'}"


def misspelt() -> dict[str, str]:
    """Variables of the environment that nearly name a setting, and the setting they may mean."""
    known = [f"GOLDLOOP_{name.upper()}" for name in Settings.model_fields] + [CONFIG_VARIABLE]
    strange = [one for one in os.environ if one.startswith("GOLDLOOP") and one not in known]  # noqa: TID251
    strange = [one for one in strange if not one.startswith(SECRET_VARIABLE)]
    near = {one: get_close_matches(one, known, 1, 0.85) for one in strange}
    return {one: meant[0] for one, meant in near.items() if meant}


class Settings(BaseSettings):
    """`GOLDLOOP_*` variables win over the TOML file that `GOLDLOOP_CONFIG` names."""

    model_config = SettingsConfigDict(
        env_prefix="GOLDLOOP_", extra="forbid", frozen=True, use_attribute_docstrings=True
    )

    database_url: str = Field(default_factory=_database_url, repr=False)
    """Where the data lies: sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME."""

    host: Annotated[str, Field(min_length=1)] = "127.0.0.1"
    """Address to listen on; 0.0.0.0 for every network this machine is in."""

    port: Annotated[int, Field(ge=1, le=65535)] = 7860
    """Port to listen on."""

    guidelines: Path | None = None
    """One more folder of guideline folders, beside those that are shipped."""

    judges: Path | None = None
    """TOML file of the models that may judge, with their prices: see docs/judge.md."""

    judge_budget_usd: Annotated[float, Field(ge=0)] | None = None
    """Most that all runs of judges together may spend in 30 days, in US dollars."""

    demo_logins: Path | None = None
    """File that keeps the generated log-ins of the demo; default: beside the data."""

    max_body_bytes: PositiveInt = 64 * MEGABYTE
    """Largest body of interactions, feedback, scores or labels to import, unpacked."""

    max_request_bytes: PositiveInt = 2 * MEGABYTE
    """Largest body of any other request."""

    session_days: Annotated[int, Field(ge=1, le=365)] = 14
    """How long a browser stays logged in."""

    secure_cookies: bool = False
    """Send the log-in cookie over HTTPS only: right behind a proxy that speaks HTTPS."""

    failed_logins: PositiveInt = 10
    """Wrong passwords for one name within five minutes after which log-ins have to wait."""

    trace_quiet_seconds: Annotated[float, Field(ge=0, le=3600)] = 10
    """A trace of which nothing came for so long becomes interactions."""

    trace_wait_seconds: Annotated[float, Field(ge=0, le=86400)] = 300
    """The same while a call has not ended, or a span around it has not come."""

    trace_keep_hours: Annotated[float, Field(ge=0, le=8784)] = 24
    """How long spans are kept after their trace became interactions."""

    feedback_scales: dict[str, tuple[float, float]] = {}
    """Both ends of the scales of numeric feedback in traces, by name: {"csat": [1, 5]}."""

    scheduler: bool = True
    """Whether this process may keep the schedules of the queues."""

    verbose: bool = False
    """Log every request to standard error."""

    secrets: dict[str, SecretStr] = Field(default_factory=dict)
    """Keys of other platforms and models by name; `GOLDLOOP_SECRET_NAME` gives one alone."""
    redaction: Literal["off", "mask", "hash", "drop"] = "mask"
    """What happens to e-mail addresses, secrets and the like in texts of a source without a policy
    of its own."""

    redaction_key: str | None = Field(default=None, repr=False)
    """Key of the placeholders, 32 characters or more; several servers of one PostgreSQL need it.
    Else one is made and kept in a file beside the data."""

    redaction_model: str | None = None
    """spaCy model that finds names and addresses with the extra presidio, as en_core_web_sm."""

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, url: str) -> str:
        if not url.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")):
            raise ValueError("want sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME")
        return url

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - no .env files here
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - nor secret folders
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then the environment, then the file."""
        named = os.environ.get(CONFIG_VARIABLE)  # noqa: TID251 - here is where settings are read
        if not named:
            return init_settings, env_settings
        file = Path(named).expanduser()
        try:
            tomllib.loads(file.read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise SettingsError(f"{CONFIG_VARIABLE} names {file}: {error}") from error
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, file)

    def secret(self, name: str) -> str:
        """A key by its name, from the environment or the file; never kept in the database.

        Raises
        ------
        SettingsError
            If it is nowhere; says how to give it.
        """
        variable = SECRET_VARIABLE + re.sub(r"\W", "_", name).upper()
        given = os.environ.get(variable)  # noqa: TID251 - here is where settings are read
        if given is None and name in self.secrets:
            given = self.secrets[name].get_secret_value()
        if not given:
            raise SettingsError(f"no secret {name!r:.80}: set {variable}, or [secrets] in the file")
        return given

    def patience(self) -> Patience:
        """How long traces are waited for."""
        return Patience(
            self.trace_quiet_seconds,
            self.trace_wait_seconds,
            self.trace_keep_hours,
            self.feedback_scales,
        )

    def apart(self) -> "Settings":
        """For the demo: a store of its own unless one was named."""
        if "database_url" in self.model_fields_set:
            return self
        url = f"sqlite:///{data_folder() / 'demo.db'}"
        return self.model_copy(update={"database_url": url})

    def address(self) -> str:
        """What to open in a browser on this machine."""
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    def redacting(self) -> Redaction:
        """What is to be done to texts, and with which key; as `open_store` wants it."""
        key = None if self.redaction_key is None else self.redaction_key.strip()
        return Redaction(self.redaction, key, data_folder(), self.redaction_model)

    def guideline_folders(self) -> list[Path]:
        """Folders of guideline folders; a later one wins."""
        from labeling.guideline import shipped_folder

        own = [self.guidelines.expanduser()] if self.guidelines else []
        return [shipped_folder(), *own]

    def demo_logins_path(self) -> Path:
        """The file that keeps the log-ins of the demo."""
        if self.demo_logins is not None:
            return self.demo_logins.expanduser()
        prefix = "sqlite:///"
        if self.database_url.startswith(prefix):
            file = Path(self.database_url.removeprefix(prefix)).expanduser()
            return file.with_name(f"{file.stem}-logins.json")
        server = sha256(self.database_url.encode()).hexdigest()[:8]
        return data_folder() / f"demo-logins-{server}.json"


def quiet_gradio() -> None:
    """Keep Gradio, when it is imported after this, from calling home."""
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # noqa: TID251 - Gradio reads nothing else
