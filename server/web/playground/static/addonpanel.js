/** Gmail's side panel: a stack of cards with a way back, toasts, and the navigations that an add-on answers with. */
import { h, shape } from "./dom.js";
import { DrawnCard } from "./googlecard.js";
import { withMenu } from "./menu.js";

const TOAST_MS = 5000;

export class AddonPanel {
    #stack = [];
    #turn = 0;
    #toastTimer = 0;

    /**
     * `on` = {
     *   send(entry, more)    brings {status, body} of the add-on's answer
     *   consent(scopes)      Google asks the agent for these; true when they have granted them
     *   draft(id), update(markup), dismiss()    what an answer asks of Gmail itself
     *   label                what the panel is called, where there is a second one
     *   menu()               lines of the panel's own menu, if it has one
     * }
     */
    constructor(root, words, on) {
        this.words = words;
        this.on = on;
        this.root = root;
        this.backButton = h("button", { type: "button", class: "icon-button", title: words.back, "aria-label": words.back, click: () => this.#back() }, shape("back"));
        this.bar = h("div", { class: "panel-progress", role: "progressbar", "aria-label": words.loading, hidden: true });
        this.cards = h("div", { class: "panel-cards", tabindex: "0", role: "region", "aria-label": on.label ?? words.panel });
        this.toast = h("div", { class: "panel-toast", role: "status" });
        root.replaceChildren(
            h("div", { class: "panel-title" }, this.backButton, h("img", { src: "/playground/static/mark.svg", alt: "" }), h("h3", {}, "Sobani"), on.menu && this.#menu(on.menu())),
            this.bar,
            this.cards,
            this.toast,
        );
        this.#show();
    }

    #menu(lines) {
        const dots = h("button", { type: "button", class: "icon-button", title: this.words.addonMenu, "aria-label": this.words.addonMenu }, shape("more"));
        return withMenu(dots, lines, () => this.root);
    }

    /** Gmail calls the trigger afresh for each mail that is opened, for none ("home"), and for a compose window. */
    async open(trigger, about = {}) {
        this.trigger = trigger;
        this.about = about;
        const answer = await this.#ask(trigger, {});
        if (answer) {
            this.#stack = [];
            this.#navigate(answer.body?.action);
        }
    }

    /** A line of the add-on's own menu: answered like a pressed button. */
    async choose(entry) {
        this.#answered(null, await this.#ask(entry, {}));
    }

    /** Nothing is shown, and what is still on its way is not wanted. */
    clear() {
        this.#turn += 1;
        this.#stack = [];
        this.#busy(false);
        this.cards.replaceChildren();
        this.#show();
    }

    async #click(drawn, action, formInputs) {
        const parameters = Object.fromEntries((action.parameters ?? []).map(({ key, value }) => [key, value]));
        this.#answered(drawn, await this.#ask("action", { function: action.function, parameters, formInputs }));
    }

    #answered(drawn, answer) {
        if (!answer) {
            return;
        }
        // The documented answer wraps the action; some of Google's own samples do not.
        const body = answer.body ?? {};
        if (body.stateChanged) {
            this.#stack.forEach((older) => (older.stale = older !== drawn));
        }
        const { action, hostAppAction } = body.renderActions ?? body;
        this.#navigate(action);
        const { openCreatedDraftActionMarkup: draft, updateDraftActionMarkup: update, addonComposeUiActionMarkup: ui } = hostAppAction?.gmailAction ?? {};
        if (draft) {
            this.on.draft(draft.draftId);
        }
        if (update) {
            this.on.update?.(update);
        }
        if (ui?.type === "DISMISS") {
            this.on.dismiss?.();
        }
    }

