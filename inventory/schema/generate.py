#!/usr/bin/env python3
"""Write schemas.bin: what every CloudFormation resource type looks like, in compact form.

The source is the published resource-type schemas as the cfn-lint package (licence
MIT-0) ships them. A JSON schema says far more than pcf-scan needs, so this program
keeps structural facts only and does the hard thinking once, at generation time:
references are followed, oneOf/anyOf/allOf are merged, every path list is written in
one notation. What the Go side then loads is a plain table of nodes.

What CloudFormation has no type for (an EC2 snapshot, the account's password policy) is
described by schemas of our own in the same form, in the folder private; their names
begin with PCF::.

    python3 inventory/schema/generate.py            writes schemas.bin beside this file
    python3 inventory/schema/generate.py --check    fails when schemas.bin is not what it would write
                                                    (`make schemas-check`)

The layout of schemas.bin is described at the Go reader, load.go.
"""

import collections
import importlib
import importlib.metadata
import json
import os
import pathlib
import struct
import sys
import zlib

CFN_LINT = "1.51.0"
OUTPUT = pathlib.Path(__file__).with_name("schemas.bin")
PRIVATE = pathlib.Path(__file__).with_name("private")
MAGIC = b"pcfschm1"

# The same bits as the Kind constants in schema.go.
KINDS = {"object": 1, "array": 2, "string": 4, "integer": 8, "number": 16, "boolean": 32, "null": 64}
ANY = 127

# Where a type keeps its own tags although its schema does not say so.
TAG_PROPERTY = {
    "AWS::Budgets::Budget": "/ResourceTags",
    "AWS::EC2::LaunchTemplate": "/TagSpecifications/*/Tags",
}

# Maps that cfn-lint lets a template fill with anything, because CloudFormation converts
# it; what the service keeps and returns is text.
TEXT_MAPS = {
    "AWS::CloudFormation::Stack": "#/properties/Parameters",
    "AWS::Lambda::Function": "#/definitions/Environment/properties/Variables",
}

# Paths that only the read handler of CloudFormation leaves out: the service itself returns
# them. What stays write-only below each is listed with it (user data is a program, and may
# hold secrets).
RETURNED = {
    "AWS::EC2::LaunchTemplate": {
        "/LaunchTemplateData": ["/LaunchTemplateData/UserData"],
        "/TagSpecifications": [],
        "/VersionDescription": [],
    },
    # The clusters of a group show what they share.
    "AWS::ElastiCache::ReplicationGroup": {
        "/CacheParameterGroupName": [],
        "/CacheSubnetGroupName": [],
        "/KmsKeyId": [],
        "/NotificationTopicArn": [],
        "/PreferredMaintenanceWindow": [],
        "/SecurityGroupIds": [],
    },
    # Where data comes from, and where it goes to in a network.
    "AWS::KinesisFirehose::DeliveryStream": {
        "/AmazonOpenSearchServerlessDestinationConfiguration": [],
        "/AmazonopensearchserviceDestinationConfiguration": [],
        "/ElasticsearchDestinationConfiguration": [],
        "/ElasticsearchDestinationConfiguration/CloudWatchLoggingOptions/Enabled": [],
        "/HttpEndpointDestinationConfiguration/S3Configuration/EncryptionConfiguration/KMSEncryptionConfig/AWSKMSKeyARN": [],
        "/KinesisStreamSourceConfiguration": [],
        "/MSKSourceConfiguration": [],
        "/RedshiftDestinationConfiguration/S3BackupConfiguration/EncryptionConfiguration/KMSEncryptionConfig/AWSKMSKeyARN": [],
        "/RedshiftDestinationConfiguration/S3Configuration/EncryptionConfiguration/KMSEncryptionConfig/AWSKMSKeyARN": [],
    },
}

PATH_LISTS = {
    "primary": "primaryIdentifier",
    "readOnly": "readOnlyProperties",
    "writeOnly": "writeOnlyProperties",
    "createOnly": "createOnlyProperties",
    "maybeCreateOnly": "conditionalCreateOnlyProperties",
    "deprecated": "deprecatedProperties",
}


