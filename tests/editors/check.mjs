// Drives yaml-language-server, which stands behind most editors, over a tree that policysync made: what is right has no
// mark, what `validate` refuses is underlined at the same place, and `riskType` completes to its words.
//
// Usage: node check.mjs SERVER BINARY EXAMPLES      in an empty folder; prints a line for each thing that holds

import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { readFileSync, readdirSync, writeFileSync, mkdirSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const [server, binary, examples] = process.argv.slice(2).map((given) => path.resolve(given));
const policysync = (...args) => execFileSync(binary, args, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });

// One message: a header with the length, an empty line, JSON.
const child = spawn(process.execPath, [server, "--stdio"], { stdio: ["pipe", "pipe", "inherit"] });
let buffer = Buffer.alloc(0);
let last = 0;
const asked = new Map();
const marks = new Map();
// Nothing is fetched: no catalogue of schemas, no addresses.
const settings = { yaml: { validate: true, completion: true, schemaStore: { enable: false } }, http: {}, "[yaml]": {} };

function send(message) {
  const body = JSON.stringify({ jsonrpc: "2.0", ...message });
  child.stdin.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}
const ask = (method, params) =>
  new Promise((resolve, reject) => {
    const id = ++last;
    asked.set(id, { resolve, reject });
    send({ id, method, params });
  });
function heard(message) {
  if (message.method === "workspace/configuration") {
    const result = message.params.items.map((item) => settings[item.section] ?? null);
    send({ id: message.id, result });
  } else if (message.method === "textDocument/publishDiagnostics") {
    marks.get(message.params.uri)?.(message.params.diagnostics);
  } else if (message.method !== undefined && message.id !== undefined) {
    send({ id: message.id, result: null });
  } else if (asked.has(message.id)) {
    const { resolve, reject } = asked.get(message.id);
    asked.delete(message.id);
    message.error ? reject(new Error(JSON.stringify(message.error))) : resolve(message.result);
  }
}
child.stdout.on("data", (chunk) => {
  buffer = Buffer.concat([buffer, chunk]);
  for (;;) {
    const end = buffer.indexOf("\r\n\r\n");
    if (end < 0) return;
    const length = Number(/Content-Length: (\d+)/i.exec(buffer.toString("ascii", 0, end))[1]);
    if (buffer.length < end + 4 + length) return;
    heard(JSON.parse(buffer.toString("utf8", end + 4, end + 4 + length)));
    buffer = buffer.subarray(end + 4 + length);
  }
});

/** Opens a file as an editor does; what is underlined in it. */
async function opened(file) {
  const uri = pathToFileURL(path.resolve(file)).href;
  const found = new Promise((resolve) => marks.set(uri, resolve));
  const text = readFileSync(file, "utf8");
  send({ method: "textDocument/didOpen", params: { textDocument: { uri, languageId: "yaml", version: 1, text } } });
  return { uri, found: await found };
}

policysync("init", "acme=org-1", "acme/production=ws-1", "--schemas");
policysync("new", "acme/production/keys", "--template", "secrets", "--no-edit");
await ask("initialize", {
  processId: process.pid,
  rootUri: pathToFileURL(process.cwd()).href,
  capabilities: {
    workspace: { configuration: true, didChangeConfiguration: { dynamicRegistration: true } },
    textDocument: { publishDiagnostics: {}, completion: { completionItem: { snippetSupport: false } } },
  },
});
send({ method: "initialized", params: {} });
send({ method: "workspace/didChangeConfiguration", params: { settings } });

