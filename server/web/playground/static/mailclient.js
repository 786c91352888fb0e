/** The mail client around a sidebar: who is signed in, the list of mails, and the mail that is open. */
import { h, shape } from "./dom.js";

export class MailClient {
    #mails = [];
    #known = null;
    #fresh = new Set();

    /**
     * `on` = {agent(id), mail(key or null), share(key), compose(), reply(mail, all), customer(mail), draft(key), phone(isPhone)}:
     * what the person at this client does.
     */
    constructor(root, kind, words, language, on) {
        this.root = root;
        this.kind = kind;
        this.words = words;
        this.on = on;
        this.language = language;
        this.account = h("select", { "aria-label": `${root.dataset.product}: ${words.account}`, change: () => on.agent(this.account.value) });
        this.filter = h("input", { type: "search", placeholder: words.filterShort, "aria-label": `${root.dataset.product}: ${words.filter}`, input: () => this.#list() });
        this.list = h("ul", { class: "mail-list" });
        this.reading = h("div", { class: "mail-reading", tabindex: "0", role: "region", "aria-label": `${root.dataset.product}: ${words.inbox}` });
        this.phoneButton = h("button", { type: "button", class: "phone-button", "aria-pressed": String(this.isPhone), title: words.phone, "aria-label": `${root.dataset.product}: ${words.phone}`, click: () => this.#phone() }, shape("phone"));
        this.panel = h("aside", { class: "client-panel", "aria-label": kind === "gmail" ? words.panel : words.pane });
        root.replaceChildren(
            h("header", { class: "client-bar" }, h("h2", {}, root.dataset.product), this.filter, h("label", { class: "account" }, this.account), this.phoneButton),
            h("p", { class: "client-hint" }, kind === "gmail" ? words.hintGmail : words.hintOutlook),
            (this.body = h("div", { class: "client-body" },
                (this.column = h("div", { class: "client-mail" },
                    h("div", { class: "mail-list-holder" },
                        h("div", { class: "list-head" }, h("h3", {}, words.inbox), h("button", { type: "button", class: "new-mail", click: () => on.compose() }, shape("pen"), kind === "gmail" ? words.composeGmail : words.composeOutlook)),
                        this.list),
                    this.reading)),
                this.panel)),
        );
        this.read(null);
    }

    setAgents(agents, chosen) {
        const about = (agent) => this.words.kinds[agent.kind] ?? (this.language === "ja" ? agent.title : agent.email.split("@")[0]);
        const option = (agent) => h("option", { value: agent.id, selected: agent.id === chosen }, `${agent.name} · ${about(agent)}`);
        this.account.replaceChildren(
            h("optgroup", { label: this.words.people }, agents.filter((agent) => agent.kind === "person").map(option)),
            h("optgroup", { label: this.words.others }, agents.filter((agent) => agent.kind !== "person").map(option)),
        );
    }

    /** Somebody's mails as they come to the client: nothing of them is new. */
    setMails(mails, chosen) {
        this.#known = null;
        this.chosen = chosen;
        this.update(mails);
        this.choose(chosen);
    }

    /** The same mailbox later. What has come since stands out until it is opened; the list stays where it is. */
    update(mails) {
        this.#fresh = new Set([...this.#fresh, ...mails.filter((mail) => this.#known && !this.#known.has(mail.key) && !mail.sent).map((mail) => mail.key)]);
        this.#known = new Set(mails.map((mail) => mail.key));
        this.#mails = mails;
        const holder = this.list.parentElement;
        const at = holder.scrollTop;
        const focused = this.list.contains(document.activeElement) ? document.activeElement.dataset.key : null;
        this.#list();
        holder.scrollTop = at;
        if (focused) {
            this.list.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
        }
    }

    get isPhone() {
        return this.root.classList.contains("phone");
    }

    #phone() {
        const phone = this.root.classList.toggle("phone");
        this.phoneButton.setAttribute("aria-pressed", String(phone));
        this.on.phone(phone);
    }

    has(key) {
        return this.#mails.some((mail) => mail.key === key);
    }

    choose(key) {
        this.chosen = key;
        this.#fresh.delete(key);
        this.#mark(true);
    }

    #mark(scroll) {
        const key = this.chosen;
        for (const button of this.list.querySelectorAll("button")) {
            const current = button.dataset.key === key;
            button.toggleAttribute("aria-current", current);
            if (current) {
                button.setAttribute("aria-current", "true");
                button.classList.remove("fresh");
                if (scroll) {
                    button.scrollIntoView({ block: "nearest" });
                }
            }
        }
    }

    #list() {
        const wanted = this.filter.value.trim().toLowerCase();
        const shown = this.#mails.filter((mail) => `${mail.subject}\n${mail.from}`.toLowerCase().includes(wanted));
        this.list.replaceChildren(...(shown.length > 0 ? shown.map((mail) => this.#row(mail)) : [h("li", { class: "empty" }, this.words.noMatch)]));
        this.#mark(false);
    }

    #row(mail) {
        const who = mail.sent ? mail.to : mail.from;
        return h(
            "li",
            {},
            h(
                "button",
                { type: "button", "data-key": mail.key, class: this.#fresh.has(mail.key) ? "fresh" : null, click: () => this.on.mail(mail.key) },
                h("span", { class: "avatar", "data-hue": hue(who), "aria-hidden": "true" }, [...who][0] ?? "?"),
                h("span", { class: "row-words" },
                    h("span", { class: "row-from" }, who || "—", mail.sent && h("span", { class: "badge" }, this.words.sent), mail.private && h("span", { class: "badge" }, shape("lock"), this.words.private)),
                    h("span", { class: "row-subject" }, mail.subject || "—", h("span", { class: "row-snippet" }, ` – ${mail.snippet}`))),
                h("time", { datetime: iso(mail.date) }, this.#day(mail.date)),
            ),
        );
    }

    read(mail) {
        this.reading.scrollTop = 0;
        this.reading.hidden = !mail;
        if (!mail) {
            return;
        }
        const sender = mail.from?.displayName ?? "—";
        const share = this.kind === "gmail" ? [this.words.openInOutlook, shape("right")] : [shape("left"), this.words.openInGmail];
        this.reading.replaceChildren(
            h("div", { class: "reading-tools" },
                h("button", { type: "button", class: "icon-button", title: this.words.closeMail, "aria-label": this.words.closeMail, click: () => this.on.mail(null) }, shape("close")),
                h("button", { type: "button", class: "share", click: () => this.on.share(mail.key) }, share)),
            h("h3", {}, mail.subject || "—"),
            this.#actions(mail),
            h("div", { class: "reading-head" },
                h("span", { class: "avatar", "data-hue": hue(sender), "aria-hidden": "true" }, [...sender][0] ?? "?"),
                h("div", {},
                    h("div", { class: "reading-from" }, h("b", {}, sender), mail.from && mail.from.emailAddress !== sender ? h("span", {}, mail.from.emailAddress) : null),
                    h("div", { class: "reading-to" }, `${this.words.to}: ${names(mail.to)}`, mail.cc.length > 0 && ` · ${this.words.cc}: ${names(mail.cc)}`),
                    h("time", { datetime: iso(mail.date) }, this.#moment(mail.date)))),
            h("div", { class: "reading-text" }, mail.text),
            h("ul", { class: "attachments" }, mail.attachments.map((name) => h("li", {}, shape("clip"), name))),
            (this.thread = h("ul", { class: "thread", "aria-label": this.words.thread })),
        );
        this.around(mail);
        this.choose(mail.key); // the list has become lower: its chosen row may have gone out of sight
    }

    /** The client's own buttons: they know nothing of any claim. */
    #actions(mail) {
        return h(
            "div",
            { class: "reading-actions" },
            h("button", { type: "button", click: () => this.on.reply(mail, false) }, shape("reply"), this.words.reply),
            h("button", { type: "button", click: () => this.on.reply(mail, true) }, shape("replyAll"), this.words.replyAll),
            mail.customer && h("button", { type: "button", class: "customer", title: this.words.customerHint, click: () => this.on.customer(mail) }, this.words.customer),
        );
    }

    /** What was written since in the thread of the open mail. */
    around(mail) {
        this.thread.replaceChildren(
            ...mail.thread.map((one) => {
                const draft = one.labels.includes("DRAFT");
                const badge = draft ? this.words.draft : one.labels.includes("SENT") ? this.words.sent : null;
                return h(
                    "li",
                    {},
                    h(
                        "button",
                        { type: "button", class: draft ? "draft" : null, click: () => (draft ? this.on.draft(one.key) : this.on.mail(one.key)) },
                        h("span", { class: "thread-from" }, one.from || "—", badge && h("span", { class: "badge" }, badge)),
                        h("time", { datetime: iso(one.date) }, this.#moment(one.date)),
                        h("span", { class: "thread-text" }, one.snippet),
                    ),
                );
            }),
        );
    }

    #day(seconds) {
        return new Intl.DateTimeFormat(this.language, { month: this.language === "ja" ? "numeric" : "short", day: "numeric", timeZone: "Asia/Tokyo" }).format(seconds * 1000);
    }

    #moment(seconds) {
        return new Intl.DateTimeFormat(this.language, { dateStyle: "medium", timeStyle: "short", timeZone: "Asia/Tokyo" }).format(seconds * 1000);
    }
}

const iso = (seconds) => new Date(seconds * 1000).toISOString();
const names = (people) => people.map((person) => person.displayName).join(", ") || "—";
const hue = (text) => [...text].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) % 6, 7);
