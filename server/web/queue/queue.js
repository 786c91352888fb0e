// Keeps the queue as it is: asks whether something has changed, and draws the lists anew when it has.
"use strict";

const NEVER_OLDER = 60_000; // ages grow and times fall due without anybody changing anything
const BETWEEN_LOOKS = 2_000;
const LONGEST_WAIT = 75_000; // longer than the service keeps a question
const LONGEST_PAUSE = 60_000;
const WHEN_HIDDEN = 6; // nobody looks: so many times less often
const TICK = 10_000;

const { base, ended, cutOff, updated } = document.body.dataset;
const page = crypto.randomUUID();
const element = (id) => document.getElementById(id);

class Ended extends Error {}

let drawnAt = Date.now();
let look = false; // draw again, whether or not something has changed
let awaited = new AbortController();
let wake = () => undefined;

const pause = (milliseconds) =>
    new Promise((resolve) => {
        const timer = setTimeout(resolve, milliseconds);
        wake = () => {
            clearTimeout(timer);
            resolve();
        };
    });

/** Look now: we were away, and so was the connection. */
function lookNow() {
    look = true;
    awaited.abort();
    wake();
}

async function ask(path) {
    awaited = new AbortController();
    const late = setTimeout(() => awaited.abort(), LONGEST_WAIT);
    try {
        const answer = await fetch(`${base}/${path}`, { signal: awaited.signal, cache: "no-store" });
        if (answer.status === 403) throw new Ended();
        if (!answer.ok) throw new Error(String(answer.status));
        return await answer.text();
    } finally {
        clearTimeout(late);
    }
}

async function draw() {
    const fresh = new DOMParser().parseFromString(await ask(`rows${location.search}`), "text/html").body;
    // A page may stay open for weeks: what comes from a newer service wants its own script and style.
    if (fresh.querySelector("#counts").dataset.version !== element("counts").dataset.version) location.reload();
    const before = shown(element("board"));
    become(element("board"), fresh);
    const after = shown(element("board"));
    document.title = element("counts").dataset.title;
    const changed = [...after.counts].filter(([title, number]) => before.counts.get(title) !== number);
    if (changed.length) element("said").textContent = changed.map(([title, number]) => `${title} ${number}`).join(" · ");
    else if (before.lines !== after.lines) element("said").textContent = updated;
    drawnAt = Date.now();
    look = false;
}

function shown(board) {
    const counts = [...board.querySelectorAll(".count[data-title]")].map((one) => [one.dataset.title, one.dataset.number]);
    return { counts: new Map(counts), lines: [...board.querySelectorAll(".line")].map((one) => one.id).join() };
}

/**
 * Make one element like another, keeping what can be kept: the focus, a selection and the place in the page stay.
 * An element holds either words or elements, here; what stays at its place is not touched, since moving loses all three.
 */
function become(now, then) {
    if (!then.firstElementChild) {
        if (now.textContent !== then.textContent) now.textContent = then.textContent;
        return;
    }
    const wanted = new Set([...then.children].map((one) => one.id));
    for (const one of [...now.children]) if (one.id && !wanted.has(one.id)) one.remove();
    const known = new Map([...now.children].filter((one) => one.id).map((one) => [one.id, one]));
    let at = now.firstElementChild;
    for (const next of [...then.children]) {
        const same = next.id ? known.get(next.id) : at && !at.id && at.localName === next.localName ? at : undefined;
        if (!same) {
            if (next.matches(".line")) next.classList.add("new");
            now.insertBefore(next, at);
            continue;
        }
        if (same === at) at = at.nextElementSibling;
        else now.insertBefore(same, at);
        for (const name of same.getAttributeNames()) if (!next.hasAttribute(name)) same.removeAttribute(name);
        for (const name of next.getAttributeNames()) {
            if (same.getAttribute(name) !== next.getAttribute(name)) same.setAttribute(name, next.getAttribute(name));
        }
        become(same, next);
    }
    while (at) {
        const rest = at.nextElementSibling;
        at.remove();
        at = rest;
    }
}

function notice(words) {
    const line = element("notice");
    if (line.textContent !== words) line.textContent = words;
    line.hidden = !words;
}

/** The session has ended: nobody else who comes by shall read what stood here. */
function end() {
    element("board").replaceChildren();
    element("leave").remove();
    notice(ended);
    document.title = document.querySelector("h1").textContent;
}

async function follow() {
    for (let failures = 0; ; ) {
        try {
            if (look || Date.now() - drawnAt >= NEVER_OLDER) await draw();
            const left = NEVER_OLDER - (Date.now() - drawnAt);
            const turn = setTimeout(lookNow, Math.max(left, BETWEEN_LOOKS));
            const answer = await ask(`changes?seen=${element("counts").dataset.feed}&page=${page}`).finally(() => clearTimeout(turn));
            const said = JSON.parse(answer);
            failures = 0;
            notice("");
            look ||= said.changed;
            const soonest = look ? Math.max(0, BETWEEN_LOOKS - (Date.now() - drawnAt)) : (said.wait ?? 0) * 1000;
            if (soonest) await pause(document.hidden ? soonest * WHEN_HIDDEN : soonest);
        } catch (problem) {
            if (problem instanceof Ended) return end();
            if (problem.name === "AbortError" && look) continue;
            failures += 1;
            look = true;
            if (failures > 1) notice(cutOff);
            await pause(Math.min(LONGEST_PAUSE, 1000 * 2 ** failures) * (0.75 + Math.random() / 2));
        }
    }
}

element("leave").addEventListener("click", async () => {
    try {
        const answer = await fetch(`${base}/leave`, { method: "POST", signal: AbortSignal.timeout(20000) });
        if (answer.ok) return location.replace(base);
    } catch {
        // Said below.
    }
    notice(cutOff);
});

addEventListener("online", lookNow);
addEventListener("offline", () => notice(cutOff));
addEventListener("pageshow", (event) => event.persisted && lookNow());
document.addEventListener("visibilitychange", () => document.hidden || lookNow());
// A machine that slept was stopped in the middle of a wait, whose answer will never come.
let ticked = Date.now();
setInterval(() => {
    if (Date.now() - ticked > 3 * TICK) lookNow();
    ticked = Date.now();
}, TICK);

follow();
