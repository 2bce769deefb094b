"""The second step of signing in, which a trusted provider has taken already."""

from allauth.mfa.stages import AuthenticateStage
from django.http import HttpRequest


class SecondFactorStage(AuthenticateStage):  # type: ignore[misc]  # allauth is untyped
    def _should_handle(self, request: HttpRequest) -> bool:
        """Private to allauth, but its one question whether to ask for a factor."""
        campus = (self.login.signal_kwargs or {}).get("sociallogin")
        if campus and campus.state.get("campus", {}).get("is_trusted"):
            return False
        return bool(super()._should_handle(request))
