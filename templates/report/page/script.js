"use strict";
// The page is whole without this; it only helps to find and to fold.
(() => {
  const all = (root, what) => [...root.querySelectorAll(what)];

  const ready = (tools) => {
    const section = tools.closest("section");
    const items = all(section, "[data-find]");
    const words = new Map();
    const search = tools.querySelector("input");
    const choice = tools.querySelector("select");
    const count = tools.querySelector("output");
    const textOf = (node) => {
      if (!words.has(node)) words.set(node, node.textContent.toLowerCase());
      return words.get(node);
    };
    const filter = () => {
      const wanted = search.value.trim().toLowerCase();
      const agent = choice ? choice.value : "";
      let shown = 0;
      for (const item of items) {
        const fits = (!agent || item.dataset.agent === agent) && textOf(item).includes(wanted);
        item.hidden = !fits;
        shown += fits ? 1 : 0;
        const title = item.querySelector("summary");
        const isWhole = !wanted || textOf(title).includes(wanted);
        if (wanted && fits && !isWhole) item.open = true;
        for (const part of all(item, ".part")) part.hidden = !isWhole && !textOf(part).includes(wanted);
      }
      count.textContent = wanted || agent ? `${shown} of ${items.length}` : "";
    };
    search.addEventListener("input", filter);
    if (choice) choice.addEventListener("change", filter);
    for (const button of all(tools, "button")) {
      button.addEventListener("click", () => {
        for (const item of items) if (!item.hidden) item.open = button.value === "open";
      });
    }
    tools.hidden = false;
  };

  const unfold = () => {
    const target = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
    for (let node = target; node; node = node.parentElement) {
      if (node.tagName === "DETAILS") node.open = true;
    }
    if (target) target.scrollIntoView();
  };

  all(document, ".tools").forEach(ready);
  addEventListener("hashchange", unfold);
  unfold();
  addEventListener("keydown", (event) => {
    const isTyping = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName || "");
    if (event.key !== "/" || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
    const search = document.querySelector("#transcripts input") || document.querySelector(".tools input");
    if (search) { event.preventDefault(); search.focus(); }
  });
  addEventListener("beforeprint", () => all(document, "#changes details").forEach((one) => { one.open = true; }));
})();
