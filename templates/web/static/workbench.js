// Refreshes the page when the issue or a template changes. Without scripts, reload it yourself.
"use strict";

const workbench = document.getElementById("workbench");
const parts = () => workbench.querySelectorAll("[data-part]");
let busy = false;
let again = false;

// Only parts that differ are replaced, so that a frame whose mail has not changed does not reload.
async function refresh() {
  if (busy) {
    again = true;
    return;
  }
  busy = true;
  try {
    const answer = await fetch(location.href, { cache: "no-store" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("workbench");
    if (!fresh) {
      location.reload();
      return;
    }
    workbench.classList.add("scripted");
    for (const part of parts()) {
      const other = fresh.querySelector(`#${part.id}`);
      if (other.innerHTML !== part.dataset.was) {
        part.dataset.was = other.innerHTML;
        part.replaceChildren(...document.importNode(other, true).childNodes);
      }
    }
    workbench.dataset.stamp = fresh.dataset.stamp;
    live(true);
  } finally {
    busy = false;
    if (again) {
      again = false;
      refresh();
    }
  }
}

function live(yes) {
  const mark = workbench.querySelector(".live");
  if (mark) {
    mark.hidden = false;
    mark.textContent = yes ? "Live" : "Not connected";
    mark.classList.toggle("off", !yes);
  }
}

workbench.classList.add("scripted");
for (const part of parts()) part.dataset.was = part.innerHTML;
for (const select of workbench.querySelectorAll("select[data-go]")) {
  select.addEventListener("change", () => select.form.requestSubmit());
}

const events = new EventSource(workbench.dataset.live);
events.onopen = () => live(true);
events.onerror = () => live(false);
events.onmessage = (event) => {
  if (event.data !== workbench.dataset.stamp) refresh();
};
