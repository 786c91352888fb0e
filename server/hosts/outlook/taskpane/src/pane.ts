/**
 * The task pane: follows what is open in Outlook, asks the service about it, shows its cards, does what they ask. No rule of the product is here.
 *
 * `turn` counts what the agent began (another mail, a click), `glances` the quiet looks in between: an answer to anything but the newest
 * of its kind, or for a mail no longer open, is thrown away.
 */

import { hasAttachments, readAttachments } from "./attachments";
import { SignIn, SignInError } from "./auth";
import { type CardJson, CardView, type Click, noTraces, type Traces, valuesOf } from "./cardview";
import { readDraft } from "./compose";
import { carryOut, type Told } from "./deeds";
import { Hold } from "./hold";
import { backOff, Live } from "./live";
import * as office from "./office";
import { type About, type Answer, Service, ServiceError } from "./service";
import { Shell } from "./shell";
import { applyBackground, followSystem } from "./theme";
import { type Language, languageOf, type Sentence, wordsOf } from "./words";
import { Writing } from "./writing";

const FOLLOW_EVERY_MS = 2_500;
const TICK_EVERY_MS = 5_000;
/** A clock that jumped so far was asleep. */
const ASLEEP_MS = 5 * 60_000;
/** How often the service is asked while nobody tells us of changes. */
const LOOK_EVERY_MS = 60_000;
const LOOKS_APART_MS = 1_000;
const NOTHING_FOR_LONG_MS = 5_000;
/** Recipients come one after the other. */
const SETTLE_MS = 600;
const SAY_CUT_OFF_AFTER = 2;
const KEPT_TRACES = 60;

interface View {
    card: CardJson;
    traces: Traces;
}

interface Now {
    key: string;
    selection: office.Selection;
    about: About | null;
}

class Pane {
    private readonly shell: Shell;
    private readonly hold: Hold;
    private readonly view: CardView;
    private readonly live: Live;

    /** The cards on top of each other; the last one is seen. */
    private stack: View[] = [];
    /** What was typed and opened, by mail and card, for those seen last. */
    private readonly traces = new Map<string, Traces>();
    private now: Now = { key: "", selection: { kind: "none" }, about: null };
    private writing: Writing | undefined;
    private turn = 0;
    private glances = 0;
    private busy = false;
    /** A look was wanted while the agent's own question was on its way. */
    private wanted = false;
    /** Under the card on top lies one that is no longer true. */
    private stale = false;
    /** Only the agent can mend it: nothing is asked until then, lest sign-in windows come by themselves. */
    private signedOut = false;
    private misses = 0;
    private reachedAt = 0;
    private lookedAt = 0;
    private tickedAt = Date.now();
    private lookTimer = 0;
    private nothingTimer = 0;

    constructor(
        private readonly service: Service,
        private readonly language: Language,
    ) {
        this.shell = new Shell(language, () => this.goBack());
        this.hold = new Hold(this.shell.card);
        this.view = new CardView(
            this.shell.card,
            { click: (click) => void this.act(click), open: (url) => void window.open(url, "_blank", "noopener,noreferrer") },
            this.hold,
        );
        this.live = new Live(
            (token, signal) => service.changes(token, signal),
            () => this.lookSoon(),
        );
    }

    /** Begins to follow what is open, and goes on until the window is closed. */
    start(): void {
        this.shell.card.addEventListener("input", () => this.writing?.type());
        document.addEventListener("visibilitychange", () => {
            if (document.visibilityState === "visible") {
                this.follow();
                this.lookSoon();
            } else {
                this.live.stop();
            }
        });
        window.addEventListener("offline", () => {
            this.live.stop();
            this.shell.cutOff(true, this.reachedAt);
        });
        window.addEventListener("online", () => this.lookSoon());
        setInterval(() => this.tick(), TICK_EVERY_MS);
        office.watchSelection(() => this.follow(), FOLLOW_EVERY_MS);
        this.follow();
    }

    /** Shows what is open now, unless it is shown already. */
    private follow(): void {
        if (this.turn === 0 || !this.isStillOpen()) {
            void this.open();
        }
    }

