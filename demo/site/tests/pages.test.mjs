import assert from "node:assert/strict";
import test from "node:test";

import { renderPage, renderStyles } from "../tools/build.mjs";

test("a page is put into the layout", () => {
  const page = renderPage("index.html");

  assert.match(page, /<title>Notes · Field notes<\/title>/);
  assert.match(page, /Hoarfrost on the reeds/);
  assert.doesNotMatch(page, /\{[%{]/);
});

test("every variable of the styles is defined", () => {
  const styles = renderStyles();

  assert.match(styles, /background: #fbfaf6;/);
  assert.doesNotMatch(styles, /\$/);
});
