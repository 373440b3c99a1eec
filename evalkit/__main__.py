"""The command `evalkit`, also as ``python -m evalkit``."""

import sys


def main() -> None:
    """Run the command line and leave with its exit status."""
    from evalkit.cli import run

    sys.exit(run())


if __name__ == "__main__":
    main()
