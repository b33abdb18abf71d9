"""Who may reach the server, and how much they may take."""

import pytest

from neural_style.runtime.errors import StyleError
from neural_style.studio.settings import FIELDS, Settings


def test_defaults_are_for_this_machine_alone():
    settings = Settings()
    assert settings.host == "127.0.0.1"
    assert not settings.auth
    assert settings.upload_bytes == 20_000_000
    assert settings.upload_pixels == 40_000_000
    assert settings.disk_bytes == 4_000_000_000


def test_every_setting_has_help_and_a_group():
    assert all(field.metadata["help"] and field.metadata["group"] for field in FIELDS.values())


@pytest.mark.parametrize("extra", [{"auth": ["ada:lovelace"]}, {"no_auth": True}])
def test_others_may_come_in_if_that_is_meant(extra):
    assert Settings(host="0.0.0.0", **extra).host == "0.0.0.0"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"host": "0.0.0.0"}, "host: received 0.0.0.0, which others can reach: give -auth"),
        ({"host": "::"}, "host: received ::, which others can reach"),
        ({"auth": ["ada"]}, "auth: received an entry that is not NAME:PASSWORD; give both"),
        ({"auth": [":secret"]}, "auth: received an entry that is not NAME:PASSWORD"),
        ({"auth": ["a:b"], "no_auth": "1"}, "no_auth: received with auth"),
        ({"port": "0"}, "port: received 0, must be at least 1"),
        ({"port": 70000}, "port: received 70000, must be at most 65535"),
        ({"most_waiting": -1}, "most_waiting: received -1, must be at least 0"),
        ({"most_iterations": "many"}, "most_iterations: received 'many', must be a whole number"),
        ({"root_path": "studio"}, "root_path: received 'studio', must be a path such as /studio"),
        ({"root_path": "/a/../b c"}, "root_path: received"),
        ({"devices": []}, "devices: received none"),
    ],
)
def test_what_is_not_allowed_is_said_in_a_sentence(given, message):
    with pytest.raises(StyleError) as refused:
        Settings(**given)
    assert str(refused.value).startswith(message)
    assert "\n" not in str(refused.value)


def test_a_password_is_not_repeated():
    with pytest.raises(StyleError) as refused:
        Settings(auth=["lovelace"])
    assert "lovelace" not in str(refused.value)
