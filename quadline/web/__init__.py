"""Staff screens: parse, authorise, call one verb, render. A door; nothing imports it but config."""
