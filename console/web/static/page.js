// Additions of the page to its links and forms: the stream of new claims, and keys. Everything else works without it.
"use strict";

const byId = (id) => document.getElementById(id);

// The stream: new claims wait behind a button, so that the page does not move while it is read.
const live = document.querySelector("[data-stream]");
const waiting = [];
let source = null;
let paused = false;
let lastId = live ? live.dataset.from : "";

function say(text, isProblem) {
  const state = byId("connection");
  if (state.textContent !== text) state.textContent = text;
  state.className = isProblem ? "problem" : "";
}

function connect() {
  const from = lastId ? (live.dataset.stream.endsWith("?") ? "" : "&") + "from=" + lastId : "";
  source = new EventSource(live.dataset.stream + from);
  source.onopen = () => say("live", false);
  source.onerror = () => {
    say("not connected; retrying", true);
    // After an HTTP error the browser gives up; it reconnects by itself after other errors.
    if (source.readyState === EventSource.CLOSED) setTimeout(connect, 5000);
  };
  source.addEventListener("state", (event) => {
    const problem = JSON.parse(event.data).problem;
    say(problem ? problem : "live", Boolean(problem));
    if (event.lastEventId) lastId = event.lastEventId;
  });
  source.addEventListener("claim", (event) => {
    lastId = event.lastEventId;
    const claim = JSON.parse(event.data);
    if (byId("c" + claim.claim_id) || waiting.some((other) => other.claim_id === claim.claim_id)) return;
    waiting.push(claim);
    count();
  });
  source.addEventListener("reload", () => {
    source.close();
    say("many new claims; reload the page", true);
  });
}

function count() {
  const fresh = byId("fresh");
  fresh.hidden = waiting.length === 0;
  fresh.textContent = waiting.length + (waiting.length === 1 ? " new claim" : " new claims");
  document.title = (waiting.length ? "(" + waiting.length + ") " : "") + "New claims · claimwire";
}

function sectionOf(claim) {
  const known = byId("s" + claim.story_id);
  if (known) return known;
  const section = document.createElement("section");
  section.className = "story";
  section.id = "s" + claim.story_id;
  const title = document.createElement("h2");
  const link = document.createElement("a");
  link.href = "/stories/" + claim.story_id;
  link.textContent = (claim.title || "Without a title").slice(0, 200);
  title.append(link);
  const list = document.createElement("ul");
  list.className = "claims";
  section.append(title, list);
  return section;
}

function show() {
  const stories = byId("stories");
  const none = byId("none");
  if (none && waiting.length) none.remove();
  for (const claim of waiting.splice(0)) {
    const section = sectionOf(claim);
    const holder = document.createElement("template");
    holder.innerHTML = claim.html;
    const row = holder.content.querySelector("li");
    row.classList.add("added");
    section.querySelector(".claims").prepend(row);
    stories.prepend(section);
  }
  count();
  const first = stories.querySelector(".claim");
  if (first) select(first);
}

function pause() {
  const button = byId("pause");
  paused = !paused;
  button.setAttribute("aria-pressed", String(paused));
  button.textContent = paused ? "Go on" : "Pause";
  if (paused) {
    source.close();
    say("paused", false);
  } else {
    connect();
  }
}

if (live && window.EventSource) {
  byId("pause").hidden = false;
  byId("pause").addEventListener("click", pause);
  byId("fresh").addEventListener("click", show);
  connect();
}

// Keys.
let here = null;

function select(row) {
  if (here) here.classList.remove("here");
  here = row;
  here.classList.add("here");
  here.focus({ preventScroll: true });
  here.scrollIntoView({ block: "nearest" });
}

function step(by) {
  const rows = [...document.querySelectorAll(".claim")].filter((row) => row.offsetParent);
  if (!rows.length) return;
  const at = rows.indexOf(here);
  select(rows[Math.max(0, Math.min(rows.length - 1, at < 0 ? 0 : at + by))]);
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  const link = here && here.querySelector("a");
  const acts = {
    j: () => step(1),
    k: () => step(-1),
    o: () => link && link.click(),
    f: () => byId("filter") && byId("filter").focus(),
    n: () => waiting.length && show(),
    p: () => live && pause(),
  };
  if (acts[event.key]) {
    event.preventDefault();
    acts[event.key]();
  }
});

// Ages.
function age(seconds) {
  const units = [[86400, "d"], [3600, "h"], [60, "min"]];
  const found = units.find(([size]) => seconds >= size);
  return found ? Math.floor(seconds / found[0]) + " " + found[1] : "now";
}

setInterval(() => {
  for (const time of document.querySelectorAll("time.age")) {
    time.textContent = age((Date.now() - Date.parse(time.dateTime)) / 1000);
  }
}, 30000);
