import errno
import io

import pytest

from softbreak import __version__
from softbreak.cli import main
from softbreak.cli.main import COMMANDS


def test_help_lists_every_command(softbreak):
    told = softbreak("--help")
    assert told.code == 0
    for name, about in COMMANDS.items():
        assert name in told.out
        assert about.split()[0] in told.out


def test_no_command_at_all_is_help_and_could_not_run(softbreak):
    told = softbreak()
    assert told.code == 2
    assert "Commands:" in told.out + told.err


def test_version(softbreak):
    assert softbreak("--version").out == f"softbreak {__version__}\n"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(softbreak, command):
    told = softbreak(command, "--help")
    assert told.code == 0
    shown = " ".join(told.out.replace("Examples:", "Example:").split())
    assert f"Example: softbreak {command}" in shown
    assert f"Usage: softbreak {command}" in told.out


def test_a_misspelt_command(softbreak):
    told = softbreak("triaje", "x")
    assert told.code == 2
    assert "Did you mean 'triage'?" in told.err


def test_our_errors_are_one_message_and_no_traceback(softbreak, tmp_path):
    told = softbreak("triage", tmp_path / "nothing")
    assert told.code == 2
    assert told.out == ""
    assert told.err.startswith("softbreak: ")
    assert "no such file or folder" in told.err
    assert "Traceback" not in told.err


def test_a_folder_that_cannot_be_written_is_said_with_what_helps(monkeypatch, capsys):
    def refused(**_):
        raise OSError(errno.EROFS, "Read-only file system", "/share/out")

    monkeypatch.setattr(main, "app", refused)
    monkeypatch.setattr("sys.argv", ["softbreak", "triage", "/share"])
    with pytest.raises(SystemExit) as ended:
        main.run()
    assert ended.value.code == 2
    told = capsys.readouterr().err
    assert told.startswith("softbreak: /share/out: Read-only file system. Name a folder")


def test_twice_verbose_shows_the_traceback(monkeypatch, tmp_path):
    from softbreak.cli import main
    from softbreak.errors import ReadError

    monkeypatch.setattr("sys.argv", ["softbreak", "triage", str(tmp_path / "nothing"), "-vv"])
    with pytest.raises(ReadError):
        main.run()


def test_bad_options_are_exit_code_2(softbreak, tmp_path):
    assert softbreak("triage", tmp_path, "--workers", "-3").code == 2
    assert softbreak("triage", tmp_path, "--fail-on", "healthy").code == 2


@pytest.mark.parametrize(
    ("arguments", "encoding"),
    [(["eis", "--json"], "utf-8"), (["query", "--csv"], "utf-8"), (["eis"], "cp1252")],
)
def test_what_programs_read_is_utf8_whatever_the_console_speaks(monkeypatch, arguments, encoding):
    stdout = io.TextIOWrapper(io.BytesIO(), encoding="cp1252")
    monkeypatch.setattr("sys.stdout", stdout)
    monkeypatch.setattr("sys.argv", ["softbreak", *arguments])
    main._speak_utf8()
    assert (stdout.encoding, stdout.errors) == (encoding, "replace")
