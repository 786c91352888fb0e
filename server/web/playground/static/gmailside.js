/** Gmail: the add-on's panel beside the mail, and its card in the compose window. */
import { AddonPanel } from "./addonpanel.js";
import { addresses } from "./compose.js";
import { Consent } from "./consent.js";
import { h, shape } from "./dom.js";
import { entry } from "./menu.js";
import { postJson } from "./post.js";
import { Side } from "./side.js";

export class GmailSide extends Side {
    constructor(root, page) {
        super(root, "gmail", page);
        this.consents = new Map();
        this.sidebar = new AddonPanel(this.client.panel, this.words, {
            send: (name, more) => this.#send(name, more),
            consent: (scopes) => this.consent.request(this.client.panel, scopes),
            draft: (id) => this.openDraft(id),
            menu: () => [
                entry(this.words.queue, () => this.sidebar.choose("queue")),
                entry(this.words.addonSettings, () => this.sidebar.choose("settings")),
                entry(this.words.permissions, () => this.#permissions(), { class: "own" }),
            ],
        });
    }

    /** What the person who is signed in has granted. */
    get consent() {
        if (!this.consents.has(this.agent.id)) {
            this.consents.set(this.agent.id, new Consent(this.words));
        }
        return this.consents.get(this.agent.id);
    }

    signedIn() {}

    /** Gmail opens threads: the add-on is told of the newest mail in it. Phones show an add-on beside an open mail alone. */
    opened(mail) {
        this.shown = mail;
        if (mail) {
            const since = mail.thread.filter((one) => !one.labels.includes("DRAFT") && one.date >= mail.date);
            return this.sidebar.open("message", { mail: since.at(-1)?.key ?? mail.key });
        }
        return this.client.isPhone ? this.sidebar.clear() : this.sidebar.open("home");
    }

    async phoneChanged() {
        await this.closeWindow();
        await this.opened(this.shown);
    }

    async #permissions() {
        if (await this.consent.edit(this.client.panel)) {
            await this.opened(this.shown);
        }
    }

    composeKind() {
        return this.client.isPhone ? "gmail-phone" : "gmail";
    }

    hasAddon() {
        return true;
    }

    windowOpened() {}

    windowClosed() {}

    typed() {}

    /** Gmail asks nobody before it sends. */
    async maySend() {
        return true;
    }

    /** The add-on's card over the compose window, for the recipients as they are now. */
    async showAddon(window) {
        if (!window.side.hidden) {
            window.showSide(false);
            return;
        }
        const root = h("div", { class: "compose-card" });
        const dismiss = () => {
            window.showSide(false);
            window.text.focus();
        };
        const panel = new AddonPanel(root, this.words, {
            send: (name, more) => this.#send(name, more),
            consent: (scopes) => this.consent.request(root, scopes),
            draft: (id) => this.openDraft(id),
            update: (markup) => {
                updated(window, markup);
                dismiss();
            },
            dismiss,
            label: `${this.words.panel}: ${this.words.to}`,
        });
        const close = h("button", { type: "button", class: "icon-button", title: this.words.close, "aria-label": this.words.close, click: dismiss }, shape("close"));
        root.querySelector(".panel-title").append(close);
        window.side.replaceChildren(root);
        window.showSide(true);
        close.focus();
        await panel.open("compose", { window: { to: addresses(window.to.value), cc: addresses(window.cc.value) } });
    }

    #send(name, { mail = "", window = null, function: address = "", parameters = {}, formInputs = {} }) {
        return postJson("/playground/gmail/send", {
            agent: this.agent.id,
            entry: name,
            language: this.page.settings.language,
            mail,
            window,
            platform: this.client.isPhone ? "ANDROID" : "WEB",
            granted: this.consent.scopes,
            function: address,
            parameters,
            form_inputs: formInputs,
        });
    }
}

/** What updateDraftActionMarkup asks for, as Google documents it. */
function updated(window, { updateBody, updateSubject, updateToRecipients, updateCcRecipients }) {
    const list = (recipients = []) => recipients.map(({ email }) => email).join(", ");
    if (updateSubject) {
        window.subject.value = updateSubject.subject ?? "";
    }
    if (updateToRecipients) {
        window.to.value = list(updateToRecipients.toRecipients);
    }
    if (updateCcRecipients) {
        window.cc.value = list(updateCcRecipients.ccRecipients);
    }
    for (const { content, contentType } of updateBody?.insertContents ?? []) {
        const text = contentType === "TEXT" ? content : plain(content);
        switch (updateBody.type) {
            case "REPLACE":
                window.replace(text);
                break;
            case "INSERT_AT_START":
                window.prepend(text);
                break;
            case "INSERT_AT_END":
                window.replace(window.text.value + text);
                break;
            default:
                window.insert(text);
        }
    }
}

export function plain(html) {
    const parsed = new DOMParser().parseFromString(html, "text/html");
    parsed.querySelectorAll("br").forEach((line) => line.replaceWith("\n"));
    return parsed.body.textContent.replaceAll("\u00a0", " ");
}
