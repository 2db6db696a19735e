// Keeps a page live: what the event stream tells is a reason to render, and the server renders. A burst of events is one
// rendering; what is shown elsewhere is none. Text of others enters the page only as text nodes: no innerHTML anywhere.
const body = document.body;
const live = document.getElementById("live");
const scope = body.dataset.scope;
const GAP = scope === "fleet" ? 1000 : 250; // ms between two renderings; the overview is the dear one
const LINES = 1000; // kept of a followed log
let last = 0, timer = 0, busy = false, again = false;

function sync(from, to) {
  for (const { name } of [...from.attributes]) {
    if (name !== "open" && !to.hasAttribute(name)) from.removeAttribute(name);
  }
  for (const { name, value } of to.attributes) if (from.getAttribute(name) !== value) from.setAttribute(name, value);
}

// Changes as little as can be, so that focus, selection and scrolling stay.
function morph(from, to) {
  if (from.id === "live" || from.dataset?.key === "log" && to.dataset?.key === "log") return;
  if (from.nodeType !== 1) { if (from.data !== to.data) from.data = to.data; return; }
  sync(from, to);
  if (from.localName === "input" || from.localName === "textarea" || from.localName === "select") return;
  const keyed = new Map();
  for (const child of from.children) if (child.dataset.key) keyed.set(child.dataset.key, child);
  let place = from.firstChild;
  for (const wanted of [...to.childNodes]) {
    const known = wanted.dataset?.key ? keyed.get(wanted.dataset.key) : null;
    if (known) {
      if (known === place) place = place.nextSibling; else from.insertBefore(known, place);
      morph(known, wanted);
    } else if (place && place.nodeName === wanted.nodeName && !place.dataset?.key && !wanted.dataset?.key) {
      morph(place, wanted);
      place = place.nextSibling;
    } else {
      from.insertBefore(document.importNode(wanted, true), place);
    }
  }
  while (place) { const next = place.nextSibling; place.remove(); place = next; }
}

function show(text) {
  const page = new DOMParser().parseFromString(text, "text/html");
  const wanted = page.getElementById("main");
  if (!wanted) return;
  if (document.title !== page.title) document.title = page.title;
  const main = document.getElementById("main");
  // What came of an action stays until the next one.
  const message = main.querySelector("[data-key=message]");
  if (message && !wanted.querySelector("[data-key=message]")) wanted.querySelector("h1")?.after("\n", message.cloneNode(true));
  morph(main, wanted);
  // Who is logged in may have changed too.
  const header = page.querySelector("header");
  if (header) morph(document.querySelector("header"), header);
}

// Somebody who is on the way to another page must not be taken back to this one.
let leaving = false;
addEventListener("beforeunload", () => {
  leaving = true;
  setTimeout(() => { leaving = false; }, 5000); // still here: it was a download, or stopped
});

async function render() {
  if (busy) { again = true; return; }
  busy = true;
  last = performance.now();
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (answer.ok) show(await answer.text());
    else if (!leaving && (answer.status === 401 || answer.status === 404)) location.reload();
  } catch { /* the stream tells when it is back */ }
  busy = false;
  if (again) { again = false; soon(); }
}

function soon() {
  if (timer || document.hidden && scope !== "fleet") return;
  timer = setTimeout(() => { timer = 0; render(); }, Math.max(10, last + GAP - performance.now()));
}

const states = new Map();
function stateOf(client) {
  return [client.status, client.workload_count, client.workloads_running, client.workloads_failed,
    client.deployed_version ?? "", (client.clones ?? []).length].join("|");
}

function percent(used, total) { return total > 0 ? Math.max(0, Math.min(100, used / total * 100)) : 0; }

// Only numbers moved: written into the row, without asking the server, once a second for all rows together.
const moving = new Map();
function measureLater(client) {
  if (moving.size === 0) setTimeout(() => { for (const one of moving.values()) measure(one); moving.clear(); }, 1000);
  moving.set(client.name, client);
}

function rowOf(name) { return document.querySelector(`tr[data-key="${CSS.escape(name)}"]`); }

