"""`i2v history`: what ran on this machine."""

from typing import Annotated

import typer

from i2v_cli.cli import options
from i2v_cli.cli.output import emit, result


def history(
    limit: Annotated[
        int, typer.Option("--limit", min=1, max=1_000_000, metavar="N", help="The last N runs.")
    ] = 20,
    json: options.Json = False,
) -> None:
    """What ran: when, how long, peak memory, exit code, output.

    It lies in the state folder of i2v, readable by you alone; --no-log and I2V_NO_LOG=1 leave a run out.
    A run without an exit code runs still, or was killed.

    \b
    Examples:
      i2v history
      i2v history --limit 100 --json
    """
    from dataclasses import asdict

    from i2v_cli.history import path, runs

    rows = runs(limit)
    if json:
        emit("result", {"path": path(), "runs": [asdict(row) for row in rows]})
        return
    for row in rows:
        took = "-" if row.seconds is None else f"{row.seconds:.1f} s"
        peak = "-" if row.peak_memory is None else f"{row.peak_memory / 2**20:.0f} MiB"
        code = "-" if row.exit_code is None else str(row.exit_code)
        told = row.error or row.output or "standard output"
        result(f"{row.began}  {row.command:<8}  {took:>9}  {peak:>9}  exit {code:>3}  {told}")
