"""`i2v models`: the published models, here and on the hub."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from i2v_cli.cli import options
from i2v_cli.cli.output import emit, result, say
from i2v_cli.errors import ModelError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from i2v_cli.events import Report
    from i2v_cli.request import Request
    from i2v_cli.weights.component import Component
    from i2v_cli.weights.pull import Listing

app = typer.Typer(name="models", help="The published models.", rich_markup_mode=None)


def _names(incomplete: str) -> list[str]:
    from i2v_cli import families

    return [name for name in families.models() if name.startswith(incomplete)]


Name = Annotated[
    str,
    typer.Argument(
        metavar="NAME",
        help="A model; `i2v models list` shows them.",
        show_default=False,
        autocompletion=_names,
    ),
]
Revision = Annotated[
    str | None, options.value("--revision", "REVISION", "A branch, a tag or a commit. [main]")
]
Repair = Annotated[bool, options.switch("--repair", "Bring what is damaged anew.")]


@app.command("list")
def list_models(json: options.Json = False) -> None:
    """Every model, whether it is here, and what it takes on the disk.

    Those that another tool has fetched into the Hugging Face cache are found.

    \b
    Examples:
      i2v models list
      i2v models list --json
    """
    from i2v_cli import families
    from i2v_cli.weights.hub import gigabytes

    rows = [_row(name, parts) for name, parts in families.models().items()]
    if json:
        emit("result", {"models": rows})
        return
    width = max(len(row["name"]) for row in rows)
    for row in rows:
        size = gigabytes(row["bytes"]) if row["bytes"] else ""
        line = f"{row['name']:<{width}}  {row['state']:<8}  {size:>8}  {', '.join(row['repos'])}"
        result(line.rstrip())


@app.command()
def info(name: Name, *, source: options.Source = None, json: options.Json = False) -> None:
    """What a model is made of, where it lies, its licence.

    \b
    Examples:
      i2v models info svd
      i2v models info svd --json
    """
    from i2v_cli.weights.hub import gigabytes

    parts = _parts(name)
    row = _row(name, parts, source)
    repos = list(dict.fromkeys(part.repo for part in parts))
    licences = {repo.id: {"licence": repo.licence, "gated": repo.gated} for repo in repos}
    components = [
        {"name": part.name, "repo": part.repo.id, "bytes": part.size, **_where(part, source)}
        for part in parts
    ]
    if json:
        emit("result", {**row, "licences": licences, "components": components})
        return
    result(f"{name}: {row['state']}" + (f", {gigabytes(row['bytes'])}" if parts else ""))
    for repo in repos:
        result(f"{repo.id}: {repo.licence}" + ("; gated: accept its terms on the hub" if repo.gated else ""))
    for part in components:
        result(f"{part['name']}: {gigabytes(part['bytes'])}, {part['folder'] or part['missing']}")


@app.command()
def pull(
    name: Name,
    *,
    source: options.Source = None,
    revision: Revision = None,
    dry_run: options.DryRun = False,
    json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Brings a model from the hub: only the files that are needed, each one verified.

    What an interrupted run has brought stays, and the next one goes on from there. HF_HOME says where to,
    HF_ENDPOINT where from, HF_TOKEN who you are to the owners of gated models.

    \b
    Examples:
      i2v models pull svd
      i2v models pull svd --dry-run
    """
    from i2v_cli.cli.progress import reporter
    from i2v_cli.weights import pull as hub_pull

    parts = _parts(name)
    if not parts:
        raise UsageError(f"{name} is inside the package, there is nothing to pull", "`i2v models list`")
    listings = hub_pull.listings(parts, _at(source, revision))
    if not quiet or dry_run:
        _show_sizes(listings)
    if not dry_run:
        with reporter(events=False, quiet=quiet) as report:
            hub_pull.pull(listings, report)
    if json:
        emit("result", {"name": name, "dry_run": dry_run, "repos": [_facts(listing) for listing in listings]})
        return
    for listing in listings:
        if dry_run:
            for file in listing.files:
                result(f"{file.path}  {file.size}  {file.digest}")
        else:
            result(str(listing.folder))


