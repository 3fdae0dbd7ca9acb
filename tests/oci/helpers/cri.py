#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""Calls an engine as the kubelet does, over the Container Runtime Interface: cri.py SOCKET METHOD [JSON]

Sends the request (runtime.v1.RuntimeService/METHOD, or ImageService's) with the fields of the JSON text, and prints the answer as JSON; fields that
are left at nothing are not in it. A refusal by the engine goes to the standard error, with status 1.

MESSAGES is what the tests need of the interface: a field's name, number and type. A type is s (string), b (bytes), i (int64), ? (bool), the name of a
message, `*` of a type (repeated), or `%` (a map of strings).
"""
import json
import os
import sys

import grpc

MESSAGES = {
    "Metadata": {"name": (1, "s"), "uid": (2, "s"), "namespace": (3, "s"), "attempt": (4, "i")},
    "ContainerMetadata": {"name": (1, "s"), "attempt": (2, "i")},
    "Namespaces": {"network": (1, "i"), "pid": (2, "i"), "ipc": (3, "i"), "target_id": (4, "s")},
    "Int": {"value": (1, "i")},
    "SandboxSecurity": {"namespace_options": (1, "Namespaces"), "readonly_rootfs": (4, "?"), "privileged": (6, "?"), "seccomp": (9, "Profile")},
    "Profile": {"profile_type": (1, "i"), "localhost_ref": (2, "s")},
    "SandboxLinux": {"cgroup_parent": (1, "s"), "security_context": (2, "SandboxSecurity"), "sysctls": (3, "%")},
    "Sandbox": {"metadata": (1, "Metadata"), "hostname": (2, "s"), "log_directory": (3, "s"), "labels": (6, "%"), "annotations": (7, "%"),
                "linux": (8, "SandboxLinux")},
    "Image": {"image": (1, "s")},
    "KeyValue": {"key": (1, "s"), "value": (2, "s")},
    "Mount": {"container_path": (1, "s"), "host_path": (2, "s"), "readonly": (3, "?")},
    "Resources": {"cpu_period": (1, "i"), "cpu_quota": (2, "i"), "cpu_shares": (3, "i"), "memory_limit_in_bytes": (4, "i"),
                  "oom_score_adj": (5, "i"), "unified": (9, "%"), "memory_swap_limit_in_bytes": (10, "i")},
    "Capabilities": {"add_capabilities": (1, "*s"), "drop_capabilities": (2, "*s")},
    "Security": {"capabilities": (1, "Capabilities"), "privileged": (2, "?"), "namespace_options": (3, "Namespaces"), "run_as_user": (5, "Int"),
                 "readonly_rootfs": (7, "?"), "no_new_privs": (11, "?"), "run_as_group": (12, "Int"),
                 "masked_paths": (13, "*s"), "readonly_paths": (14, "*s"), "seccomp": (15, "Profile")},
    "Linux": {"resources": (1, "Resources"), "security_context": (2, "Security")},
    "Container": {"metadata": (1, "ContainerMetadata"), "image": (2, "Image"), "command": (3, "*s"), "args": (4, "*s"), "working_dir": (5, "s"),
                  "envs": (6, "*KeyValue"), "mounts": (7, "*Mount"), "log_path": (11, "s"), "stdin": (12, "?"), "tty": (14, "?"),
                  "linux": (15, "Linux")},
    "SandboxStatus": {"id": (1, "s"), "metadata": (2, "Metadata"), "state": (3, "i")},
    "ContainerStatus": {"id": (1, "s"), "metadata": (2, "ContainerMetadata"), "state": (3, "i"), "exit_code": (7, "i"), "reason": (10, "s"),
                        "message": (11, "s")},
    "Usage": {"timestamp": (1, "i"), "usage_core_nano_seconds": (2, "Int")},
    "Memory": {"timestamp": (1, "i"), "working_set_bytes": (2, "Int"), "usage_bytes": (4, "Int")},
    "ContainerStats": {"cpu": (2, "Usage"), "memory": (3, "Memory")},
    "ListedContainer": {"id": (1, "s"), "pod_sandbox_id": (2, "s"), "state": (6, "i")},
    "Condition": {"type": (1, "s"), "status": (2, "?")},
    "Conditions": {"conditions": (1, "*Condition")},
}
ID, CONTAINER, NOTHING = {"pod_sandbox_id": (1, "s")}, {"container_id": (1, "s")}, {}
# A method's request and answer.
METHODS = {
    "Version": (NOTHING, {"version": (1, "s"), "runtime_name": (2, "s"), "runtime_version": (3, "s")}),
    "Status": (NOTHING, {"status": (1, "Conditions")}),
    "ImageStatus": ({"image": (1, "Image")}, {"image": (1, "Image")}),
    "RunPodSandbox": ({"config": (1, "Sandbox"), "runtime_handler": (2, "s")}, ID),
    "StopPodSandbox": (ID, NOTHING),
    "RemovePodSandbox": (ID, NOTHING),
    "PodSandboxStatus": ({**ID, "verbose": (2, "?")}, {"status": (1, "SandboxStatus"), "info": (2, "%")}),
    "CreateContainer": ({**ID, "config": (2, "Container"), "sandbox_config": (3, "Sandbox")}, CONTAINER),
    "StartContainer": (CONTAINER, NOTHING),
    "StopContainer": ({**CONTAINER, "timeout": (2, "i")}, NOTHING),
    "RemoveContainer": (CONTAINER, NOTHING),
    "ListContainers": (NOTHING, {"containers": (1, "*ListedContainer")}),
    "ContainerStatus": ({**CONTAINER, "verbose": (2, "?")}, {"status": (1, "ContainerStatus"), "info": (2, "%")}),
    "UpdateContainerResources": ({**CONTAINER, "linux": (2, "Resources")}, NOTHING),
    "ReopenContainerLog": (CONTAINER, NOTHING),
    "ExecSync": ({**CONTAINER, "cmd": (2, "*s"), "timeout": (3, "i")}, {"stdout": (1, "b"), "stderr": (2, "b"), "exit_code": (3, "i")}),
    "ContainerStats": (CONTAINER, {"stats": (1, "ContainerStats")}),
    "CheckpointContainer": ({**CONTAINER, "location": (2, "s"), "timeout": (3, "i")}, NOTHING),
}
PATIENCE_SEC = 60 * int(os.environ.get("WARD_PATIENCE", 1))


# ---- protobuf: a field is a key (number and kind), and a varint or a length with bytes behind it ---------------------------------

def varint(number):
    number &= (1 << 64) - 1
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes(out + bytes([number]))


def encode_field(number, kind, value):
    if kind[0] == "*":
        return b"".join(encode_field(number, kind[1:], item) for item in value)
    if kind == "%":
        return b"".join(encode_field(number, "KeyValue", {"key": key, "value": item}) for key, item in value.items())
    if kind in "i?":
        return varint(number << 3) + varint(int(value))
    data = value.encode() if kind in "sb" else encode(MESSAGES[kind], value)
    return varint(number << 3 | 2) + varint(len(data)) + data


def encode(fields, value):
    return b"".join(encode_field(*fields[name], item) for name, item in value.items())


def read_varint(data, at):
    number = shift = 0
    while True:
        byte = data[at]
        at += 1
        number |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return number, at


def read_value(data, at, kind):
    """The value of a field of wire type @kind, and where the next one begins."""
    if kind == 0:
        return read_varint(data, at)
    size = {1: 8, 5: 4}.get(kind)
    if size is None:
        size, at = read_varint(data, at)
    return data[at:at + size], at + size


def decode_value(kind, raw):
    if kind in "i?":
        return bool(raw) if kind == "?" else raw - (raw >> 63 << 64)
    return raw.decode(errors="replace") if kind in "sb" else decode(MESSAGES[kind], raw)


def decode(fields, data):
    by_number = {number: (name, kind) for name, (number, kind) in fields.items()}
    value, at = {}, 0
    while at < len(data):
        key, at = read_varint(data, at)
        raw, at = read_value(data, at, key & 7)
        name, kind = by_number.get(key >> 3, (None, None))
        if name is None:
            continue
        if kind == "%":
            entry = decode(MESSAGES["KeyValue"], raw)
            value.setdefault(name, {})[entry.get("key", "")] = entry.get("value", "")
        elif kind[0] == "*":
            value.setdefault(name, []).append(decode_value(kind[1:], raw))
        else:
            value[name] = decode_value(kind, raw)
    return value


def main():
    socket, method, *rest = sys.argv[1:]
    request, answer = METHODS[method]
    service = "ImageService" if method.startswith("Image") else "RuntimeService"
    with grpc.insecure_channel(f"unix://{socket}", options=[("grpc.default_authority", "localhost")]) as channel:
        call = channel.unary_unary(f"/runtime.v1.{service}/{method}", request_serializer=lambda value: encode(request, value),
                                   response_deserializer=lambda data: decode(answer, data))
        try:
            print(json.dumps(call(json.loads(rest[0]) if rest else {}, timeout=PATIENCE_SEC)))
        except grpc.RpcError as error:
            sys.exit(f"{method}: {error.details()}")


main()
