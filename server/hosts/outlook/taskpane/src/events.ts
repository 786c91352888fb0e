/**
 * The event bundle: what runs when a mail is begun (OnNewMessageCompose) and when it is sent (OnMessageSend).
 *
 * One plain script for two worlds. In browsers (Outlook on the web, new Outlook, Mac) events.html loads it; classic Outlook on
 * Windows runs the file itself in an engine without a page: no document, window, location or storage, no imports, no onReady, old builds
 * at ECMAScript 2016 (OfficeDev/office-js-docs-pr: docs/testing/runtimes.md, docs/develop/event-based-activation.md). What it does
 * have: timers, XMLHttpRequest with absolute addresses, Office. Nothing here may touch anything else; esbuild writes newer syntax anew, but
 * for object spread with a function of ECMAScript 2017, so there is none.
 *
 * The law: sending is never stopped but by the service's own word. Whatever fails, is late or is missing lets the mail go,
 * and every event is completed exactly once.
 */

import { openPane, languageOf } from "./words";

/** Written in when the script is served (server/hosts/outlook/pane.py): there is no location to ask. */
const SERVICE = "__SOBANI_SERVICE__";
/** The compose pane's button in the manifest (addon_manifests/outlook.xml): where the way out of a stopped mail leads. */
const PANE_BUTTON = "SobaniComposePane";

/** Reading recipients and subject; what has not come by then is left out. */
const READING_MS = 400;
/** Token and answer together, once the mail is read. */
const SERVICE_MS = 1_500;
/** Keeping or clearing the counts of what was missed. */
const SETTINGS_MS = 300;
/** OnNewMessageCompose holds nobody up, but must end. */
const COMPOSE_MS = 4_000;
/** NAA is asked first for so long, then Office itself; what it brings later still serves the next mail. */
const NAA_MS = 600;
const NAA_MS_UNHURRIED = 2_500;
/** Office does not say how long its token lasts; Entra's last an hour or more. A refused one is asked for anew. */
const UNKNOWN_LIFETIME_MS = 30 * 60_000;
const LIFETIME_MARGIN_MS = 60_000;

/** Outlook allows 500 recipients; each field of a mail is asked for at once, but Outlook takes three calls at a time. */
const MAX_PEOPLE = 500;
const MAX_NAME = 40;
const MAX_ADDRESS = 254;
const MAX_SUBJECT = 1_000;
const CALLS_AT_ONCE = 3;
/** What the Smart Alerts dialog shows. */
const MAX_MESSAGE = 500;
const MISSED = "missed";

type Reason = "no_token" | "timeout" | "unreachable" | "refused" | "failed";
const REASONS: readonly Reason[] = ["no_token", "timeout", "unreachable", "refused", "failed"];
type Missed = { [reason in Reason]?: number };

interface Person {
    email: string;
    name: string;
}

interface Draft {
    inReplyTo: string;
    conversationId: string;
    to: Person[];
    cc: Person[];
    bcc: Person[];
    subject: string;
}

interface Token {
    value: string;
    received: number;
    lifetime: number;
}

/** What naa.js leaves behind in browsers. */
interface Naa {
    token(fresh: boolean): Promise<{ value: string; lifetime: number }>;
}

/** OfficeRuntime is classic Outlook's own name for it; Office.auth came to its events later (use-sso-in-event-based-activation.md). */
interface Sso {
    getAccessToken(options: { allowSignInPrompt: boolean; allowConsentPrompt: boolean }): Promise<string>;
}

declare const sobaniNaa: Naa | undefined;
declare const OfficeRuntime: { auth?: Sso } | undefined;

type Verdict = { verdict: "allow" } | { verdict: "stop" | "ask"; message: string };
type MailEvent = Office.MailboxEvent;
type Options = Office.SmartAlertsEventCompletedOptions;

/** No answer to the question whether this mail may go. */
class Unchecked extends Error {
    readonly reason: Reason;

    constructor(reason: Reason) {
        super(reason);
        this.reason = reason;
    }
}

/** In memory only. Classic Outlook ends its engine after every event: there the prefetch warms Office's own cache instead. */
let kept: Token | undefined;
/** The one that is being asked for: reading the mail does not wait for it, asking the service does. */
let coming: Promise<Token> | undefined;
/** Events that are being looked at: a host that delivers one twice gets one answer. */
const running: MailEvent[] = [];