    private isStillOpen(): boolean {
        return office.keyOf(office.selection()) === this.now.key;
    }

    /** `again`: by itself, after a failure; its sentence stays until there is something better to show. */
    private async open(again = false): Promise<void> {
        const turn = this.begin(again);
        const selection = office.selection();
        this.now = { key: office.keyOf(selection), selection, about: null };
        this.leave();
        if (selection.kind === "appointment" || selection.kind === "meeting") {
            this.end();
            this.view.clear();
            this.shell.hint(selection.kind);
            return;
        }
        if (selection.kind === "draft") {
            this.writing = new Writing(selection.item, () => this.lookSoon(SETTLE_MS));
        }
        const about = await this.read(selection);
        if (turn !== this.turn) {
            return;
        }
        if (!this.isStillOpen()) {
            void this.open(); // it changed while being read: some of what was read may be another mail's
            return;
        }
        this.now.about = about;
        if (selection.kind === "mail" && "item" in about && about.item !== null && office.isSealed(selection.item, about.item)) {
            this.shell.hint("sealed");
        }
        void this.writing?.begin();
        await this.ask(turn, () => this.service.look(this.question(about)), [], () => void this.open());
    }

    private async read(selection: office.Selection): Promise<About> {
        switch (selection.kind) {
            case "mail":
                return { item: await office.read(selection.item) };
            case "draft":
                return { compose: await readDraft(selection.item, this.writing?.replying === true) };
            default:
                return { item: await office.none() };
        }
    }

    private async act(click: Click): Promise<void> {
        if (this.busy || this.now.about === null) {
            return;
        }
        const turn = this.begin();
        const { token, form } = click;
        const question = { action: token, form, ...this.question(this.now.about) };
        const { selection } = this.now;
        const enclosing = click.files && selection.kind === "mail" && hasAttachments(selection.item) ? selection.item : null;
        const asked = enclosing === null ? () => this.service.act(question) : () => this.enclose(turn, enclosing, question);
        await this.ask(turn, asked, click.needs, () => void this.act(click));
    }

    /** A click with the mail's attachments. Reading them may take a while, and that is said. */
    private async enclose(turn: number, item: Office.MessageRead, question: Parameters<Service["act"]>[0]): Promise<Answer> {
        this.shell.say(wordsOf(this.language).readingFiles, [], true);
        const enclosed = await readAttachments(item, () => turn === this.turn && this.isStillOpen());
        if (turn === this.turn) {
            this.shell.say("");
        }
        return this.service.act(question, enclosed);
    }

    private question(about: About) {
        return { ...about, locale: office.locale(), timeZone: office.timeZone() };
    }

    /** What the agent began, up to its card. `needs`: the fields whose text has served once it is done. */
    private async ask(turn: number, question: () => Promise<Answer>, needs: readonly string[], again: () => void): Promise<void> {
        this.lookedAt = Date.now();
        try {
            const answer = await question();
            if (turn !== this.turn) {
                return;
            }
            if (!this.isStillOpen()) {
                this.follow();
                return;
            }
            this.reached();
            const told = await carryOut(answer, office.selection(), () => turn === this.turn && this.isStillOpen());
            if (turn !== this.turn) {
                return;
            }
            const served = answer.changed === true || told?.done === true ? needs : [];
            this.hold.run(() => turn === this.turn && this.done(answer, served, told), "input");
        } catch (error) {
            if (turn === this.turn) {
                this.end();
                const known = error instanceof ServiceError || error instanceof SignInError;
                this.fail(known ? error.sentence : "failed", again, error instanceof SignInError);
            }
        }
    }

    private done(answer: Answer, served: readonly string[], told: Told | null): void {
        this.end();
        this.shell.clearProblem();
        this.draw(answer, served, told);
        if (answer.live !== undefined) {
            this.live.follow(answer.live);
        }
    }

    /** Looks soon, but not twice in a moment. */
    private lookSoon(delay = 0): void {
        clearTimeout(this.lookTimer);
        const apart = this.lookedAt + LOOKS_APART_MS - Date.now();
        this.lookTimer = window.setTimeout(() => void this.look(), Math.max(delay, apart));
    }

