/**
 * Signing in by an Office dialog, for clients without nested app authentication (Outlook LTSC 2021, older Macs) or where that fails: a window of
 * its own in which Entra may ask for whatever it wants. The dialog is our own page (signin.ts), which hands the token over and is closed.
 */

import * as office from "./office";
import { SignInError } from "./refusal";
import type { Sentence } from "./words";

/** What the dialog says at its end. */
export type Told = { token: string; lifetime: number; objectId: string; username: string } | { problem: Sentence };

export type Signed = Exclude<Told, { problem: Sentence }>;

export interface Wish {
    /** Whose sign-in is expected, "" when that is not known. */
    hint: string;
    /** What a resource wants beside a sign-in (a claims challenge), "" for nothing. */
    claims: string;
    /** Another account was signed in before: let the agent choose. */
    choose: boolean;
}

const PATH = "/outlook/signin";
const LIMIT_MS = 5 * 60_000;
const OPENING_LIMIT_MS = 60_000; // Office may ask the agent first

// docs/develop/dialog-handle-errors-events.md: 12006 closed, 12007 there is one already, 12009 not wanted, 12011 a browser's zones or blocker.
const CLOSED = 12006;
const OPEN_ALREADY = 12007;
const NOT_WANTED = 12009;

export function canOpen(): boolean {
    return typeof Office.context.ui?.displayDialogAsync === "function" && office.supports("DialogApi", "1.1");
}

/** Opens the dialog and waits for what it says. `ask`: Office asks before it opens, which no blocker of pop-ups minds. Throws SignInError. */
export async function signInByDialog(wish: Wish, ask: boolean): Promise<Signed> {
    // After the #, so that no address and no claims reach a log of ours.
    const url = `${location.origin}${PATH}#${new URLSearchParams({
        hint: wish.hint,
        claims: wish.claims,
        choose: wish.choose ? "1" : "",
        locale: office.locale(),
    }).toString()}`;
    const dialog = await opened(url, ask);
    try {
        const told = await message(dialog);
        if ("problem" in told) {
            throw new SignInError(told.problem);
        }
        return told;
    } finally {
        try {
            dialog.close();
        } catch {
            // closed already
        }
    }
}

async function opened(url: string, ask: boolean): Promise<Office.Dialog> {
    const options = { height: 65, width: 35, promptBeforeOpen: ask };
    return new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new SignInError("popupBlocked")), OPENING_LIMIT_MS);
        try {
            Office.context.ui.displayDialogAsync(url, options, (result) => {
                clearTimeout(timer);
                if (result.status === Office.AsyncResultStatus.Succeeded) {
                    resolve(result.value);
                    return;
                }
                const sentences: Record<number, Sentence> = { [OPEN_ALREADY]: "signInNeeded", [NOT_WANTED]: "signInClosed" };
                reject(new SignInError(sentences[result.error.code] ?? "popupBlocked"));
            });
        } catch {
            clearTimeout(timer);
            reject(new SignInError("popupBlocked"));
        }
    });
}

function message(dialog: Office.Dialog): Promise<Told> {
    return new Promise((resolve, reject) => {
        setTimeout(() => reject(new SignInError("signInClosed")), LIMIT_MS);
        dialog.addEventHandler(Office.EventType.DialogMessageReceived, (given) => {
            const told = "message" in given && ours(given.origin) ? parsed(given.message) : null;
            if (told !== null) {
                resolve(told);
            }
        });
        dialog.addEventHandler(Office.EventType.DialogEventReceived, (given) => {
            reject(new SignInError("error" in given && given.error === CLOSED ? "signInClosed" : "signInFailed"));
        });
    });
}

/** Clients before DialogOrigin 1.1 name no origin; they pass on nothing but messages of our own domain. */
function ours(origin: string | undefined): boolean {
    return origin === undefined || origin === location.origin;
}

function parsed(text: string): Told | null {
    try {
        const told = JSON.parse(text) as Partial<Signed & { problem: Sentence }>;
        if (typeof told.problem === "string") {
            return { problem: told.problem };
        }
        const { token, lifetime, objectId, username } = told;
        const whole = typeof token === "string" && typeof lifetime === "number" && typeof objectId === "string" && typeof username === "string";
        return whole ? { token, lifetime, objectId, username } : null;
    } catch {
        return null;
    }
}
