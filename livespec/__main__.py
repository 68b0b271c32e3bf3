"""`python -m livespec`: the same as the `livespec` command."""

from livespec.cli import main

if __name__ == "__main__":
    main()