function measure(client) {
  const row = rowOf(client.name), system = client.system;
  if (!row || !system) return;
  const values = { cpu: system.cpu_percent, memory: percent(system.memory_used_mb, system.memory_total_mb),
    disk: percent(system.disk_used_gb, system.disk_total_gb) };
  for (const place of row.querySelectorAll("[data-measure]")) {
    const value = values[place.dataset.measure];
    if (value === undefined) continue;
    const text = `${Math.round(value)} %`;
    if (place.textContent === text) continue;
    place.textContent = text;
    const bar = place.nextElementSibling;
    bar.setAttribute("class", `bar ${value >= 90 ? "high" : value >= 75 ? "raised" : "low"}`);
    bar.firstElementChild.setAttribute("width", String(Math.round(value)));
  }
  const time = row.querySelector("time");
  if (time && client.last_seen) { time.dateTime = client.last_seen; tell(time); }
}

function take(event, data) {
  const [kind, name] = scope.split(":");
  if (event === "snapshot" || event === "resync") return soon();
  if (kind === "fleet") {
    if (event === "client_removed") return soon();
    if (event !== "client") return;
    const row = rowOf(data.name);
    const state = stateOf(data);
    const before = row ? row.dataset.state : states.get(data.name);
    states.set(data.name, state);
    if (before === undefined ? data.status !== "online" || data.workloads_failed > 0 || data.clones?.length > 0 || !known : before !== state) soon();
    else if (row) measureLater(data);
  } else if (kind === "client") {
    if ((data.client ?? data.name) === name) soon();
  } else if (kind === "deployments" && event === "deployment") {
    if (!name || data.id === name) soon();
  } else if (kind === "audit" && event === "audit") soon();
}
const known = document.querySelector(".pages");

// Server-sent events over fetch: unlike EventSource it can say where to begin, so that no snapshot has to be sent.
// Between two readings it rests for so many ms: each time a browser wakes up costs more than what is said.
async function stream(path, begin, rest, onEvent, onState) {
  let id = begin, pause = 500;
  for (;;) {
    try {
      const answer = await fetch(path, { headers: id ? { "Last-Event-ID": id } : {} });
      if (answer.status === 401 || answer.status === 403) return onState("log in again");
      if (!answer.ok) throw new Error();
      onState("live");
      pause = 500;
      const reader = answer.body.getReader(), decoder = new TextDecoder();
      let open = "", event = "", data = [];
      for (;;) {
        const { value, done } = await reader.read();
        if (done) break;
        const lines = (open + decoder.decode(value, { stream: true })).split("\n");
        open = lines.pop();
        for (const line of lines) {
          if (line === "") { if (data.length) onEvent(event, data.join("\n")); event = ""; data = []; }
          else if (line.startsWith("id:")) id = line.slice(3).trim();
          else if (line.startsWith("event:")) event = line.slice(6).trim();
          else if (line.startsWith("data:")) data.push(line.slice(line[5] === " " ? 6 : 5));
        }
        if (rest || document.hidden) await after(document.hidden ? 2000 : rest);
      }
    } catch { /* tried again below */ }
    onState("connection lost");
    await after(pause);
    pause = Math.min(pause * 2, 15000);
  }
}

function after(ms) { return new Promise(done => setTimeout(done, ms)); }

function setState(text) { live.textContent = text; live.className = text === "live" ? "online" : "stale"; }

