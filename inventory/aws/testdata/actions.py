"""Prints, one a line, those of the IAM actions given as arguments that AWS does not have.
What AWS has is told by a third party: the policy data in the cfn-lint package."""

import json
import os
import sys

import cfnlint

path = os.path.join(os.path.dirname(cfnlint.__file__), "data", "AdditionalSpecs", "Policies.json")
with open(path, encoding="utf-8") as f:
    services = json.load(f)
for action in sys.argv[1:]:
    service, _, name = action.partition(":")
    if name.lower() not in {a.lower() for a in services.get(service, {}).get("Actions", {})}:
        print(action)
