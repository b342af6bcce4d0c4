"""A table's backup form and its restoration.

The base is a scan while writes go on; the stream's records from before the scan up to an instant
bring every item to what it was then: each touched item ends as its last record says. A record's
time is a whole second, and so is the instant: what has its second or a later one is after it.
What results is written as DynamoDB's export to S3 is, and read back by DynamoDB's import from S3.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from boto3.dynamodb.types import Binary

from local.errors import LocalRunError
from local.resources import Cloud
from tools.restore.reading import scan

_EXPORT = "AWSDynamoDB/01764000000000-rehearse"
_FILES = 4
_SECONDS = 30
_POLL_SECONDS = 0.05
_KEPT = ("IndexName", "KeySchema", "Projection")

Item = dict[str, Any]


class TableLog:
    """The changes of a table from the moment it is made, and a base below them."""

    def __init__(self, cloud: Cloud, table: str) -> None:
        self._cloud = cloud
        self._table = table
        self._streams = cloud.client("dynamodbstreams")
        described = cloud.client("dynamodb").describe_table(TableName=table)["Table"]
        self._iterators = [
            self._streams.get_shard_iterator(
                StreamArn=described["LatestStreamArn"],
                ShardId=shard["ShardId"],
                ShardIteratorType="LATEST",
            )["ShardIterator"]
            for shard in self._shards(described["LatestStreamArn"])
        ]
        self._base: dict[str, Item] = {}

    def take_base(self) -> int:
        """Scan the table while it is written to; gives the number of items."""
        for item in scan(self._cloud.client("dynamodb"), self._table):
            self._base[_key(item)] = item
        return len(self._base)

    def at(self, moment: datetime) -> list[Item]:
        """The table's items at a whole second that has passed."""
        if moment.microsecond:
            raise ValueError(f"{moment} has a fraction; a table is restored to a whole second")
        items = dict(self._base)
        for record in self._records():
            change = record["dynamodb"]
            if change["ApproximateCreationDateTime"] >= moment:
                continue
            if "NewImage" in change:
                items[_key(change["Keys"])] = change["NewImage"]
            else:
                items.pop(_key(change["Keys"]), None)
        return list(items.values())

    def _shards(self, stream: str) -> list[dict[str, Any]]:
        described = self._streams.describe_stream(StreamArn=stream)
        return list(described["StreamDescription"]["Shards"])

    def _records(self) -> Iterator[dict[str, Any]]:
        """What has happened up to now; a shard's records are in order, and a key has one shard."""
        for start in self._iterators:
            iterator: str | None = start
            while iterator:
                answer = self._streams.get_records(ShardIterator=iterator)
                yield from answer["Records"]
                iterator = answer.get("NextShardIterator") if answer["Records"] else None


def write_export(cloud: Cloud, bucket: str, table: str, items: Iterable[Item], at: datetime) -> int:
    """Write items as an export to S3 of DynamoDB JSON; gives their number."""
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket=bucket)
    lines: list[list[str]] = [[] for _ in range(_FILES)]
    for number, item in enumerate(items):
        lines[number % _FILES].append(json.dumps({"Item": item}, default=_binary))
    listed = []
    for number, part in enumerate(lines):
        content = gzip.compress("".join(f"{line}\n" for line in part).encode())
        key = f"{_EXPORT}/data/{number:026d}.json.gz"
        answer = s3.put_object(Bucket=bucket, Key=key, Body=content)
        listed.append(
            {
                "itemCount": len(part),
                "md5Checksum": _digest(content),
                "etag": answer["ETag"].strip('"'),
                "dataFileS3Key": key,
            }
        )
    count = sum(len(part) for part in lines)
    summary = {
        "version": "2020-06-30",
        "tableArn": table,
        "exportTime": at.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "s3Bucket": bucket,
        "manifestFilesS3Key": f"{_EXPORT}/manifest-files.json",
        "itemCount": count,
        "outputFormat": "DYNAMODB_JSON",
        "exportType": "FULL_EXPORT",
    }
    files = "".join(f"{json.dumps(entry)}\n" for entry in listed)
    s3.put_object(Bucket=bucket, Key=summary["manifestFilesS3Key"], Body=files.encode())
    s3.put_object(
        Bucket=bucket, Key=f"{_EXPORT}/manifest-summary.json", Body=json.dumps(summary).encode()
    )
    return count


def import_export(cloud: Cloud, bucket: str, source: str, target: str) -> int:
    """A new table `target` with the keys and indexes of `source` and the export's items.

    Gives their number; raises LocalRunError when it is not what the manifest says.
    """
    dynamodb = cloud.client("dynamodb")
    _check_files(cloud, bucket)
    like = dynamodb.describe_table(TableName=source)["Table"]
    started = dynamodb.import_table(
        S3BucketSource={"S3Bucket": bucket, "S3KeyPrefix": f"{_EXPORT}/data/"},
        InputFormat="DYNAMODB_JSON",
        InputCompressionType="GZIP",
        TableCreationParameters={
            "TableName": target,
            "AttributeDefinitions": like["AttributeDefinitions"],
            "KeySchema": like["KeySchema"],
            "BillingMode": "PAY_PER_REQUEST",
            "GlobalSecondaryIndexes": [
                {name: index[name] for name in _KEPT} for index in like["GlobalSecondaryIndexes"]
            ],
        },
    )
    arn = started["ImportTableDescription"]["ImportArn"]
    deadline = time.monotonic() + _SECONDS
    while True:
        done = dynamodb.describe_import(ImportArn=arn)["ImportTableDescription"]
        if done["ImportStatus"] != "IN_PROGRESS":
            break
        if time.monotonic() > deadline:
            raise LocalRunError(f"import into {target} did not end within {_SECONDS} s")
        time.sleep(_POLL_SECONDS)
    wanted = _manifest(cloud, bucket)["itemCount"]
    if done["ImportStatus"] != "COMPLETED" or done["ImportedItemCount"] != wanted:
        raise LocalRunError(
            f"import into {target} is {done['ImportStatus']} with {done['ImportedItemCount']} of "
            f"{wanted} items: {done.get('FailureMessage', '')}"
        )
    return int(wanted)


def _check_files(cloud: Cloud, bucket: str) -> None:
    s3 = cloud.client("s3")
    files = s3.get_object(Bucket=bucket, Key=_manifest(cloud, bucket)["manifestFilesS3Key"])
    for line in files["Body"].read().splitlines():
        entry = json.loads(line)
        content = s3.get_object(Bucket=bucket, Key=entry["dataFileS3Key"])["Body"].read()
        if _digest(content) != entry["md5Checksum"]:
            raise LocalRunError(f"{entry['dataFileS3Key']} is not what its manifest says")


def _manifest(cloud: Cloud, bucket: str) -> dict[str, Any]:
    found = cloud.client("s3").get_object(Bucket=bucket, Key=f"{_EXPORT}/manifest-summary.json")
    manifest: dict[str, Any] = json.loads(found["Body"].read())
    return manifest


def _digest(content: bytes) -> str:
    return base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()


def _binary(value: object) -> str:
    if isinstance(value, Binary | bytes):
        return base64.b64encode(bytes(value)).decode()
    raise TypeError(f"{value!r} is not a value of DynamoDB JSON")


def _key(item: Mapping[str, Any]) -> str:
    return json.dumps([item["pk"], item["sk"]])
