(function () {
  "use strict";

  const button = document.querySelector(".menu-button");
  const menu = document.querySelector("#menu");

  button.addEventListener("click", function () {
    const open = button.getAttribute("aria-expanded") === "true";
    button.setAttribute("aria-expanded", String(!open));
    menu.hidden = open;
  });
})();
