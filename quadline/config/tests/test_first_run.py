"""A web process prints the link to the first account."""

import pytest
from django.db import connections

from quadline.accounts.models import User
from quadline.config import first_run


@pytest.mark.django_db
def test_a_web_process_prints_the_link_only_while_there_is_no_account(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "close_all", lambda: None)
    first_run._print_link()
    said = capsys.readouterr().err
    assert "Set up Quadline: https://texting.alder.example/setup/#" in said
    User.objects.create_user("ada@alder.example", None, name="Ada")
    first_run._print_link()
    assert capsys.readouterr().err == ""
