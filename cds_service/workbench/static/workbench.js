"use strict";
/* The page works without this. It adds: drop a file, copy, find in a list, answer a card without leaving it. */

const say = document.body.dataset;

for (const hidden of document.querySelectorAll("[data-script]")) hidden.hidden = false;

/* a file dropped on the form becomes its text */
for (const form of document.querySelectorAll("[data-drop]")) {
  const text = form.querySelector("textarea");
  const status = form.querySelector("[data-drop-status]");
  const over = (event, on) => { event.preventDefault(); form.classList.toggle("over", on); };
  form.addEventListener("dragover", (event) => over(event, true));
  form.addEventListener("dragleave", (event) => over(event, false));
  form.addEventListener("drop", async (event) => {
    over(event, false);
    const [file] = event.dataTransfer.files;
    text.value = file ? await file.text() : event.dataTransfer.getData("text");
    status.textContent = file ? file.name : "";
    text.focus();
  });
}

const copy = async (button, text) => {
  const status = button.closest(".buttons").querySelector("[role=status]");
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
    button.focus();
  }
  status.textContent = say.copied;
};

for (const button of document.querySelectorAll("[data-copy]")) {
  button.addEventListener("click", () => copy(button, document.querySelector(button.dataset.copy).value));
}

/* in single quotes a shell takes everything as it is, but a single quote */
for (const button of document.querySelectorAll("[data-curl]")) {
  button.addEventListener("click", () => {
    const body = document.querySelector(button.dataset.record).value.replaceAll("'", "'\\''");
    const language = document.documentElement.lang;
    copy(button, `curl -s -H 'Content-Type: application/json' -H 'Accept-Language: ${language}' -d '${body}' '${button.dataset.curl}'`);
  });
}

for (const input of document.querySelectorAll("[data-filter]")) {
  const rows = [...document.querySelectorAll(input.dataset.filter)].map((row) => [row, row.textContent.toLowerCase()]);
  const status = input.parentElement.querySelector("[role=status]");
  input.addEventListener("input", () => {
    const wanted = input.value.trim().toLowerCase().split(/\s+/);
    let shown = 0;
    for (const [row, text] of rows) {
      row.hidden = !wanted.every((word) => text.includes(word));
      if (!row.hidden) shown += 1;
    }
    status.textContent = input.value.trim() ? `${shown} ${say.shown}` : "";
  });
}

/* the answer to a card goes to the feedback endpoint as an EHR would send it */
for (const form of document.querySelectorAll("[data-feedback]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const given = new FormData(form);
    const item = { card: given.get("card"), outcome: given.get("outcome"), outcomeTimestamp: new Date().toISOString() };
    if (given.get("suggestion")) item.acceptedSuggestions = [{ id: given.get("suggestion") }];
    if (given.get("reason")) {
      const [system, code] = given.get("reason").split("|");
      item.overrideReason = { reason: { system, code } };
    }
    const told = form.querySelector(".told");
    let taken = false;
    try {
      const answer = await fetch(form.dataset.feedback, {
        method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ feedback: [item] }),
      });
      taken = answer.ok;
    } catch { /* told below: the service did not take it */ }
    told.textContent = taken ? say.told : say.notTold;
    told.classList.toggle("failed", !taken);
  });
}

document.querySelector("#problems")?.focus();
