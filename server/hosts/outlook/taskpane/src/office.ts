/** What the pane asks of Outlook. Every call has a time limit of ours: some never call back (office-js issues 6806, 5935). */

export interface Person {
    email: string;
    name: string;
}

/** The selected mail as the service reads it (server/hosts/outlook/wire.py). */
export interface Mail {
    headers: string;
    messageId: string;
    subject: string;
    from: Person | null;
    to: Person[];
    cc: Person[];
    date: number | null;
    text: string;
    itemId: string;
    conversationId: string;
}

/** What is open beside the pane. A draft is a mail being written; appointments and meeting requests are not ours. */
export type Selection =
    | { kind: "none" | "appointment" | "meeting" }
    | { kind: "mail"; item: Office.MessageRead }
    | { kind: "draft"; item: Office.MessageCompose };

export const CALL_LIMIT_MS = 4_000;
const SHORT_LIMIT_MS = 1_000;
const READY_LIMIT_MS = 15_000;
const ITEM_LATENESS_MS = 200;
const MAX_TEXT_BYTES = 200 * 1024;
const MAX_HEADER_CHARACTERS = 100 * 1024;
const MAX_PEOPLE = 500;

type Callback<T> = (result: Office.AsyncResult<T>) => void;

/** How an Office call ended. "silent": it did not answer in time, and may still do its work later. */
export type Ending<T> = { state: "done"; value: T } | { state: "failed" | "silent" };

/** One asynchronous Office call, to its end or the end of our patience. */
export function called<T>(start: (callback: Callback<T>) => void, limit = CALL_LIMIT_MS): Promise<Ending<T>> {
    return new Promise((resolve) => {
        const timer = setTimeout(() => resolve({ state: "silent" }), limit);
        const end = (ending: Ending<T>) => {
            clearTimeout(timer);
            resolve(ending);
        };
        try {
            start((result) =>
                end(result.status === Office.AsyncResultStatus.Succeeded ? { state: "done", value: result.value } : { state: "failed" }),
            );
        } catch {
            end({ state: "failed" });
        }
    });
}

/** The value of one asynchronous Office call; undefined when it fails, throws or does not answer in time. */
export async function asked<T>(start: (callback: Callback<T>) => void, limit = CALL_LIMIT_MS): Promise<T | undefined> {
    const ending = await called(start, limit);
    return ending.state === "done" ? ending.value : undefined;
}

/** Whether the page runs inside Outlook; false also when office.js did not load or does not get ready. */
export async function ready(): Promise<boolean> {
    if (typeof Office === "undefined") {
        return false;
    }
    const limit = new Promise<null>((resolve) => setTimeout(() => resolve(null), READY_LIMIT_MS));
    const info = await Promise.race([Office.onReady(), limit]);
    return info?.host === Office.HostType.Outlook;
}

export function supports(set: string, version: string): boolean {
    return Office.context.requirements?.isSetSupported(set, version) ?? false;
}

export function locale(): string {
    return Office.context.displayLanguage || navigator.language;
}

/** The mailbox's own zone is a Windows name on most clients; the browser's is IANA's. */
export function timeZone(): string {
    return new Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";
}

export function mailboxAddress(): string {
    return (Office.context.mailbox?.userProfile?.emailAddress ?? "").toLowerCase();
}

/** The Entra account of the mailbox, where the client says it (NestedAppAuth 1.1); "" elsewhere. */
export async function mailboxObjectId(): Promise<string> {
    if (!supports("NestedAppAuth", "1.1") || typeof Office.auth?.getAuthContext !== "function") {
        return "";
    }
    const limit = new Promise<null>((resolve) => setTimeout(() => resolve(null), CALL_LIMIT_MS));
    try {
        const context = await Promise.race([Office.auth.getAuthContext(), limit]);
        return context?.userObjectId ?? "";
    } catch {
        return "";
    }
}

/** Outlook on phones: reads mails only, and knows little more of them than their ids. */
export function onPhone(): boolean {
    return /^(ios|android)$/i.test(String(Office.context.platform ?? ""));
}

/** What is open now. "none" also while a new item is not there yet. */
export function selection(): Selection {
    const item = Office.context.mailbox?.item;
    if (item == null) {
        return { kind: "none" };
    }
    if (item.itemType === "appointment") {
        return { kind: "appointment" };
    }
    if (typeof item.subject === "string") {
        const mail = item as Office.MessageRead;
        return /^IPM\.Schedule\.Meeting/i.test(mail.itemClass ?? "") ? { kind: "meeting" } : { kind: "mail", item: mail };
    }
    const draft = item as unknown as Office.MessageCompose;
    return typeof draft.to?.getAsync === "function" ? { kind: "draft", item: draft } : { kind: "none" };
}

/** Drafts have no id of their own before they are saved: each gets a number when it is seen first. */
const drafts = new WeakMap<object, number>();
let seen = 0;

