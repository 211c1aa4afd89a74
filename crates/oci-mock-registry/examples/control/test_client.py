"""A complete test of a small registry client in Python: a 429 with Retry-After, an expired token, a blob that is cut.

    isi-conformance registry --control 127.0.0.1:5001 &
    CONTROL=http://127.0.0.1:5001 python3 -m unittest test_client.py

It needs nothing but Python's own library.
"""

import base64
import hashlib
import http.client
import json
import os
import re
import time
import unittest
import urllib.error
import urllib.request
from urllib.parse import quote, urlencode

CONTROL = os.environ["CONTROL"]


class Client:
    """The client under test: it pulls, waits where it is told to, renews its token, and resumes a blob that was cut."""

    def __init__(self, url, user=None, password=None, sleep=time.sleep):
        self.url, self.sleep, self.token = url, sleep, None
        self.basic = base64.b64encode(f"{user}:{password}".encode()).decode() if user else None

    def manifest(self, repository, tag):
        return json.loads(self._get(f"/v2/{repository}/manifests/{tag}"))

    def blob(self, repository, digest):
        """All of a blob, whose digest is checked."""
        content = b""
        for _ in range(3):
            headers = {"Range": f"bytes={len(content)}-"} if content else {}
            try:
                content += self._get(f"/v2/{repository}/blobs/{digest}", headers)
                break
            except http.client.IncompleteRead as error:
                content += error.partial
        if "sha256:" + hashlib.sha256(content).hexdigest() != digest:
            raise ValueError("the blob has another digest")
        return content

    def _get(self, path, headers=None):
        for _ in range(4):
            request = urllib.request.Request(self.url + path, headers=headers or {})
            if self.token:
                request.add_header("Authorization", f"Bearer {self.token}")
            try:
                with urllib.request.urlopen(request) as answer:
                    return answer.read()
            except urllib.error.HTTPError as error:
                if error.code == 429:
                    self.sleep(int(error.headers["Retry-After"]))
                elif error.code == 401:
                    self._renew(error.headers["WWW-Authenticate"])
                else:
                    raise
        raise RuntimeError(f"{path}: given up")

    def _renew(self, challenge):
        asked = dict(re.findall(r'(\w+)="([^"]*)"', challenge))
        query = urlencode({key: asked[key] for key in ("service", "scope") if key in asked})
        request = urllib.request.Request(f"{asked['realm']}?{query}", headers={"Authorization": f"Basic {self.basic}"})
        with urllib.request.urlopen(request) as answer:
            self.token = json.load(answer)["token"]


def control(method, path, body=None):
    """Asks the control interface; an error's message fails the test."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(CONTROL + path, data, {"Content-Type": "application/json"}, method=method)
    try:
        with urllib.request.urlopen(request) as answer:
            text = answer.read()
            return json.loads(text) if text else None
    except urllib.error.HTTPError as error:
        raise AssertionError(f"{method} {path}: {json.load(error)['error']}") from None


class ClientTest(unittest.TestCase):
    """Each test has a registry of its own, on a port of its own."""

    def setUp(self):
        self.name = self.id().rpartition(".")[2]
        image = {"about": "one layer", "oci": {"layers": [2000]}}
        fixture = {"repositories": {"lib/app": {"v1": "mine"}}}
        body = {"name": self.name, "fixture": fixture, "images": {"mine": image}}
        self.url = control("POST", "/registries", body)["url"]
        self.registry = f"/registries/{self.name}"
        self.addCleanup(control, "DELETE", self.registry)

    def journal(self, **filters):
        return control("GET", f"{self.registry}/journal?{urlencode(filters)}")["entries"]

    def assert_adds_up(self):
        """Every fault has fired, and nothing was asked that no registry answers."""
        self.assertEqual(control("GET", f"{self.registry}/findings")["findings"], [])

    def test_waits_as_long_as_retry_after_says(self):
        fault = {"when": "GET manifests/*", "first": 1, "status": 429, "headers": {"Retry-After": "7"}}
        control("POST", f"{self.registry}/faults", fault)
        waits = []
        Client(self.url, sleep=waits.append).manifest("lib/app", "v1")
        self.assertEqual(waits, [7])
        self.assertEqual([entry["status"] for entry in self.journal(endpoint="manifest")], [429, 200])
        self.assert_adds_up()

    def test_renews_an_expired_token(self):
        auth = {"scheme": "bearer", "users": {"robot": "secret"}, "tokenLife": "5m"}
        control("PATCH", f"{self.registry}/behaviour", {"auth": auth})
        client = Client(self.url, "robot", "secret")
        client.manifest("lib/app", "v1")
        first = client.token
        client.manifest("lib/app", "v1")
        self.assertEqual(client.token, first)
        control("POST", f"{self.registry}/clock", {"advance": "5m"})
        client.manifest("lib/app", "v1")
        self.assertNotEqual(client.token, first)
        self.assertEqual(len(self.journal(endpoint="token")), 2)
        self.assert_adds_up()

    def test_resumes_a_blob_that_was_cut(self):
        client = Client(self.url)
        layer = client.manifest("lib/app", "v1")["layers"][0]
        control("POST", f"{self.registry}/faults", {"when": "GET blobs/*", "first": 1, "truncate": 100})
        self.assertEqual(len(client.blob("lib/app", layer["digest"])), layer["size"])
        wait = urlencode({"endpoint": "blob", "count": 2, "timeout": "5s"})
        entries = control("GET", f"{self.registry}/journal/wait?{wait}")["entries"]
        self.assertEqual([entry["status"] for entry in entries], [None, 206])
        self.assert_adds_up()

    def test_goes_back_to_the_start(self):
        tag = f"{self.registry}/repositories/{quote('lib/app', safe='')}/tags/v2"
        control("PUT", tag, {"manifest": "v1"})
        Client(self.url).manifest("lib/app", "v2")
        control("POST", f"{self.registry}/snapshots/start/reset")
        with self.assertRaises(urllib.error.HTTPError):
            Client(self.url).manifest("lib/app", "v2")


if __name__ == "__main__":
    unittest.main()
