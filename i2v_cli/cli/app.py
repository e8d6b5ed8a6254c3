"""`i2v`: the commands, and the one place where errors become words and exit codes.

Nothing but the standard library is imported before Ctrl-C and SIGTERM are ours, so that they end cleanly even
while the rest loads.
"""

import io
import os
import shlex
import signal
import sys
import threading
import traceback
from types import FrameType
from typing import TYPE_CHECKING, Annotated, NoReturn

from i2v_cli.errors import DISK_FULL, ExitCode, FitError, I2VError, Interrupted, Terminated

if TYPE_CHECKING:
    import typer

READER_LEFT = 141  # what the shell shows for a program that SIGPIPE ended, as in `i2v ... | head -1`
SIGNALS = (signal.SIGINT, signal.SIGTERM)
UNQUOTED = 'put the words in quotes: "camera pans left"'
AGAIN_SECONDS = 0.02
SHOW_CURSOR = b"\x1b[?25h"


def main() -> NoReturn:
    """The console script."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Does what the arguments say; returns the exit code. Installs signal handlers: once a process."""
    stop = Stop()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that cannot show a character gets its number
            stream.reconfigure(errors="backslashreplace")
    try:
        code = build()(args=arguments, prog_name="i2v", standalone_mode=False)
        if code == ExitCode.INTERRUPTED:  # Typer's word for Ctrl-C
            raise Interrupted
        if sys.stdout is not None:
            sys.stdout.flush()
        stop.rest()
        return int(code or ExitCode.DONE)
    except SystemExit as left:  # Typer's word for a broken pipe, and how shell completion ends
        if not isinstance(left.__context__, BrokenPipeError):
            raise
        return _reader_left()
    except BrokenPipeError:
        return _reader_left()
    except BaseException as error:
        stop.cause = stop.cause or error  # nothing between: a call could let a signal in
        told = _explain(stop.cause, arguments)
        try:
            _tell(stop.cause, *told, as_json=_speaks_json(arguments))
        except BrokenPipeError:  # whoever should have heard it left
            _reader_left()
        stop.rest()
        return int(told[0])


def build() -> "typer.Typer":
    """The commands. Their help is plain: quick to show, and the same in docs/reference/cli.md."""
    import typer

    from i2v_cli import __version__
    from i2v_cli.cli import batch, doctor, extend, generate, history, inspect, models, presets, rerun, train
    from i2v_cli.cli.transition import transition

    app = typer.Typer(
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    )

    def version(asked: bool) -> None:
        if asked:
            typer.echo(f"i2v {__version__}")
            raise typer.Exit

    @app.callback(invoke_without_command=True)
    def root(
        context: typer.Context,
        _version: Annotated[
            bool, typer.Option("--version", is_eager=True, callback=version, help="Show the version.")
        ] = False,
    ) -> None:
        """One photo and a sentence become a video, on this machine.

        \b
        i2v generate photo.png "camera slowly pans right"
        i2v generate photo.png "zoom in" -o zoom.gif --seconds 2
        """
        if context.invoked_subcommand is None:
            typer.echo(context.get_help())

    commands = (
        generate.generate,
        extend.extend,
        transition,
        batch.batch,
        rerun.rerun,
        inspect.inspect,
        history.history,
        doctor.doctor,
        train.train,
    )
    for command in commands:
        app.command()(command)
    app.add_typer(presets.app)
    app.add_typer(models.app)
    return app


class Stop:
    """Ctrl-C and SIGTERM unwind the stack once; a second one ends the process at once.

    `cause` stays: what it interrupts, an import above all, may turn it into an error of another kind. Where
    nothing can be unwound, as in a `__del__` or in a callback at an import's end, the signal is sent again.
    """

    def __init__(self) -> None:
        self.cause: BaseException | None = None
        sys.unraisablehook = self._lost
        for number in SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:  # so under nohup and in background jobs
                signal.signal(number, self._arrived)

    def rest(self) -> None:
        """All is done and said: while the interpreter ends, a signal no longer changes the exit code."""
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)

    def _arrived(self, number: int, _frame: FrameType | None) -> None:
        if self.cause is not None:
            if sys.stderr is not None and sys.stderr.isatty():
                os.write(2, SHOW_CURSOR)
            os._exit(128 + number)
        self.cause = Interrupted() if number == signal.SIGINT else Terminated()
        raise self.cause

    def _lost(self, lost: "sys.UnraisableHookArgs") -> None:
        if not isinstance(lost.exc_value, Interrupted | Terminated):
            sys.__unraisablehook__(lost)
            return
        number = signal.SIGINT if isinstance(lost.exc_value, Interrupted) else signal.SIGTERM
        self.cause = None
        # Later, from a thread: now it would arrive in here, and be lost once more.
        threading.Timer(AGAIN_SECONDS, os.kill, (os.getpid(), number)).start()


