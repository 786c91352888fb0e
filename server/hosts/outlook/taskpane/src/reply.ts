/** Outlook's own reply form, opened with a text above the quoted original. */

import { CALL_LIMIT_MS, called, onPhone, supports } from "./office";
import { htmlOf } from "./html";

/** office.js counts characters, the documents say 32 KB: the smaller of the two. */
const MAX_BYTES = 32 * 1024;

/**
 * "opened": Outlook says so. "unsure": asked by the form call that says nothing, after the other one failed or stayed silent.
 * "openedEmpty": the text is too long for a form. "refused": there is no form here.
 */
export type Replied = "opened" | "openedEmpty" | "unsure" | "refused";

type Form = "displayReplyAllForm" | "displayReplyForm";

/** Opens the form. Never hangs: the asynchronous call may fail (issue 6905) or never call back (6806). */
export async function reply(item: Office.MessageRead, text: string, all: boolean): Promise<Replied> {
    if (onPhone()) {
        return "refused"; // phones have the methods and not the forms
    }
    const html = htmlOf(text);
    const fits = new Blob([html]).size <= MAX_BYTES;
    const opened = await open(item, all ? "displayReplyAllForm" : "displayReplyForm", fits ? html : "");
    return opened === "refused" || fits ? opened : "openedEmpty";
}

async function open(item: Office.MessageRead, form: Form, htmlBody: string): Promise<Replied> {
    if (supports("Mailbox", "1.9") && typeof item[`${form}Async`] === "function") {
        const ending = await called<void>((callback) => item[`${form}Async`]({ htmlBody }, callback), CALL_LIMIT_MS);
        if (ending.state === "done") {
            return "opened";
        }
    }
    if (typeof item[form] !== "function") {
        return "refused";
    }
    try {
        item[form]({ htmlBody });
        return "unsure";
    } catch {
        return "refused";
    }
}
