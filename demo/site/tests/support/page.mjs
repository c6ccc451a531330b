import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import vm from "node:vm";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** An element with what the site's scripts use: attributes, hidden, dataset, click. */
export function element() {
  const attributes = new Map();
  const listeners = new Map();
  return {
    dataset: {},
    hidden: false,
    textContent: "",
    getAttribute: (name) => attributes.get(name) ?? null,
    setAttribute: (name, value) => attributes.set(name, String(value)),
    addEventListener: (type, listener) => listeners.set(type, [...(listeners.get(type) ?? []), listener]),
    click: () => (listeners.get("click") ?? []).forEach((listener) => listener({ type: "click" })),
  };
}

/** Run a script of the site as a page would, with the given elements by selector. */
export function runScript(name, { elements = {}, storage = new Map(), prefersDark = false } = {}) {
  const documentElement = element();
  const localStorage = {
    getItem: (key) => storage.get(key) ?? null,
    setItem: (key, value) => storage.set(key, String(value)),
  };
  const window = { localStorage, matchMedia: () => ({ matches: prefersDark, addEventListener: () => {} }) };
  const document = {
    documentElement,
    readyState: "complete",
    querySelector: (selector) => elements[selector] ?? null,
    addEventListener: (type, listener) => listener(),
  };
  const script = readFileSync(join(root, "assets", "js", name), "utf8");
  vm.runInNewContext(script, { window, document, localStorage, setTimeout, clearTimeout });
  return { documentElement, storage };
}
