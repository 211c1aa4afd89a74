"""Imports an image into a stream, and follows the stream until the tag is there.

Usage: python follow_stream.py KUBECONFIG IMAGE

Needs the package `kubernetes`.
"""

import sys
import threading

from kubernetes import client, config, dynamic

NAMESPACE = "python"


def follow(streams, version, seen, found):
    """Puts what happens into `seen`, and the name of the tag's image into `found` once the stream has one."""
    for event in streams.watch(namespace=NAMESPACE, resource_version=version, timeout=60):
        seen.append((event["type"], event["object"].metadata.name))
        tags = event["raw_object"].get("status", {}).get("tags") or []
        images = [item["image"] for tag in tags for item in tag.get("items") or []]
        if images:
            found.append(images[0])
            return


def main(kubeconfig, image):
    api = config.new_client_from_config(kubeconfig)
    client.CoreV1Api(api).create_namespace({"metadata": {"name": NAMESPACE}})
    resources = dynamic.DynamicClient(api).resources
    streams = resources.get(api_version="image.openshift.io/v1", kind="ImageStream")
    imports = resources.get(api_version="image.openshift.io/v1", kind="ImageStreamImport")

    version = streams.get(namespace=NAMESPACE).metadata.resourceVersion
    seen, found = [], []
    follower = threading.Thread(target=follow, args=(streams, version, seen, found))
    follower.start()

    source = {"kind": "DockerImage", "name": image}
    wanted = {"from": source, "to": {"name": "v1"}, "importPolicy": {"insecure": True}}
    body = {
        "apiVersion": "image.openshift.io/v1",
        "kind": "ImageStreamImport",
        "metadata": {"name": "app"},
        "spec": {"import": True, "images": [wanted]},
    }
    imported = imports.create(namespace=NAMESPACE, body=body)
    print("import:", imported.status.images[0].status.status)

    follower.join()
    for event, name in seen:
        print(event, name)
    tag = resources.get(api_version="image.openshift.io/v1", kind="ImageStreamTag").get(namespace=NAMESPACE, name="app:v1")
    print("the same image:", found == [tag.image.metadata.name])
    streams.delete(namespace=NAMESPACE, name="app")


if __name__ == "__main__":
    main(*sys.argv[1:])
