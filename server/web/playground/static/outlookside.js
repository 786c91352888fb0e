/** Outlook: the real task pane beside the mail and in the compose window, and its question before a mail is sent. */
import { addresses, details } from "./compose.js";
import { h } from "./dom.js";
import { plain } from "./gmailside.js";
import { OfficeFrame } from "./officeframe.js";
import { postJson } from "./post.js";
import { Side } from "./side.js";
import { SmartAlert } from "./smartalert.js";
import { TaskPane } from "./taskpane.js";

export class OutlookSide extends Side {
    constructor(root, page) {
        super(root, "outlook", page);
        this.kept = new Map();
        this.current = null;
        this.sidebar = new TaskPane(this.client.panel, this.words, () => this.#host(), {
            ...this.#services(),
            call: (method, [argument]) => this.#called(method, argument),
        });
    }

    /** What Outlook says of itself in every frame. */
    #host() {
        const { agent } = this;
        return {
            profile: { emailAddress: agent.email, displayName: agent.name, timeZone: "Asia/Tokyo", tenantId: agent.tenant, objectId: agent.object },
            language: this.page.settings.language === "en" ? "en-US" : "ja-JP",
            theme: this.page.settings.theme,
            platform: this.client.isPhone ? "Android" : "OfficeOnline",
            settings: this.kept.get(agent.id) ?? {},
        };
    }

    #services() {
        return {
            token: () => postJson("/playground/outlook/token", { agent: this.agent.id }),
            settings: (settings) => this.kept.set(this.agent.id, settings),
        };
    }

    signedIn() {
        this.sidebar.signIn(this.page.settings.language);
    }

    opened(mail) {
        this.current = mail;
        this.sidebar.select(mail?.outlookItem ?? null);
    }

    paint(theme) {
        if (this.client.isPhone) {
            this.signedIn(); // no event tells a phone's pane
            return;
        }
        this.sidebar.paint(theme);
        this.window?.pane?.tell({ type: "sobani:theme", theme });
    }

    async phoneChanged() {
        await this.closeWindow();
        this.signedIn();
    }

    /** What the pane asks of Outlook about the selected mail. */
    #called(method, argument) {
        if (this.current && method === "getAttachmentContent") {
            return postJson("/playground/outlook/attachment", { agent: this.agent.id, mail: this.current.key, part: argument });
        }
        if (!this.current || method !== "displayReplyForm") {
            throw new Error("NoItem");
        }
        this.reply(this.current, argument.all, plain(argument.htmlBody));
        return undefined;
    }

    composeKind() {
        return this.client.isPhone ? "outlook-phone" : "outlook";
    }

    /** Add-ins in the window of a new mail, and their questions before sending, are not there on phones. */
    hasAddon() {
        return !this.client.isPhone;
    }

    windowOpened(window) {
        if (this.hasAddon()) {
            window.alert = new SmartAlert(window.element, this.words, () => this.#draftHost(window), { ...this.#services(), call: (method, args) => written(window, method, args) });
        }
    }

    windowClosed(window) {
        window.alert?.close();
        window.pane?.close();
    }

    typed(window, field) {
        window.pane?.tell({ type: "sobani:changed", field });
    }

    #draftHost(window) {
        const { inReplyTo = "", conversationId = "" } = window.letter;
        return { ...this.#host(), item: { draft: true, inReplyTo, conversationId } };
    }

    /** The pane in the compose window: opened and closed by its button. */
    showAddon(window, shown = window.side.hidden) {
        if (shown && !window.pane) {
            window.pane = new OfficeFrame(
                { src: `/outlook/pane?lang=${this.page.settings.language}`, title: `${this.words.pane}: ${this.words.replyTitle}` },
                () => this.#draftHost(window),
                { ...this.#services(), call: (method, args) => written(window, method, args) },
            );
            window.side.replaceChildren(h("div", { class: "pane-title" }, h("img", { src: "/playground/static/mark.svg", alt: "" }), h("h3", {}, "Sobani")), window.pane.element);
        }
        window.showSide(shown);
    }

    /** Smart Alerts with SoftBlock: what the event bundle says stops the mail, or asks. */
    async maySend(window) {
        const said = window.alert ? await window.alert.sending() : { allowEvent: true };
        if (said.allowEvent !== false || this.window !== window) {
            return true;
        }
        window.busy(false);
        const asks = said.sendModeOverride === "promptUser";
        const pane = [["pane", said.cancelLabel || this.words.openPane]];
        const choices = asks ? [...pane, ["send", this.words.sendAnyway], ["", this.words.close]] : [...pane, ["", this.words.close]];
        const choice = await window.ask(asks ? this.words.asking : this.words.stopped, said.errorMessage ?? "", choices);
        if (choice === "pane") {
            this.showAddon(window, true);
        }
        return choice === "send";
    }
}

/** An Office call on the draft of a window. Its body is plain text. */
function written(window, method, [value]) {
    switch (method) {
        case "get":
            return value === "body" ? window.text.value : value === "subject" ? window.subject.value : addresses(window[value]?.value ?? "").map(details);
        case "type":
            return "text";
        case "insert":
            return window.insert(value, false);
        case "prepend":
            return window.prepend(value);
        case "set":
            return window.replace(value);
        default:
            throw new Error(`No such call: ${method}`);
    }
}
