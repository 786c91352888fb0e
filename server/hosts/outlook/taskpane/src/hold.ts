/** Moments in which a new drawing would take something out of somebody's hands: it waits until they are over. */

const PRESS_LIMIT_MS = 5_000;
const CHOICE_LIMIT_MS = 20_000;

type Reason = "press" | "input" | "choice" | "menu" | "marked";

export class Hold {
    private readonly reasons = new Map<Reason, number>();
    private waiting: { draw: () => void; only: Reason | undefined } | undefined;

    constructor(area: HTMLElement) {
        const begin = (type: string, reason: Reason, limit: number, when: (event: Event) => boolean = () => true) =>
            area.addEventListener(type, (event) => when(event) && this.begin(reason, limit), { capture: true });
        const end = (type: string, reason: Reason) => window.addEventListener(type, () => this.end(reason), { capture: true });
        const isKeyPress = (event: Event) => event instanceof KeyboardEvent && (event.key === "Enter" || event.key === " ") && isButton(event.target);

        begin("pointerdown", "press", PRESS_LIMIT_MS);
        begin("keydown", "press", PRESS_LIMIT_MS, isKeyPress);
        for (const type of ["pointerup", "pointercancel", "keyup"]) {
            end(type, "press");
        }
        // An input method's unfinished word is lost with its field.
        begin("compositionstart", "input", Number.POSITIVE_INFINITY);
        end("compositionend", "input");
        // A list or a calendar that hangs open from its field closes with it.
        begin("focusin", "choice", CHOICE_LIMIT_MS, (event) => isChoice(event.target));
        end("focusout", "choice");
        end("change", "choice");
        // A passage marked to be copied is no longer marked in a new drawing.
        document.addEventListener("selectionchange", () => {
            const marked = document.getSelection();
            if (marked?.type === "Range" && area.contains(marked.anchorNode) && !document.activeElement?.matches("input, textarea")) {
                this.begin("marked", CHOICE_LIMIT_MS);
            } else {
                this.end("marked");
            }
        });
    }

    /** Draws now, or when nothing holds any more (`only`: not this). Only the newest waits: what it would have drawn is older. */
    run(draw: () => void, only?: Reason): void {
        this.waiting = { draw, only };
        this.release();
    }

    begin(reason: Reason, limit = Number.POSITIVE_INFINITY): void {
        clearTimeout(this.reasons.get(reason));
        this.reasons.set(reason, limit === Number.POSITIVE_INFINITY ? 0 : window.setTimeout(() => this.end(reason), limit));
    }

    end(reason: Reason): void {
        const timer = this.reasons.get(reason);
        if (timer === undefined) {
            return;
        }
        clearTimeout(timer);
        this.reasons.delete(reason);
        // The click follows its pointerup, the last input its compositionend: they come first.
        setTimeout(() => this.release());
    }

    private release(): void {
        const next = this.waiting;
        if (next !== undefined && (next.only === undefined ? this.reasons.size === 0 : !this.reasons.has(next.only))) {
            this.waiting = undefined;
            next.draw();
        }
    }
}

function isButton(target: EventTarget | null): boolean {
    return target instanceof HTMLButtonElement || target instanceof HTMLAnchorElement;
}

function isChoice(target: EventTarget | null): boolean {
    return target instanceof HTMLSelectElement || (target instanceof HTMLInputElement && /^(date|time)$/.test(target.type));
}
