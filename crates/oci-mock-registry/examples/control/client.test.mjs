// A complete test of a small registry client in JavaScript: a 429 with Retry-After, an expired token, a blob that is cut.
//
//     isi-conformance registry --control 127.0.0.1:5001 &
//     CONTROL=http://127.0.0.1:5001 node --test client.test.mjs
//
// It needs nothing but Node 20.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { get } from "node:http";
import { test } from "node:test";

const CONTROL = process.env.CONTROL;

/** The client under test: it pulls, waits where it is told to, renews its token, and resumes a blob that was cut. */
class Client {
  constructor(url, { user, password, sleep } = {}) {
    this.url = url;
    this.basic = user && Buffer.from(`${user}:${password}`).toString("base64");
    this.sleep = sleep ?? ((seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000)));
  }

  async manifest(repository, tag) {
    const { body } = await this.#get(`/v2/${repository}/manifests/${tag}`);
    return JSON.parse(body);
  }

  /** All of a blob, whose digest is checked. */
  async blob(repository, digest) {
    let content = Buffer.alloc(0);
    for (let attempt = 0; attempt < 3; attempt++) {
      const headers = content.length > 0 ? { range: `bytes=${content.length}-` } : {};
      const { body, complete } = await this.#get(`/v2/${repository}/blobs/${digest}`, headers);
      content = Buffer.concat([content, body]);
      if (complete) break;
    }
    assert.equal(`sha256:${createHash("sha256").update(content).digest("hex")}`, digest);
    return content;
  }

  async #get(path, headers = {}) {
    for (let attempt = 0; attempt < 4; attempt++) {
      const authorization = this.token ? { authorization: `Bearer ${this.token}` } : {};
      const answer = await request(this.url + path, { ...headers, ...authorization });
      if (answer.status === 429) await this.sleep(Number(answer.headers["retry-after"]));
      else if (answer.status === 401) await this.#renew(answer.headers["www-authenticate"]);
      else if (answer.status < 300) return answer;
      else throw new Error(`${path}: ${answer.status}`);
    }
    throw new Error(`${path}: given up`);
  }

  async #renew(challenge) {
    const asked = Object.fromEntries([...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, value]) => [key, value]));
    const query = new URLSearchParams({ service: asked.service, scope: asked.scope });
    const { body } = await request(`${asked.realm}?${query}`, { authorization: `Basic ${this.basic}` });
    this.token = JSON.parse(body).token;
  }
}

/** An answer, as far as it came: `complete` is false where the connection broke. */
function request(url, headers) {
  return new Promise((resolve, reject) => {
    get(url, { headers, agent: false }, (answer) => {
      const pieces = [];
      const end = (complete) =>
        resolve({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(pieces), complete });
      answer.on("data", (piece) => pieces.push(piece));
      answer.on("end", () => end(true));
      answer.on("error", () => end(false));
    }).on("error", reject);
  });
}

/** Asks the control interface; an error's message fails the test. */
async function control(method, path, body) {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(CONTROL + path, { method, headers, body: body && JSON.stringify(body) });
  const text = await answer.text();
  const value = text && JSON.parse(text);
  assert.ok(answer.ok, `${method} ${path}: ${JSON.stringify(value.error)}`);
  return value;
}

/** A registry of its own for a test, on a port of its own. */
async function registry(context) {
  const name = `node-${context.name.replaceAll(" ", "-")}`;
  const { url } = await control("POST", "/registries", {
    name,
    fixture: { repositories: { "lib/app": { v1: "mine" } } },
    images: { mine: { about: "one layer", oci: { layers: [2000] } } },
  });
  const path = `/registries/${name}`;
  context.after(() => control("DELETE", path));
  return {
    url,
    arm: (fault) => control("POST", `${path}/faults`, fault),
    behave: (behaviour) => control("PATCH", `${path}/behaviour`, behaviour),
    advance: (advance) => control("POST", `${path}/clock`, { advance }),
    statuses: async (endpoint) => {
      const { entries } = await control("GET", `${path}/journal?endpoint=${endpoint}`);
      return entries.map((entry) => entry.status);
    },
    addsUp: async () => assert.deepEqual((await control("GET", `${path}/findings`)).findings, []),
  };
}

test("waits as long as Retry-After says", async (context) => {
  const mock = await registry(context);
  await mock.arm({ when: "GET manifests/*", first: 1, status: 429, headers: { "Retry-After": "7" } });
  const waits = [];
  await new Client(mock.url, { sleep: (seconds) => waits.push(seconds) }).manifest("lib/app", "v1");
  assert.deepEqual(waits, [7]);
  assert.deepEqual(await mock.statuses("manifest"), [429, 200]);
  await mock.addsUp();
});

test("renews an expired token", async (context) => {
  const mock = await registry(context);
  await mock.behave({ auth: { scheme: "bearer", users: { robot: "secret" }, tokenLife: "5m" } });
  const client = new Client(mock.url, { user: "robot", password: "secret" });
  await client.manifest("lib/app", "v1");
  const first = client.token;
  await client.manifest("lib/app", "v1");
  assert.equal(client.token, first);
  await mock.advance("5m");
  await client.manifest("lib/app", "v1");
  assert.notEqual(client.token, first);
  assert.equal((await mock.statuses("token")).length, 2);
  await mock.addsUp();
});

test("resumes a blob that was cut", async (context) => {
  const mock = await registry(context);
  const client = new Client(mock.url);
  const [layer] = (await client.manifest("lib/app", "v1")).layers;
  await mock.arm({ when: "GET blobs/*", first: 1, truncate: 100 });
  assert.equal((await client.blob("lib/app", layer.digest)).length, layer.size);
  assert.deepEqual(await mock.statuses("blob"), [null, 206]);
  await mock.addsUp();
});
