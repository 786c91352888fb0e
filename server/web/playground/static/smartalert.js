/**
 * Outlook's Smart Alerts around one compose window: the real event bundle in a hidden frame, told when the window opens and asked when
 * the mail is sent. In the manifest the send mode is SoftBlock: an add-in that does not answer stops nobody.
 */
import { OfficeFrame } from "./officeframe.js";

export const LIMIT_MS = 5000;

export class SmartAlert {
    #waiting = new Map();
    #count = 0;

    /** `host()` with the draft as its item, `on` as in OfficeFrame. */
    constructor(root, words, host, on) {
        this.frame = new OfficeFrame({ src: "/outlook/events.html", title: words.events, hidden: true }, host, { ...on, completed: (id, options) => this.#completed(id, options) });
        root.append(this.frame.element);
        this.raise("onNewMessageCompose");
    }

    /** What the bundle says of the mail: {allowEvent, errorMessage, sendModeOverride, cancelLabel, commandId}. */
    async sending() {
        return (await this.raise("onMessageSend")) ?? { allowEvent: true };
    }

    /** Brings the event's options; undefined when nothing came in time. */
    raise(name) {
        const id = ++this.#count;
        return new Promise((resolve) => {
            const timer = setTimeout(() => this.#completed(id, undefined), LIMIT_MS);
            this.#waiting.set(id, (options) => (clearTimeout(timer), resolve(options)));
            this.frame.ready.then(() => this.frame.tell({ type: "sobani:event", name, id }));
        });
    }

    close() {
        this.frame.close();
    }

    #completed(id, options) {
        this.#waiting.get(id)?.(options);
        this.#waiting.delete(id);
    }
}
