"""The settings of one deployment, read once from the environment and never changed afterwards."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from uptake.contract.errors import ConfigError, did_you_mean

PREFIX = "UPTAKE_"
LEAST_KEY_BYTES = 32

#: Every setting: its name, and what it says. `docs/how-to/run-the-collector.md` lists the same names.
SETTINGS: Mapping[str, str] = {
    "UPTAKE_STUDY": "the study folder",
    "UPTAKE_WAVE": "the wave that is being collected, such as 2026Q4",
    "UPTAKE_DATABASE": "the file of the answer store (default: STUDY/.uptake/answers.sqlite)",
    "UPTAKE_SECRET_KEY": "signs cookies and form tokens; at least 32 characters",
    "UPTAKE_CODE_KEY": "makes the access codes; whoever has it can print every letter; at least 32 characters",
    "UPTAKE_HOST": "the address to listen on (default 127.0.0.1)",
    "UPTAKE_PORT": "the port to listen on (default 8000)",
    "UPTAKE_THREADS": "threads of the one server process (default 8)",
    "UPTAKE_TLS_CERTIFICATE": "PEM file; with UPTAKE_TLS_KEY the server speaks HTTPS itself",
    "UPTAKE_TLS_KEY": "PEM file of the private key",
    "UPTAKE_BEHIND_TLS_PROXY": "yes when a proxy ends TLS and sets X-Forwarded-For and X-Forwarded-Proto",
    "UPTAKE_CONTACT": "whom a respondent may ask for help: a telephone number or an address",
}
SECRETS = ("UPTAKE_SECRET_KEY", "UPTAKE_CODE_KEY")
#: Names that belong to the tests of the product and are no setting of a deployment.
NOT_SETTINGS = ("UPTAKE_SHARED",)


@dataclass(frozen=True, slots=True)
class Config:
    """One deployment of the collector; every field is checked before it exists."""

    study: Path
    wave: str
    database: Path
    secret_key: str
    code_key: bytes
    host: str = "127.0.0.1"
    port: int = 8000
    threads: int = 8
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    behind_tls_proxy: bool = False
    contact: str = ""
    idle_seconds: int = 45 * 60
    absolute_seconds: int = 12 * 3600

    def __repr__(self) -> str:
        return f"Config(study={str(self.study)!r}, wave={self.wave!r}, host={self.host!r}, port={self.port})"

    @property
    def secure(self) -> bool:
        """Return whether respondents reach the server by HTTPS."""
        return self.behind_tls_proxy or self.tls_certificate is not None

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Config:
        """Read the settings from a mapping such as `os.environ`, refusing names it does not know."""
        values = _known_values(environ)
        study = Path(_required(values, "UPTAKE_STUDY"))
        return cls(
            study=study,
            wave=_required(values, "UPTAKE_WAVE"),
            database=Path(values.get("UPTAKE_DATABASE") or default_database(study)),
            secret_key=_key(values, "UPTAKE_SECRET_KEY"),
            code_key=_key(values, "UPTAKE_CODE_KEY").encode(),
            host=values.get("UPTAKE_HOST", "127.0.0.1"),
            port=_number(values, "UPTAKE_PORT", default=8000, low=1, high=65535),
            threads=_number(values, "UPTAKE_THREADS", default=8, low=1, high=64),
            tls_certificate=_file(values, "UPTAKE_TLS_CERTIFICATE"),
            tls_key=_file(values, "UPTAKE_TLS_KEY"),
            behind_tls_proxy=_yes_or_no(values, "UPTAKE_BEHIND_TLS_PROXY"),
            contact=values.get("UPTAKE_CONTACT", ""),
        )

    @classmethod
    def for_study(cls, study: Path, *, wave: str, environ: Mapping[str, str] | None = None) -> Config:
        """Read the settings for a study on this machine; keys that are not set are made once, in STUDY/.uptake."""
        given = dict(environ or {})
        given.setdefault("UPTAKE_STUDY", str(study))
        given.setdefault("UPTAKE_WAVE", wave)
        for name, key_file in zip(SECRETS, ("secret.key", "code.key"), strict=True):
            if name not in given and f"{name}_FILE" not in given:
                given[f"{name}_FILE"] = str(_key_file(study / ".uptake" / key_file))
        return cls.from_env(given)


def default_database(study: Path) -> Path:
    """Return where a study keeps its answers when no setting says otherwise."""
    return study / ".uptake" / "answers.sqlite"


def is_loopback(host: str) -> bool:
    """Return whether an address can be reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def check_exposure(config: Config) -> None:
    """Refuse to listen beyond this machine without TLS, because codes and answers would cross the network in clear."""
    if (config.tls_certificate is None) != (config.tls_key is None):
        raise ConfigError(
            "UPTAKE_TLS_CERTIFICATE and UPTAKE_TLS_KEY belong together, and only one of them is set: the server cannot "
            "speak HTTPS. Set both, or neither."
        )
    if is_loopback(config.host) or config.secure:
        return
    raise ConfigError(
        f"UPTAKE_HOST is {config.host}, which other machines can reach, and there is no TLS: access codes and answers "
        "would cross the network in clear. Set UPTAKE_TLS_CERTIFICATE and UPTAKE_TLS_KEY, or "
        "UPTAKE_BEHIND_TLS_PROXY=yes when a proxy on this machine ends TLS, or listen on 127.0.0.1."
    )