def published_schemas():
    """Return {type name: JSON schema} for all types of all regions, and refuse another cfn-lint.

    cfn-lint keeps one module per region that maps a type to a file named after its
    content. us-east-1 has 1,585 types; 16 more exist only elsewhere (Device Farm, …), and
    the first region in alphabetical order that has one supplies it: 1,601 in all.
    """
    try:
        found = importlib.metadata.version("cfn-lint")
    except importlib.metadata.PackageNotFoundError:
        found = "none"
    if found != CFN_LINT:
        sys.exit(f"generate schemas: need cfn-lint {CFN_LINT}, found {found}; run: "
                 f"python3 -m pip install cfn-lint=={CFN_LINT}")
    import cfnlint  # not at the top: the version is checked first, with a better message
    root = pathlib.Path(cfnlint.__file__).parent / "data" / "schemas"
    regions = sorted(p.stem for p in (root / "providers").glob("*.py") if p.stem != "__init__")
    regions.sort(key=lambda region: region != "us_east_1")  # stable: us-east-1 first
    files = {}
    for region in regions:
        types = importlib.import_module(f"cfnlint.data.schemas.providers.{region}").types
        for name, file in types.items():
            files.setdefault(name, file)
    return {name: json.loads((root / "resources" / f"{file}.json").read_text(encoding="utf-8"))
            for name, file in files.items()}


def private_schemas():
    """Return {type name: JSON schema} of the types that are ours."""
    found = {}
    for file in sorted(PRIVATE.glob("*.json")):
        schema = json.loads(file.read_text(encoding="utf-8"))
        name = schema["typeName"]
        # One file per type under one name, as the registry names its files: pcf-ec2-snapshot.json.
        if not name.startswith("PCF::") or file.stem != name.lower().replace("::", "-"):
            sys.exit(f"generate schemas: {file.name} describes {name}; want a type that begins with PCF::, "
                     "in the file of its name")
        found[name] = schema
    return found


