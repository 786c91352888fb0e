/** Copying: the last way to bring a text where Outlook does not take it. */

const LIMIT_MS = 1_000;

/** Whether the text is on the clipboard now. A frame may be refused (permission policy), and a permission prompt may never be answered. */
export async function copy(text: string): Promise<boolean> {
    return (await written(text)) || selectedAndCopied(text);
}

async function written(text: string): Promise<boolean> {
    if (typeof navigator.clipboard?.writeText !== "function") {
        return false;
    }
    const limit = new Promise<boolean>((resolve) => setTimeout(() => resolve(false), LIMIT_MS));
    try {
        return await Promise.race([navigator.clipboard.writeText(text).then(() => true), limit]);
    } catch {
        return false;
    }
}

function selectedAndCopied(text: string): boolean {
    const before = document.activeElement;
    const field = document.createElement("textarea");
    field.value = text;
    field.className = "spoken";
    field.setAttribute("aria-hidden", "true");
    document.body.append(field);
    field.select();
    try {
        return document.execCommand("copy");
    } catch {
        return false;
    } finally {
        field.remove();
        if (before instanceof HTMLElement) {
            before.focus({ preventScroll: true });
        }
    }
}