// What policysync wrote, and the examples, have no mark.
for (const file of ["policysync.yaml", "policies/acme/_scope.yaml", "policies/acme/personal-data.yaml", "policies/acme/production/keys.yaml"]) {
  assert.match(readFileSync(file, "utf8"), /^# yaml-language-server: \$schema=/, file);
  assert.deepEqual((await opened(file)).found, [], file);
}
const schema = (name) => `# yaml-language-server: $schema=${pathToFileURL(path.resolve(`.policysync/schemas/${name}.schema.json`)).href}\n`;
let seen = 0;
for (const entry of readdirSync(examples, { recursive: true })) {
  if (!/\.ya?ml$/.test(entry)) continue;
  const copy = path.join("examples", entry);
  mkdirSync(path.dirname(copy), { recursive: true });
  const kind = path.basename(entry).startsWith("_scope.") ? "scope" : "policy";
  const text = readFileSync(path.join(examples, entry), "utf8");
  // A file of several documents names its schema for each.
  writeFileSync(copy, schema(kind) + text);
  assert.deepEqual((await opened(copy)).found, [], entry);
  seen += 1;
}
assert.ok(seen >= 20, `${seen} examples`);
console.log(`nothing is underlined in ${seen} examples and in what init and new write`);

// What validate refuses is underlined at the same line.
const right = { name: "PII", riskType: "HIGH", actionType: "block", content: "Do not share." };
const written = (fields) => Object.entries(fields).map(([name, value]) => `${name}: ${value}\n`).join("");
const { riskType: _, ...without } = right;
const broken = {
  "a wrong word": [written({ ...right, riskType: "hihg" }), 2],
  "a misspelt field": [written({ ...right, riskTpye: "HIGH" }), 5],
  "a wrong number": [written({ ...right, actionType: 3 }), 3],
  "a list for a text": [written({ ...right, content: "[a, b]" }), 4],
  "nothing for a text": [written({ ...right, name: "" }), 1],
  "no risk": [written(without), 1],
  "two texts": [written({ ...right, contentFile: "pii.md" }), 5],
  "no truth": [written({ ...right, protected: "maybe" }), 5],
};
for (const [what, [text, line]] of Object.entries(broken)) {
  const file = "policies/acme/broken.yaml";
  const named = `policies/acme/broken-${what.replaceAll(" ", "-")}.yaml`;
  writeFileSync(file, text);
  const ran = spawnSync(binary, ["validate", "--format", "json"], { encoding: "utf8" });
  assert.equal(ran.status, 3, `${what}: ${ran.stdout}${ran.stderr}`);
  const told = JSON.parse(ran.stdout).findings.filter((finding) => finding.file.endsWith("/broken.yaml") && finding.level === "error");
  assert.ok(told.some((finding) => finding.line === line), `${what}: validate says ${JSON.stringify(told)}`);
  writeFileSync(named, schema("policy") + text);
  const { found } = await opened(named);
  // Lines count from 0, below the one that names the schema. What concerns a policy as a whole is marked at its beginning.
  const lines = found.map((mark) => mark.range.start.line);
  assert.ok(lines.includes(line) || (found.length > 0 && lines.includes(1)), `${what}: ${JSON.stringify(found)}`);
  execFileSync("rm", [file, named]);
}
console.log(`${Object.keys(broken).length} mistakes that validate refuses are underlined`);

// Fields and words are completed.
let typed = 0;
async function completed(text, line, character) {
  const file = `policies/acme/typed-${++typed}.yaml`;
  writeFileSync(file, schema("policy") + text);
  const { uri } = await opened(file);
  const answer = await ask("textDocument/completion", { textDocument: { uri }, position: { line, character } });
  return (answer.items ?? answer).map((item) => item.label);
}
const words = await completed("name: PII\nriskType: \n", 2, 10);
assert.deepEqual(["HIGH", "LOW", "MEDIUM"].filter((word) => words.includes(word)), ["HIGH", "LOW", "MEDIUM"], `${words}`);
const fields = await completed("name: PII\n\n", 2, 0);
for (const field of ["riskType", "actionType", "content", "protected"]) assert.ok(fields.includes(field), `${field}: ${fields}`);
console.log("riskType completes to LOW, MEDIUM and HIGH, and fields to theirs");

await ask("shutdown", null);
send({ method: "exit" });
