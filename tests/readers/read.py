"""Reads YAML texts with PyYAML, as YAML 1.1 says, for tests/yaml_readers.rs.

stdin: a JSON list of texts. stdout: a JSON object, reader name to the list of what it read; numbers as {"$number": text},
so that no digit is lost, and what has no place in JSON as {"$other": type}.
"""

import datetime
import json
import sys

import yaml


def encode(value):
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, (int, float)):
        return {"$number": repr(value)}
    if isinstance(value, list):
        return [encode(item) for item in value]
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {key: encode(item) for key, item in value.items()}
    if isinstance(value, (datetime.date, datetime.datetime)):
        return {"$other": "date"}
    return {"$other": repr(value)}


def read(text, loader):
    try:
        return encode(yaml.load(text, loader))
    except (yaml.YAMLError, ValueError) as error:
        return {"$other": str(error)}


loaders = {"PyYAML": yaml.SafeLoader}
if hasattr(yaml, "CSafeLoader"):
    loaders["libyaml"] = yaml.CSafeLoader
texts = json.load(sys.stdin)
json.dump({name: [read(text, loader) for text in texts] for name, loader in loaders.items()}, sys.stdout)
