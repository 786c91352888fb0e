/**
 * The task pane: follows the selected mail, asks the service about it, shows its cards. No rule of the product is here.
 *
 * `turn` counts what was asked: an answer to anything but the newest question, or for a mail no longer selected, is thrown away.
 */

import { SignIn, SignInError } from "./auth";
import { type CardJson, CardView, type Click, noTraces, type Traces } from "./cardview";
import * as office from "./office";
import { type Answer, Service, ServiceError } from "./service";
import { applyBackground, followSystem } from "./theme";
import { type Language, languageOf, type Sentence, wordsOf } from "./words";

const LOOK_EVERY_MS = 2_500;
const REFRESH_EVERY_MS = 20_000;
const REST_AFTER_MS = 10 * 60_000;
const SHOW_PROGRESS_AFTER_MS = 300;
const TOAST_MS = 6_000;
const KEPT_MAILS = 30;

interface View {
    card: CardJson;
    traces: Traces;
}

interface Remembered {
    key: string;
    mail: office.Mail | null;
}

function byId<T extends HTMLElement>(id: string): T {
    const element = document.getElementById(id);
    if (element === null) {
        throw new Error(`index.html has no #${id}`);
    }
    return element as T;
}

class Pane {
    private readonly card = byId("card");
    private readonly progress = byId("progress");
    private readonly top = byId("top");
    private readonly back = byId<HTMLButtonElement>("back");
    private readonly problem = byId("problem");
    private readonly problemText = byId("problem-text");
    private readonly retry = byId<HTMLButtonElement>("retry");
    private readonly toast = byId("toast");
    private readonly account = byId("account");

    private readonly view = new CardView(this.card, {
        click: (click) => void this.act(click),
        open: (url) => void window.open(url, "_blank", "noopener,noreferrer"),
    });

    /** The cards on top of each other; the last one is seen. */
    private stack: View[] = [];
    /** What was typed and opened on a mail's first card, for the mails seen last. */
    private readonly traces = new Map<string, Traces>();
    private now: Remembered = { key: "", mail: null };
    private turn = 0;
    private busy = false;
    private stale = false;
    private lastSign = Date.now();
    private progressTimer = 0;
    private toastTimer = 0;

    constructor(
        private readonly service: Service,
        private readonly language: Language,
    ) {
        const words = wordsOf(language);
        this.back.textContent = words.back;
        this.back.addEventListener("click", () => this.goBack());
        for (const event of ["pointerdown", "keydown"]) {
            document.addEventListener(event, () => this.wake(), { passive: true });
        }
        document.addEventListener("visibilitychange", () => {
            if (document.visibilityState === "visible") {
                this.wake();
                this.follow();
                void this.refresh();
            }
        });
        setInterval(() => void this.refresh(), REFRESH_EVERY_MS);
    }

    /** Shows the mail that is selected now, unless it is shown already. */
    follow(): void {
        const key = office.keyOf(office.selected());
        if (this.turn === 0 || key !== this.now.key) {
            void this.open();
        }
    }

    private async open(): Promise<void> {
        const turn = this.begin();
        const item = office.selected();
        const key = office.keyOf(item);
        this.now = { key, mail: null };
        this.leave();
        const mail = item === null ? await office.none() : await office.read(item);
        if (turn !== this.turn) {
            return;
        }
        if (office.keyOf(office.selected()) !== key) {
            void this.open(); // it changed while being read: some of what was read may be another mail's
            return;
        }
        this.now = { key, mail };
        await this.ask(turn, () => this.service.open(this.question()), (answer) => this.draw(answer, []), () => void this.open());
    }

    /** Asks again about the same mail, so that colleagues' doings are seen; says nothing when it fails. */
    private async refresh(): Promise<void> {
        const resting = Date.now() - this.lastSign > REST_AFTER_MS || document.visibilityState !== "visible";
        if (resting || this.busy || this.stack.length !== 1 || !this.problem.hidden) {
            return;
        }
        const { key } = this.now;
        const turn = ++this.turn;
        try {
            const answer = await this.service.open(this.question());
            const present = this.stack[0];
            if (turn === this.turn && key === this.now.key && answer.card !== undefined && present !== undefined) {
                if (looks(answer.card) === looks(present.card)) {
                    return; // an equal drawing: the buttons in place are still good
                }
                this.draw({ ...answer, place: "here" }, []);
            }
        } catch {
            // The next one may do better; what is shown still says when it was true.
        }
    }

    private async act(click: Click): Promise<void> {
        if (this.busy) {
            return;
        }
        const turn = this.begin();
        const { token, form } = click;
        await this.ask(
            turn,
            () => this.service.act({ action: token, form, ...this.question() }),
            (answer) => this.draw(answer, answer.changed === true ? click.needs : []),
            () => void this.act(click),
        );
    }

    private question() {
        return { item: this.now.mail, locale: office.locale(), timeZone: office.timeZone() };
    }

    private async ask(turn: number, question: () => Promise<Answer>, draw: (answer: Answer) => void, again: () => void): Promise<void> {
        try {
            const answer = await question();
            if (turn === this.turn) {
                this.end();
                this.nameAccount();
                draw(answer);
            }
        } catch (error) {
            if (turn === this.turn) {
                this.end();
                const known = error instanceof ServiceError || error instanceof SignInError;
                this.fail(known ? error.sentence : "failed", again, error instanceof SignInError);
            }
        }
    }