def _tell(error: BaseException, code: ExitCode, message: str, hint: str, *, as_json: bool) -> None:
    """The error on stderr, and as JSON on stdout where that was asked for."""
    from i2v_cli.cli.output import emit, say

    say(f"error: {message}")
    for line in error.excerpt if isinstance(error, I2VError) else ():
        say(f"  {line}")
    if hint:
        say(f"hint: {hint}")
    if os.environ.get("I2V_DEBUG"):
        for line in "".join(traceback.format_exception(error)).splitlines():
            say(line)
    if as_json:
        emit("error", {"code": code.name.lower(), "message": message, "hint": hint, "exit_code": int(code)})


def _explain(error: BaseException, arguments: list[str]) -> tuple[ExitCode, str, str]:
    """Exit code, what happened, what to type."""
    import typer

    match error:
        case KeyboardInterrupt():
            return ExitCode.INTERRUPTED, "interrupted", ""
        case Terminated():
            return ExitCode.TERMINATED, "terminated", ""
        case MemoryError():
            error = FitError(
                "this machine's memory ran out", "make it smaller: --size 480p, or fewer --frames"
            )
        case OSError(errno=number) if number in DISK_FULL:
            error = FitError(f"the disk is full: {error}", "free some disk space, or choose another -o")
    if isinstance(error, I2VError):
        return error.exit_code, error.message, error.hint
    if isinstance(error, typer.TyperException):
        message = error.format_message().rstrip(".")
        message = message[:1].lower() + message[1:]
        return ExitCode.USAGE, message, _usage_hint(error, message, arguments)
    return ExitCode.BUG, f"internal error: {type(error).__name__}: {error}", _save_traceback(error)


def _usage_hint(error: "typer.TyperException", message: str, arguments: list[str]) -> str:
    photo = arguments[0] if arguments else ""
    if message.startswith(f"no such command {photo!r}") and os.path.isfile(photo):
        return f"i2v generate {shlex.join(arguments)}"
    if "unexpected extra argument" in message:
        return UNQUOTED
    return f"`{_asked(error, arguments)} --help` shows what it takes"


def _asked(error: "typer.TyperException", arguments: list[str]) -> str:
    """The command whose help says more: the one that refused, and `i2v` for a word that is none."""
    if (context := getattr(error, "ctx", None)) is not None:
        return str(context.command_path)
    return " ".join(["i2v", *(word for word in arguments[:1] if word.isalpha())])


def _save_traceback(error: BaseException) -> str:
    """A hint that tells where it lies."""
    import platformdirs

    try:
        path = platformdirs.user_state_path("i2v", appauthor=False) / f"traceback-{os.getpid()}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = traceback.format_exception(error)
        path.write_text("".join(lines), encoding="utf-8", errors="backslashreplace")
    except OSError:
        return "I2V_DEBUG=1 shows the traceback; please report it"
    return f"please report it with the traceback in {path}"


def _speaks_json(arguments: list[str]) -> bool:
    """Looked up by hand: what was wrong with the arguments may have kept Typer from reading them."""
    flags = arguments[: arguments.index("--")] if "--" in arguments else arguments
    if "--json" in flags or "--events" in flags:
        return True
    twins = (os.environ.get(name, "").lower() for name in ("I2V_JSON", "I2V_EVENTS"))
    return any(twin in ("1", "true", "yes", "on") for twin in twins)


def _reader_left() -> int:
    """The end of `| head -1`: silence. What is still buffered must not fail once more at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return READER_LEFT
