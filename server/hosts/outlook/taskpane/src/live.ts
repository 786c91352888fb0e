/** Waits for colleagues' changes: one question at a time that the service answers when something happened. */

import type { News } from "./service";

const BROKEN_AFTER = 3;
/** An answer that came at once held nothing back: the next question waits, whatever the service says. */
const AT_ONCE_MS = 1_000;
const CALM_MS = 2_000;

/** How long to wait after so many failures in a row: 2, 4, 8 ... 60 seconds, a little different in each pane. */
export function backOff(failures: number): number {
    return Math.min(60_000, 1_000 * 2 ** Math.min(failures, 6)) * (0.75 + Math.random() / 4);
}

function rest(milliseconds: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
        const timer = setTimeout(resolve, milliseconds);
        signal.addEventListener("abort", () => {
            clearTimeout(timer);
            resolve();
        });
    });
}

export class Live {
    private token = "";
    private waiting: AbortController | undefined;
    private failures = 0;

    constructor(
        private readonly ask: (token: string, signal: AbortSignal) => Promise<News>,
        private readonly changed: () => void,
    ) {}

    /** Whether nobody would tell the pane of a change now. */
    get broken(): boolean {
        return this.waiting === undefined || this.failures >= BROKEN_AFTER;
    }

    /** Waits on this token instead of the one before; on none when it is "". */
    follow(token: string): void {
        if (this.waiting !== undefined && token === this.token) {
            return;
        }
        this.stop();
        if (token !== "") {
            this.token = token;
            this.waiting = new AbortController();
            void this.wait(token, this.waiting.signal);
        }
    }

    stop(): void {
        this.waiting?.abort();
        this.waiting = undefined;
    }

    private async wait(token: string, signal: AbortSignal): Promise<void> {
        while (!signal.aborted) {
            const started = Date.now();
            const news = await this.ask(token, signal);
            if (signal.aborted) {
                return;
            }
            if (news.kind === "changed") {
                this.failures = 0;
                this.waiting = undefined;
                this.changed();
                return;
            }
            if (news.kind === "failed") {
                this.failures += 1;
                await rest(backOff(this.failures), signal);
            } else {
                this.failures = 0;
                await rest(Math.max(news.waitMs, Date.now() - started < AT_ONCE_MS ? CALM_MS : 0), signal);
            }
        }
    }
}
