/** Why there is no token, in the words an agent reads; the same for the pane and for the dialog. */

import { AuthError } from "@azure/msal-browser";

import type { Sentence } from "./words";

/** `sentence` is what the agent reads. */
export class SignInError extends Error {
    constructor(readonly sentence: Sentence) {
        super(sentence);
    }
}

/**
 * What Entra or Outlook said. Codes of Entra are in its answer's text: learn.microsoft.com/entra/identity-platform/reference-error-codes.
 * What says nothing known is `otherwise`.
 */
export function sentenceOf(error: unknown, otherwise: Sentence): Sentence {
    if (error instanceof SignInError) {
        return error.sentence;
    }
    if (!(error instanceof AuthError)) {
        return otherwise;
    }
    const said = `${error.errorCode} ${error.subError} ${error.errorMessage}`;
    const [sentence] = KNOWN.find(([, pattern]) => pattern.test(said)) ?? [otherwise];
    return sentence;
}

const KNOWN: readonly (readonly [Sentence, RegExp])[] = [
    // 65001 nobody consented, or consent was withdrawn; 65004 declined; 90094, 90095 only an administrator may.
    ["consentNeeded", /consent_required|AADSTS(65001|65004|90094|90095)/],
    // 50105 not assigned to the app; 50020 of another tenant; 50057 disabled; 53000-53004 conditional access.
    ["signInRefused", /AADSTS(50105|50020|50057|5300[0-4]|700016)|access_denied/],
    ["signInClosed", /user_cancell?ed/],
    ["popupBlocked", /popup_window_error|empty_window_error/],
];
