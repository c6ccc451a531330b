import assert from "node:assert/strict";
import test from "node:test";

import { element, runScript } from "./support/page.mjs";

function openedPage() {
  const button = element();
  const menu = element();
  button.setAttribute("aria-expanded", "false");
  menu.hidden = true;
  runScript("navigation.js", { elements: { ".menu-button": button, "#menu": menu } });
  return { button, menu };
}

test("the menu opens on a click", () => {
  const { button, menu } = openedPage();

  button.click();

  assert.equal(menu.hidden, false);
  assert.equal(button.getAttribute("aria-expanded"), "true");
});

test("the menu closes on a second click", () => {
  const { button, menu } = openedPage();

  button.click();
  button.click();

  assert.equal(menu.hidden, true);
  assert.equal(button.getAttribute("aria-expanded"), "false");
});
