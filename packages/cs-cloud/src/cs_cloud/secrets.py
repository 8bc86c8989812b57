"""Read the secrets that an environment names, as `sm://projects/…`, from Secret Manager.

A value goes into the environment that is returned and nowhere else: into no message, no traceback
and no log.
"""

from __future__ import annotations

import base64
import logging
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

from cs_cloud.errors import CloudError
from cs_cloud.secret_patterns import REFERENCE_SCHEME, SECRET_FORM, SECRET_REFERENCE

if TYPE_CHECKING:
    from cs_cloud.google.rest import RestApi

_AT_ONCE = 10  # as many connections as the client keeps


def resolve_secrets(environ: Mapping[str, str], timeout: float = 10) -> dict[str, str]:
    """Return an environment with the values of the secrets in place of their names.

    Line ends that a pasted value brought with it are cut off its end. Where no variable names a
    secret, no library of Google is loaded. The secrets are read at the same time.

    Args:
        environ: the environment; each variable that begins with `sm://` names a secret, of
            whatever project.
        timeout: seconds, about, that reading a secret may take.

    Raises:
        CloudError: a secret cannot be read, or is no text for a variable, or a name is malformed.
    """
    named = {name: value for name, value in environ.items() if value.startswith(REFERENCE_SCHEME)}
    for name, value in named.items():
        if not SECRET_REFERENCE.fullmatch(value):
            # the value is not repeated: somebody may have put the secret itself there
            raise CloudError(f"{name} names a secret, but not in the form {SECRET_FORM}")
    if not named:
        return dict(environ)

    from cs_cloud.google.clients import Clients

    # No project to charge: that would need a permission there that a job's account does not have.
    client = Clients("", environ).secrets
    references = list(dict.fromkeys(named.values()))
    with _without_debug_logs(), ThreadPoolExecutor(_AT_ONCE) as pool:
        texts = pool.map(lambda reference: _read(client, reference, timeout), references)
        found = dict(zip(references, texts, strict=True))
    return {**environ, **{name: found[reference] for name, reference in named.items()}}


def _read(client: RestApi, reference: str, timeout: float) -> str:
    from cs_cloud.google.api_errors import RETRY, explained

    try:
        with explained(f"reading {reference}"):
            call = f"{reference.removeprefix(REFERENCE_SCHEME)}:access"
            answer = client.get(call, retry=RETRY.with_timeout(timeout), timeout=timeout)
    except CloudError as error:
        # what it came from may quote the answer
        raise CloudError(error.message, error.fix) from None
    payload = answer.get("payload")
    return _text(payload if isinstance(payload, dict) else {}, reference)


def _text(payload: Mapping[str, str], reference: str) -> str:
    import google_crc32c

    try:
        data = base64.b64decode(payload.get("data", ""), validate=True)
        intact = int(payload.get("dataCrc32c", 0)) == google_crc32c.value(data)
    except (TypeError, ValueError):
        intact = False
    if not intact:
        raise CloudError(f"{reference} was damaged on its way: its checksum is wrong; try again")
    try:
        text = data.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        text = "\0"
    if not text or "\0" in text:
        raise CloudError(
            f"{reference} {'holds bytes that are no text' if text else 'is empty'}, which no"
            " variable can hold; add a version to the secret that is text in UTF-8"
        )
    return text


@contextmanager
def _without_debug_logs() -> Iterator[None]:
    """Keep the clients from logging answers, as they do at level DEBUG."""
    before = logging.root.manager.disable
    logging.disable(max(before, logging.DEBUG))
    try:
        yield
    finally:
        logging.disable(before)
