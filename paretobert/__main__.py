"""`python -m paretobert` is the command `paretobert`."""

from paretobert.cli import main

if __name__ == "__main__":
    main()
