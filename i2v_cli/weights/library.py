"""The hub's library: it knows tokens, proxies, mirrors; and its errors, in our words.

It is imported in functions only, and takes half a second.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from json import JSONDecodeError
from typing import Any

from i2v_cli.errors import DISK_FULL, FitError, I2VError, ModelError, NetworkError
from i2v_cli.weights import hub
from i2v_cli.weights.hub import Origin


def library() -> Any:
    """The hub's library, silent: what there is to say, `report` says."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    import huggingface_hub
    import huggingface_hub.utils

    huggingface_hub.utils.logging.set_verbosity_error()
    return huggingface_hub


@contextmanager
def explained(where: Origin, *, gated: bool) -> Iterator[None]:
    """What the hub, the network and the disk say becomes an error of ours."""
    library()  # silent, before anything else imports it
    import httpx2
    from huggingface_hub import errors

    host = hub.endpoint()
    try:
        yield
    except I2VError:
        raise
    except errors.GatedRepoError as error:
        raise _closed(where) from error
    except errors.RevisionNotFoundError as error:
        hint = "a revision is a branch, a tag or a commit: main"
        raise ModelError(f"{where.repo} has no revision {where.revision}", hint) from error
    except (errors.RepositoryNotFoundError, errors.HFValidationError) as error:
        if gated:
            raise _closed(where) from error
        hint = "check the name; a private one wants `hf auth login` first"
        raise ModelError(f"{host} has no repository {where.repo} that you may see", hint) from error
    except errors.HfHubHTTPError as error:
        status = error.response.status_code
        if gated and status in (401, 403):
            raise _closed(where) from error
        if status in (401, 403, 404):
            said = f"{host} refuses {where.repo} ({status})"
            raise ModelError(said, "check HF_TOKEN or `hf auth login`: a token expires") from error
        raise NetworkError(f"{host} fails at {where.repo} ({status})", "try again later") from error
    except (httpx2.HTTPError, errors.OfflineModeIsEnabled) as error:
        reason = (str(error) or type(error).__name__).splitlines()[0]
        hint = "check the connection, HTTPS_PROXY and HF_ENDPOINT"
        raise NetworkError(f"{host} cannot be reached: {reason}", hint) from error
    except OSError as error:
        if error.errno in DISK_FULL:
            hint = "free some disk space; the same command goes on from where it stopped"
            raise FitError(f"the disk of {hub.cache()} is full: {error.strerror}", hint) from error
        raise ModelError(f"cannot write to {hub.cache()}: {error}", "check its permissions") from error
    except JSONDecodeError as error:  # the page of a proxy, or of a hotel's network
        raise NetworkError(f"{host} gives no answer of a hub", "check HF_ENDPOINT and the network") from error


def _closed(where: Origin) -> ModelError:
    """No token, terms not accepted, or access not granted yet: the hub does not always say which."""
    then = "" if library().get_token() else ", then `hf auth login` or set HF_TOKEN"
    return ModelError(
        f"{where.repo} is gated: its owner asks you to accept its terms first",
        f"accept them at {hub.endpoint()}/{where.repo}{then}, and pull again",
    )