    /** Asks again about what is open, so that colleagues' doings are seen. Nothing that somebody has in hand is disturbed. */
    private async look(): Promise<void> {
        clearTimeout(this.lookTimer);
        if (document.visibilityState !== "visible" || this.signedOut) {
            return;
        }
        if (this.busy) {
            this.wanted = true;
            return;
        }
        if (this.stack.length === 0) {
            if (this.misses > 0) {
                void this.open(true);
            }
            return;
        }
        if (this.stack.length > 1) {
            this.stale = true;
            return;
        }
        const { turn } = this;
        const glance = ++this.glances;
        const isCurrent = () => turn === this.turn && glance === this.glances;
        this.lookedAt = Date.now();
        try {
            const { selection } = this.now;
            const about = selection.kind === "draft" ? await this.read(selection) : this.now.about;
            const answer = about !== null && isCurrent() ? await this.service.look(this.question(about), true) : null;
            if (answer === null || !isCurrent() || !this.isStillOpen()) {
                return;
            }
            if (answer.trouble === true) {
                throw new ServiceError("failed");
            }
            this.now.about = about;
            this.reached();
            this.live.follow(answer.live ?? "");
            this.hold.run(() => isCurrent() && this.redraw(answer));
        } catch (error) {
            if (isCurrent()) {
                this.missed(error);
            }
        }
    }

    private redraw(answer: Answer): void {
        const present = this.stack[0];
        if (answer.card === undefined || present === undefined) {
            return;
        }
        if (looks(answer.card) !== looks(present.card)) {
            // Else an equal drawing: the buttons in place are still good.
            this.stack[0] = { card: answer.card, traces: present.traces };
            this.shell.announce(this.show());
        }
    }

    private reached(): void {
        this.misses = 0;
        this.reachedAt = Date.now();
        this.shell.connected();
        this.shell.account(this.service.signIn.otherName);
    }

    /** A quiet look failed: what is shown stays, and it is tried again, ever less often. */
    private missed(error: unknown): void {
        this.misses += 1;
        this.live.stop();
        if (error instanceof SignInError && error.sentence !== "signInFailed") {
            this.fail(error.sentence, () => void this.open(), true);
            return;
        }
        if (this.misses >= SAY_CUT_OFF_AFTER || !navigator.onLine) {
            this.shell.cutOff(!navigator.onLine, this.reachedAt);
        }
        this.lookSoon(backOff(this.misses));
    }

    private tick(): void {
        const now = Date.now();
        const slept = now - this.tickedAt > ASLEEP_MS;
        this.tickedAt = now;
        if (document.visibilityState !== "visible") {
            return;
        }
        if (slept) {
            this.live.stop();
            this.service.doubtToken();
            this.follow();
            this.lookSoon();
        } else if (this.live.broken && now - this.lookedAt >= LOOK_EVERY_MS) {
            void this.look();
        }
        void this.writing?.tick();
    }

    private draw(answer: Answer, served: readonly string[], told: Told | null): void {
        const top = this.stack[this.stack.length - 1];
        const emptied = served.filter((name) => top?.traces.typed.delete(name) === true);
        let announced: string[] = [];
        if (answer.card !== undefined) {
            // With the reply open, the question about its text is over.
            announced = this.place(answer.card, answer.reply === undefined ? (answer.place ?? "here") : "root", top);
            this.stale = this.stack.length > 1 && (this.stale || answer.changed === true);
        } else if (emptied.length > 0) {
            this.show();
        }
        const said = told === null ? (answer.toast ?? "") : wordsOf(this.language)[told.sentence];
        this.shell.say(told?.text === undefined && told?.page === undefined ? said : "", announced, told?.long === true);
        if (told?.text !== undefined) {
            this.shell.offer(told.sentence, told.text);
        } else if (told?.page !== undefined) {
            this.shell.offerPage(told.page);
        }
    }

