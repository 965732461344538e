#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Checks manifests against the part of the API of Kubernetes that ours use, written down here as data: a key that is
not there, or a value of another kind, is refused.

manifests.py check FILE...    says what is wrong, one fault in each line
manifests.py typos FILE...    misspells each key in turn, and gives each value another kind; says what is not noticed
manifests.py annotations FILE CONTAINER    the annotations that a container of the pod gets from containerd, as JSON"""
import copy
import json
import re
import sys

import yaml

TEXT, WHOLE, TRUTH = "a string", "a whole number", "true or false"
NAME = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$")
IMAGE = re.compile(r"[a-z0-9.-]+(:\d+)?(/[a-z0-9._-]+)+@sha256:[0-9a-f]{64}$")
KEY = re.compile(r"([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$")
QUANTITY = re.compile(r"\d+(m|Ki|Mi|Gi)?$")


class Words(frozenset):
    """One of these strings."""


class Pairs:
    """An object of strings whose keys are not known: labels, annotations, and what chooses by them."""


class Must(dict):
    """An object with these members, of which `needed` have to be there."""

    def __init__(self, needed, **members):
        super().__init__(members)
        self.needed = needed.split()


METADATA = Must("name", name=NAME, namespace=NAME, labels=Pairs(), annotations=Pairs())
PROFILE = Must("type", type=Words({"RuntimeDefault", "Unconfined", "Localhost"}), localhostProfile=TEXT)
CAPABILITY = re.compile(r"ALL$|[A-Z][A-Z_]*[A-Z]$")
AMOUNTS = Must("", cpu=QUANTITY, memory=QUANTITY)
SECURITY = Must("", allowPrivilegeEscalation=TRUTH, readOnlyRootFilesystem=TRUTH, privileged=TRUTH, runAsNonRoot=TRUTH,
                runAsUser=WHOLE, runAsGroup=WHOLE, capabilities=Must("", add=[CAPABILITY], drop=[CAPABILITY]),
                seccompProfile=PROFILE, appArmorProfile=PROFILE)
CONTAINER = Must("name image", name=NAME, image=IMAGE, command=[TEXT], args=[TEXT], securityContext=SECURITY,
                 volumeMounts=[Must("name mountPath", name=NAME, mountPath=TEXT, readOnly=TRUTH)],
                 resources=Must("", requests=AMOUNTS, limits=AMOUNTS))
POD = Must("containers", runtimeClassName=NAME, automountServiceAccountToken=TRUTH, enableServiceLinks=TRUTH, hostPID=TRUTH,
           nodeSelector=Pairs(), tolerations=[Must("", operator=Words({"Exists", "Equal"}), key=TEXT, effect=TEXT)],
           priorityClassName=NAME, terminationGracePeriodSeconds=WHOLE, initContainers=[CONTAINER], containers=[CONTAINER],
           volumes=[Must("name", name=NAME, hostPath=Must("path", path=re.compile("/"), type=Words({"DirectoryOrCreate"})))])
LABELLED = Must("labels", labels=Pairs(), annotations=Pairs())


def kind(version, name, needed="", **members):
    return Must("apiVersion kind metadata " + needed, apiVersion=Words({version}), kind=Words({name}), metadata=METADATA,
                **members)


KINDS = {
    "Namespace": kind("v1", "Namespace"),
    "Pod": kind("v1", "Pod", "spec", spec=POD),
    "RuntimeClass": kind("node.k8s.io/v1", "RuntimeClass", "handler", handler=NAME,
                         scheduling=Must("nodeSelector", nodeSelector=Pairs())),
    "DaemonSet": kind("apps/v1", "DaemonSet", "spec", spec=Must(
        "selector template", selector=Must("matchLabels", matchLabels=Pairs()),
        updateStrategy=Must("type", type=Words({"RollingUpdate", "OnDelete"})),
        template=Must("metadata spec", metadata=LABELLED, spec=POD))),
}


def scalar(value, wanted, where):
    if wanted is WHOLE:
        good = isinstance(value, int) and not isinstance(value, bool)
    elif wanted is TRUTH:
        good = isinstance(value, bool)
    elif wanted is TEXT:
        good = isinstance(value, str)
    elif isinstance(wanted, Words):
        good = isinstance(value, str) and value in wanted
    else:
        good = isinstance(value, str) and wanted.match(value)
    if not good:
        names = " or ".join(sorted(wanted)) if isinstance(wanted, Words) else getattr(wanted, "pattern", wanted)
        yield f"{where} has to be {names}, and is {value!r}"


def faults(value, wanted, where):
    if isinstance(wanted, list):
        if not isinstance(value, list) or not value:
            yield f"{where} has to be a list"
            return
        for i, item in enumerate(value):
            yield from faults(item, wanted[0], f"{where}[{i}]")
    elif isinstance(wanted, (Must, Pairs)):
        if not isinstance(value, dict) or not value:
            yield f"{where} has to be an object"
        elif isinstance(wanted, Pairs):
            for key, item in value.items():
                yield from scalar(key, KEY, f"{where}: the key {key}")
                yield from scalar(item, TEXT, f"{where}.{key}")
        else:
            yield from (f"{where}.{key} is not there" for key in wanted.needed if key not in value)
            for key, item in value.items():
                if key in wanted:
                    yield from faults(item, wanted[key], f"{where}.{key}")
                else:
                    yield f"{where}.{key} is not known"
    else:
        yield from scalar(value, wanted, where)


def pod_of(document):
    return document["spec"]["template"]["spec"] if document["kind"] == "DaemonSet" else document.get("spec", {})


def names_agree(document, where):
    """What one part of a manifest says of another one."""
    pod = pod_of(document)
    volumes = [volume["name"] for volume in pod.get("volumes", [])]
    containers = pod.get("initContainers", []) + pod.get("containers", [])
    mounts = [mount["name"] for each in containers for mount in each.get("volumeMounts", [])]
    names = [each["name"] for each in containers]
    yield from (f"{where}: there is no volume {name}" for name in mounts if name not in volumes)
    yield from (f"{where}: nobody mounts the volume {name}" for name in volumes if name not in mounts)
    yield from (f"{where}: two containers are called {name}" for name in set(names) if names.count(name) > 1)
    for key in document["metadata"].get("annotations", {}):
        setting, _, name = key.partition("/")
        if setting.startswith("io.tsem.") and name and name not in names:
            yield f"{where}: {key}: there is no container {name}"
    if document["kind"] == "DaemonSet":
        labels = document["spec"]["template"]["metadata"]["labels"].items()
        if not document["spec"]["selector"]["matchLabels"].items() <= labels:
            yield f"{where}: its selector does not choose its pods"


def check(documents):
    for number, document in enumerate(documents):
        name = str(document.get("kind") if isinstance(document, dict) else document)
        if name in KINDS:
            found = list(faults(document, KINDS[name], name))
            yield from found or names_agree(document, name)
        else:
            yield f"document {number} is of the kind {name}, which is not known"


def places(value, path=()):
    """Each member of an object in it: its path."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        if isinstance(value, dict):
            yield path + (key,)
        yield from places(item, path + (key,))


