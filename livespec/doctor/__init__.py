"""A self-test that a user can run: numbers, speed, picture, sound. Each check gives findings, whatever is broken."""
