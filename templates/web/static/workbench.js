// Shows the page anew when what it looks at has changed. Without scripts, reload it yourself.
"use strict";

const bench = document.getElementById("bench");
const parts = () => bench.querySelectorAll("[data-part]");
let busy = false;
let again = false;

// Only what differs is replaced, so that a frame whose mail is still the last good one stays.
async function refresh() {
  if (busy) {
    again = true;
    return;
  }
  busy = true;
  try {
    const answer = await fetch(location.href, { cache: "no-store" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("bench");
    if (!fresh) {
      location.reload();
      return;
    }
    bench.classList.add("scripted");
for (const part of parts()) {
      const other = fresh.querySelector(`#${part.id}`);
      if (other.innerHTML !== part.dataset.was) {
        part.dataset.was = other.innerHTML;
        part.replaceChildren(...document.importNode(other, true).childNodes);
      }
    }
    bench.dataset.stamp = fresh.dataset.stamp;
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
  const mark = bench.querySelector(".live");
  if (mark) {
    mark.hidden = false;
    mark.textContent = yes ? "Live" : "Not connected";
    mark.classList.toggle("off", !yes);
  }
}

bench.classList.add("scripted");
for (const part of parts()) part.dataset.was = part.innerHTML;
for (const select of bench.querySelectorAll("select[data-go]")) {
  select.addEventListener("change", () => select.form.requestSubmit());
}

const news = new EventSource(bench.dataset.live);
news.onopen = () => live(true);
news.onerror = () => live(false);
news.onmessage = (event) => {
  if (event.data !== bench.dataset.stamp) refresh();
};