/** Tells two selections apart; "" for none. */
export function keyOf(selection: Selection): string {
    switch (selection.kind) {
        case "none":
            return "";
        case "mail":
            return selection.item.itemId || selection.item.internetMessageId || selection.item.subject;
        case "draft":
            if (!drafts.has(selection.item)) {
                drafts.set(selection.item, ++seen);
            }
            return `draft ${drafts.get(selection.item)}`;
        default:
            return selection.kind;
    }
}

export function person(details: Office.EmailAddressDetails): Person {
    return { email: details.emailAddress ?? "", name: details.displayName ?? "" };
}

export function people(list: Office.EmailAddressDetails[] | undefined): Person[] {
    return Array.isArray(list) ? list.slice(0, MAX_PEOPLE).map(person) : [];
}

/** As much of a text as fits the bytes, never half a character. */
export function cut(text: string, bytes: number): string {
    const { read } = new TextEncoder().encodeInto(text, new Uint8Array(bytes));
    return read < text.length ? text.slice(0, read) : text;
}

async function internetHeaders(item: Office.MessageRead): Promise<string> {
    if (!supports("Mailbox", "1.8") || typeof item.getAllInternetHeadersAsync !== "function") {
        return ""; // phones: the Message-ID alone
    }
    const headers = await asked<string>((callback) => item.getAllInternetHeadersAsync(callback));
    return (headers ?? "").slice(0, MAX_HEADER_CHARACTERS);
}

/** How long the text is waited for: a client that has once not given it (issue 6806) does not hold every card back. */
let textLimit = CALL_LIMIT_MS;

async function bodyText(item: Office.MessageRead): Promise<string> {
    if (typeof item.body?.getAsync !== "function") {
        return "";
    }
    const ending = await called<string>((callback) => item.body.getAsync(Office.CoercionType.Text, callback), textLimit);
    textLimit = ending.state === "silent" ? SHORT_LIMIT_MS : CALL_LIMIT_MS;
    return ending.state === "done" ? cut(ending.value ?? "", MAX_TEXT_BYTES) : "";
}

/** Everything the service needs of a mail. What cannot be read is left empty; the ids come without any call. */
export async function read(item: Office.MessageRead): Promise<Mail> {
    const [headers, text] = onPhone() ? ["", ""] : await Promise.all([internetHeaders(item), bodyText(item)]);
    const created = item.dateTimeCreated instanceof Date ? item.dateTimeCreated.getTime() : Number.NaN;
    return {
        headers,
        messageId: item.internetMessageId ?? "",
        subject: item.subject ?? "",
        from: item.from ? person(item.from) : null,
        to: people(item.to),
        cc: people(item.cc),
        date: Number.isNaN(created) ? null : created,
        text,
        itemId: item.itemId ?? "",
        conversationId: item.conversationId ?? "",
    };
}

/** Whether the mail says of itself that it is encrypted, and its text did not come out. */
export function isSealed(item: Office.MessageRead, mail: Mail): boolean {
    const says =
        /^IPM\.Note\.(SMIME|rpmsg)/i.test(item.itemClass ?? "") ||
        /^content-(class:\s*rpmsg\.message|type:\s*(application\/(x-)?pkcs7-mime|multipart\/encrypted))/im.test(mail.headers);
    return says && mail.text.trim() === "";
}

/** No mail, once it is sure: ItemChanged may come a moment before its item does (issue 2295). */
export function none(): Promise<null> {
    return new Promise((resolve) => setTimeout(() => resolve(null), ITEM_LATENESS_MS));
}

function handle(type: Office.EventType, handler: (event: unknown) => void): void {
    try {
        Office.context.mailbox.addHandlerAsync(type, handler);
    } catch {
        // A client without this event: the poll sees the change too.
    }
}

/** Calls `changed` whenever another item is selected: by the event, and by looking, since some clients forget it (issues 6833, 5965). */
export function watchSelection(changed: () => void, everyMs: number): void {
    if (supports("Mailbox", "1.5")) {
        handle(Office.EventType.ItemChanged, changed);
    }
    setInterval(() => {
        if (document.visibilityState === "visible") {
            changed();
        }
    }, everyMs);
}

/** The background Outlook draws panes on, now and when it changes; never called where the client does not say. */
export function watchTheme(apply: (background: string) => void): void {
    const tell = (theme: Office.OfficeTheme | undefined) => {
        if (theme?.bodyBackgroundColor) {
            apply(theme.bodyBackgroundColor);
        }
    };
    tell(Office.context.officeTheme);
    if (supports("Mailbox", "1.14")) {
        handle(Office.EventType.OfficeThemeChanged, (event) => tell((event as Office.OfficeThemeChangedEventArgs).officeTheme));
    }
}

/** Opens a page in the system's browser where the client can; false elsewhere. */
export function openBrowserWindow(url: string): boolean {
    if (!url.startsWith("https://") || !supports("OpenBrowserWindowApi", "1.1") || typeof Office.context.ui?.openBrowserWindow !== "function") {
        return false;
    }
    try {
        Office.context.ui.openBrowserWindow(url);
        return true;
    } catch {
        return false;
    }
}
