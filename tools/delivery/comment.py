"""`make comment REPORT=report.md PULL_REQUEST=12`: the report as a comment of a pull request.

It runs the code of the branch that would be changed, never the pull request's own: it holds the
token. `REPOSITORY` is `<owner>/<name>`, `COMMENT_TOKEN` the ARN of the secret with the token.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from tools.delivery.errors import DeliveryError, step

API = "https://api.github.com"
_SECONDS = 20.0
_LONGEST = 65_000
"""Characters; GitHub takes 65,536."""


def comment(text: str, repository: str, number: int, token: str, api: str = API) -> str:
    """Post `text`, cut where it is too long; the address of the comment."""
    cut = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}\n\n… cut: the whole is an artifact"
    request = Request(  # noqa: S310 - GitHub's address
        f"{api}/repos/{repository}/issues/{number}/comments",
        method="POST",
        data=json.dumps({"body": cut}).encode(),
        headers={"Authorization": f"Bearer {token}", "Accept": "application/vnd.github+json"},
    )
    try:
        with urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310
            return str(json.load(answer)["html_url"])
    except (HTTPError, URLError, TimeoutError) as error:
        raise DeliveryError(f"{repository}#{number} could not be commented: {error}") from error


def _token(arn: str) -> str:
    try:
        return str(boto3.client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"])
    except (BotoCoreError, ClientError) as error:
        raise DeliveryError(f"{arn} could not be read: {error}") from error


def main(arguments: list[str]) -> int:
    """0 when the comment is there."""
    parser = argparse.ArgumentParser(prog="comment", description=__doc__)
    parser.add_argument("report", type=Path)
    parser.add_argument("number", type=int)
    given = parser.parse_args(arguments)

    def body() -> str:
        if not given.report.is_file():
            raise DeliveryError(f"REPORT={given.report} does not exist; make report writes one")
        token = _token(os.environ["COMMENT_TOKEN"])
        text = given.report.read_text("utf-8")
        return comment(text, os.environ["REPOSITORY"], given.number, token)

    return step("comment", body)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
