#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What the parts of packaging/kubernetes say of each other: the two forms of containerd's configuration, the RuntimeClass,
the nodes, the annotations. Prints what does not agree. usage: runtimes.py DIRECTORY"""
import fnmatch
import sys
import tomllib

import yaml

PLUGINS = {2: "io.containerd.grpc.v1.cri", 3: "io.containerd.cri.v1.runtime"}
RUNTIME = {"runtime_type", "pod_annotations", "options"}


def documents(path):
    with open(path) as file:
        return {document["kind"]: document for document in yaml.safe_load_all(file)}


def runtimes(directory, version):
    with open(f"{directory}/containerd-{version}.toml", "rb") as file:
        config = tomllib.load(file)
    plugins = config["plugins"]
    if set(config) != {"version", "plugins"} or config["version"] != version or set(plugins) != {PLUGINS[version]}:
        raise SystemExit(f"containerd-{version}.toml does not have the plugin of that version, and nothing else")
    return plugins[PLUGINS[version]]["containerd"]["runtimes"]


def passes(patterns, key):
    """A star is no slash there."""
    return any(pattern.count("/") == key.count("/") and
               all(fnmatch.fnmatchcase(*pair) for pair in zip(key.split("/"), pattern.split("/"))) for pattern in patterns)


def faults(directory):
    old, new = runtimes(directory, 2), runtimes(directory, 3)
    if old != new:
        yield f"the two configurations of containerd differ: {old} {new}"
    chosen = documents(f"{directory}/runtimeclass.yaml")["RuntimeClass"]
    if chosen["handler"] not in old:
        yield f"containerd has no runtime {chosen['handler']}"
        return
    runtime = old[chosen["handler"]]
    if set(runtime) != RUNTIME:
        yield f"the runtime has {sorted(runtime)}, and not {sorted(RUNTIME)}"
    pod = documents(f"{directory}/pod.yaml")["Pod"]
    if pod["spec"]["runtimeClassName"] != chosen["metadata"]["name"]:
        yield "the pod is not of the RuntimeClass"
    for key in pod["metadata"]["annotations"]:
        if not passes(runtime["pod_annotations"], key):
            yield f"containerd does not hand on {key}"
    node = documents(f"{directory}/daemonset.yaml")["DaemonSet"]["spec"]["template"]["spec"]
    if node["nodeSelector"] != chosen["scheduling"]["nodeSelector"]:
        yield "the nodes where tsem is installed are not those where its pods run"
    place = node["volumes"][0]["hostPath"]["path"]
    if runtime["options"].get("BinaryName") != f"{place}/bin/tsem-oci-runc":
        yield f"the runtime is not what is installed in {place}"


if __name__ == "__main__":
    found = list(faults(sys.argv[1]))
    print("\n".join(found), end="\n" if found else "")
    sys.exit(bool(found))
