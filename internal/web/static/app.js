// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

// Every page works without this file. It closes menus, copies blocks, sends a form only once, lets a slider
// answer when it is let go, brings the current page's name into a navigation that is wider than the screen, and asks again
// for the parts of a board that change while somebody watches.
"use strict";

const here = document.querySelector(".nav [aria-current]");
if (here) here.closest("ul").scrollLeft = here.offsetLeft - 24;

const menus = () => document.querySelectorAll("details.menu[open]");

document.addEventListener("click", (e) => {
  for (const m of menus()) if (!m.contains(e.target)) m.open = false;
});

document.addEventListener("keydown", (e) => {
  if (e.key !== "Escape") return;
  for (const m of menus()) {
    m.open = false;
    m.querySelector("summary").focus();
  }
});

if (navigator.clipboard) {
  for (const b of document.querySelectorAll("[data-copy]")) {
    b.hidden = false;
    b.addEventListener("click", async () => {
      await navigator.clipboard.writeText(b.closest(".block").querySelector("code").textContent);
      b.setAttribute("aria-pressed", "true");
    });
  }
}

for (const i of document.querySelectorAll("input[data-submit]")) i.addEventListener("change", () => i.form.requestSubmit());

for (const f of document.querySelectorAll("form.form[method=post]")) {
  f.addEventListener("submit", (e) => {
    if (f.dataset.sent) e.preventDefault();
    f.dataset.sent = "yes";
  });
}
addEventListener("pageshow", () => {
  for (const f of document.querySelectorAll("form[data-sent]")) delete f.dataset.sent;
});

const live = () => document.querySelectorAll("[data-live]");
const busy = () => document.hidden || [...live()].some((p) => p.contains(document.activeElement) || p.querySelector("details[open]"));
async function look() {
  if (busy()) return;
  const r = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!r.ok || r.redirected || busy()) return;
  const page = new DOMParser().parseFromString(await r.text(), "text/html");
  for (const part of live()) {
    const now = page.getElementById(part.id);
    if (now) part.replaceWith(now);
  }
}
if (live().length) setInterval(() => look().catch(() => {}), 1000 * live()[0].dataset.live);
