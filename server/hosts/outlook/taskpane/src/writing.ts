/** Watches a draft while it is open: whether its agent is writing, and for whom. */

import { markOf, readDraft, watchRecipients } from "./compose";

export const BEAT_MS = 45_000;
const POLL_MS = 15_000;
/** A typist is one until a whole beat has passed without a change. */
const WRITING_FOR_MS = 2 * BEAT_MS;

export class Writing {
    private mark: string | undefined;
    private typed = false;
    private wroteAt = Number.NEGATIVE_INFINITY;
    private beatAt = Date.now();
    private polledAt = Date.now();
    private watched = false;
    private recipients = "";

    constructor(
        private readonly item: Office.MessageCompose,
        private readonly changed: () => void,
    ) {}

    /** Colleagues see somebody who is replying as such. */
    get replying(): boolean {
        return Date.now() - this.wroteAt < WRITING_FOR_MS;
    }

    async begin(): Promise<void> {
        this.watched = await watchRecipients(this.item, this.changed);
        this.mark = await markOf(this.item);
    }

    /** Something was typed in the pane itself. */
    type(): void {
        this.typed = true;
    }

    /** To be called every few seconds while the draft is seen. */
    async tick(): Promise<void> {
        const now = Date.now();
        if (now - this.beatAt >= BEAT_MS) {
            this.beatAt = now;
            if (await this.wrote()) {
                this.wroteAt = now;
                this.changed();
            }
        } else if (!this.watched && now - this.polledAt >= POLL_MS) {
            this.polledAt = now;
            await this.poll();
        }
    }

    private async wrote(): Promise<boolean> {
        const { mark, typed } = this;
        this.mark = (await markOf(this.item)) ?? mark;
        this.typed = false;
        return typed || (mark !== undefined && this.mark !== mark);
    }

    private async poll(): Promise<void> {
        const { to, cc, bcc } = await readDraft(this.item, false);
        const recipients = JSON.stringify([to, cc, bcc]);
        const before = this.recipients;
        this.recipients = recipients;
        if (before !== "" && recipients !== before) {
            this.changed();
        }
    }
}
