"""What a browser says of itself, in our words: whatever a caller wrote reaches no page
and no email.
"""

# In this order: a phone names the system it is made from as well.
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "Chromebook"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
)
# In this order: Edge and others call themselves Chrome as well, and Chrome Safari.
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)


def device_words(user_agent: str) -> str:
    """ "Firefox on Windows", as far as the browser says."""
    system = _first_named(user_agent, SYSTEMS)
    browser = _first_named(user_agent, BROWSERS)
    if browser and system:
        return f"{browser} on {system}"
    return browser or system or "Unknown device"


def _first_named(user_agent: str, names: tuple[tuple[str, str], ...]) -> str:
    for sign, name in names:
        if sign in user_agent:
            return name
    return ""
