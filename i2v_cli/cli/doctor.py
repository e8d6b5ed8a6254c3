"""`i2v doctor`: what this machine has and lacks."""

from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from i2v_cli.cli import options
from i2v_cli.cli.output import emit, result
from i2v_cli.errors import ExitCode

if TYPE_CHECKING:
    from i2v_cli.doctor import Finding


def doctor(json: options.Json = False) -> None:
    """This machine: torch, device, ffmpeg, memory, disk; each problem with its fix.

    Ends with exit code 8 when it has found one.

    \b
    Examples:
      i2v doctor
      i2v doctor --json
    """
    from i2v_cli.doctor import examine

    findings = examine()
    healthy = all(finding.ok for finding in findings)
    if json:
        emit("result", {"ok": healthy, "findings": [asdict(finding) for finding in findings]})
    else:
        _show(findings)
    if not healthy:
        raise typer.Exit(ExitCode.BATCH)


def _show(findings: "list[Finding]") -> None:
    width = max(len(finding.name) for finding in findings)
    for finding in findings:
        result(f"{'ok     ' if finding.ok else 'PROBLEM'}  {finding.name:<{width}}  {finding.value}")
        if finding.fix:
            result(f"{'':<{width + 9}}  {'' if finding.ok else 'fix: '}{finding.fix}")
