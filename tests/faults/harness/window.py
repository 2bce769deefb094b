"""A browser window without the browser: the forms of the screens,
as they are posted without scripts.
"""

import http.client
import http.cookiejar
import re
import threading
import urllib.error
import urllib.parse
import urllib.request
import uuid

from tests.faults.harness.college import PASSWORD

PATIENCE_SECONDS = 20.0


class Refused(Exception):
    """The house said no, in words; asking again would not help."""


class Window:
    def __init__(self, url: str, email: str) -> None:
        self.url = url
        self.email = email
        self._jar = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(self._jar)
        )
        self._signing_in = threading.Lock()
        self._is_signed_in = False

    def text(self, student: int, message_id: uuid.UUID, words: str) -> None:
        self._write(student, message_id=str(message_id), channel="text", body=words)

    def email_to(
        self, student: int, message_id: uuid.UUID, subject: str, words: str
    ) -> None:
        self._write(
            student,
            message_id=str(message_id),
            channel="email",
            subject=subject,
            body=words,
        )

    def broadcast(self, broadcast_id: uuid.UUID, words: str) -> None:
        """To the whole caseload: written, reviewed, sent. Whatever was done before a
        line was cut is not done again.
        """
        self._sign_in()
        url, page = self._post(
            "/inbox/new/",
            message_id=str(broadcast_id),
            channel="text",
            body=words,
            to="caseload",
        )
        for _ in range(5):
            if "/review/" not in url and "/send/" not in url:
                break
            fingerprint = re.search(r'name="fingerprint" value="(\w+)"', page)
            if not fingerprint:
                raise Refused("the review has no Send")
            url, page = self._post(
                f"/broadcasts/{broadcast_id}/send/", fingerprint=fingerprint.group(1)
            )
        if f"/broadcasts/{broadcast_id}/" not in url or url.endswith(
            ("/review/", "/send/")
        ):
            raise ValueError(f"not sent, the page is {url}")

    def get(self, path: str) -> tuple[str, str]:
        return self._open(urllib.request.Request(f"{self.url}{path}"))

    def _write(self, student: int, **fields: str) -> None:
        self._sign_in()
        url, _ = self._post(f"/students/{student}/message/", **fields)
        if "/inbox/c/" not in url:
            raise ValueError(f"not accepted, the page is {url}")

    def _sign_in(self) -> None:
        with self._signing_in:
            if not self._is_signed_in:
                self.get("/accounts/login/")
                url, _ = self._post(
                    "/accounts/login/", login=self.email, password=PASSWORD
                )
                if "/login" in url:
                    raise ValueError("not signed in")
                self._is_signed_in = True

    def _post(self, path: str, **fields: str) -> tuple[str, str]:
        token = (
            next(
                (cookie.value for cookie in self._jar if cookie.name == "csrftoken"), ""
            )
            or ""
        )
        form = urllib.parse.urlencode({**fields, "csrfmiddlewaretoken": token}).encode()
        return self._open(urllib.request.Request(f"{self.url}{path}", data=form))

    def _open(self, request: urllib.request.Request) -> tuple[str, str]:
        """The address one ended at, and the page. A 4xx is a refusal; anything else
        that is not well may be tried again.
        """
        try:
            with self._opener.open(request, timeout=PATIENCE_SECONDS) as answer:
                return str(answer.url), answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                if error.code in (404, 422):
                    raise Refused(
                        f"{error.code} at"
                        f" {urllib.parse.urlsplit(request.full_url).path.split('/')[1]}"
                    ) from None
                raise ValueError(f"answered {error.code}") from None
        except http.client.HTTPException as error:
            raise ValueError(f"a broken answer: {error!r}") from None
