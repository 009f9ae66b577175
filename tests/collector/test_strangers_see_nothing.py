"""Chen, strangers and guessers: what they must not see, on every route there is."""

from __future__ import annotations

import dataclasses
import logging
import re
from datetime import date
from pathlib import Path

import pytest
from flask import Flask

import collector
from collector import Assignment, Store, create_app
from collector.config import Config
from collector.headers import HEADERS
from collector.services.answers import standing
from collector.services.codes import ALPHABET, access_code, letters, look_up_of
from collector.services.throttle import MOST_WRONG_CODES
from collector.words import WORDS
from forms import Questionnaire
from tests.collector.people import CODE_KEY, WAVE, Browser, Clock, code_of

CANARIES = ("王记机械厂", "918273", "金丝雀备注")
#: What a stranger may ask for without a code.
OPEN = {"entry.start", "entry.enter", "entry.enter_again", "ops.healthz", "ops.readyz", "static"}


def routes(app: Flask) -> list[tuple[str, str, str]]:
    """Every route with every method, its arguments filled with what Wang's pages are called."""
    found = []
    for rule in app.url_map.iter_rules():
        path = rule.rule.replace("<place>", "unit").replace("<path:filename>", "collector.css")
        assert "<" not in path, f"a new argument in {rule.rule}: say here what stands for it"
        found += [(rule.endpoint, method, path) for method in sorted((rule.methods or set()) - {"OPTIONS", "HEAD"})]
    return found


@pytest.fixture
def wangs_answers(wang_at_home: Browser) -> Browser:
    wang_at_home.send(r02_staff="918273", r02_night="12", reason__staff_as_before="金丝雀备注")
    return wang_at_home.send(r03="yes", r04="金丝雀备注")


def test_chen_sees_and_changes_nothing_of_wang(
    app: Flask, wangs_answers: Browser, store: Store, wang: Assignment
) -> None:
    before = standing(store, wang)
    chen = Browser(app.test_client()).enter(code_of("C1"))
    mine = dict(chen.hidden)
    for endpoint, method, path in routes(app):
        if endpoint in ("respond.leave", "static"):
            continue
        fields = {**mine, "r02_staff": "1", "r02_night": "1", "r03": "no", "action": "save"}
        reply = chen.get(path) if method == "GET" else chen.post(path, fields)
        assert reply.status < 500, (endpoint, method)
        assert not [canary for canary in CANARIES if canary in reply.text], (endpoint, method)
    assert standing(store, wang) == before


def test_wangs_page_token_does_not_help_chen(
    app: Flask, wangs_answers: Browser, store: Store, wang: Assignment
) -> None:
    before = standing(store, wang)
    chen = Browser(app.test_client()).enter(code_of("C1"))
    fields = {**chen.hidden, "for": wangs_answers.hidden["for"], "r02_staff": "1", "action": "save"}
    assert chen.post("/respond/page/unit", fields).status == 409
    assert standing(store, wang) == before


def test_a_stranger_sees_the_code_page_and_nothing_else(app: Flask, wangs_answers: Browser) -> None:
    stranger = Browser(app.test_client())
    token = stranger.hidden["csrf_token"]
    for endpoint, method, path in routes(app):
        reply = stranger.client.open(path, method=method, data={"csrf_token": token} if method == "POST" else None)
        assert not [canary for canary in CANARIES if canary in reply.text], (endpoint, method)
        if endpoint not in OPEN:
            assert reply.status_code == 401, (endpoint, method)
        reply.close()


def test_nothing_is_taken_without_a_token(app: Flask) -> None:
    stranger = Browser(app.test_client())
    for endpoint, method, path in routes(app):
        if method == "POST":
            assert stranger.client.post(path, data={"code": code_of("W1")}).status_code in (400, 401), endpoint


def test_a_page_that_is_none_is_told_so(wang_at_home: Browser) -> None:
    for path in ("/respond/page/none", "/nothing", "/respond/page/../../etc/passwd", "/static/../app.py"):
        assert wang_at_home.get(path).status == 404
        assert "页面不存在" in wang_at_home.text


# Codes ------------------------------------------------------------------------------------------------------------