def change(documents, path, how):
    changed = copy.deepcopy(documents)
    inner = changed
    for key in path[:-1]:
        inner = inner[key]
    how(inner, path[-1])
    return changed


def misspell(inner, key):
    inner[key + "_"] = inner.pop(key)


def another_kind(inner, key):
    inner[key] = [] if not isinstance(inner[key], list) else "text"


def typos(documents):
    free = {"labels", "annotations", "nodeSelector"}
    count = 0
    for path in places(documents):
        count += 1
        if path[-2] not in free and not list(check(change(documents, path, misspell))):
            yield f"misspelt, and not noticed: {path}"
        if not list(check(change(documents, path, another_kind))):
            yield f"of another kind, and not noticed: {path}"
    if count < 5:
        yield f"only {count} places were changed"


def annotations(documents, name):
    """As containerd's interface for Kubernetes hands them on, with those that it adds itself."""
    pod = next(document for document in documents if document["kind"] == "Pod")
    metadata = pod["metadata"]
    own = {"container-name": name, "container-type": "container", "sandbox-name": metadata["name"],
           "sandbox-namespace": metadata["namespace"]}
    return {**metadata["annotations"], **{f"io.kubernetes.cri.{key}": value for key, value in own.items()}}


def main(words):
    what, files = words[1], words[2:]
    if what == "annotations":
        with open(files[0]) as file:
            print(json.dumps({"annotations": annotations(list(yaml.safe_load_all(file)), files[1])}))
        return 0
    found = []
    for path in files:
        with open(path) as file:
            documents = list(yaml.safe_load_all(file))
        found += [f"{path}: {fault}" for fault in {"check": check, "typos": typos}[what](documents)]
    print("\n".join(found), end="\n" if found else "")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main(sys.argv))
