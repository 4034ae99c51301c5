"""``python -m softbreak``: the command line where no script is on the path (Windows, say)."""

from softbreak.cli.main import run

if __name__ == "__main__":
    run()
