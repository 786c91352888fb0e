/** The two questions to the service, and the one shape of its answers. */

import type { Mail } from "./office";
import type { SignIn } from "./auth";
import type { Sentence } from "./words";
import type { CardJson } from "./cardview";

export type Place = "here" | "on_top" | "root";
export type Form = Record<string, string | string[]>;

/** A card to draw, a sentence to say, or both. */
export interface Answer {
    card?: CardJson;
    place?: Place;
    toast?: string;
    changed?: boolean;
}

interface Question {
    item: Mail | null;
    locale: string;
    timeZone: string;
}

const LIMIT_MS = 20_000;
const MAX_BODY_BYTES = 500 * 1024;

/** No answer that could be used; `sentence` is what the agent reads. */
export class ServiceError extends Error {
    constructor(readonly sentence: Sentence) {
        super(sentence);
    }
}

/** The JSON of a question, at most as long as the service reads: a text that grows too much in JSON loses its end. */
function encoded(question: Question): string {
    let json = JSON.stringify(question);
    let item = question.item;
    while (item !== null && item.text !== "" && json.length * 3 > MAX_BODY_BYTES && new Blob([json]).size > MAX_BODY_BYTES) {
        item = { ...item, text: item.text.slice(0, item.text.length >> 1) };
        json = JSON.stringify({ ...question, item });
    }
    return json;
}

export class Service {
    constructor(readonly signIn: SignIn) {}

    open(question: Question): Promise<Answer> {
        return this.post("/outlook/open", question);
    }

    act(question: Question & { action: string; form: Form }): Promise<Answer> {
        return this.post("/outlook/action", question);
    }

    private async post(path: string, question: Question): Promise<Answer> {
        const body = encoded(question);
        let response = await this.send(path, body, await this.signIn.token());
        if (response.status === 401) {
            response = await this.send(path, body, await this.signIn.token(true));
        }
        const answer = await this.read(response);
        if (answer.card === undefined && answer.toast === undefined) {
            throw new ServiceError(response.status === 401 ? "signInFailed" : "failed");
        }
        return answer;
    }

    private async send(path: string, body: string, token: string): Promise<Response> {
        const limit = new AbortController();
        const timer = setTimeout(() => limit.abort(), LIMIT_MS);
        try {
            return await fetch(path, {
                method: "POST",
                headers: { "Content-Type": "application/json", Authorization: `Bearer ${token}` },
                body,
                cache: "no-store",
                credentials: "omit",
                redirect: "error",
                signal: limit.signal,
            });
        } catch {
            throw new ServiceError(limit.signal.aborted ? "slow" : "unreachable");
        } finally {
            clearTimeout(timer);
        }
    }

    /** A problem card comes with the problem's own status: any JSON object is an answer. */
    private async read(response: Response): Promise<Answer> {
        try {
            const answer: unknown = await response.json();
            return typeof answer === "object" && answer !== null ? (answer as Answer) : {};
        } catch {
            throw new ServiceError(response.status === 401 ? "signInFailed" : "failed");
        }
    }
}
