"""What an operator installs: the package, the files of deploy/, and the pages."""
