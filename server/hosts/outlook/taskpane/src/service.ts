/** The questions to the service, and the one shape of its answers. */

import type { Enclosed } from "./attachments";
import { type SignIn, SignInError } from "./auth";
import type { CardJson } from "./cardview";
import { claimsOf } from "./challenge";
import type { Draft } from "./compose";
import type { Mail } from "./office";
import type { Sentence } from "./words";

export type Place = "here" | "on_top" | "root";
export type Form = Record<string, string | string[]>;

/** What the service wants shown or done; any of it may be there. */
export interface Answer {
    card?: CardJson;
    place?: Place;
    toast?: string;
    changed?: boolean;
    /** What to wait on for changes. */
    live?: string;
    /** Open Outlook's own reply form with this text. */
    reply?: { all: boolean; text: string };
    /** Put this text into the mail being written. */
    insert?: { text: string };
    /** Open this page in a window of its own. */
    open?: string;
    /** The service is in trouble: what it shows is about that, and not about the mail. */
    trouble?: boolean;
}

/** What is asked about: a mail being read, one being written, or none. */
export type About = { item: Mail | null } | { compose: Draft };

/** What waiting for a change has brought. */
export type News = { kind: "changed" } | { kind: "nothing"; waitMs: number } | { kind: "failed" };

type Question = About & { locale: string; timeZone: string };

interface Request {
    body?: string;
    limit: number;
    signal?: AbortSignal;
    quietly: boolean;
}

interface Response {
    status: number;
    /** undefined when the body is not JSON: some gateway's page. */
    json: unknown;
    /** What a refusal asks for beside another token, "" for nothing. */
    claims: string;
}

const PARTS = ["card", "toast", "live", "reply", "insert", "open"];

const LIMIT_MS = 20_000;
/** For a click that brings attachments: they go up a slow line. */
const FILES_LIMIT_MS = 90_000;
/** The service answers after about 50 s at the latest. */
const WAITING_LIMIT_MS = 75_000;
const MAX_WAIT_S = 300;
const MAX_BODY_BYTES = 500 * 1024;

/** No answer that could be used; `sentence` is what the agent reads. */
export class ServiceError extends Error {
    constructor(readonly sentence: Sentence) {
        super(sentence);
    }
}

/** The JSON of a question, at most as long as the service reads: a text that grows too much in JSON loses its end. */
function encoded(question: Question): string {
    let json = JSON.stringify(question);
    let item = "item" in question ? question.item : null;
    while (item !== null && item.text !== "" && json.length * 3 > MAX_BODY_BYTES && new Blob([json]).size > MAX_BODY_BYTES) {
        item = { ...item, text: item.text.slice(0, item.text.length >> 1) };
        json = JSON.stringify({ ...question, item });
    }
    return json;
}

export class Service {
    /** Ours alone: the service lets one pane wait once. */
    private readonly pane = identifier();
    private doubtful = false;

    constructor(readonly signIn: SignIn) {}

    /** First look at what is open, or another one. `quietly`: nobody waits for it, so nobody is asked to sign in for it. */
    look(question: Question, quietly = false): Promise<Answer> {
        return this.post("compose" in question ? "/outlook/compose" : "/outlook/open", question, quietly);
    }

    act(question: Question & { action: string; form: Form }, enclosed?: Enclosed): Promise<Answer> {
        return enclosed === undefined ? this.post("/outlook/action", question) : this.post("/outlook/action/files", question, false, enclosed);
    }

    /** The token may be of yesterday, whatever its own clock says: the next question takes a fresh one. */
    doubtToken(): void {
        this.doubtful = true;
    }

    /** Waits for a change; never throws. */
    async changes(live: string, signal: AbortSignal): Promise<News> {
        const path = `/outlook/changes?${new URLSearchParams({ live, pane: this.pane }).toString()}`;
        try {
            const { status, json } = await this.ask(path, { limit: WAITING_LIMIT_MS, signal, quietly: true });
            if (status === 410) {
                return { kind: "changed" };
            }
            if (status !== 200 || !isObject(json)) {
                return { kind: "failed" };
            }
            const { changed, wait } = json;
            const seconds = typeof wait === "number" && wait > 0 ? Math.min(wait, MAX_WAIT_S) : 0;
            return changed === true ? { kind: "changed" } : { kind: "nothing", waitMs: seconds * 1000 };
        } catch (error) {
            // Without a token a look must say so; nobody else would.
            return { kind: error instanceof SignInError ? "changed" : "failed" };
        }
    }

    private async post(path: string, question: Question, quietly = false, enclosed?: Enclosed): Promise<Answer> {
        const body = encoded(question);
        const request =
            enclosed === undefined
                ? { body, limit: LIMIT_MS, quietly }
                : { body: `${body.slice(0, -1)},${JSON.stringify(enclosed).slice(1)}`, limit: FILES_LIMIT_MS, quietly };
        const { status, json } = await this.ask(path, request);
        // A problem card comes with the problem's own status: any object with a part of an answer is one.
        if (!isObject(json) || !PARTS.some((part) => json[part] != null)) {
            throw new ServiceError(status === 401 ? "signInFailed" : "failed");
        }
        return { ...(json as Answer), trouble: status >= 500 || status === 429 };
    }

    /** Asks once, and a second time with a fresh token when the first was refused; a claims challenge says what that one must carry. */
    private async ask(path: string, request: Request): Promise<Response> {
        const token = await this.signIn.token(this.doubtful, "", request.quietly);
        this.doubtful = false;
        const response = await send(path, token, request);
        return response.status === 401 ? send(path, await this.signIn.token(true, response.claims, request.quietly), request) : response;
    }
}

/** The whole exchange stands under one time limit: a body that stops half-way hangs nobody. */
async function send(path: string, token: string, { body, limit, signal }: Request): Promise<Response> {
    const stop = new AbortController();
    const abort = () => stop.abort();
    const timer = setTimeout(abort, limit);
    signal?.addEventListener("abort", abort);
    try {
        const response = await fetch(path, {
            ...(body === undefined ? {} : { method: "POST", body }),
            headers: { ...(body === undefined ? {} : { "Content-Type": "application/json" }), Authorization: `Bearer ${token}` },
            cache: "no-store",
            credentials: "omit",
            redirect: "error",
            signal: stop.signal,
        });
        const claims = claimsOf(response.headers.get("WWW-Authenticate"));
        return { status: response.status, json: parsed(await response.text()), claims };
    } catch {
        throw new ServiceError(stop.signal.aborted ? "slow" : "unreachable");
    } finally {
        clearTimeout(timer);
        signal?.removeEventListener("abort", abort);
    }
}

function parsed(text: string): unknown {
    try {
        return JSON.parse(text);
    } catch {
        return undefined;
    }
}

function isObject(value: unknown): value is Record<string, unknown> {
    return typeof value === "object" && value !== null;
}

function identifier(): string {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
