"use strict";
// Asks /sandboxes every five seconds and shows what it says. Names and messages come from elsewhere: they only ever become text.

const INTERVAL = 5000;
const SVG = "http://www.w3.org/2000/svg";
const PHASES = ["configuration", "share", "network", "qemu_spawn", "qmp", "kernel", "agent", "sandbox", "container"];
const COLOURS = ["#8a94a6", "#c28e2c", "#7a6fd0", "#4a90d9", "#5fb3c8", "#d06f4a", "#b34a7f", "#6a9c3b", "#2f8f6f"];

let sandboxes = [];
let order = { key: "name", direction: 1 };

const byId = id => document.getElementById(id);

function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function shape(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

const isNumber = value => typeof value === "number";

function bytes(value) {
  if (!isNumber(value)) return "–";
  const mib = value / 1048576;
  return mib >= 1024 ? (mib / 1024).toFixed(2) + " GiB" : mib.toFixed(mib < 10 ? 1 : 0) + " MiB";
}

const cores = value => isNumber(value) ? value.toFixed(2) : "–";

function duration(seconds) {
  if (!isNumber(seconds)) return "–";
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) return whole + " s";
  if (whole < 3600) return Math.floor(whole / 60) + " min " + (whole % 60) + " s";
  if (whole < 86400) return Math.floor(whole / 3600) + " h " + Math.floor(whole % 3600 / 60) + " min";
  return Math.floor(whole / 86400) + " d " + Math.floor(whole % 86400 / 3600) + " h";
}

const age = sandbox => isNumber(sandbox.started_at) ? Date.now() / 1000 - sandbox.started_at : null;
const startSeconds = sandbox =>
  (sandbox.phases || []).reduce((sum, phase) => sum + (isNumber(phase.seconds) ? phase.seconds : 0), 0);
const isSilent = sandbox => sandbox.state === "not answering";
const title = sandbox => sandbox.pod ? sandbox.pod_namespace + "/" + sandbox.pod : sandbox.id;

// A curve over the time that the history has, from zero to its highest value.
function plot(className, points, label) {
  const known = points.filter(([, value]) => isNumber(value));
  if (known.length < 2) return "";
  const width = 110, height = 32;
  const svg = shape("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label });
  svg.classList.add(className);
  svg.append(shape("line", { class: "base", x1: 0, x2: width, y1: height - 0.5, y2: height - 0.5 }));
  const from = known[0][0], span = Math.max(known[known.length - 1][0] - from, 1);
  const top = Math.max(...known.map(([, value]) => value)) * 1.1 || 1;
  const line = known.map(([time, value], i) =>
    (i ? "L" : "M") + ((time - from) / span * width).toFixed(1) + " " + (height - 1 - value / top * (height - 3)).toFixed(1)).join("");
  svg.append(shape("path", { class: "area", d: line + `L${width} ${height}L0 ${height}Z` }));
  svg.append(shape("path", { class: "line", d: line }));
  return svg;
}

function plotCell(className, text, detail, points, label) {
  const cell = element("td"), box = element("div", "plot"), value = element("div", "value");
  value.append(element("div", "", text));
  if (detail) value.append(element("div", "detail", detail));
  box.append(value, plot(className, points, label));
  cell.append(box);
  return cell;
}

// The phases of the start, one bar after another; all rows to the same scale.
function startCell(sandbox, longest) {
  const cell = element("td"), box = element("div", "plot");
  const phases = [...(sandbox.phases || [])].sort((a, b) => PHASES.indexOf(a.phase) - PHASES.indexOf(b.phase));
  const total = startSeconds(sandbox);
  box.append(element("div", "value", total > 0 ? total.toFixed(2) + " s" : "–"));
  if (total > 0) {
    const width = 110, height = 14;
    const words = phases.map(phase => phase.phase + " " + (phase.seconds * 1000).toFixed(0) + " ms").join(", ");
    const svg = shape("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": words });
    let at = 0;
    for (const phase of phases) {
      const part = phase.seconds / longest * width;
      const index = PHASES.indexOf(phase.phase);
      const bar = shape("rect", { x: at.toFixed(2), y: 0, width: Math.max(part, 0).toFixed(2), height, fill: COLOURS[index] || COLOURS[0] });
      const tip = shape("title", {});
      tip.textContent = phase.phase + " " + (phase.seconds * 1000).toFixed(0) + " ms";
      bar.append(tip);
      svg.append(bar);
      at += part;
    }
    box.append(svg);
  }
  cell.append(box);
  return cell;
}