function later<T>(limit: number, value: T): Promise<T> {
    return new Promise((resolve) => setTimeout(() => resolve(value), limit));
}

function within<T>(limit: number, promise: Promise<T>, reason: Reason): Promise<T> {
    return new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Unchecked(reason)), Math.max(0, limit));
        promise.then(
            (value) => {
                clearTimeout(timer);
                resolve(value);
            },
            (error) => {
                clearTimeout(timer);
                reject(error);
            },
        );
    });
}

/** What `read` gives, or `otherwise` where the client throws or has nothing. */
function tried<T>(read: () => T | null | undefined, otherwise: T): T {
    try {
        const value = read();
        return value === undefined || value === null ? otherwise : value;
    } catch (error) {
        return otherwise;
    }
}

function supports(version: string): boolean {
    return tried(() => Office.context.requirements.isSetSupported("Mailbox", version), false);
}

function locale(): string {
    return tried(() => Office.context.displayLanguage, "");
}

function compose(): Office.MessageCompose | undefined {
    return tried<Office.MessageCompose | undefined>(() => Office.context.mailbox.item as unknown as Office.MessageCompose, undefined);
}

const LONE_SURROGATES = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(^|[^\uD800-\uDBFF])[\uDC00-\uDFFF]/g;

/** At most so much of a text, never half a character: the service could not read it. */
function text(value: unknown, limit: number): string {
    return typeof value === "string" ? value.slice(0, limit).replace(LONE_SURROGATES, "$1") : "";
}

// ------------------------------------------------------------------ the mail

/** Calls each of `starts` with a callback, three at a time; resolves when all have called back. */
function inTurn(starts: ReadonlyArray<(done: () => void) => void>): Promise<void> {
    return new Promise((resolve) => {
        let open = starts.length;
        let next = 0;
        const start = (): void => {
            const one = starts[next++];
            if (one === undefined) {
                return;
            }
            let called = false;
            const done = (): void => {
                if (called) {
                    return;
                }
                called = true;
                open -= 1;
                if (open === 0) {
                    resolve();
                }
                start();
            };
            try {
                one(done);
            } catch (error) {
                done();
            }
        };
        for (let lane = 0; lane < CALLS_AT_ONCE; lane += 1) {
            start();
        }
    });
}

/** The ids alone, which come without a call. inReplyTo (Mailbox 1.14) outlives a changed subject, conversationId does not. */
function blank(item: Office.MessageCompose | undefined): Draft {
    return {
        inReplyTo: text(tried(() => item?.inReplyTo, ""), MAX_SUBJECT),
        conversationId: text(tried(() => item?.conversationId, ""), MAX_SUBJECT),
        to: [],
        cc: [],
        bcc: [],
        subject: "",
    };
}

/** What can be read of the mail in time; the rest stays empty. */
async function read(): Promise<Draft> {
    const item = compose();
    const draft = blank(item);
    if (item === undefined) {
        return draft;
    }
    const people = (field: "to" | "cc" | "bcc") => (done: () => void) =>
        item[field].getAsync((result) => {
            tried(() => {
                draft[field] = peopleOf(result.value);
                return true;
            }, false);
            done();
        });
    await Promise.race([
        later(READING_MS, undefined),
        inTurn([
            people("to"),
            people("cc"),
            (done) =>
                item.subject.getAsync((result) => {
                    draft.subject = text(tried(() => result.value, ""), MAX_SUBJECT);
                    done();
                }),
            people("bcc"),
        ]),
    ]);
    return limited(draft);
}

function peopleOf(list: unknown): Person[] {
    if (!Array.isArray(list)) {
        return [];
    }
    const known = list.slice(0, MAX_PEOPLE).filter(Boolean) as Office.EmailAddressDetails[];
    return known.map((one) => ({ email: text(one.emailAddress, MAX_ADDRESS), name: text(one.displayName, MAX_NAME) }));
}

/**
 * A copy, since what calls back late must not change a question that is on its way; with at most so many people in all, those of To
 * first, since it must fit what the service reads.
 */
function limited(draft: Draft): Draft {
    const copy = Object.assign({}, draft);
    let room = MAX_PEOPLE;
    for (const field of ["to", "cc", "bcc"] as const) {
        copy[field] = draft[field].slice(0, room);
        room -= copy[field].length;
    }
    return copy;
}