@app.command()
def verify(
    name: Name,
    *,
    source: options.Source = None,
    repair: Repair = False,
    json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Reads a model's files whole and compares them with their published digests.

    \b
    Examples:
      i2v models verify svd
      i2v models verify svd --repair
    """
    from i2v_cli.cli.progress import reporter
    from i2v_cli.weights import hub, verify
    from i2v_cli.weights import pull as hub_pull

    parts = _parts(name)
    verdicts = []
    for part in parts:
        try:
            root = hub.root(part, source)
        except FileNotFoundError:
            hub.locate_all(name, parts, source=source)  # raises: this one is not here at all
            raise
        for verdict in verify.verify(part, root, _published(part, root, source)):
            verdicts.append(verdict)
            if not json:
                reason = f": {verdict.reason}" if verdict.reason else ""
                result(f"{verdict.state:<7}  {verdict.path}{reason}")
    damaged = [verdict.path for verdict in verdicts if verdict.state == "damaged"]
    if damaged and not repair:
        option = f" --source {source}" if source else ""
        raise ModelError(
            f"{len(damaged)} of {len(verdicts)} files are damaged: {damaged[0]}",
            f"i2v models verify {name}{option} --repair",
        )
    if damaged:
        listings = hub_pull.listings(parts, source)  # before anything is dropped: the hub must be there
        for path in damaged:
            verify.drop(path)
        with reporter(events=False, quiet=quiet) as report:
            hub_pull.pull(listings, report)
    hub.locate_all(name, parts, source=source)  # what is missing is no less wrong
    if json:
        files = [{"path": verdict.path, "state": verdict.state} for verdict in verdicts]
        emit("result", {"name": name, "files": files, "repaired": damaged})


@app.command()
def rm(name: Name, *, json: options.Json = False) -> None:
    """Removes a model from this machine, all but the files that other models or tools use.

    \b
    Examples:
      i2v models rm svd
      i2v models rm svd --json
    """
    from i2v_cli import families
    from i2v_cli.weights.hub import gigabytes
    from i2v_cli.weights.remove import remove

    parts = _parts(name)
    if not parts:
        raise UsageError(f"{name} is inside the package", "`i2v models list` shows what can be removed")
    others = [
        part
        for other, theirs in families.models().items()
        if other != name and _row(other, theirs)["state"] == "here"
        for part in theirs
    ]
    freed = remove(parts, others)
    if json:
        emit("result", {"name": name, "bytes_freed": freed})
        return
    result(f"{name}: {gigabytes(freed)} freed")


def ensure(request: "Request", report: "Report") -> None:
    """What `generate --pull` does first: brings the request's model when it is not here."""
    from i2v_cli import families
    from i2v_cli.weights import hub, published
    from i2v_cli.weights import pull as hub_pull

    models = families.config(request.family).COMPONENTS
    try:
        published.parts(request, models)
    except hub.NotHereError:
        parts = models[published.variant(request, models)]
        hub_pull.pull(hub_pull.listings(parts, request.source), report)


def _parts(name: str) -> "tuple[Component, ...]":
    from i2v_cli import families
    from i2v_cli.presets import did_you_mean, shown

    models = families.models()
    if name not in models:
        hint = did_you_mean(name, models) or f"models: {', '.join(models)}"
        raise UsageError(f"there is no model {shown(name)}", hint)
    return models[name]


def _row(name: str, parts: "Sequence[Component]", source: str | None = None) -> dict[str, Any]:
    """state: inside (the package), here, partly, or away."""
    here = sum(_where(part, source)["folder"] is not None for part in parts)
    state = "here" if here == len(parts) else "partly" if here else "away"
    return {
        "name": name,
        "state": state if parts else "inside",
        "bytes": sum(part.size for part in parts),
        "repos": list(dict.fromkeys(part.repo.id for part in parts)),
    }


def _where(part: "Component", source: str | None) -> dict[str, Any]:
    """The folder, or what is missing."""
    from i2v_cli.weights import hub

    try:
        return {"folder": hub.locate(part, source=source).folder, "missing": None}
    except ModelError as error:
        return {"folder": None, "missing": error.message}


def _at(source: str | None, revision: str | None) -> str | None:
    if revision is None:
        return source
    if source is not None and "@" in source:
        raise UsageError(f"--source {source} and --revision {revision} name two revisions", "drop one")
    return f"{source or ''}@{revision}"


def _published(part: "Component", root: "Path", source: str | None) -> dict[str, str]:
    """Digests from the hub, asked for only where the cache has no links, which tell them."""
    from i2v_cli.weights import hub, verify
    from i2v_cli.weights import pull as hub_pull

    where = hub.origin(part, source)
    linked = all(hub.stored_digest(path) for path in verify.files(part, root))
    if linked or hub.offline() or not isinstance(where, hub.Origin):
        return {}
    listings = hub_pull.listings([part], f"{where.repo}@{root.name}")  # what lies here, not what is newest
    return {file.path: file.digest for listing in listings for file in listing.files}


def _show_sizes(listings: "Sequence[Listing]") -> None:
    from i2v_cli.runtime.memory import disk_free
    from i2v_cli.weights import hub

    for listing in listings:
        fetched = sum(listing.to_fetch(file) for file in listing.files)
        size = f"{len(listing.files)} files, {hub.gigabytes(listing.size)}, {hub.gigabytes(fetched)} to fetch"
        say(f"{listing.origin.repo} at {listing.commit[:12]}: {size}")
    say(f"to {hub.cache()}: {hub.gigabytes(disk_free(hub.cache()))} free")


def _facts(listing: "Listing") -> dict[str, Any]:
    return {
        "repo": listing.origin.repo,
        "commit": listing.commit,
        "path": listing.folder,
        "bytes": listing.size,
        "files": [file.path for file in listing.files],
    }