def test_codes_are_made_as_the_letters_say(store: Store, people: object, robots: Questionnaire) -> None:
    made = list(letters(store, robots, wave=WAVE, code_key=CODE_KEY))
    assert [letter.unit_id for letter in made] == ["C1", "W1", "Z1"]
    assert len({letter.code for letter in made}) == 3
    for letter in made:
        assert re.fullmatch(rf"(?:[{ALPHABET}]{{4}}-){{3}}[{ALPHABET}]{{4}}", letter.code)
    again = access_code(CODE_KEY, wave=WAVE, questionnaire="robots", unit_id="W1", issue=2)
    assert again != code_of("W1")


def test_no_code_stands_in_the_store(store: Store, people: object) -> None:
    stored = b"".join(path.read_bytes() for path in store.database.parent.iterdir())
    for unit_id in ("W1", "C1", "Z1"):
        code = code_of(unit_id)
        assert code.encode() not in stored and code.replace("-", "").encode() not in stored
        assert (look_up_of(CODE_KEY, code) or b"") in stored  # the keyed look-up is, so the search was not in vain


@pytest.mark.parametrize(
    "typed", ["", "   ", "x", "0" * 16, "0" * 5000, "W1", "<script>", "\x00", "👍" * 16, "' OR 1=1 --"]
)
def test_a_wrong_code_opens_nothing(app: Flask, typed: str) -> None:
    visitor = Browser(app.test_client()).enter(typed)
    assert visitor.status == 422 and "<script>" not in visitor.text
    assert visitor.get("/respond/page/unit").status == 401


def test_a_code_of_another_wave_opens_nothing(config: Config, store: Store, people: object) -> None:
    later = create_app(dataclasses.replace(config, wave="2027Q1"), store=store)
    assert Browser(later.test_client()).enter(code_of("W1")).status == 422


def test_guessing_is_slowed_and_a_right_code_still_opens(app: Flask, clock: Clock, store: Store) -> None:
    guesser = Browser(app.test_client())
    statuses = [guesser.enter(f"{number:016d}").status for number in range(MOST_WRONG_CODES + 5)]
    assert statuses == [422] * MOST_WRONG_CODES + [429] * 5
    with store.read() as connection:
        assert connection.exec_driver_sql("SELECT count FROM wrong_code").scalar() == MOST_WRONG_CODES
    assert Browser(app.test_client()).enter(code_of("W1")).path == "/respond/page/unit"
    clock.forward(minutes=16)
    assert guesser.enter("0" * 16).status == 422


def test_a_forged_sender_does_not_get_round_the_throttle(app: Flask) -> None:
    guesser = Browser(app.test_client())
    for number in range(MOST_WRONG_CODES + 1):
        sent = {"X-Forwarded-For": f"198.51.100.{number}", "Forwarded": f"for=198.51.100.{number}"}
        reply = guesser.client.post("/enter", data={**guesser.hidden, "code": "0" * 16}, headers=sent)
    assert reply.status_code == 429


def test_behind_a_proxy_only_what_the_proxy_wrote_counts(config: Config, store: Store, people: object) -> None:
    app = create_app(dataclasses.replace(config, behind_tls_proxy=True), store=store)
    client, secure = app.test_client(), {"base_url": "https://survey.example"}
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/", **secure).text)  # type: ignore[arg-type]
    assert token is not None
    for number in range(MOST_WRONG_CODES + 1):
        sent = {"X-Forwarded-For": f"198.51.100.{number}, 203.0.113.9", "X-Forwarded-Proto": "https"}
        data = {"csrf_token": token.group(1), "code": "0" * 16}
        reply = client.post("/enter", data=data, headers=sent, **secure)  # type: ignore[arg-type]
    assert reply.status_code == 429  # and no Referer was asked for, which some networks remove


def test_what_the_proxy_did_not_get_encrypted_is_refused(config: Config, store: Store, people: object) -> None:
    app = create_app(dataclasses.replace(config, behind_tls_proxy=True), store=store)
    for endpoint, method, path in routes(app):
        for sent in ({}, {"X-Forwarded-Proto": "http"}, {"X-Forwarded-Proto": "https, http"}):
            reply = app.test_client().open(path, method=method, headers=sent)
            assert reply.status_code == (200 if endpoint.startswith("ops.") else 403), endpoint
            reply.close()


