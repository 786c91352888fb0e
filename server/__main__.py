"""`python -m server` is the command `sobani`."""

from server.cli import main

main(prog_name="sobani")