def _known_values(environ: Mapping[str, str]) -> dict[str, str]:
    values: dict[str, str] = {}
    for name, value in environ.items():
        if not name.startswith(PREFIX) or name in NOT_SETTINGS:
            continue
        setting = name.removesuffix("_FILE")
        if name in SETTINGS:
            values[name] = value
        elif setting in SECRETS:
            values[setting] = _read_secret(name, Path(value), environ)
        else:
            raise ConfigError(
                f"The environment sets {name}, which is no setting of the collector: a misspelt setting would be "
                f"silently without effect.{did_you_mean(name, SETTINGS)} Correct or remove it."
            )
    return values


def _read_secret(name: str, path: Path, environ: Mapping[str, str]) -> str:
    if name.removesuffix("_FILE") in environ:
        raise ConfigError(f"Both {name.removesuffix('_FILE')} and {name} are set: it is unclear which holds. Keep one.")
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{name} names the file {path}, which cannot be read ({error}). Correct the path.") from error


def _required(values: Mapping[str, str], name: str) -> str:
    if not values.get(name):
        raise ConfigError(f"{name} is not set ({SETTINGS[name]}): the collector cannot start without it. Set it.")
    return values[name]


def _key(values: Mapping[str, str], name: str) -> str:
    key = _required(values, name)
    if len(key.encode()) < LEAST_KEY_BYTES:
        raise ConfigError(
            f"{name} has {len(key.encode())} bytes: a key this short can be guessed. Use at least {LEAST_KEY_BYTES}, "
            "for example the output of `openssl rand -hex 32`."
        )
    return key


def _number(values: Mapping[str, str], name: str, *, default: int, low: int, high: int) -> int:
    text = values.get(name)
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and low <= int(text) <= high):
        raise ConfigError(f"{name} is {text!r}, which is no whole number from {low} to {high}. Correct it.")
    return int(text)


def _file(values: Mapping[str, str], name: str) -> Path | None:
    if not values.get(name):
        return None
    path = Path(values[name])
    if not path.is_file():
        raise ConfigError(f"{name} names {path}, which is no file ({SETTINGS[name]}). Correct the path.")
    return path


def _yes_or_no(values: Mapping[str, str], name: str) -> bool:
    text = values.get(name, "no").lower()
    if text not in {"yes", "no"}:
        raise ConfigError(f"{name} is {text!r}: it must be yes or no. Correct it.")
    return text == "yes"


def _key_file(path: Path) -> Path:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex(32) + "\n", encoding="utf-8")
    return path