    private draw(answer: Answer, served: readonly string[]): void {
        const top = this.stack[this.stack.length - 1];
        for (const name of served) {
            top?.traces.typed.delete(name);
        }
        let announced: string[] = [];
        if (answer.card !== undefined) {
            announced = this.place(answer.card, answer.place ?? "here", top);
            this.stale = this.stack.length > 1 && (this.stale || answer.changed === true);
        }
        this.say(answer.toast ?? "", announced);
    }

    private place(card: CardJson, place: Answer["place"], top: View | undefined): string[] {
        if (place === "on_top" && top !== undefined) {
            this.stack.push({ card, traces: noTraces() });
            window.scrollTo(0, 0);
        } else if (place === "here" && top !== undefined) {
            this.stack[this.stack.length - 1] = { card, traces: top.traces };
        } else {
            this.stack = [{ card, traces: this.stack[0]?.traces ?? this.tracesOf(this.now.key) }];
        }
        return this.show();
    }

    private show(): string[] {
        const view = this.stack[this.stack.length - 1];
        this.top.hidden = this.stack.length < 2;
        return view === undefined ? [] : this.view.show(view.card, view.traces, this.language);
    }

    private goBack(): void {
        if (this.busy || this.stack.length < 2) {
            return;
        }
        this.problem.hidden = true;
        this.stack.pop();
        this.show();
        this.card.focus({ preventScroll: true });
        if (this.stale) {
            this.stale = false;
            void this.refresh();
        }
    }

    private tracesOf(key: string): Traces {
        const traces = this.traces.get(key) ?? noTraces();
        this.traces.delete(key); // and in again, so that the mail seen longest ago comes first
        this.traces.set(key, traces);
        for (const oldest of this.traces.keys()) {
            if (this.traces.size <= KEPT_MAILS) {
                break;
            }
            this.traces.delete(oldest);
        }
        return traces;
    }

    /** Another mail is selected: the card of the last one must not be taken for this one's. */
    private leave(): void {
        this.stack = [];
        this.stale = false;
        this.top.hidden = true;
        this.card.classList.add("leaving");
        this.toast.textContent = "";
    }

    private begin(): number {
        this.busy = true;
        this.problem.hidden = true;
        this.card.setAttribute("aria-busy", "true");
        clearTimeout(this.progressTimer);
        // A quick answer shows no progress at all: nothing flashes.
        this.progressTimer = window.setTimeout(() => {
            this.progress.hidden = false;
            if (this.stack.length === 0) {
                this.view.clear();
                this.card.classList.add("waiting");
            }
        }, SHOW_PROGRESS_AFTER_MS);
        return ++this.turn;
    }

    private end(): void {
        this.busy = false;
        clearTimeout(this.progressTimer);
        this.progress.hidden = true;
        this.card.classList.remove("leaving", "waiting");
        this.card.setAttribute("aria-busy", "false");
    }

    private nameAccount(): void {
        const name = this.service.signIn.otherName;
        this.account.hidden = name === "";
        this.account.textContent = name && `${wordsOf(this.language).signedInAs}: ${name}`;
    }

    fail(sentence: Sentence, again: (() => void) | null, signIn = false): void {
        const words = wordsOf(this.language);
        if (this.stack.length === 0) {
            this.view.clear();
        }
        this.problemText.textContent = words[sentence];
        this.retry.hidden = again === null;
        this.retry.textContent = signIn ? words.signIn : words.retry;
        this.retry.onclick = again;
        this.problem.hidden = false;
    }

    /** One short sentence, seen for a while and spoken; new notices of the card are spoken too. */
    private say(toast: string, announced: readonly string[]): void {
        clearTimeout(this.toastTimer);
        const seen = document.createElement("span");
        seen.textContent = toast;
        const spoken = document.createElement("span");
        spoken.className = "spoken";
        spoken.textContent = announced.filter((sentence) => sentence !== toast).join(" ");
        this.toast.classList.toggle("shown", toast !== "");
        this.toast.replaceChildren(seen, spoken);
        this.toastTimer = window.setTimeout(() => {
            this.toast.classList.remove("shown");
            this.toast.replaceChildren();
        }, TOAST_MS);
    }

    private wake(): void {
        const rested = Date.now() - this.lastSign > REST_AFTER_MS;
        this.lastSign = Date.now();
        if (rested) {
            void this.refresh();
        }
    }
}

/** What a card looks like: everything but the sealed actions, which differ at each drawing. */
function looks(card: CardJson): string {
    return JSON.stringify(card, (name, value: unknown) => (name === "data" ? undefined : value));
}

async function start(): Promise<void> {
    followSystem();
    const { clientId = "", authority = "", scope = "" } = document.documentElement.dataset;
    const inOutlook = await office.ready();
    const language = languageOf(inOutlook ? office.locale() : navigator.language);
    document.documentElement.lang = language;
    const pane = new Pane(new Service(new SignIn({ clientId, authority, scope })), language);
    if (!inOutlook) {
        pane.fail("noOutlook", null);
        return;
    }
    office.watchTheme(applyBackground);
    office.watchSelection(() => pane.follow(), LOOK_EVERY_MS);
    pane.follow();
}

void start();
