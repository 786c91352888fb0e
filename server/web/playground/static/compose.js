/** The window in which a mail is written: a form, its buttons, and a place at its side for the add-on. */
import { h, shape } from "./dom.js";
import { entry, withMenu } from "./menu.js";

let count = 0;

export class ComposeWindow {
    #untouched;

    /**
     * `letter` = {from, to, cc, subject, text, answers?, draft?, above?}; `above` counts the characters that stand over the quoted mail.
     * `on` = {send(), discard(), close(), addon()}: what the writer does. `addon` is left out where a client has no such button.
     */
    constructor(words, kind, letter, on) {
        this.words = words;
        this.letter = letter;
        this.on = on;
        const line = (name, label) => {
            const box = h("input", { type: "text", id: `compose-${++count}`, autocomplete: "off", spellcheck: "false", value: letter[name] ?? "", input: () => this.#changed(name) });
            this[name] = box;
            return h("div", { class: "compose-line" }, h("label", { for: box.id }, label), box);
        };
        this.text = h("textarea", { class: "compose-text", "aria-label": words.mailText, input: () => this.#changed("text") });
        this.text.value = letter.text ?? "";
        this.sendButton = h("button", { type: "button", class: "primary", click: on.send }, words.send);
        const title = letter.answers || letter.inThread ? words.replyTitle : words.newTitle;
        this.side = h("div", { class: "compose-side", hidden: true, role: "group", "aria-label": `${words.panel}: ${title}` });
        const buttons = h("div", { class: "compose-buttons" }, this.sendButton, h("button", { type: "button", click: on.discard }, words.discard), on.addon && this.#addon(kind));
        const close = h("button", { type: "button", class: "icon-button", title: words.closeAndKeep, "aria-label": words.closeAndKeep, click: on.close }, shape("close"));
        const form = h(
            "div",
            { class: "compose-form" },
            h("div", { class: "compose-line from" }, h("span", {}, words.from), h("span", {}, letter.from)),
            line("to", words.to),
            line("cc", words.cc),
            line("subject", words.subject),
            this.text,
        );
        this.form = form;
        this.element = h(
            "section",
            { class: `compose compose-${kind}`, role: "dialog", "aria-label": title },
            h("header", { class: "compose-bar" }, h("h3", {}, title), close),
            kind === "gmail" ? [form, buttons, this.side] : [buttons, h("div", { class: "compose-body" }, form, this.side)],
        );
        this.element.addEventListener("keydown", (event) => event.key === "Escape" && !event.defaultPrevented && this.#escape(event, kind));
        this.#untouched = JSON.stringify(this.value());
    }

    /** First what lies over the form, then the window. */
    #escape(event, kind) {
        event.preventDefault();
        if (kind.startsWith("gmail") && !this.side.hidden) {
            this.showSide(false);
            this.text.focus();
        } else {
            this.on.close();
        }
    }

    /** Where the add-on is opened: a button, on a phone a line of the menu. */
    #addon(kind) {
        const mark = () => h("img", { src: "/playground/static/mark.svg", alt: "" });
        if (kind === "gmail-phone") {
            const dots = h("button", { type: "button", class: "icon-button", "aria-label": this.words.moreActions, title: this.words.moreActions }, shape("more"));
            return withMenu(dots, [entry([mark(), "Sobani"], this.on.addon)], () => this.element);
        }
        this.addonButton = h("button", { type: "button", class: "compose-addon", "aria-pressed": "false", click: this.on.addon }, mark(), "Sobani");
        return this.addonButton;
    }

    /** Puts the cursor where writing begins. */
    begin() {
        const empty = [this.to, this.subject].find((box) => box.value === "");
        (empty ?? this.text).focus({ preventScroll: true });
        this.text.setSelectionRange(this.letter.above ?? 0, this.letter.above ?? 0);
        this.text.scrollTop = 0;
    }

    value() {
        const { to, cc, subject, text, letter } = this;
        return { to: to.value, cc: cc.value, subject: subject.value, text: text.value, sender: letter.draft ? letter.from : "", answers: letter.answers ?? "", draft: letter.draft ?? "" };
    }

    get touched() {
        return JSON.stringify(this.value()) !== this.#untouched;
    }

    /** Text at the cursor, in the place of what is marked. */
    insert(text, focus = true) {
        this.text.setRangeText(text, this.text.selectionStart, this.text.selectionEnd, "end");
        this.#changed("text");
        if (focus) {
            this.text.focus();
        }
    }

    prepend(text) {
        this.text.setRangeText(text, 0, 0, "end");
        this.#changed("text");
    }

    replace(text) {
        this.text.value = text;
        this.#changed("text");
    }

    showSide(shown) {
        this.side.hidden = !shown;
        this.element.classList.toggle("with-side", shown);
        this.addonButton?.setAttribute("aria-pressed", String(shown));
    }

    busy(busy) {
        this.sendButton.disabled = busy;
        this.sendButton.textContent = busy ? this.words.sending : this.words.send;
    }

    /** A question over the window; brings the value of the button that was pressed. `choices` = [[value, label]...], the first one filled. */
    ask(title, text, choices) {
        return new Promise((resolve) => {
            const id = `compose-${++count}`;
            const before = document.activeElement;
            const answer = (value) => {
                layer.remove();
                this.form.inert = false;
                before?.focus?.();
                resolve(value);
            };
            const buttons = choices.map(([value, label], at) => h("button", { type: "button", class: at === 0 ? "primary" : null, click: () => answer(value) }, label));
            const layer = h(
                "div",
                { class: "compose-layer" },
                h("div", { class: "compose-question", role: "alertdialog", "aria-modal": "true", "aria-labelledby": `${id}-title`, "aria-describedby": `${id}-text` },
                    h("h4", { id: `${id}-title` }, title), h("p", { id: `${id}-text` }, text), h("div", { class: "compose-buttons" }, buttons)),
            );
            layer.addEventListener("keydown", (event) => event.key === "Escape" && (event.preventDefault(), answer("")));
            this.form.inert = true;
            this.element.append(layer);
            buttons[0].focus();
        });
    }

    #changed(name) {
        this.on.changed?.(name);
    }
}

/** Addresses of a field, split where a mail client splits them. */
export function addresses(line) {
    const parts = line.match(/(?:"(?:\\.|[^"\\])*"|[^,;"])+/g) ?? [];
    return parts.map((part) => part.trim()).filter(Boolean);
}

/** One of them as Office.js has it. */
export function details(text) {
    const [, name = "", email = text] = /^\s*(.*?)\s*<([^<>]*)>\s*$/.exec(text) ?? [];
    return { displayName: name.replace(/^"|"$/g, "") || email, emailAddress: email, recipientType: "other" };
}
