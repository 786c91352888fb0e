// A bare JavaScript engine for the event bundle, as classic Outlook on Windows has one: Office, XMLHttpRequest, timers, a console; no page, no fetch,
// nothing newer than ECMAScript 2016. Time is played: the next timer is due at once. One scenario a line comes in, one line goes out with what happened.
"use strict";
const vm = require("node:vm");
const { readFileSync } = require("node:fs");
const { createInterface } = require("node:readline");

const source = readFileSync(process.argv[2], "utf8");
let seen;
process.on("unhandledRejection", (error) => seen.errors.push(String(error)));
process.on("uncaughtException", (error) => seen.errors.push(String(error)));

async function play(scenario) {
    // ------------------------------------------------------------------ time
    let now = 0;
    let clock = scenario.clock ?? 1_780_000_000_000;
    let ids = 0;
    const timers = new Map();
    const setTimer = (run, delay = 0) => {
        timers.set(++ids, { at: now + delay, run });
        return ids;
    };
    const soon = () => new Promise((resolve) => setImmediate(resolve));
    async function playTime() {
        for (;;) {
            await soon();
            const next = [...timers].sort(([a, one], [b, other]) => one.at - other.at || a - b)[0];
            if (next === undefined) return;
            timers.delete(next[0]);
            now = Math.max(now, next[1].at);
            next[1].run();
        }
    }
    /** Calls back after a while; never when `after` is "never". */
    const answer = (after, run) => after === "never" || setTimer(run, after ?? 0);

    // ------------------------------------------------------------------ Office
    seen = { completed: [], requests: [], associated: [], tokens: [], callsAtOnce: 0, saves: 0, errors: [] };
    const item = scenario.item;
    let calls = 0;
    const field = (name) => ({
        getAsync(callback) {
            seen.callsAtOnce = Math.max(seen.callsAtOnce, ++calls);
            if (item.throws?.includes(name)) throw new Error("Office throws");
            answer(item.late?.[name], () => {
                calls -= 1;
                const failed = item.fails?.includes(name);
                callback(failed ? { status: "failed", error: { code: 9020 } } : { status: "succeeded", value: item[name] });
            });
        },
    });
    const settings = new Map(Object.entries(scenario.settings ?? {}));
    const tokens = [...(scenario.tokens ?? [{ value: "token1" }])];
    const nextToken = (from) => new Promise((resolve, reject) => {
        const one = tokens.length > 1 ? tokens.shift() : tokens[0];
        seen.tokens.push({ from, at: now });
        answer(one.after, () => (one.value === undefined ? reject({ code: 13001 }) : resolve(one.value)));
    });
    const Office = scenario.noOffice ? undefined : {
        actions: { associate: (name, run) => { seen.associated.push(name); associated[name] = run; } },
        onReady: () => { throw new Error("onReady is not run here"); },
        context: {
            displayLanguage: scenario.locale ?? "ja-JP",
            requirements: { isSetSupported: (set, version) => set === "Mailbox" && Number(version.split(".")[1]) <= Number((scenario.mailbox ?? "1.14").split(".")[1]) },
            roamingSettings: {
                get: (name) => settings.get(name),
                set: (name, value) => settings.set(name, JSON.parse(JSON.stringify(value))),
                saveAsync: (callback) => { seen.saves += 1; answer(scenario.saving, () => callback({ status: "succeeded" })); },
            },
            mailbox: {
                item: item && {
                    to: field("to"), cc: field("cc"), bcc: field("bcc"), subject: field("subject"),
                    ...(item.inReplyTo === undefined ? {} : { inReplyTo: item.inReplyTo }), conversationId: item.conversationId,
                },
            },
        },
        auth: { getAccessToken: (options) => { seen.tokenOptions = options; return nextToken("office"); } },
    };
    const associated = {};

    // ------------------------------------------------------------------ the network
    const answers = [...(scenario.answers ?? [])];
    class XMLHttpRequest {
        headers = {};
        open(method, url) { Object.assign(this, { method, url }); }
        setRequestHeader(name, value) { this.headers[name] = value; }
        send(body) {
            const one = (answers.length > 1 ? answers.shift() : answers[0]) ?? { error: true };
            seen.requests.push({ method: this.method, url: this.url, headers: this.headers, body: JSON.parse(body), bytes: Buffer.byteLength(body), at: now });
            if (one.throws) throw new Error("no network here");
            answer(one.after, () => {
                if (this.aborted) return;
                if (one.error) return this.onerror();
                this.status = one.status ?? 200;
                this.responseText = typeof one.body === "string" ? one.body : JSON.stringify(one.body);
                this.onload();
            });
        }
        abort() { this.aborted = true; this.onabort?.(); }
    }

    // ------------------------------------------------------------------ the engine
    const world = { Office, XMLHttpRequest, setTimeout: setTimer, clearTimeout: (id) => timers.delete(id), console };
    if (scenario.runtimeAuth) world.OfficeRuntime = { auth: { getAccessToken: () => nextToken("runtime") } };
    if (scenario.naa) {
        world.sobaniNaa = {
            token: (fresh) => new Promise((resolve, reject) => {
                seen.tokens.push({ from: "naa", fresh, at: now });
                answer(scenario.naa.after, () => (scenario.naa.value === undefined ? reject(new Error("no bridge")) : resolve(scenario.naa)));
            }),
        };
    }
    for (const name of scenario.without ?? []) delete world[name];
    const context = vm.createContext(world);
    vm.runInContext(`
        for (const name of ["getOwnPropertyDescriptors", "values", "entries", "fromEntries", "hasOwn", "groupBy"]) delete Object[name];
        for (const name of ["finally"]) delete Promise.prototype[name];
        for (const name of ["allSettled", "any", "withResolvers"]) delete Promise[name];
        for (const name of ["flat", "flatMap", "at", "findLast", "findLastIndex", "toSorted", "with"]) delete Array.prototype[name];
        for (const name of ["padStart", "padEnd", "replaceAll", "matchAll", "at", "trimStart", "trimEnd", "isWellFormed", "toWellFormed"]) delete String.prototype[name];
        for (const name of ["WebAssembly", "WeakRef", "FinalizationRegistry", "BigInt", "SharedArrayBuffer", "Atomics", "escape", "unescape"]) delete globalThis[name];
        delete globalThis.globalThis;
    `, context);
    context.wall = () => clock + now;
    vm.runInContext("Date.now = wall", context);
    delete context.wall;
    vm.runInContext(source.replace('"__SOBANI_SERVICE__"', JSON.stringify(scenario.service)), context);

    const events = [];
    for (const fired of scenario.fire ?? [{ name: "onMessageSend" }]) {
        setTimer(() => {
            clock += fired.clockJump ?? 0;
            const index = fired.again ?? events.length;
            events[index] ??= { completed: (options) => {
                seen.completed.push({ event: index, options, at: now });
                if (scenario.completedThrows) throw new Error("the window is gone");
            } };
            const run = fired.byName ? vm.runInContext(fired.name, context) : associated[fired.name];
            run(events[index]);
        }, fired.at ?? 0);
    }
    await playTime();
    seen.settings = Object.fromEntries(settings);
    seen.globals = Object.keys(context);
    return seen;
}

(async () => {
    for await (const line of createInterface({ input: process.stdin })) {
        process.stdout.write(JSON.stringify(await play(JSON.parse(line))) + "\n");
    }
})();
