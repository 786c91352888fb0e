/** The mail being written: who it is for, which mail it answers, whether somebody is typing, and text put into it. */

import { asked, CALL_LIMIT_MS, type Ending, called, people, type Person, supports } from "./office";
import { htmlOf } from "./html";

/** A draft as the service reads it (server/hosts/outlook/wire.py). */
export interface Draft {
    inReplyTo: string;
    conversationId: string;
    to: Person[];
    cc: Person[];
    bcc: Person[];
    subject: string;
    replying: boolean;
}

/** How a text got into the body. "unseen": Outlook says it did, and the body cannot be read back. "lost": it did not, or nobody knows. */
export type Inserted = "inserted" | "insertedAtTop" | "insertedUnseen" | "tooLong" | "lost";

type Recipients = "to" | "cc" | "bcc";

const MAX_BODY_CHARACTERS = 1_000_000;
/** New Outlook shows an insertion a moment after it said so. */
const READ_BACK_AFTER_MS = [0, 300, 700, 1_500];
/** What Outlook says it did not do is looked for all the same, but not for so long. */
const READ_BACK_AFTER_FAILURE_MS = [0, 300];
const READ_BACK_LIMIT_MS = 2_000;

export async function readDraft(item: Office.MessageCompose, replying: boolean): Promise<Draft> {
    const recipients = (field: Recipients) => asked<Office.EmailAddressDetails[]>((callback) => item[field].getAsync(callback));
    // At most three calls at once: Outlook refuses more.
    const [to, cc, bcc] = await Promise.all([recipients("to"), recipients("cc"), recipients("bcc")]);
    const subject = await asked<string>((callback) => item.subject.getAsync(callback));
    return {
        inReplyTo: typeof item.inReplyTo === "string" ? item.inReplyTo : "", // Mailbox 1.14; null on a new mail
        conversationId: item.conversationId ?? "",
        to: people(to),
        cc: people(cc),
        bcc: people(bcc),
        subject: subject ?? "",
        replying,
    };
}

/** Calls `changed` when a recipient comes or goes. False where the client cannot tell: then it must be looked. */
export async function watchRecipients(item: Office.MessageCompose, changed: () => void): Promise<boolean> {
    if (!supports("Mailbox", "1.7") || typeof item.addHandlerAsync !== "function" || !Office.EventType.RecipientsChanged) {
        return false;
    }
    const ending = await called<void>((callback) => item.addHandlerAsync(Office.EventType.RecipientsChanged, changed, callback));
    return ending.state === "done";
}

function textOf(item: Office.MessageCompose, limit = CALL_LIMIT_MS): Promise<string | undefined> {
    return asked<string>((callback) => item.body.getAsync(Office.CoercionType.Text, callback), limit);
}

/** Differs when the body does; undefined when it cannot be read. No word of the body is kept. */
export async function markOf(item: Office.MessageCompose): Promise<string | undefined> {
    const text = await textOf(item);
    if (text === undefined) {
        return undefined;
    }
    let hash = 0;
    for (let index = 0; index < text.length; index += 1) {
        hash = (hash * 31 + text.charCodeAt(index)) | 0;
    }
    return `${text.length}:${hash}`;
}

/** A text without what an editor may change in it: spaces, line ends, invisible marks, composed characters. */
function bare(text: string): string {
    return text.normalize("NFC").replace(/[\s\u200b\ufeff]+/g, "");
}

function count(part: string, whole: string): number {
    return whole.split(part).length - 1;
}

/**
 * Puts a text at the cursor, or where it can be put, and looks whether it is there: Outlook may say yes and insert nothing
 * (issue 6811). Each next way is tried only when the one before surely did nothing, so that no text stands there twice: after a
 * call that never answered no other way is tried, since it may still do its work.
 *
 * `still`: whether the same draft is open; office.js writes into whatever is.
 */
export async function insert(item: Office.MessageCompose, text: string, still: () => boolean): Promise<Inserted> {
    const wanted = bare(text);
    if (wanted === "") {
        return "inserted";
    }
    const isHtml = (await asked<Office.CoercionType | string>((callback) => item.body.getTypeAsync(callback))) !== Office.CoercionType.Text;
    const coercionType = isHtml ? Office.CoercionType.Html : Office.CoercionType.Text;
    const data = isHtml ? htmlOf(text) : text;
    if (data.length > MAX_BODY_CHARACTERS) {
        return "tooLong";
    }
    const before = await textOf(item);

    /** undefined: the body cannot be read. */
    const isThere = async (pauses: readonly number[]): Promise<boolean | undefined> => {
        let after: string | undefined;
        for (const pause of before === undefined ? [] : pauses) {
            await new Promise((resolve) => setTimeout(resolve, pause));
            after = await textOf(item, READ_BACK_LIMIT_MS);
            if (after !== undefined && before !== undefined && grew(bare(before), bare(after), wanted)) {
                return true;
            }
        }
        return after === undefined ? undefined : false;
    };
    const gap = isHtml ? "<br><br>" : "\n\n";
    const ways: [Inserted, () => Promise<Ending<void>>][] = [
        ["inserted", () => called((callback) => item.body.setSelectedDataAsync(data, { coercionType }, callback))],
        ["insertedAtTop", () => called((callback) => item.body.prependAsync(data + gap, { coercionType }, callback))],
        ["insertedAtTop", () => replaceBody(item, data + gap, coercionType)],
    ];
    for (const [name, way] of ways) {
        if (!still()) {
            return "lost";
        }
        const ending = await way();
        const there = await isThere(ending.state === "failed" ? READ_BACK_AFTER_FAILURE_MS : READ_BACK_AFTER_MS);
        if (there === true) {
            return name;
        }
        if (there === undefined && ending.state === "done") {
            return "insertedUnseen"; // what Outlook says is all there is
        }
        if (ending.state === "silent" || (there === undefined && before !== undefined)) {
            return "lost";
        }
    }
    return "lost";
}

/** Whether the text came in: it stands there once more, or (an address made a link reads otherwise) as much was added. */
function grew(before: string, after: string, wanted: string): boolean {
    return count(wanted, after) > count(wanted, before) || after.length - before.length >= wanted.length * 0.8;
}

/** The whole body anew, with the old one kept under the text. */
async function replaceBody(item: Office.MessageCompose, data: string, coercionType: Office.CoercionType): Promise<Ending<void>> {
    const old = await asked<string>((callback) => item.body.getAsync(coercionType, callback));
    if (old === undefined || data.length + old.length > MAX_BODY_CHARACTERS) {
        return { state: "failed" };
    }
    const start = coercionType === Office.CoercionType.Html ? (/<body[^>]*>/i.exec(old)?.[0] ?? "") : "";
    const at = start === "" ? 0 : old.indexOf(start) + start.length;
    return called((callback) => item.body.setAsync(old.slice(0, at) + data + old.slice(at), { coercionType }, callback));
}
