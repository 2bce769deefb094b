"""The environment: every fault at once and in words, secrets from
files, and every setting written down.
"""

import re
from pathlib import Path
from typing import Any

import pytest
from pydantic_core import PydanticUndefined

from quadline.config import environment
from quadline.config.environment import Environment, EnvironmentFault

GOOD = {
    "SECRET_KEY": "0123456789012345678901234567890123456789",
    "PUBLIC_URL": "https://texting.alder.example",
    "DATABASE_URL": "postgresql://quadline@/quadline",
}
EXAMPLE = Path(__file__).resolve().parents[3] / ".env.example"
NAMES = [name.upper() for name in Environment.model_fields]


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of this machine: no variables of ours and no .env file."""
    monkeypatch.chdir(tmp_path)
    for name in [*NAMES, *(f"{name}_FILE" for name in NAMES)]:
        monkeypatch.setenv(name, "")  # so that it is put back even when read() sets it
        monkeypatch.delenv(name)


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> Any:
    def set_all(**settings: str) -> None:
        for name, value in {**GOOD, **settings}.items():
            monkeypatch.setenv(name, value)

    return set_all


def faults() -> list[str]:
    with pytest.raises(EnvironmentFault) as refused:
        environment.read_environment()
    first, *lines = str(refused.value).splitlines()
    assert first == "Quadline cannot start. Fix these settings:"
    return [line.strip() for line in lines]


def test_three_settings_are_enough(given: Any) -> None:
    given()
    read = environment.read_environment()

    assert (read.carrier, read.log_level, read.quiet_hours, str(read.data_dir)) == (
        "twilio",
        "INFO",
        "21:00-08:00",
        "data",
    )
    assert read.zone.key == "America/New_York"


def test_every_fault_is_listed_at_once_in_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wrong = {
        "PUBLIC_URL": "texting.alder.example",
        "COLLEGE_TIME_ZONE": "Eastern",
        "COLLEGE_PHONE": "555-0100",
        "COLLEGE_REGION": "Michigan",
        "COLLEGE_AREA_CODES": "734;313",
        "QUIET_HOURS": "9pm-8am",
        "LOG_LEVEL": "LOUD",
        "CARRIER": "pigeon",
        "EMAIL_SERVICE": "pigeon",
        "EMAIL_FROM": "texting",
        "EMAIL_REPLY_TO": "replies+1@alder.example",
        "PHONE_UPDATE_URL": "my.alder.example",
    }
    for name, value in wrong.items():
        monkeypatch.setenv(name, value)
    lines = faults()

    assert {line.partition(":")[0] for line in lines} == {
        "SECRET_KEY",
        "DATABASE_URL",
        *wrong,
    }
    assert (
        "SECRET_KEY: is not set. Signs sessions and links. Keep it secret; 32"
        " characters or more." in lines
    )
    assert "PUBLIC_URL: must begin with http:// or https://" in lines
    assert (
        "COLLEGE_TIME_ZONE: 'Eastern' is not a time zone. Use a name such as"
        " America/Detroit." in lines
    )
    assert (
        "COLLEGE_REGION: cannot be 'Michigan'. State or province, the last resort: MI."
        in lines
    )
    assert not [line for line in lines if "^" in line or "regex" in line.lower()]


def test_a_secret_that_is_too_short_is_not_repeated(given: Any) -> None:
    given(SECRET_KEY="hunter2")

    assert [line.partition(":")[0] for line in faults()] == ["SECRET_KEY"]
    with pytest.raises(EnvironmentFault) as refused:
        environment.read_environment()
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("METRICS_TOKEN", "hunter2"),
        ("EMAIL_WEBHOOK_SECRET", "user:hunter2"),
        ("MAIL_INTAKE_URL", "imap:hunter2"),
    ],
)
def test_no_secret_is_repeated_when_it_is_wrong(
    given: Any, name: str, short: str
) -> None:
    given(**{name: short})
    [line] = faults()

    assert line.startswith(f"{name}: ")
    assert "hunter2" not in line


def test_trusted_proxies_are_read_and_what_is_none_is_a_fault(given: Any) -> None:
    given(TRUSTED_PROXIES="127.0.0.1, 10.0.0.0/8,fd00::/8")
    assert [
        str(network) for network in environment.read_environment().proxy_networks
    ] == [
        "127.0.0.1/32",
        "10.0.0.0/8",
        "fd00::/8",
    ]

    given(TRUSTED_PROXIES="127.0.0.1,proxy")
    assert faults() == [
        "TRUSTED_PROXIES: 'proxy' is not an IP address or a network such as 10.0.0.0/8."
        " Separate several by commas."
    ]


@pytest.mark.parametrize(
    "name", [name for name in NAMES if name not in (*GOOD, "QUIET_HOURS")]
)
def test_a_setting_that_is_empty_is_as_if_it_were_not_set(
    given: Any, name: str
) -> None:
    given(**{name: ""})

    assert (
        getattr(environment.read_environment(), name.lower())
        == Environment.model_fields[name.lower()].default
    )


@pytest.mark.parametrize("name", GOOD)
def test_a_needed_setting_that_is_empty_is_not_set(given: Any, name: str) -> None:
    given(**{name: ""})

    assert faults()[0].startswith(f"{name}: is not set.")


def test_empty_quiet_hours_mean_never_and_not_the_default(given: Any) -> None:
    given(QUIET_HOURS="")

    assert environment.read_environment().quiet_hours == ""


def test_a_secret_comes_from_a_file(
    given: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given()
    (tmp_path / "key").write_text(f"  {'k' * 40}\n")
    (tmp_path / "token").write_text("from the file")
    monkeypatch.setenv("SECRET_KEY_FILE", str(tmp_path / "key"))
    monkeypatch.setenv("TWILIO_AUTH_TOKEN_FILE", str(tmp_path / "token"))
    read = environment.read_environment()

    assert (read.secret_key, read.twilio_auth_token) == ("k" * 40, "from the file")


def test_a_secret_file_that_cannot_be_read_is_a_fault_among_the_others(
    given: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    given(PUBLIC_URL="nowhere")
    monkeypatch.delenv("SECRET_KEY")
    monkeypatch.setenv("SECRET_KEY_FILE", "absent/key")

    assert faults() == [
        "SECRET_KEY_FILE: absent/key cannot be read: No such file or directory",
        "PUBLIC_URL: must begin with http:// or https://",
    ]


def test_a_file_of_settings_is_read_and_the_environment_wins(
    given: Any, tmp_path: Path
) -> None:
    given(COLLEGE_NAME="Alder College")
    (tmp_path / ".env").write_text(
        "COLLEGE_NAME=Elm College\nCOLLEGE_REGION=MI\nUNKNOWN=1\n"
    )
    read = environment.read_environment()

    assert (read.college_name, read.college_region) == ("Alder College", "MI")


@pytest.mark.parametrize(
    ("name", "written", "kept"),
    [
        (
            "PUBLIC_URL",
            "https://texting.alder.example/",
            "https://texting.alder.example",
        ),
        ("COLLEGE_PHONE", "(734) 555-0100", "+17345550100"),
        ("COLLEGE_AREA_CODES", "734, 313", "734, 313"),
        ("QUIET_HOURS", "20:30-09:15", "20:30-09:15"),
        (
            "EMAIL_REPLY_TO",
            "Replies@Texting.Alder.example",
            "replies@texting.alder.example",
        ),
        (
            "EMAIL_FROM",
            "Alder College <texting@alder.example>",
            "Alder College <texting@alder.example>",
        ),
    ],
)
def test_settings_are_kept_in_one_form(
    given: Any, name: str, written: str, kept: str
) -> None:
    given(**{name: written})

    assert getattr(environment.read_environment(), name.lower()) == kept


@pytest.mark.parametrize("name", NAMES)
def test_every_setting_is_in_the_example_with_its_default_and_has_a_meaning(
    name: str,
) -> None:
    setting = Environment.model_fields[name.lower()]
    default = "" if setting.default is PydanticUndefined else str(setting.default)
    [line] = re.findall(rf"^#? ?{name}=(.*)$", EXAMPLE.read_text(), re.MULTILINE) or [
        None
    ]

    assert line is not None, f"{name} is not in .env.example"
    assert setting.is_required() or line.strip().strip("\"'") == default
    assert setting.description


def test_the_example_names_no_setting_that_is_not_there() -> None:
    written = set(
        re.findall(r"^#? ?([A-Z][A-Z_]+)=", EXAMPLE.read_text(), re.MULTILINE)
    )

    assert {name.removesuffix("_FILE") for name in written} <= set(NAMES)


def test_one_setting_is_found_where_all_are_read(
    given: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The environment, then a file it names, then .env: as `quadline
    run` asks whether there is a database.
    """
    assert environment.given("DATABASE_URL") == ""
    (tmp_path / ".env").write_text("DATABASE_URL=from the file\nDATA_DIR=texts\n")
    assert (environment.given("DATABASE_URL"), environment.given("DATA_DIR")) == (
        "from the file",
        "texts",
    )
    monkeypatch.setenv("DATABASE_URL", "")
    assert environment.given("DATABASE_URL") == "", (
        "the environment wins, also when it is empty"
    )
    monkeypatch.setenv(environment.ENV_FILE, "")
    assert environment.given("DATA_DIR") == ""
    (tmp_path / "url").write_text("from a secret\n")
    monkeypatch.setenv("DATABASE_URL_FILE", str(tmp_path / "url"))
    assert environment.given("DATABASE_URL") == "from a secret"
    monkeypatch.setenv("DATABASE_URL_FILE", "absent")
    monkeypatch.delenv("DATABASE_URL")
    assert environment.given("DATABASE_URL") == "absent", (
        "a database is meant, though it cannot be read"
    )


