"""AWS WAF: web ACLs. The embedded AWS keeps them and blocks nothing."""

from __future__ import annotations

from typing import Any

from local.resources.base import Cloud, Properties
from local.resources.lifecycle import Lifecycle, physical_name
from local.resources.shapes import Api


class WebAcl(Lifecycle):
    """A web ACL; its id is given by AWS."""

    handles = "aws:wafv2/webAcl:WebAcl"
    replace_on = frozenset({"name", "scope"})
    tags_by = "arn"
    api = Api("wafv2", provider_only=frozenset({"namePrefix"}))

    def make(self, cloud: Cloud, name: str, inputs: Properties) -> str:
        """See `Lifecycle.make`."""
        named = {**inputs, "name": physical_name(name, inputs)}
        return str(self.api.call(cloud, "CreateWebACL", named)["Summary"]["Id"])

    def observe(self, cloud: Cloud, id: str, state: Properties) -> Properties | None:
        """See `Lifecycle.observe`."""
        found = self._found(cloud, id, state["scope"])
        if found is None:
            return None
        acl = found["WebACL"]
        return {"name": acl["Name"], "arn": acl["ARN"], "lockToken": found["LockToken"]}

    def change(self, cloud: Cloud, id: str, state: Properties, inputs: Properties) -> None:
        """See `Lifecycle.change`."""
        self.api.call_with_known(cloud, "UpdateWebACL", inputs, **self._at(cloud, id, state))

    def remove(self, cloud: Cloud, id: str, state: Properties) -> None:
        """See `Lifecycle.remove`."""
        if self._found(cloud, id, state["scope"]):
            self.api.call(cloud, "DeleteWebACL", Scope=state["scope"], **self._at(cloud, id, state))

    def _found(self, cloud: Cloud, id: str, scope: str) -> dict[str, Any] | None:
        """The ACL; AWS asks for its name as well, so it is looked for in the list."""
        listed = self.api.call(cloud, "ListWebACLs", Scope=scope)["WebACLs"]
        for entry in listed:
            if entry["Id"] == id:
                return self.api.call(cloud, "GetWebACL", Scope=scope, Id=id, Name=entry["Name"])
        return None

    def _at(self, cloud: Cloud, id: str, state: Properties) -> dict[str, Any]:
        found = self._found(cloud, id, state["scope"])
        token = found["LockToken"] if found else ""
        return {"Id": id, "Name": state["name"], "LockToken": token}


HANDLERS = (WebAcl(),)
