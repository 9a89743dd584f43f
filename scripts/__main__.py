"""`python -m scripts` is the `hetevo` command."""

from scripts.main import main

main()