def test_another_file_of_settings_can_be_named_or_none(
    given: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given()
    (tmp_path / ".env").write_text("COLLEGE_NAME=Elm College\n")
    (tmp_path / "oak").write_text("COLLEGE_NAME=Oak College\n")
    monkeypatch.setenv(environment.ENV_FILE, "oak")
    assert environment.read_environment().college_name == "Oak College"
    monkeypatch.setenv(environment.ENV_FILE, "")
    assert environment.read_environment().college_name == "Your College"


@pytest.mark.parametrize(
    ("wording", "fault"),
    [
        (
            "This is {sender} at {colege}. Reply STOP to opt out.",
            "has {colege}, which nothing fills in",
        ),
        (
            "This is [Your Name]. Reply STOP to opt out.",
            "has [Your Name], which nothing fills in",
        ),
        ("This is {sender at {college}. Reply STOP.", "which nothing fills in"),
        ("This is {{sender}}. Reply STOP.", "nothing fills in"),
        ("This is {sender} at {college}.", "does not say how to opt out"),
        ("{sender}. Nonstop news.", "does not say how to opt out"),
        ("Reply STOP. " + "x" * 400, "characters over 320"),
    ],
)
def test_a_notice_that_would_not_tell_students_how_to_opt_out_is_refused(
    given: Any, wording: str, fault: str
) -> None:
    given(OPT_OUT_NOTICE=wording)
    assert any(
        line.startswith("OPT_OUT_NOTICE: ") and fault in line for line in faults()
    )


@pytest.mark.parametrize(
    "wording",
    [
        "{sender}, {college}: reply STOP to stop.",
        "Text STOP to opt out.",
        "STOP=no more",
    ],
)
def test_a_notice_of_the_colleges_own_is_taken(given: Any, wording: str) -> None:
    given(OPT_OUT_NOTICE=wording)
    assert environment.read_environment().opt_out_notice == wording
