import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const rules = [
  [/\s+$/, "trailing white space"],
  [/\t/, "tab character"],
  [/\bvar\s/, "use const or let"],
  [/console\.log/, "console.log left in"],
  [/ on\w+="/, "inline event handler"],
];

let count = 0;
for (const folder of ["assets/js", "_layouts", "_includes", "_sass"]) {
  for (const name of readdirSync(join(root, folder)).sort()) {
    const lines = readFileSync(join(root, folder, name), "utf8").split("\n");
    lines.forEach((line, index) => {
      for (const [pattern, message] of rules) {
        if (!pattern.test(line)) continue;
        count += 1;
        console.log(`${folder}/${name}:${index + 1}:1: ${message}`);
      }
    });
  }
}
console.log(`${count} warnings`);
process.exit(count ? 1 : 0);