// ------------------------------------------------------------------ the token

/** Judged by when it came and how long it lasts, never by the hour it names: a client's clock may be wrong. */
function stillGood(token: Token | undefined): token is Token {
    if (token === undefined) {
        return false;
    }
    const age = Date.now() - token.received;
    return age >= 0 && age < token.lifetime - LIFETIME_MARGIN_MS;
}

/** The kept one, else the one on its way, else a new one; `fresh` takes neither. */
function token(fresh: boolean, patience = NAA_MS): Promise<Token> {
    if (!fresh && stillGood(kept)) {
        return Promise.resolve(kept);
    }
    if (fresh || coming === undefined) {
        const asking = newToken(fresh, patience);
        const over = (): void => {
            coming = coming === asking ? undefined : coming;
        };
        coming = asking;
        asking.then(over, over);
    }
    return coming;
}

async function newToken(fresh: boolean, patience: number): Promise<Token> {
    if (typeof sobaniNaa !== "undefined") {
        try {
            const asking = sobaniNaa.token(fresh).then(({ value, lifetime }) => keep(value, lifetime));
            return await within(patience, asking, "no_token");
        } catch (error) {
            // Office may still have one.
        }
    }
    return keep(await officeToken(), UNKNOWN_LIFETIME_MS);
}

function keep(value: unknown, lifetime: number): Token {
    if (typeof value !== "string" || value === "") {
        throw new Unchecked("no_token");
    }
    kept = { value, lifetime, received: Date.now() };
    return kept;
}

/** Never with a prompt: nobody expects a window while a mail is being sent. */
async function officeToken(): Promise<string> {
    const options = { allowSignInPrompt: false, allowConsentPrompt: false };
    const sso = tried<Sso | undefined>(
        () => (typeof OfficeRuntime === "undefined" ? undefined : OfficeRuntime.auth) || (Office.auth as Sso),
        undefined,
    );
    try {
        if (sso !== undefined) {
            return await sso.getAccessToken(options);
        }
    } catch (error) {
        // 13001 nobody signed in, 13002 no consent, 13012 not supported ...: all the same here.
    }
    throw new Unchecked("no_token");
}

// ------------------------------------------------------------------ the service

interface Reply {
    status: number;
    body: string;
}

/** XMLHttpRequest is the one way to ask that both worlds have; relative addresses would fail in classic Outlook. */
function post(path: string, value: string, body: unknown, limit: number): Promise<Reply> {
    return new Promise((resolve, reject) => {
        const request = new XMLHttpRequest();
        const timer = setTimeout(() => {
            reject(new Unchecked("timeout"));
            tried(() => request.abort(), undefined);
        }, Math.max(0, limit));
        const end = (act: () => void) => () => {
            clearTimeout(timer);
            act();
        };
        request.open("POST", SERVICE + path, true);
        request.setRequestHeader("Content-Type", "application/json");
        request.setRequestHeader("Authorization", "Bearer " + value);
        request.onload = end(() => resolve({ status: request.status, body: request.responseText }));
        request.onerror = end(() => reject(new Unchecked("unreachable")));
        request.onabort = end(() => reject(new Unchecked("unreachable")));
        request.send(JSON.stringify(body));
    });
}

/** Asks; when the token is refused, which may be an old one, once more with a fresh one, all within the limit. */
async function asked(path: string, body: unknown, limit: number, patience = NAA_MS): Promise<Reply> {
    const begun = Date.now();
    // A clock that is set back meanwhile must not lengthen anything.
    const left = () => limit - Math.max(0, Date.now() - begun);
    const first = await within(limit, token(false, patience), "no_token");
    const reply = await post(path, first.value, body, left());
    if (reply.status !== 401) {
        return reply;
    }
    kept = undefined;
    const second = await within(left(), token(true), "no_token");
    return post(path, second.value, body, left());
}

function verdictOf(reply: Reply): Verdict {
    if (reply.status === 401 || reply.status === 403) {
        throw new Unchecked("refused");
    }
    const answer = reply.status === 200 ? tried<Partial<{ verdict: string; message: string }>>(() => JSON.parse(reply.body), {}) : {};
    const { verdict, message } = answer;
    if (verdict === "allow") {
        return { verdict };
    }
    if ((verdict === "stop" || verdict === "ask") && typeof message === "string" && message !== "") {
        return { verdict, message };
    }
    throw new Unchecked("failed");
}