function followLog() {
  const log = document.querySelector("[data-follow]");
  if (!log?.dataset.follow) return;
  let first = true, waiting = [], frame = 0;
  const write = () => {
    frame = 0;
    const atEnd = log.scrollTop + log.clientHeight >= log.scrollHeight - 40;
    for (const line of waiting.splice(0)) log.append(document.createTextNode(line + "\n"));
    while (log.childNodes.length > LINES) log.firstChild.remove();
    if (atEnd) log.scrollTop = log.scrollHeight;
  };
  stream(log.dataset.follow, "", 50, (event, data) => {
    if (event && event !== "message" && event !== "line") return;
    if (first) { log.replaceChildren(); first = false; }
    // Without the sequences by which programs colour what they write.
    waiting.push(data.replace(/\x1b\[[ -?]*./gu, ""));
    if (waiting.length > LINES) waiting.shift();
    if (!frame) frame = requestAnimationFrame(write);
  }, () => {});
  log.scrollTop = log.scrollHeight;
}

function logIn() { location.assign(`/login?back=${encodeURIComponent(location.pathname + location.search)}`); }

// A form that asks a page to confirm is asked here, and its answer shown where one looks.
async function confirmFirst(submit) {
  // Not form.action: buttons of that name hide it.
  const form = submit.target, button = submit.submitter, path = form.getAttribute("action");
  if (!button || !path?.endsWith("/confirm")) return;
  submit.preventDefault();
  const query = new URLSearchParams(new FormData(form, button));
  const answer = await fetch(`${path}?${query}`);
  if (answer.status === 401) return logIn();
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const dialog = document.createElement("dialog");
  dialog.setAttribute("aria-labelledby", "question");
  for (const node of page.getElementById("main").childNodes) dialog.append(document.importNode(node, true));
  dialog.querySelector("h1")?.setAttribute("id", "question");
  dialog.querySelector("form a")?.addEventListener("click", event => { event.preventDefault(); dialog.close(); });
  dialog.addEventListener("close", () => { dialog.remove(); });
  dialog.querySelector("form")?.addEventListener("submit", async event => {
    event.preventDefault();
    const sent = new URLSearchParams(new FormData(event.target, event.submitter));
    event.submitter.disabled = true;
    const result = await fetch(event.target.getAttribute("action"), { method: "POST", body: sent });
    if (result.status === 401) return logIn();
    const text = await result.text();
    dialog.close();
    if (result.redirected && new URL(result.url).pathname !== location.pathname) location.assign(result.url);
    else if (document.querySelector("[data-follow]")) {
      // The answer is the page of the client; this one shows a workload, and only its message is of use.
      const page = new DOMParser().parseFromString(text, "text/html");
      live.textContent = page.querySelector("[data-key=message], .notice.bad")?.textContent.trim() ?? "";
      render();
    } else show(text);
    button.isConnected && button.focus();
  });
  body.append(dialog);
  dialog.showModal();
}

document.addEventListener("submit", confirmFirst);
document.addEventListener("visibilitychange", () => { if (!document.hidden && scope) soon(); });
function tell(time) {
  const seconds = Math.floor((Date.now() - Date.parse(time.dateTime)) / 1000);
  if (!Number.isFinite(seconds)) return;
  const text = seconds < 5 ? "now" : seconds < 60 ? `${seconds}s ago` : seconds < 3600
    ? `${Math.floor(seconds / 60)}m ago` : seconds < 86400 ? `${Math.floor(seconds / 3600)}h ago`
    : `${Math.floor(seconds / 86400)}d ago`;
  if (time.textContent !== text) time.textContent = text;
}

// "3 s ago" is reckoned here, without asking anyone.
setInterval(() => {
  if (document.hidden) return;
  for (const time of document.querySelectorAll("time[datetime]")) tell(time);
}, 5000);
// The path of a sparkline a minute later, with one more point; NaN where there is none.
export function moved(path, percent) {
  const points = [...path.matchAll(/(M| )(\d+) (\d+)(?= |M|$)/g)].map(([, pen, x, y]) => ({ pen, x: x - 1, y: +y }));
  const shown = points.filter(point => point.x >= 0);
  // A line that comes in from the left begins at the edge.
  if (shown.length < points.length && shown[0]?.pen === " " && shown[0].x > 0) shown.unshift({ pen: "M", x: 0, y: shown[0].y });
  if (shown.length) shown[0].pen = "M";
  if (!Number.isNaN(percent)) {
    shown.push({ pen: shown.at(-1)?.x === 58 ? " " : "M", x: 59, y: 20 - Math.floor(percent / 5) });
  }
  return shown.map(({ pen, x, y }) => `${pen}${x} ${y}`).join("");
}

// The overview is rendered anew only where a state changes; its lines move on by themselves.
setInterval(() => {
  for (const cell of scope === "fleet" ? document.querySelectorAll("td.measure") : []) {
    const line = cell.querySelector(".spark path");
    line?.setAttribute("d", moved(line.getAttribute("d"), parseInt(cell.querySelector(".value").textContent, 10)));
  }
}, 60000);
if (scope) {
  const [kind, name] = scope.split(":");
  const wanted = kind === "fleet" ? "events=client,client_removed" : kind === "client" ? `client=${name}`
    : kind === "audit" ? "events=audit" : "events=deployment";
  stream(`/api/fleet/events?pause_ms=200&${wanted}`, body.dataset.position, 0, (event, data) => {
    try { take(event, JSON.parse(data)); } catch { soon(); }
  }, setState);
}
followLog();
