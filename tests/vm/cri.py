#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""As much of a kubelet as the tests need: reads the manifest of a pod, or of a DaemonSet, and lets a container engine run
it by the engine's interface for Kubernetes (CRI, version v1).

cri.py version
cri.py start MANIFEST [--class FILE] [--image CONTAINER=REFERENCE]... [--directory DIR]
        prints the id of the sandbox, then NAME ID of each container; the logs are DIR/NAME.log
cri.py exec CONTAINER-ID WORD...         its output and status are those of the command
cri.py status CONTAINER-ID               running, exited STATUS, ...
cri.py stop SANDBOX-ID                   stops and removes the pod
cri.py remove CONTAINER-ID               stops and removes a container of it"""
import argparse
import os
import socket
import sys
import time
import urllib.parse

import h2.config
import h2.connection
import h2.events

SOCKET = os.environ.get("TSEM_CRI", "/run/containerd/containerd.sock")
TEXT, NUMBER, LIST, PAIRS = "text", "number", "list", "pairs"

# The numbers of the fields that are used: NAME: (number, what it is).
METADATA = {"name": (1, TEXT), "uid": (2, TEXT), "namespace": (3, TEXT), "attempt": (4, NUMBER)}
SPACES = {"network": (1, NUMBER), "pid": (2, NUMBER), "ipc": (3, NUMBER)}
PROFILE = {"profile_type": (1, NUMBER), "localhost_ref": (2, TEXT)}
NODE, CONTAINER = 2, 1
SANDBOX = {
    "metadata": (1, METADATA), "hostname": (2, TEXT), "log_directory": (3, TEXT), "labels": (6, PAIRS),
    "annotations": (7, PAIRS),
    "linux": (8, {"cgroup_parent": (1, TEXT),
                  "security_context": (2, {"namespace_options": (1, SPACES), "seccomp": (9, PROFILE)})}),
}
VALUE = {"value": (1, NUMBER)}
CONTAINER_CONFIG = {
    "metadata": (1, {"name": (1, TEXT), "attempt": (2, NUMBER)}), "image": (2, {"image": (1, TEXT)}), "command": (3, LIST),
    "args": (4, LIST),
    "mounts": (7, [{"container_path": (1, TEXT), "host_path": (2, TEXT), "readonly": (3, NUMBER)}]),
    "labels": (9, PAIRS), "annotations": (10, PAIRS), "log_path": (11, TEXT),
    "linux": (15, {"security_context": (2, {
        "capabilities": (1, {"add_capabilities": (1, LIST), "drop_capabilities": (2, LIST)}),
        "namespace_options": (3, SPACES), "run_as_user": (5, VALUE), "readonly_rootfs": (7, NUMBER),
        "apparmor_profile": (9, TEXT), "no_new_privs": (11, NUMBER), "run_as_group": (12, VALUE), "seccomp": (15, PROFILE),
        "apparmor": (16, PROFILE)})}),
}
ID = {"id": (1, TEXT)}
CALLS = {  # the request, the answer
    "Version": ({"version": (1, TEXT)}, {"runtime_name": (2, TEXT), "runtime_api_version": (4, TEXT)}),
    "RunPodSandbox": ({"config": (1, SANDBOX), "runtime_handler": (2, TEXT)}, ID),
    "StopPodSandbox": (ID, {}),
    "RemovePodSandbox": (ID, {}),
    "CreateContainer": ({"id": (1, TEXT), "config": (2, CONTAINER_CONFIG), "sandbox_config": (3, SANDBOX)}, ID),
    "StartContainer": (ID, {}),
    "StopContainer": ({"id": (1, TEXT), "timeout": (2, NUMBER)}, {}),
    "RemoveContainer": (ID, {}),
    "ContainerStatus": (ID, {"status": (1, {"state": (3, NUMBER), "exit_code": (7, NUMBER)})}),
    "ExecSync": ({"id": (1, TEXT), "cmd": (2, LIST), "timeout": (3, NUMBER)},
                 {"stdout": (1, TEXT), "stderr": (2, TEXT), "exit_code": (3, NUMBER)}),
}


# ---- messages: protocol buffers, as far as these fields go

def varint(number):
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def bytes_field(number, payload):
    return varint(number << 3 | 2) + varint(len(payload)) + payload


def encode(fields, message):
    out = b""
    for name, value in message.items():
        number, kind = fields[name]
        if kind == NUMBER:
            out += varint(number << 3) + varint(int(value))
        elif kind == TEXT:
            out += bytes_field(number, value.encode())
        elif kind == LIST:
            out += b"".join(bytes_field(number, item.encode()) for item in value)
        elif kind == PAIRS:
            out += b"".join(bytes_field(number, bytes_field(1, key.encode()) + bytes_field(2, item.encode()))
                            for key, item in value.items())
        elif isinstance(kind, list):
            out += b"".join(bytes_field(number, encode(kind[0], item)) for item in value)
        else:
            out += bytes_field(number, encode(kind, value))
    return out


def read_varint(data, at):
    number = shift = 0
    while True:
        number |= (data[at] & 127) << shift
        at, shift = at + 1, shift + 7
        if data[at - 1] < 128:
            return number, at


def decode(fields, data):
    """A field that is not there is 0 or empty."""
    message = {name: 0 if kind == NUMBER else b"" if kind == TEXT else decode(kind, b"") for name, (_, kind) in fields.items()}
    known = {number: (name, kind) for name, (number, kind) in fields.items()}
    at = 0
    while at < len(data):
        key, at = read_varint(data, at)
        if key & 7 == 0:
            value, at = read_varint(data, at)
        elif key & 7 == 2:
            size, at = read_varint(data, at)
            value, at = data[at:at + size], at + size
        else:
            raise ValueError(f"a field of the kind {key & 7}")
        name, kind = known.get(key >> 3, (None, None))
        if name:
            message[name] = decode(kind, value) if isinstance(kind, dict) else value
    return message


# ---- calls: HTTP/2, one connection for each

class Refused(Exception):
    """The engine has done nothing, and says why."""


def request_of(name, data):
    connection = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
    connection.initiate_connection()
    connection.send_headers(1, [(":method", "POST"), (":scheme", "http"), (":authority", "localhost"),
                                (":path", f"/runtime.v1.RuntimeService/{name}"), ("te", "trailers"),
                                ("content-type", "application/grpc")])
    connection.send_data(1, b"\0" + len(data).to_bytes(4, "big") + data, end_stream=True)
    return connection


def exchange(connection, wire):
    """The headers and trailers of the answer, and its data."""
    said, data, ended = {}, b"", False
    while not ended:
        wire.sendall(connection.data_to_send())
        received = wire.recv(65536)
        if not received:
            raise Refused("the connection ended")
        for event in connection.receive_data(received):
            if isinstance(event, (h2.events.ResponseReceived, h2.events.TrailersReceived)):
                said.update(event.headers)
            elif isinstance(event, h2.events.DataReceived):
                data += event.data
                connection.acknowledge_received_data(event.flow_controlled_length, 1)
            elif isinstance(event, (h2.events.StreamEnded, h2.events.StreamReset)):
                ended = True
    return said, data


def call(name, **message):
    request, answer = CALLS[name]
    with socket.socket(socket.AF_UNIX) as wire:
        wire.settimeout(250)
        wire.connect(SOCKET)
        said, data = exchange(request_of(name, encode(request, message)), wire)
    if said.get("grpc-status") != "0":
        raise Refused(urllib.parse.unquote(said.get("grpc-message", f"the answer is {said}")))
    return decode(answer, data[5:])


# ---- pods

def profile(said):
    return {"profile_type": {"RuntimeDefault": 0, "Unconfined": 1}[said.get("type", "Unconfined")]}


def security(context, pod):
    capabilities = context.get("capabilities", {})
    made = {"namespace_options": spaces(pod), "seccomp": profile(context.get("seccompProfile", {})),
            "readonly_rootfs": context.get("readOnlyRootFilesystem", False),
            "no_new_privs": not context.get("allowPrivilegeEscalation", True),
            "capabilities": {"add_capabilities": capabilities.get("add", []), "drop_capabilities": capabilities.get("drop", [])}}
    apparmor = context.get("appArmorProfile", {"type": "RuntimeDefault"})
    made["apparmor"] = profile(apparmor)
    made["apparmor_profile"] = {"RuntimeDefault": "runtime/default", "Unconfined": "unconfined"}[apparmor["type"]]
    for name, key in (("run_as_user", "runAsUser"), ("run_as_group", "runAsGroup")):
        if key in context:
            made[name] = {"value": context[key]}
    return made


def spaces(pod):
    """There is no network for containers here: they have that of the node."""
    return {"network": NODE, "pid": NODE if pod.get("hostPID") else CONTAINER}


def mounts(container, pod):
    paths = {volume["name"]: volume["hostPath"] for volume in pod.get("volumes", [])}
    for mount in container.get("volumeMounts", []):
        path = paths[mount["name"]]
        if path.get("type") == "DirectoryOrCreate":
            os.makedirs(path["path"], exist_ok=True)
        yield {"container_path": mount["mountPath"], "host_path": path["path"], "readonly": mount.get("readOnly", False)}


class Pod:
    def __init__(self, words):
        import yaml  # half of the time of a call, which others do not need
        with open(words.manifest) as file:
            document = next(d for d in yaml.safe_load_all(file) if d["kind"] in ("Pod", "DaemonSet"))
        self.images = dict(pair.split("=", 1) for pair in words.image)
        self.handler = ""
        if words.runtime_class:
            with open(words.runtime_class) as file:
                self.handler = yaml.safe_load(file)["handler"]
        self.directory = os.path.abspath(words.directory)
        metadata = document["metadata"]
        template = document["spec"]["template"] if document["kind"] == "DaemonSet" else document
        self.spec = template["spec"]
        uid = f"{os.getpid():08x}-0000-4000-8000-000000000000"
        self.config = {
            "metadata": {"name": metadata["name"], "uid": uid, "namespace": metadata.get("namespace", "default"), "attempt": 0},
            "log_directory": self.directory, "labels": {},
            "annotations": template["metadata"].get("annotations", {}),
            "linux": {"cgroup_parent": f"/kubepods/besteffort/pod{uid}",
                      "security_context": {"namespace_options": spaces(self.spec), "seccomp": profile({})}},
        }
        if self.spec.get("runtimeClassName") and not self.handler:
            raise SystemExit("the pod is of a RuntimeClass: --class FILE")

    def start_container(self, sandbox, container):
        name = container["name"]
        config = {"metadata": {"name": name, "attempt": 0}, "image": {"image": self.images.get(name, container["image"])},
                  "command": container.get("command", []), "args": container.get("args", []), "log_path": f"{name}.log",
                  "mounts": list(mounts(container, self.spec)), "labels": {}, "annotations": {},
                  "linux": {"security_context": security(container.get("securityContext", {}), self.spec)}}
        made = call("CreateContainer", id=sandbox, config=config, sandbox_config=self.config)["id"].decode()
        call("StartContainer", id=made)
        print(name, made, flush=True)
        return made

    def start(self):
        handler = self.handler if self.spec.get("runtimeClassName") else ""
        sandbox = call("RunPodSandbox", config=self.config, runtime_handler=handler)["id"].decode()
        print(sandbox, flush=True)
        for container in self.spec.get("initContainers", []):
            made = self.start_container(sandbox, container)
            while (said := state(made)) == "running":
                time.sleep(0.2)
            if said != "exited 0":
                raise SystemExit(f"the container {container['name']} has {said}")
        for container in self.spec["containers"]:
            self.start_container(sandbox, container)


def state(container):
    status = call("ContainerStatus", id=container)["status"]
    word = ("created", "running", "exited", "unknown")[status["state"]]
    return f"{word} {status['exit_code']}" if word == "exited" else word


def execute(container, words):
    said = call("ExecSync", id=container, cmd=words, timeout=60)
    sys.stdout.buffer.write(said["stdout"])
    sys.stderr.buffer.write(said["stderr"])
    return said["exit_code"]


def parse(words):
    parser = argparse.ArgumentParser()
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("version")
    start = verbs.add_parser("start")
    start.add_argument("manifest")
    start.add_argument("--class", dest="runtime_class")
    start.add_argument("--image", action="append", default=[])
    start.add_argument("--directory", default=".")
    run = verbs.add_parser("exec")
    run.add_argument("id")
    run.add_argument("words", nargs=argparse.REMAINDER)
    for verb in ("status", "stop", "remove"):
        verbs.add_parser(verb).add_argument("id")
    return parser.parse_args(words)


def do(words):
    if words.verb == "version":
        said = call("Version", version="v1")
        print(said["runtime_name"].decode(), said["runtime_api_version"].decode())
    elif words.verb == "start":
        Pod(words).start()
    elif words.verb == "exec":
        return execute(words.id, words.words)
    elif words.verb == "status":
        print(state(words.id))
    elif words.verb == "remove":
        call("StopContainer", id=words.id, timeout=0)
        call("RemoveContainer", id=words.id)
    else:
        call("StopPodSandbox", id=words.id)
        call("RemovePodSandbox", id=words.id)
    return 0


def main(words):
    try:
        return do(parse(words))
    except (Refused, OSError) as error:
        print(error, file=sys.stderr)
        return 125


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
