"""Settings: what is read, and every refusal in whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from collector import Config, serve
from collector.config import SETTINGS, check_exposure, is_loopback
from uptake.contract.errors import ConfigError

KEY = "0123456789abcdef" * 4
GOOD = {"UPTAKE_STUDY": "s", "UPTAKE_WAVE": "2026Q4", "UPTAKE_SECRET_KEY": KEY, "UPTAKE_CODE_KEY": KEY}


def refusal(environ: dict[str, str]) -> str:
    with pytest.raises(ConfigError) as caught:
        Config.from_env(environ)
    return str(caught.value)


def test_good_settings_are_read_and_others_left_alone() -> None:
    config = Config.from_env({**GOOD, "UPTAKE_PORT": "8080", "HOME": "/root", "UPTAKE_SHARED": "/elsewhere"})
    assert (config.wave, config.port, config.threads, config.host) == ("2026Q4", 8080, 8, "127.0.0.1")
    assert config.database == Path("s/.uptake/answers.sqlite")
    assert config.code_key == KEY.encode()


def test_a_misspelt_setting_is_refused() -> None:
    assert refusal({**GOOD, "UPTAKE_PROT": "1"}) == (
        "The environment sets UPTAKE_PROT, which is no setting of the collector: a misspelt setting would be silently "
        'without effect. Did you mean "UPTAKE_PORT"? Correct or remove it.'
    )


def test_a_missing_setting_is_named() -> None:
    assert refusal({name: value for name, value in GOOD.items() if name != "UPTAKE_WAVE"}) == (
        "UPTAKE_WAVE is not set (the wave that is being collected, such as 2026Q4): the collector cannot start without "
        "it. Set it."
    )


def test_a_short_key_is_refused_without_showing_it() -> None:
    words = refusal({**GOOD, "UPTAKE_CODE_KEY": "hunter2"})
    assert words.startswith("UPTAKE_CODE_KEY has 7 bytes: a key this short can be guessed.")
    assert "hunter2" not in words


@pytest.mark.parametrize("port", ["0", "65536", "8o", "８０００", "-1"])
def test_a_port_that_is_none_is_refused(port: str) -> None:
    assert refusal({**GOOD, "UPTAKE_PORT": port}).startswith(f"UPTAKE_PORT is {port!r}, which is no whole number")


def test_secrets_may_come_from_files(tmp_path: Path) -> None:
    secret = tmp_path / "key"
    secret.write_text(KEY + "\n")
    environ = {name: value for name, value in GOOD.items() if name != "UPTAKE_CODE_KEY"}
    assert Config.from_env({**environ, "UPTAKE_CODE_KEY_FILE": str(secret)}).code_key == KEY.encode()
    assert "Both UPTAKE_CODE_KEY and UPTAKE_CODE_KEY_FILE are set" in refusal(
        {**GOOD, "UPTAKE_CODE_KEY_FILE": str(secret)}
    )
    assert "cannot be read" in refusal({**environ, "UPTAKE_CODE_KEY_FILE": str(tmp_path / "none")})
    assert "UPTAKE_PORT_FILE" in refusal({**GOOD, "UPTAKE_PORT_FILE": str(secret)})


def test_the_settings_never_show_their_keys() -> None:
    assert KEY not in repr(Config.from_env(GOOD))


def test_keys_of_a_study_are_made_once_and_kept_private(tmp_path: Path) -> None:
    first = Config.for_study(tmp_path, wave="2026Q4")
    assert Config.for_study(tmp_path, wave="2026Q4") == first
    assert first.secret_key != first.code_key.decode()
    assert (tmp_path / ".uptake" / "code.key").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.5", "example.org"])
def test_nothing_is_served_beyond_this_machine_without_tls(tmp_path: Path, host: str) -> None:
    config = Config.from_env({**GOOD, "UPTAKE_HOST": host, "UPTAKE_STUDY": str(tmp_path)})
    with pytest.raises(ConfigError) as caught:
        serve(config)
    assert str(caught.value) == (
        f"UPTAKE_HOST is {host}, which other machines can reach, and there is no TLS: access codes and answers would "
        "cross the network in clear. Set UPTAKE_TLS_CERTIFICATE and UPTAKE_TLS_KEY, or UPTAKE_BEHIND_TLS_PROXY=yes "
        "when a proxy on this machine ends TLS, or listen on 127.0.0.1."
    )


def test_loopback_and_proxies_are_let_through() -> None:
    assert all(is_loopback(host) for host in ("127.0.0.1", "::1", "[::1]", "localhost", "127.8.8.8"))
    check_exposure(Config.from_env({**GOOD, "UPTAKE_HOST": "10.0.0.5", "UPTAKE_BEHIND_TLS_PROXY": "yes"}))


def test_half_a_certificate_is_refused(tmp_path: Path) -> None:
    certificate = tmp_path / "cert.pem"
    certificate.write_text("x")
    config = Config.from_env({**GOOD, "UPTAKE_TLS_CERTIFICATE": str(certificate)})
    with pytest.raises(ConfigError, match="belong together"):
        check_exposure(config)


def test_every_setting_stands_on_the_docs_page() -> None:
    page = (Path(__file__).parents[2] / "docs" / "how-to" / "run-the-collector.md").read_text(encoding="utf-8")
    assert [name for name in SETTINGS if f"`{name}`" not in page] == []
