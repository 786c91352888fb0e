/** The plain HTML around the card: progress, problems, the line about the connection, a text to copy by hand, short sentences. */

import { copy } from "./clipboard";
import { type Language, type Sentence, type Words, wordsOf } from "./words";

const SHOW_PROGRESS_AFTER_MS = 300;
const TOAST_MS = 6_000;
const LONG_TOAST_MS = 15_000;
const DAY_MS = 24 * 60 * 60 * 1000;

function byId<T extends HTMLElement>(id: string): T {
    const element = document.getElementById(id);
    if (element === null) {
        throw new Error(`index.html has no #${id}`);
    }
    return element as T;
}

export class Shell {
    readonly card = byId("card");
    private readonly progress = byId("progress");
    private readonly top = byId("top");
    private readonly back = byId<HTMLButtonElement>("back");
    private readonly connectionLine = byId("connection");
    private readonly hintLine = byId("hint");
    private readonly problem = byId("problem");
    private readonly problemText = byId("problem-text");
    private readonly retry = byId<HTMLButtonElement>("retry");
    private readonly offerBox = byId("offer");
    private readonly offerText = byId("offer-text");
    private readonly offerCopy = byId<HTMLTextAreaElement>("offer-copy");
    private readonly offerLink = byId<HTMLAnchorElement>("offer-link");
    private readonly offerAgain = byId<HTMLButtonElement>("offer-again");
    private readonly offerClose = byId<HTMLButtonElement>("offer-close");
    private readonly toast = byId("toast");
    private readonly accountLine = byId("account");
    private readonly words: Words;
    private progressTimer = 0;
    private toastTimer = 0;

    constructor(
        private readonly language: Language,
        goBack: () => void,
    ) {
        this.words = wordsOf(language);
        this.back.textContent = this.words.back;
        this.back.addEventListener("click", goBack);
        this.offerLink.textContent = this.words.openPage;
        this.offerLink.addEventListener("click", () => this.withdraw());
        this.offerAgain.textContent = this.words.copy;
        this.offerAgain.addEventListener("click", () => void this.copyAgain());
        this.offerClose.textContent = this.words.close;
        this.offerClose.addEventListener("click", () => this.closeOffer());
        this.offerBox.addEventListener("keydown", (event) => {
            if (event.key === "Escape") {
                event.stopPropagation(); // office.js on the web would leave the pane
                this.closeOffer();
            }
        });
    }

    /** A question is on its way. `clear` is called when it takes long. A quick answer shows no progress at all: nothing flashes. */
    begin(clear: () => void): void {
        this.problem.hidden = true;
        this.card.setAttribute("aria-busy", "true");
        clearTimeout(this.progressTimer);
        this.progressTimer = window.setTimeout(() => {
            this.progress.hidden = false;
            clear();
        }, SHOW_PROGRESS_AFTER_MS);
    }

    end(): void {
        clearTimeout(this.progressTimer);
        this.progress.hidden = true;
        this.card.classList.remove("leaving", "waiting");
        this.card.setAttribute("aria-busy", "false");
    }

    /** Another mail is selected: the card of the last one must not be taken for this one's. */
    leave(): void {
        this.top.hidden = true;
        this.hint(null);
        this.withdraw();
        this.card.classList.add("leaving");
        clearTimeout(this.toastTimer);
        this.toast.classList.remove("shown");
        this.toast.replaceChildren();
    }

    waiting(): void {
        this.card.classList.add("waiting");
    }

    showBack(shown: boolean): void {
        this.top.hidden = !shown;
    }

    fail(sentence: Sentence, again: (() => void) | null, signIn = false): void {
        if (this.problem.hidden || this.problemText.textContent !== this.words[sentence]) {
            this.problemText.textContent = this.words[sentence]; // else it would be spoken again
        }
        this.retry.hidden = again === null;
        this.retry.textContent = signIn ? this.words.signIn : this.words.retry;
        this.retry.onclick = again;
        this.problem.hidden = false;
    }