    private place(card: CardJson, place: Answer["place"], top: View | undefined): string[] {
        const root = this.stack[0];
        if (place === "on_top" && top !== undefined) {
            this.stack.push({ card, traces: this.tracesOf(fingerprint(card)) });
            window.scrollTo(0, 0);
        } else if (place === "here" && top !== undefined) {
            forgetOverwritten(top, card);
            this.stack[this.stack.length - 1] = { card, traces: top.traces };
        } else if (root !== undefined) {
            forgetOverwritten(root, card);
            this.stack = [{ card, traces: root.traces }];
        } else {
            this.stack = [{ card, traces: this.tracesOf("") }];
        }
        return this.show();
    }

    private show(): string[] {
        const view = this.stack[this.stack.length - 1];
        this.shell.showBack(this.stack.length > 1);
        return view === undefined ? [] : this.view.show(view.card, view.traces, this.language);
    }

    private goBack(): void {
        if (this.busy || this.stack.length < 2) {
            return;
        }
        this.shell.clearProblem();
        this.stack.pop();
        this.show();
        this.shell.card.focus({ preventScroll: true });
        if (this.stale) {
            this.stale = false;
            this.lookSoon();
        }
    }

    /** What was done to a card of what is open now; the mail's own first card is "". */
    private tracesOf(card: string): Traces {
        const { about, key } = this.now;
        // A draft is known by what it answers: Outlook may make a new item of it when it is saved.
        const draft = about !== null && "compose" in about ? about.compose.inReplyTo || about.compose.conversationId : "";
        const name = `${draft === "" ? key : `draft ${draft}`}\n${card}`;
        const traces = this.traces.get(name) ?? noTraces();
        this.traces.delete(name); // and in again, so that the one seen longest ago comes first
        this.traces.set(name, traces);
        for (const oldest of this.traces.keys()) {
            if (this.traces.size <= KEPT_TRACES) {
                break;
            }
            this.traces.delete(oldest);
        }
        return traces;
    }

    private leave(): void {
        this.live.stop();
        this.writing = undefined;
        this.stack = [];
        this.stale = false;
        this.wanted = false;
        this.view.leave();
        this.shell.leave();
        clearTimeout(this.lookTimer);
        clearTimeout(this.nothingTimer);
        if (this.now.key === "") {
            this.nothingTimer = window.setTimeout(() => this.shell.hint("nothing"), NOTHING_FOR_LONG_MS);
        }
    }

    private begin(quietly = false): number {
        this.busy = true;
        this.signedOut = false;
        if (!quietly) {
            this.shell.begin(() => {
                if (this.stack.length === 0) {
                    this.view.clear();
                    this.shell.waiting();
                }
            });
        }
        return ++this.turn;
    }

    private end(): void {
        this.busy = false;
        this.shell.end();
        if (this.wanted) {
            this.wanted = false;
            this.lookSoon();
        }
    }

    fail(sentence: Sentence, again: (() => void) | null, signIn = false): void {
        if (this.stack.length === 0) {
            this.view.clear();
        }
        this.shell.fail(sentence, again, signIn);
        if (signIn && sentence !== "signInFailed") {
            this.signedOut = true;
            this.live.stop();
        } else if (sentence !== "signInFailed" && again !== null) {
            this.misses += 1;
            if (!navigator.onLine) {
                this.shell.cutOff(true, this.reachedAt);
            }
            // An empty pane does not wait for a colleague's change before it asks again.
            if (this.live.broken || this.stack.length === 0) {
                this.lookSoon(backOff(this.misses));
            }
        }
    }
}

/** What a card looks like: everything but the sealed actions, which differ at each drawing. */
function looks(card: CardJson): string {
    return JSON.stringify(card, (name, value: unknown) => (name === "data" ? undefined : value));
}

/** A question card by its fields as they came: a template's text is another card than another template's. */
function fingerprint(card: CardJson): string {
    return JSON.stringify([...valuesOf(card)]);
}

/** A field that the service fills otherwise than before, at the agent's own wish: the new text stands, not what was typed before. */
function forgetOverwritten(view: View, card: CardJson): void {
    const before = valuesOf(view.card);
    for (const [id, value] of valuesOf(card)) {
        if (before.has(id) && before.get(id) !== value) {
            view.traces.typed.delete(id);
        }
    }
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
    pane.start();
}

void start();