    /** Asks, and drops an answer that another question has overtaken. */
    async #ask(entry, more) {
        const turn = ++this.#turn;
        this.#busy(true);
        let answer;
        try {
            answer = await this.on.send(entry, { ...this.about, ...more });
        } catch {
            answer = { status: 0, body: null };
        }
        if (turn !== this.#turn) {
            return null;
        }
        this.#busy(false);
        const wanted = answer.body?.requesting_google_scopes;
        if (wanted) {
            // Google shows its own form, and after it calls the add-on once more with the same event.
            if (await this.on.consent(wanted.all_scopes ? null : wanted.scopes)) {
                return turn === this.#turn ? this.#ask(entry, more) : null;
            }
            if (this.#stack.length === 0) {
                this.#empty(this.words.notGranted);
            }
            return null;
        }
        if (answer.status === 200 && answer.body) {
            return answer;
        }
        this.#failed(entry, answer.status);
        return null;
    }

    #navigate(action = {}) {
        for (const navigation of action.navigations ?? []) {
            this.#move(navigation);
        }
        this.#show();
        if (action.notification?.text) {
            this.say(action.notification.text);
        }
        if (action.link?.url) {
            this.#open(action.link.url);
        }
    }

    #move({ pushCard, updateCard, pop, popToRoot, popToCard }) {
        if (pushCard) {
            this.#stack.push(this.#drawn(pushCard));
        } else if (updateCard) {
            const older = this.#stack.pop();
            const drawn = this.#drawn(updateCard);
            if (older) {
                drawn.keepFrom(older);
            }
            this.#stack.push(drawn);
        } else if (pop) {
            this.#stack.splice(Math.max(1, this.#stack.length - 1));
        } else if (popToRoot) {
            this.#stack.splice(1);
        } else if (popToCard) {
            this.#stack.splice(this.#stack.findIndex((drawn) => drawn.name === popToCard) + 1 || this.#stack.length);
        }
    }

    #drawn(card) {
        const drawn = new DrawnCard(card, this.words, {
            action: (action, form) => this.#click(drawn, action, form),
            link: (url) => this.#open(url),
        });
        return drawn;
    }

    #back() {
        this.#stack.pop();
        this.#show();
        const top = this.#stack.at(-1);
        // A card drawn before the state changed is not shown again as it was: Gmail asks for the first one anew.
        if (top?.stale && this.#stack.length === 1) {
            this.open(this.trigger, this.about);
        }
    }

    /** What the cards are about, in a word: on another mail a card begins at its top. */
    get #subject() {
        return `${this.trigger} ${this.about?.mail ?? ""}`;
    }

    #show() {
        this.backButton.hidden = this.#stack.length < 2;
        const top = this.#stack.at(-1);
        if (top && this.cards.firstElementChild !== top.element) {
            const same = this.cards.dataset.name === top.name && this.cards.dataset.trigger === this.#subject;
            const at = this.cards.scrollTop;
            this.cards.replaceChildren(top.element);
            this.cards.scrollTop = same ? at : 0;
            this.cards.dataset.name = top.name;
            this.cards.dataset.trigger = this.#subject;
        }
    }

    #failed(entry, status) {
        if (entry === "action" && this.#stack.length > 0) {
            this.say(`${this.words.failed} (${status})`);
            return;
        }
        this.#stack = [];
        this.#empty(`${this.words.failed} (${status})`);
    }

    #empty(sentence) {
        this.backButton.hidden = true;
        this.cards.replaceChildren(
            h(
                "div",
                { class: "panel-failed", role: "alert" },
                h("p", {}, sentence),
                h("button", { type: "button", class: "gcard-button", click: () => this.open(this.trigger, this.about) }, this.words.retry),
            ),
        );
    }

    #open(url) {
        // Gmail opens https alone; on this machine the service itself has no certificate.
        if (/^(https:|mailto:|tel:)/i.test(url) || url.startsWith(`${location.origin}/`)) {
            window.open(url, "_blank", "noopener");
        }
    }

    #busy(busy) {
        this.bar.hidden = !busy;
        this.cards.toggleAttribute("inert", busy);
        this.root.setAttribute("aria-busy", String(busy));
    }

    /** Gmail's toast: one line over the card, gone after a while. */
    say(text) {
        clearTimeout(this.#toastTimer);
        this.toast.textContent = text;
        this.toast.classList.add("shown");
        this.#toastTimer = setTimeout(() => this.toast.classList.remove("shown"), TOAST_MS);
    }
}
