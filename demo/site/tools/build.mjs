import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

const read = (...parts) => readFileSync(join(root, ...parts), "utf8");

export function renderPage(name) {
  const [, head, content] = read(name).match(/^---\n([\s\S]*?)\n---\n([\s\S]*)$/);
  const title = head.match(/^title: (.*)$/m)[1];
  const body = content.trimEnd();
  return withIncludes(read("_layouts", "default.html"))
    .replace("{{ title }}", title)
    .replace("{{ content }}", () => body);
}

function withIncludes(text) {
  return text.replace(/\{% include ([\w.-]+) %\}/g, (_, name) => withIncludes(read("_includes", name)).trimEnd());
}

/** Partials and $variables: the part of SCSS that this site uses. */
export function renderStyles() {
  const variables = new Map();
  const lines = [];
  for (const line of inlined(read("assets", "css", "main.scss")).split("\n")) {
    const definition = line.match(/^\$([\w-]+):\s*(.+);$/);
    if (definition) variables.set(definition[1], definition[2]);
    else if (!line.trimStart().startsWith("//")) lines.push(line);
  }
  return lines.join("\n").replace(/\$([\w-]+)/g, (whole, name) => {
    if (!variables.has(name)) throw new Error(`undefined variable ${whole}`);
    return variables.get(name);
  });
}

function inlined(text) {
  return text.replace(/^@import "([\w/-]+)";$/gm, (_, name) => {
    const parts = name.split("/");
    parts.push(`_${parts.pop()}.scss`);
    return inlined(read("_sass", ...parts));
  });
}

export function build(target = join(root, "_site")) {
  rmSync(target, { recursive: true, force: true });
  mkdirSync(join(target, "assets", "css"), { recursive: true });
  cpSync(join(root, "assets", "js"), join(target, "assets", "js"), { recursive: true });
  writeFileSync(join(target, "assets", "css", "main.css"), renderStyles());
  const pages = readdirSync(root).filter((name) => name.endsWith(".html"));
  for (const name of pages) writeFileSync(join(target, name), renderPage(name));
  return pages;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  console.log(`built ${build().join(", ")}`);
}