# Tampering --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "held",
    ["[" * 100_000, "null", "7", '{"page": 1, "for": 2, "typed": {}}', '{"page": "unit", "for": "x", "typed": []}',
     '{"page": "unit", "for": "REF", "typed": {"base_seq": [], "client_key": [], "r02_staff": ["\\ud800"]}}',
     '{"page": "unit", "for": "REF", "typed": {"base_seq": [], "client_key": [], "r02_staff": []}}',
     '{"page": "none", "for": "REF", "typed": {"reason__": [""], "reason__x": []}}',
     '{"page": "\\ud800", "for": "\\ud800", "typed": {}}'],
)  # fmt: skip
def test_held_text_that_nobody_held_does_no_harm(
    app: Flask, store: Store, wang: Assignment, wang_at_home: Browser, held: str
) -> None:
    text = held.replace("REF", wang_at_home.hidden["for"])
    visitor = Browser(app.test_client())
    for code in ("wrong", code_of("W1")):
        visitor.post("/enter", {**visitor.hidden, "held": text, "code": code})
        assert visitor.status < 500
    assert standing(store, wang).answers == {}


@pytest.mark.parametrize("name", ["base_seq", "client_key", "for", "action", "language", "seen_seq", "csrf_token"])
@pytest.mark.parametrize("value", ["", "-1", "9" * 18, "9" * 400, "１２", "\x00", "' OR 1=1", "//evil.example", "字"])
def test_a_hidden_field_that_was_changed_reaches_nobody_else(
    wangs_answers: Browser, app: Flask, store: Store, wang: Assignment, name: str, value: str
) -> None:
    before = standing(store, wang)
    chen = Browser(app.test_client()).enter(code_of("C1"))
    fields = {**chen.hidden, "action": "save", "r02_staff": "40", "r02_night": "1", name: value}
    for path in ("/respond/page/unit", "/respond/submit", "/respond/sign-out"):
        reply = chen.client.post(path, data=fields)
        assert reply.status_code < 500
        assert reply.headers.get("Location", "/").startswith("/") and "//" not in reply.headers.get("Location", "/")
    assert standing(store, wang) == before


def test_no_address_leads_elsewhere(app: Flask) -> None:
    sent = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}
    for browser in (Browser(app.test_client()), Browser(app.test_client()).enter(code_of("W1"))):
        for endpoint, _, path in routes(app):
            reply = browser.client.get(f"{path}?next=//evil.example&lang=en", headers=sent)
            assert "evil" not in reply.text + reply.headers.get("Location", ""), endpoint
            reply.close()


def test_the_switch_of_language_and_the_way_out_want_the_token_too(wang_at_home: Browser, app: Flask) -> None:
    assert wang_at_home.client.post("/respond/sign-out", data={}).status_code == 303
    assert wang_at_home.get("/respond/page/unit").status == 200  # still signed in
    assert "刚才的操作没有执行" in wang_at_home.text
    wang_at_home.client.post("/respond/page/unit", data={"language": "en", "for": wang_at_home.hidden["for"]})
    assert app.test_client().post("/enter", data={"language": "en"}).status_code == 400


# Cookies and headers ----------------------------------------------------------------------------------------------


def test_every_reply_carries_the_headers(wang_at_home: Browser, app: Flask) -> None:
    wang_at_home.client.set_cookie("uptake", "broken")
    for endpoint, method, path in [*routes(app), ("none", "GET", "/nothing"), ("none", "PUT", "/")]:
        reply = wang_at_home.client.open(path, method=method)
        assert {name: reply.headers.get(name) for name in HEADERS} == HEADERS, (endpoint, method)
        assert reply.headers["Cache-Control"] == ("no-cache" if endpoint == "static" else "no-store"), endpoint
        reply.close()
    policy = HEADERS["Content-Security-Policy"]
    assert "unsafe" not in policy and policy.startswith("default-src 'none'")


def test_no_page_needs_a_script_or_an_inline_style() -> None:
    for template in sorted((Path(collector.__file__).parent / "templates").glob("*.html")):
        text = template.read_text(encoding="utf-8")
        assert not re.search(r"<script|<style|\sstyle=|\son\w+=|javascript:|\|\s*safe|autoescape", text), template.name


