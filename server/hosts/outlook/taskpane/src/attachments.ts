/**
 * The attachments of the open mail, for a click that wants them along. One after the other: asked for many at once, Outlook gives some of them
 * without content (office-js issue 3897). What cannot be had is named.
 */

import * as office from "./office";

/** As the service reads it (server/hosts/outlook/wire.py). */
export interface Enclosed {
    files: { name: string; type: string; content: string }[];
    left: string[];
}

const MOST_FILES = 20;
const MOST_BYTES = 4 * 1024 * 1024;
/** Of all together, and of one: some never come (issues 4868, 5845). */
const LIMIT_MS = 20_000;
const FILE_LIMIT_MS = 10_000;

/** What Outlook lists as attached; pictures in the text are not. */
function attached(item: Office.MessageRead): Office.AttachmentDetails[] {
    return Array.isArray(item.attachments) ? item.attachments.filter((one) => !one.isInline) : [];
}

export function hasAttachments(item: Office.MessageRead): boolean {
    return attached(item).length > 0;
}

/** As many as fit. `still`: whether the mail is still open; what has not been read by then is not. */
export async function readAttachments(item: Office.MessageRead, still: () => boolean): Promise<Enclosed> {
    const found: Enclosed = { files: [], left: [] };
    const end = performance.now() + LIMIT_MS;
    let room = MOST_BYTES;
    for (const one of attached(item)) {
        const wanted = found.files.length < MOST_FILES && one.size <= room && still();
        const content = wanted ? await contentOf(item, one, Math.min(FILE_LIMIT_MS, end - performance.now())) : undefined;
        const bytes = content === undefined ? 0 : bytesOf(content);
        if (content === undefined || bytes > room) {
            found.left.push(one.name);
        } else {
            room -= bytes;
            found.files.push({ name: one.name, type: one.contentType ?? "", content });
        }
    }
    return found;
}

/** Base64; undefined when there is none: attached mails and files in a cloud have none, nor has any file on phones. */
async function contentOf(item: Office.MessageRead, { id, size, attachmentType }: Office.AttachmentDetails, limit: number): Promise<string | undefined> {
    const able = office.supports("Mailbox", "1.8") && typeof item.getAttachmentContentAsync === "function";
    if (!able || attachmentType !== "file" || limit <= 0) {
        return undefined;
    }
    const found = await office.asked<Office.AttachmentContent>((callback) => item.getAttachmentContentAsync(id, callback), limit);
    if (found?.format !== "base64") {
        return undefined;
    }
    const content = found.content.replace(/\s+/g, "");
    return content === "" && size > 0 ? undefined : content;
}

function bytesOf(base64: string): number {
    return Math.floor((base64.replace(/=+$/, "").length * 3) / 4);
}
