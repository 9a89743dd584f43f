"""What a person types: the `hetevo` command, one subcommand a file."""
