"""`i2v doctor`: what this machine has and lacks."""

from dataclasses import asdict

from i2v_cli.cli import options
from i2v_cli.cli.output import emit, result


def doctor(json: options.Json = False) -> None:
    """This machine: torch, device, ffmpeg, memory, disk; each problem with its fix.

    \b
    Examples:
      i2v doctor
      i2v doctor --json
    """
    from i2v_cli.doctor import examine

    findings = examine()
    if json:
        healthy = all(finding.ok for finding in findings)
        emit("result", {"ok": healthy, "findings": [asdict(finding) for finding in findings]})
        return
    width = max(len(finding.name) for finding in findings)
    for finding in findings:
        result(f"{'ok     ' if finding.ok else 'PROBLEM'}  {finding.name:<{width}}  {finding.value}")
        if finding.fix:
            result(f"{'':<{width + 9}}  {'' if finding.ok else 'fix: '}{finding.fix}")
