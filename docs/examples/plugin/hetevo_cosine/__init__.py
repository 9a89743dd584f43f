"""Members for Hetevo, one a module. Nothing is imported here: listing them must cost nothing."""
