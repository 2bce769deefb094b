"""``python -m quadline`` is the command ``quadline``."""

from quadline.cli import main

main()