    clearProblem(): void {
        this.problem.hidden = true;
    }

    /** One calm sentence about what is open; none for null. */
    hint(sentence: Sentence | null): void {
        this.hintLine.classList.toggle("below", sentence === "nothing"); // the queue comes first
        line(this.hintLine, sentence === null ? "" : this.words[sentence]);
    }

    /** That nothing new comes now, and of when what is shown is. */
    cutOff(offline: boolean, since: number): void {
        const sentence = since === 0 ? this.words.offline : offline ? this.words.offlineSince : this.words.unreachableSince;
        if (since !== 0 || offline) {
            line(this.connectionLine, sentence.replace("{time}", this.clock(since)));
        }
    }

    /** The connection is there; says so when it had been said not to be. */
    connected(): void {
        if (!this.connectionLine.hidden) {
            line(this.connectionLine, "");
            this.say(this.words.connected);
        }
    }

    /** One short sentence, seen for a while and spoken; `spoken` is for screen readers alone. */
    say(seen: string, spoken: readonly string[] = [], long = false): void {
        clearTimeout(this.toastTimer);
        const visible = document.createElement("span");
        visible.textContent = seen;
        const hidden = document.createElement("span");
        hidden.className = "spoken";
        hidden.textContent = spoken.filter((sentence) => sentence !== seen).join(" ");
        this.toast.classList.toggle("shown", seen !== "");
        this.toast.replaceChildren(visible, hidden);
        this.toastTimer = window.setTimeout(
            () => {
                this.toast.classList.remove("shown");
                this.toast.replaceChildren();
            },
            long ? LONG_TOAST_MS : TOAST_MS,
        );
    }

    /** Spoken, not seen; a sentence that is being shown stays. */
    announce(sentences: readonly string[]): void {
        if (sentences.length > 0) {
            const hidden = document.createElement("span");
            hidden.className = "spoken";
            hidden.textContent = sentences.join(" ");
            this.toast.append(hidden);
            setTimeout(() => hidden.remove(), TOAST_MS);
        }
    }

    /** A text that could not be brought to where it belongs, to be copied by hand. */
    offer(sentence: Sentence, text: string): void {
        this.showOffer(sentence);
        this.offerCopy.value = text;
        this.offerCopy.hidden = this.offerAgain.hidden = false;
        this.offerCopy.focus();
        this.offerCopy.select();
    }

    /** A page that could not be opened, to be opened by hand. */
    offerPage(url: string): void {
        this.showOffer("pageBlocked");
        this.offerLink.href = url;
        this.offerLink.hidden = false;
        this.offerLink.focus();
    }

    private showOffer(sentence: Sentence): void {
        this.offerText.textContent = this.words[sentence];
        this.offerCopy.hidden = this.offerAgain.hidden = this.offerLink.hidden = true;
        this.offerBox.hidden = false;
    }

    private closeOffer(): void {
        this.withdraw();
        this.card.focus({ preventScroll: true });
    }

    private withdraw(): void {
        this.offerBox.hidden = true;
        this.offerCopy.value = "";
        this.offerLink.removeAttribute("href");
    }

    private async copyAgain(): Promise<void> {
        if (await copy(this.offerCopy.value)) {
            this.say(this.words.copied);
        } else {
            this.offerCopy.focus();
            this.offerCopy.select();
        }
    }

    /** Who is signed in, where that may be somebody else than the mailbox's owner. */
    account(name: string): void {
        this.accountLine.hidden = name === "";
        this.accountLine.textContent = name && `${this.words.signedInAs}: ${name}`;
    }

    private clock(time: number): string {
        const today = Date.now() - time < DAY_MS / 2;
        const day: Intl.DateTimeFormatOptions = today ? {} : { month: "short", day: "numeric" };
        return new Intl.DateTimeFormat(this.language, { ...day, hour: "numeric", minute: "2-digit" }).format(time);
    }
}

function line(element: HTMLElement, text: string): void {
    element.textContent = text;
    element.hidden = text === "";
}
