"""Asks yaml-language-server what it offers and shows in an environment file, as an editor does.

Usage: ask.py SERVER ROOT FILE < text-with-a-cursor. `|` marks the cursor. Prints {"completion": [...], "hover": "...", "problems": [...]}.
"""

import json
import subprocess
import sys
from pathlib import Path

server, root, name = sys.argv[1], Path(sys.argv[2]).resolve(), sys.argv[3]
text = sys.stdin.read()
before, _, after = text.partition("|")
text = before + after
position = {"line": before.count("\n"), "character": len(before) - before.rfind("\n") - 1}
uri = (root / name).as_uri()
process = subprocess.Popen([server, "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def send(message):
    body = json.dumps({"jsonrpc": "2.0", **message}).encode()
    process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
    process.stdin.flush()


def receive():
    length = 0
    while (line := process.stdout.readline().strip()) != b"":
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    return json.loads(process.stdout.read(length))


problems = None


def answer(id):
    """The answer to a request; what the server asks meanwhile is answered with nothing."""
    global problems
    while True:
        message = receive()
        if message.get("method") == "textDocument/publishDiagnostics":
            problems = [each["message"] for each in message["params"]["diagnostics"]]
        elif message.get("method") == "workspace/configuration":
            settings = {"yaml": {"completion": True, "hover": True, "validate": True, "schemaStore": {"enable": False}}}
            items = message["params"]["items"]
            send({"id": message["id"], "result": [settings.get(item.get("section"), {}) for item in items]})
        elif "method" in message and "id" in message:
            send({"id": message["id"], "result": None})
        elif message.get("id") == id:
            return message.get("result")
        if id is None and problems is not None:
            return None


capabilities = {
    "workspace": {"configuration": True},
    "textDocument": {"completion": {"completionItem": {"documentationFormat": ["markdown"]}}, "hover": {"contentFormat": ["markdown"]}},
}
send({"id": 1, "method": "initialize", "params": {"processId": None, "rootUri": root.as_uri(), "capabilities": capabilities}})
answer(1)
send({"method": "initialized", "params": {}})
document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
send({"method": "textDocument/didOpen", "params": {"textDocument": document}})
where = {"textDocument": {"uri": uri}, "position": position}
send({"id": 2, "method": "textDocument/completion", "params": where})
found = answer(2) or []
items = found["items"] if isinstance(found, dict) else found
send({"id": 3, "method": "textDocument/hover", "params": where})
shown = (answer(3) or {}).get("contents", "")
shown = shown.get("value", "") if isinstance(shown, dict) else str(shown)
if problems is None:
    answer(None)
process.kill()
labels = [item["label"] for item in items]
words = {item["label"]: (item.get("documentation") or "") for item in items}
print(json.dumps({"completion": labels, "words": words, "hover": shown, "problems": problems}))
