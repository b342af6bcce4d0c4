"""Before any test imports the AWS SDK: by class, as the local run does."""

from __future__ import annotations

from local.sdk import import_by_class

import_by_class()
