"""`python -m hetevo` is the `hetevo` command."""

from hetevo.scripts.main import main

if __name__ == "__main__":
    main()
