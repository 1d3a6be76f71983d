"""What every seed script of this folder shares: `found` notes a resource that the scan
must find, and at the end of the script `done` prints all of them as JSON:
{type: {id: {tags, properties}}}. Properties are pointers with the values they must have."""

import json

expect = {}


def found(type_, id_, tags=None, **properties):
    """Notes one resource; in property names "__" stands for "/"."""
    expect.setdefault(type_, {})[id_] = {
        "tags": tags,
        "properties": {"/" + name.replace("__", "/"): value for name, value in properties.items()},
    }


def pairs(tags, key="Key", value="Value"):
    return [{key: k, value: v} for k, v in tags.items()]


def tags(name):
    return {"pcf:app": "orders", "pcf:environment": "dev", "pcf:version": "1.4.2", "pcf:particle": name}


def spec(kind, name):
    return [{"ResourceType": kind, "Tags": pairs(tags(name))}]


def done():
    print(json.dumps(expect))
