/** What an answer asks to be done in Outlook: open a reply, put a text into the draft, open a page. The clipboard is the last way. */

import { copy } from "./clipboard";
import { insert } from "./compose";
import * as office from "./office";
import { reply } from "./reply";
import type { Answer } from "./service";
import type { Sentence } from "./words";

/** What the agent is told. `text`, `page`: what they have to bring to its place by hand. */
export interface Told {
    sentence: Sentence;
    /** The text is where it belongs: what it was typed into has served. */
    done?: boolean;
    /** There is something left to do: it is said for longer. */
    long?: boolean;
    text?: string;
    page?: string;
}

/** Does it, and says how it went; null when there was nothing to do. `still`: whether what was asked about is still what is open. */
export async function carryOut(answer: Answer, selection: office.Selection, still: () => boolean): Promise<Told | null> {
    if (answer.open) {
        return openPage(answer.open);
    }
    if (!still()) {
        return null;
    }
    if (answer.insert) {
        return selection.kind === "draft" ? putInto(selection.item, answer.insert.text, still) : byHand(answer.insert.text, "insertCopied", "insertByHand");
    }
    if (answer.reply) {
        const { all, text } = answer.reply;
        if (selection.kind === "draft") {
            return putInto(selection.item, text, still);
        }
        return selection.kind === "mail" ? replyTo(selection.item, text, all) : byHand(text, "replyCopied", "replyByHand");
    }
    return null;
}

async function replyTo(item: Office.MessageRead, text: string, all: boolean): Promise<Told> {
    const replied = await reply(item, text, all);
    if (replied === "opened" || (text === "" && replied === "unsure")) {
        return { sentence: "replyOpened" };
    }
    if (text === "") {
        return { sentence: "replyRefused", long: true };
    }
    const copied = ({ openedEmpty: "replyTooLong", unsure: "replyUnsure", refused: "replyCopied" } as const)[replied];
    return byHand(text, copied, "replyByHand");
}

async function putInto(item: Office.MessageCompose, text: string, still: () => boolean): Promise<Told | null> {
    const inserted = await insert(item, text, still);
    if (inserted === "tooLong" || inserted === "lost") {
        return still() ? byHand(text, inserted === "tooLong" ? "insertTooLong" : "insertCopied", "insertByHand") : null;
    }
    return { sentence: inserted, done: true, long: inserted === "insertedUnseen" };
}

async function byHand(text: string, copied: Sentence, offered: Sentence): Promise<Told> {
    return (await copy(text)) ? { sentence: copied, long: true } : { sentence: offered, text };
}

/** Only https, or our own origin where that is the loopback (the playground). */
export function mayOpen(address: string): boolean {
    let url: URL;
    try {
        url = new URL(address, location.href);
    } catch {
        return false;
    }
    const isLoopback = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(location.hostname);
    return url.protocol === "https:" || (isLoopback && url.origin === location.origin);
}

function openPage(address: string): Told | null {
    if (!mayOpen(address)) {
        return null;
    }
    if (office.openBrowserWindow(address)) {
        return null;
    }
    // Not with "noopener": the answer would be null then, opened or not.
    const opened = window.open(address, "_blank");
    if (opened === null) {
        return { sentence: "pageBlocked", page: address };
    }
    opened.opener = null;
    return null;
}
