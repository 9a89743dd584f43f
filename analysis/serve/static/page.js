"use strict";
// Keeps a page up to date: asks for it again now and then, and takes over the parts that have changed.

const box = document.querySelector(".live input");
const note = document.querySelector(".live [role=status]");
const every = Number(document.body.dataset.every) * 1000;

function replace(old, fresh) {
  // what a person has ticked, opened, scrolled or stands on stays as it is
  const ticked = new Set([...old.querySelectorAll("input:checked")].map((input) => input.id));
  const open = new Set([...old.querySelectorAll("details[open]")].map((details) => details.id));
  const left = old.querySelector(".scroll")?.scrollLeft ?? 0;
  const focus = old.contains(document.activeElement) ? document.activeElement.id : "";
  for (const input of fresh.querySelectorAll("input")) input.checked = ticked.has(input.id);
  for (const details of fresh.querySelectorAll("details")) details.open = open.has(details.id);
  old.replaceWith(fresh);
  const scroll = fresh.querySelector(".scroll");
  if (scroll) scroll.scrollLeft = left;
  if (focus) document.getElementById(focus)?.focus({ preventScroll: true });
}

async function update() {
  const answer = await fetch(location.href, { cache: "no-store" });
  if (!answer.ok) throw new Error(String(answer.status));
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const old of document.querySelectorAll("[data-live]")) {
    const fresh = page.getElementById(old.id);
    if (fresh && fresh.innerHTML !== old.dataset.shown) {
      const shown = fresh.innerHTML;
      replace(old, fresh);
      fresh.dataset.shown = shown;
    }
  }
}

async function again() {
  if (box.checked && !document.hidden) {
    try {
      await update();
      note.textContent = "";
    } catch {
      note.textContent = "No answer: the server has ended, or the connection to it.";
    }
  }
  setTimeout(again, every);
}

if (document.querySelector("[data-live]")) {
  for (const part of document.querySelectorAll("[data-live]")) part.dataset.shown = part.innerHTML;
  box.parentElement.hidden = false;
  setTimeout(again, every);
}