class Tree:
    """The node table of one type.

    A node of ours stands for a set of places in the source schema: all the places that may
    describe the same value. One place is the usual case; the alternatives of a oneOf make
    more. The sets are finite, so recursive definitions end in a cycle and not in a loop.
    """

    def __init__(self, schema, text_map=None):
        self.schema = schema
        if text_map:
            self.resolve(text_map)["patternProperties"] = {".*": {"type": "string"}}
        self.nodes = []
        self.index = {}  # the places of a node, or the facts of a leaf -> its number
        self.names = {id(d): name for name, d in schema.get("definitions", {}).items()}
        root = {k: v for k, v in schema.items()
                if k in ("properties", "patternProperties", "additionalProperties", "required", "oneOf", "anyOf", "allOf")}
        self.root = root | {"type": "object"}  # kept: places are told apart by their id()
        self.add([self.root])

    def resolve(self, ref):
        place = self.schema
        for part in ref.removeprefix("#/").split("/"):
            place = place[part.replace("~1", "/").replace("~0", "~")]
        return place

    def parts(self, place):
        """The places that hold together with this one: what it refers to, and its allOf."""
        return ([self.resolve(place["$ref"])] if "$ref" in place else []) + place.get("allOf", [])

    def facets(self, place, seen=()):
        """Everything that says something about a value at this place: itself, what it
        refers to, and every alternative."""
        if not isinstance(place, dict) or id(place) in seen:
            return []
        seen = seen + (id(place),)
        more = self.parts(place) + place.get("oneOf", []) + place.get("anyOf", [])
        return [place] + [f for m in more for f in self.facets(m, seen)]

    def kinds(self, place, seen=()):
        """The JSON types that a place allows: all parts of a conjunction together, any of the alternatives."""
        if not isinstance(place, dict) or id(place) in seen:
            return ANY
        seen = seen + (id(place),)
        said = []
        types = place.get("type")
        if types:
            said.append(sum(KINDS[t] for t in ([types] if isinstance(types, str) else set(types))))
        elif "properties" in place or "patternProperties" in place:
            said.append(KINDS["object"])
        elif "items" in place:
            said.append(KINDS["array"])
        elif place.get("format") == "json":
            said.append(KINDS["object"] | KINDS["string"])
        said += [self.kinds(p, seen) for p in self.parts(place)]
        for word in ("oneOf", "anyOf"):
            if word in place:
                either = 0
                for p in place[word]:
                    either |= self.kinds(p, seen)
                said.append(either)
        all_of, any_of = ANY, 0
        for k in said:
            all_of &= k
            any_of |= k
        return all_of or any_of  # parts that contradict each other: take every one of them

    def enum(self, place, seen=()):
        """The values that a place allows, or None when it allows others."""
        if not isinstance(place, dict) or id(place) in seen:
            return None
        seen = seen + (id(place),)
        if "const" in place:
            return [place["const"]]
        for word in ("enum", "enumCaseInsensitive"):
            if word in place:
                return place[word]
        for p in self.parts(place):
            if (values := self.enum(p, seen)) is not None:
                return values
        for word in ("oneOf", "anyOf"):
            each = [self.enum(p, seen) for p in place.get(word, [])]
            if each and None not in each:
                return [v for values in each for v in values]
        return None

    def required(self, place, seen=()):
        """The property names that a place asks for, alternatives aside."""
        if not isinstance(place, dict) or id(place) in seen:
            return set()
        seen = seen + (id(place),)
        names = set(place.get("required", []))
        for p in self.parts(place):
            names |= self.required(p, seen)
        return names

    def target(self, place):
        """Follow references that add nothing, so that all users of a definition share its node."""
        while isinstance(place, dict) and "$ref" in place and not \
                {"default", "format", "type", "insertionOrder", "uniqueItems", "oneOf", "anyOf", "allOf"} & place.keys():
            place = self.resolve(place["$ref"])
        return place

    def add(self, places):
        """Return the number of the node for these places, and make it when it is new."""
        places = list({id(p): p for p in map(self.target, places)}.values())
        key = tuple(id(p) for p in places)
        if key in self.index:
            return self.index[key]
        facets = list({id(f): f for p in places for f in self.facets(p)}.values())

        def first(word):
            return next((f[word] for f in facets if word in f), None)

        kinds = 0
        for k in map(self.kinds, places):
            kinds |= k if k != ANY else 0  # a place that says nothing leaves it to the others
        kinds = kinds or ANY

        named, free, elements = collections.defaultdict(list), [], []
        for f in facets:
            if kinds & KINDS["object"]:
                for name, p in f.get("properties", {}).items():
                    named[name].append(p)
                free += f.get("patternProperties", {}).values()
                if isinstance(f.get("additionalProperties"), dict):
                    free.append(f["additionalProperties"])
            if kinds & KINDS["array"]:
                elements += [f["items"]] if isinstance(f.get("items"), dict) else []
                elements += f.get("prefixItems", [])

        node = {"kinds": kinds}
        values = [self.enum(p) for p in places]
        if None not in values:
            node["enum"] = list(dict.fromkeys(v for each in values for v in each))
        if first("format"):
            node["format"] = first("format")
        if any("default" in f for f in facets):
            node["default"] = first("default")
        if first("insertionOrder") is not None:
            node["order"] = 1 if first("insertionOrder") else 2
        if first("uniqueItems"):
            node["unique"] = True
        # A definition gives its name, also when something was added at the reference.
        names = [self.names.get(id(f)) for f in facets if id(f) in self.names]
        if len(places) == 1 and names:
            node["name"] = names[0]
        if kinds & KINDS["object"] and not named and not free:
            # Nothing said is everything allowed. An object that names its properties is closed
            # even where additionalProperties: false was forgotten (120 places): CloudFormation
            # asks every published schema to be.
            closed = all(f.get("additionalProperties") is False for f in facets if "object" in str(f.get("type")))
            stated = any(f.get("additionalProperties") is False for f in facets)
            node["open"] = not (closed and stated)
        if any(f.get("additionalProperties") is True for f in facets):
            node["open"] = True
        if not node.get("open"):
            node.pop("open", None)

        if not named and not free and not elements:  # a leaf: equal leaves are one node
            leaf = json.dumps(node, sort_keys=True)
            if leaf not in self.index:
                self.index[leaf] = len(self.nodes)
                self.nodes.append(node)
            self.index[key] = self.index[leaf]
            return self.index[key]

        self.index[key] = number = len(self.nodes)  # before its children: they may refer back
        self.nodes.append(node)
        if named:
            node["props"] = {name: self.add(named[name]) for name in sorted(named)}
            need = set.intersection(*(self.required(p) for p in places)) & named.keys()
            if need:
                node["required"] = sorted(need)
        if free:
            node["values"] = self.add(free)
        if elements:
            node["items"] = self.add(elements)
        return number

    @staticmethod
    def pointer(path):
        """Write a source path ("/properties/A/items/properties/B", "/properties/A/*/B") as a
        pointer below the properties ("/A/*/B"). No property is called "items" or "properties"."""
        steps = ("*" if step == "items" else step for step in path.split("/"))
        return "".join("/" + step for step in steps if step not in ("", "properties"))

    def names_property(self, pointer):
        """Whether the tree has this path by name ("*" for an element or a free key)."""
        node = self.nodes[0]
        for part in pointer.split("/")[1:]:
            child = node.get("items", node.get("values")) if part == "*" else node.get("props", {}).get(part)
            if child is None:
                return False
            node = self.nodes[child]
        return True