def test_the_cookie_is_for_the_server_alone(app: Flask, config: Config, store: Store) -> None:
    reply = app.test_client().get("/")
    cookie = reply.headers["Set-Cookie"]
    assert cookie.startswith("uptake=") and "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Secure" not in cookie
    behind = create_app(dataclasses.replace(config, behind_tls_proxy=True), store=store)
    reply = behind.test_client().get("/", base_url="https://survey.example")
    cookie = reply.headers["Set-Cookie"]
    assert cookie.startswith("__Host-uptake=") and "Secure" in cookie and "Path=/" in cookie and "Domain" not in cookie
    assert reply.headers["Strict-Transport-Security"].startswith("max-age=31536000")


def test_signing_in_makes_a_new_session_and_signing_out_ends_it_everywhere(app: Flask) -> None:
    browser = Browser(app.test_client())
    token_before = browser.hidden["csrf_token"]
    browser.enter(code_of("W1"))
    cookie = browser.client.get_cookie("uptake")
    assert cookie is not None and browser.hidden["csrf_token"] != token_before
    browser.send("leave", r02_staff="100")
    thief = app.test_client()
    thief.set_cookie("uptake", cookie.value)
    assert thief.get("/respond/page/unit").status_code == 401


def test_the_log_says_nothing_of_answers_codes_or_units(
    wangs_answers: Browser, capfd: pytest.CaptureFixture[str]
) -> None:
    wangs_answers.get("/").enter("ZZZZ-1111-2222-3333")
    wangs_answers.enter(code_of("W1"))
    captured = capfd.readouterr()
    log = captured.out + captured.err
    assert '"endpoint": "entry.enter"' in log
    assert not [word for word in (*CANARIES, code_of("W1"), "ZZZZ-1111-2222-3333", "127.0.0.1") if word in log]


def test_a_fault_of_ours_is_told_without_details(
    app: Flask, wang_at_home: Browser, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("金丝雀备注")

    monkeypatch.setattr("collector.respond.save_page", broken)
    wang_at_home.send(r02_staff="918273")
    assert wang_at_home.status == 500 and "这是我们的问题" in wang_at_home.text
    captured = capfd.readouterr()
    assert "ZeroDivisionError" in captured.err and "金丝雀备注" not in captured.err + wang_at_home.text


def test_a_fault_in_production_is_logged_with_its_place_and_not_with_what_it_quotes(
    config: Config, store: Store, people: object, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("金丝雀备注")

    # As in the server: nobody listens to the root logger, so Flask would write the traceback by itself.
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    wang = Browser(create_app(config, store=store).test_client()).enter(code_of("W1"))
    monkeypatch.setattr("collector.respond.save_page", broken)
    assert wang.send(r02_staff="918273").status == 500
    log = capfd.readouterr().err
    assert "test_strangers_see_nothing.py" in log and "broken" in log and "respond.py" in log
    assert not [word for word in CANARIES if word in log]


def test_the_store_is_readable_by_its_owner_alone(store: Store, tmp_path: Path) -> None:
    from collector import open_store

    with open_store(tmp_path / "new" / "answers.sqlite") as made:
        made.write(lambda connection: connection.exec_driver_sql("DELETE FROM wrong_code") and None)
        files = [path for path in made.database.parent.iterdir() if not path.name.endswith(".lock")]
        assert len(files) >= 2 and [path for path in files if path.stat().st_mode & 0o077] == []


def test_health_and_readiness(app: Flask, store: Store) -> None:
    client = app.test_client()
    assert client.get("/healthz").json == {"status": "ok"}
    assert client.get("/readyz").json == {"status": "ready"}
    assert store.writer is not None
    store.writer.close()
    assert client.get("/readyz").status_code == 503


def test_every_word_is_there_in_both_languages() -> None:
    slot = re.compile(r"\{(\w*)\}")
    for key, (zh, en) in WORDS.items():
        assert zh.strip() and en.strip(), key
        assert sorted(slot.findall(zh)) == sorted(slot.findall(en)), key
        assert re.search("[\u4e00-\u9fff]", zh) and not re.search("[\u4e00-\u9fff]", en), key


def test_the_validity_of_the_example_is_in_the_future(robots: Questionnaire) -> None:
    assert robots.header.valid_until > date(2090, 1, 1)  # or the tests above would fail for the wrong reason