function row(sandbox, longest) {
  const made = element("tr");
  made.dataset.id = sandbox.id;

  const name = element("td");
  if (sandbox.pod) name.append(element("div", "pod", title(sandbox)));
  name.append(element("div", sandbox.pod ? "detail id" : "id", sandbox.id.length > 20 ? sandbox.id.slice(0, 12) + "…" : sandbox.id));
  name.lastChild.title = sandbox.id;
  const runtime = [sandbox.runtime, sandbox.runtime_handler].filter(Boolean).filter((word, i, all) => all.indexOf(word) === i).join(", ");
  const count = isNumber(sandbox.containers) ? ", " + sandbox.containers + (sandbox.containers === 1 ? " container" : " containers") : "";
  name.append(element("div", "detail", runtime + count));

  const state = element("td");
  state.append(element("span", "state " + (isSilent(sandbox) ? "silent" : sandbox.state), sandbox.state));

  const history = sandbox.history || [];
  const memory = plotCell("memory", bytes(sandbox.memory_bytes),
    isNumber(sandbox.overhead_memory_bytes) ? "overhead " + bytes(sandbox.overhead_memory_bytes) : "",
    history.map(([time, value]) => [time, value]), "memory " + bytes(sandbox.memory_bytes));
  memory.classList.add("memory-cell");
  const processor = plotCell("cores", cores(sandbox.cpu_cores),
    isNumber(sandbox.cpu_seconds) ? duration(sandbox.cpu_seconds) + " in all" : "",
    history.map(([time, , value]) => [time, value]), cores(sandbox.cpu_cores) + " processors");
  processor.classList.add("cores-cell");

  const failure = element("td", "failure");
  if (sandbox.last_failure) {
    failure.append(element("div", "what", sandbox.last_failure));
    failure.append(element("div", "detail", duration(Date.now() / 1000 - sandbox.last_failure_at) + " ago"));
  }
  made.append(name, state, element("td", "number", duration(age(sandbox))), memory, processor, startCell(sandbox, longest), failure);
  return made;
}

const KEYS = {
  name: title,
  state: sandbox => sandbox.state,
  age: sandbox => age(sandbox) ?? -1,
  memory: sandbox => sandbox.memory_bytes ?? -1,
  cores: sandbox => sandbox.cpu_cores ?? -1,
  start: startSeconds,
  failure: sandbox => sandbox.last_failure_at ?? -1,
};

function compare(a, b) {
  const key = KEYS[order.key], x = key(a), y = key(b);
  return order.direction * (typeof x === "string" ? x.localeCompare(y) : x - y);
}

function sum(member) {
  return sandboxes.reduce((all, sandbox) => all + (isNumber(sandbox[member]) ? sandbox[member] : 0), 0);
}

function show() {
  const words = byId("filter").value.trim().toLowerCase();
  const shown = sandboxes
    .filter(sandbox => [title(sandbox), sandbox.id, sandbox.state].some(text => text.toLowerCase().includes(words)))
    .sort(compare);
  const longest = Math.max(...sandboxes.map(startSeconds), 0.001);
  byId("rows").replaceChildren(...shown.map(sandbox => row(sandbox, longest)));
  byId("none").hidden = shown.length > 0;
  byId("none").textContent = sandboxes.length ? "No sandbox fits the filter." : "No sandbox lives on this node.";
  byId("legend").hidden = !sandboxes.some(sandbox => startSeconds(sandbox) > 0);
  byId("total-count").textContent = sandboxes.length;
  byId("total-memory").textContent = bytes(sum("memory_bytes"));
  byId("total-overhead").textContent = bytes(sum("overhead_memory_bytes"));
  byId("total-cores").textContent = cores(sum("cpu_cores"));
  byId("total-silent").textContent = sandboxes.filter(isSilent).length;
  for (const button of document.querySelectorAll("th button")) {
    const sorted = button.dataset.sort === order.key;
    if (sorted) button.parentElement.setAttribute("aria-sort", order.direction > 0 ? "ascending" : "descending");
    else button.parentElement.removeAttribute("aria-sort");
  }
}

async function refresh() {
  const fresh = byId("fresh");
  try {
    const answer = await fetch("sandboxes?fresh", { signal: AbortSignal.timeout(20000) });
    if (!answer.ok) throw new Error("status " + answer.status);
    sandboxes = await answer.json();
    fresh.textContent = "as of " + new Date().toLocaleTimeString();
    fresh.className = "";
    show();
  } catch (failure) {
    fresh.textContent = "the monitor does not answer: " + failure.message;
    fresh.className = "bad";
  }
  setTimeout(refresh, INTERVAL);
}

function legend() {
  PHASES.forEach((phase, index) => {
    const entry = element("span", "phase"), svg = shape("svg", { width: 10, height: 10 });
    svg.append(shape("rect", { width: 10, height: 10, rx: 2, fill: COLOURS[index] }));
    entry.append(svg, element("span", "", phase));
    byId("legend").append(entry);
  });
}

for (const button of document.querySelectorAll("th button")) {
  button.addEventListener("click", () => {
    const key = button.dataset.sort;
    order = { key, direction: order.key === key ? -order.direction : key === "name" || key === "state" ? 1 : -1 };
    show();
  });
}
byId("filter").addEventListener("input", show);
legend();
refresh();