// ------------------------------------------------------------------ what could not be checked

/** Kept in the mailbox, since no engine lives from one mail to the next. Two mails sent at once may lose a count: it is a share, not a bill. */
function missed(): Missed {
    const stored = tried<unknown>(() => Office.context.roamingSettings.get(MISSED), {});
    const counts: Missed = {};
    for (const reason of REASONS) {
        const count = (stored as Missed)[reason];
        if (typeof count === "number" && count > 0 && count < 1e6) {
            counts[reason] = Math.floor(count);
        }
    }
    return counts;
}

/** Before the event is completed: what stands after it may never run. */
async function changeMissed(by: Missed, sign: 1 | -1): Promise<void> {
    try {
        const counts = missed();
        for (const reason of REASONS) {
            const count = (counts[reason] || 0) + sign * (by[reason] || 0);
            if (count > 0) {
                counts[reason] = count;
            } else {
                delete counts[reason];
            }
        }
        const { roamingSettings } = Office.context;
        roamingSettings.set(MISSED, counts);
        await Promise.race([later(SETTINGS_MS, undefined), new Promise<void>((resolve) => roamingSettings.saveAsync(() => resolve()))]);
    } catch (error) {
        // A count that is lost is lost.
    }
}

// ------------------------------------------------------------------ the events

async function judged(): Promise<Verdict> {
    token(false).catch(() => undefined); // asked for again below, with what came of it
    const draft = await read();
    const before = missed();
    const question = Object.assign({ canAsk: supports("1.14"), missed: before, locale: locale() }, draft);
    const verdict = verdictOf(await asked("/outlook/send", question, SERVICE_MS));
    if (Object.keys(before).length > 0) {
        await changeMissed(before, -1);
    }
    return verdict;
}

function optionsFor(verdict: Verdict): Options {
    const dialogue = supports("1.14"); // buttons of its own, and the choice to send anyway
    if (verdict.verdict === "allow" || (verdict.verdict === "ask" && !dialogue)) {
        return { allowEvent: true }; // the service has written it down
    }
    const options: Options = { allowEvent: false, errorMessage: verdict.message.slice(0, MAX_MESSAGE) };
    if (dialogue) {
        options.commandId = PANE_BUTTON;
        options.cancelLabel = openPane[languageOf(locale())];
    }
    if (verdict.verdict === "ask") {
        options.sendModeOverride = "promptUser"; // Office.MailboxEnums.SendModeOverride.PromptUser
    }
    return options;
}

/** Runs the work of one event and completes it once, at the latest after `limit`. */
async function handled(event: MailEvent, limit: number, work: () => Promise<Options>): Promise<void> {
    if (running.indexOf(event) >= 0) {
        return; // delivered twice: the first run will answer
    }
    running.push(event);
    let options: Options = { allowEvent: true };
    try {
        options = await Promise.race([work(), later(limit, options)]);
    } catch (error) {
        // Nothing of ours stops a mail.
    }
    running.splice(running.indexOf(event), 1);
    tried(() => event.completed(options), undefined); // the window may be gone by now
}

export function onMessageSend(event: MailEvent): Promise<void> {
    const work = async (): Promise<Options> => {
        try {
            return optionsFor(await judged());
        } catch (error) {
            await changeMissed({ [error instanceof Unchecked ? error.reason : "failed"]: 1 }, 1);
            return { allowEvent: true };
        }
    };
    return handled(event, READING_MS + SERVICE_MS + 2 * SETTINGS_MS, work);
}

/** Fetches a token and wakes the service up, so that sending need not wait for either. */
export function onNewMessageCompose(event: MailEvent): Promise<void> {
    const work = async (): Promise<Options> => {
        // The ids come without a call, and a mail that has just begun has nothing else to say.
        const begun = Object.assign({ replying: false }, blank(compose()));
        await asked("/outlook/compose", { compose: begun, locale: locale(), timeZone: "" }, COMPOSE_MS, NAA_MS_UNHURRIED);
        return { allowEvent: true };
    };
    return handled(event, COMPOSE_MS, work);
}

if (typeof Office !== "undefined" && Office.actions) {
    Office.actions.associate("onMessageSend", onMessageSend);
    Office.actions.associate("onNewMessageCompose", onNewMessageCompose);
}