def facts(name, schema):
    """The structural facts of one type, ready to be written as JSON."""
    tree = Tree(schema, TEXT_MAPS.get(name))
    out = {"nodes": tree.nodes}
    for ours, theirs in PATH_LISTS.items():
        pointers = list(dict.fromkeys(tree.pointer(p) for p in schema.get(theirs, [])))
        if ours == "writeOnly":
            pointers = [left for p in pointers for left in RETURNED.get(name, {}).get(p, [p])]
        if pointers:
            out[ours] = pointers if ours == "primary" else sorted(pointers)  # the parts of an identifier have an order
    if schema.get("additionalIdentifiers"):
        out["additional"] = [[tree.pointer(p) for p in parts] for parts in schema["additionalIdentifiers"]]
    if schema.get("propertyTransform"):
        out["transforms"] = {tree.pointer(p): t for p, t in schema["propertyTransform"].items()}

    tagging = schema.get("tagging", {})
    at = TAG_PROPERTY.get(name) or tree.pointer(tagging.get("tagProperty", "/properties/Tags"))
    if not tree.names_property(at):
        at = "/Tags" if tree.names_property("/Tags") else ""
    if at:
        out["tagProperty"] = at
    if at or tagging.get("taggable", schema.get("taggable")):
        out["taggable"] = True
        # A schema that denies the tags says nothing of use about them: then they can be
        # changed unless that would replace the resource.
        said = tagging.get("tagUpdatable") if tagging.get("taggable") else None
        if at not in out.get("createOnly", []) if said is None else said:
            out["tagUpdatable"] = True
    return out


def compact(value):
    return json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False).encode()


def dictionary(blobs):
    """What many types have in common, as a preset dictionary for the compressor: the
    fragments that save most, the best last, within the 32 KiB that deflate looks back."""
    count = collections.Counter()
    for blob in blobs:
        count.update(set(blob.replace(b"}", b"}\n").replace(b",", b",\n").split(b"\n")))
    saving = sorted(((n * len(f), f) for f, n in count.items() if n > 2 and len(f) > 4), reverse=True)
    picked, room = [], 32 << 10
    for _, fragment in saving:
        if len(fragment) > room:
            break
        picked.append(fragment)
        room -= len(fragment)
    return b"".join(reversed(picked))


def deflate(blob, preset):
    c = zlib.compressobj(9, zlib.DEFLATED, -15, 9, zlib.Z_DEFAULT_STRATEGY, preset)
    return c.compress(blob) + c.flush()


def pack(blobs):
    preset = dictionary(blobs.values())
    names = "\n".join(blobs).encode()
    body, offsets = b"", [0]
    for blob in blobs.values():
        body += deflate(blob, preset)
        offsets.append(len(body))
    return b"".join([MAGIC, struct.pack("<III", len(preset), len(names), len(blobs)),
                     preset, names, struct.pack(f"<{len(offsets)}I", *offsets), body])


def unpack(data):
    """The names and uncompressed facts of a schemas.bin; the mirror of pack."""
    if data[:8] != MAGIC:
        return {}
    preset_len, names_len, count = struct.unpack_from("<III", data, 8)
    at = 20
    preset, at = data[at:at + preset_len], at + preset_len
    names, at = data[at:at + names_len].decode().split("\n"), at + names_len
    offsets, at = struct.unpack_from(f"<{count + 1}I", data, at), at + 4 * (count + 1)
    return {name: zlib.decompressobj(-15, preset).decompress(data[at + offsets[i]:at + offsets[i + 1]])
            for i, name in enumerate(names)}


def main():
    if sys.argv[1:] not in ([], ["--check"]):
        sys.exit(__doc__)
    sources = published_schemas() | private_schemas()
    blobs = {name: compact(facts(name, schema)) for name, schema in sorted(sources.items())}
    data = pack(blobs)
    if "--check" in sys.argv:
        have = OUTPUT.read_bytes() if OUTPUT.exists() else b""
        if have == data:
            print(f"schemas.bin is up to date: {len(blobs)} types, byte for byte")
        elif unpack(have) == blobs:
            # zlib does not promise the same bytes from one implementation to the next.
            print(f"schemas.bin is up to date: {len(blobs)} types, the same facts (compressed by another zlib)")
        else:
            sys.exit("schemas.bin is not what generate.py writes; run: python3 inventory/schema/generate.py")
        return
    temporary = OUTPUT.with_suffix(".tmp")
    temporary.write_bytes(data)
    os.replace(temporary, OUTPUT)
    print(f"{OUTPUT.name}: {len(blobs)} types, {sum(map(len, blobs.values()))} bytes of facts in {len(data)} bytes")


if __name__ == "__main__":
    main()
