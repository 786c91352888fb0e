/**
 * Sign-in. First by nested app authentication: Outlook itself is asked for a token, no window of ours. Where Outlook cannot, or it fails in a
 * way that a window may mend, by an Office dialog (dialog.ts). Tokens stay in this page's memory; no secret is in the page.
 */

import {
    createNestablePublicClientApplication,
    type AuthenticationResult,
    type IPublicClientApplication,
    InteractionRequiredAuthError,
} from "@azure/msal-browser";

import { nestedAuthentication } from "./bridge";
import { canOpen, signInByDialog, type Signed } from "./dialog";
import * as office from "./office";
import { sentenceOf, SignInError } from "./refusal";

export { SignInError } from "./refusal";

const SILENT_LIMIT_MS = 10_000;
const ASKING_LIMIT_MS = 180_000;
const LIFETIME_MARGIN_MS = 120_000;
/** What the agent pressed is known to be about signing in for so long; reading the mail comes between. */
const CLICK_LASTS_MS = 15_000;

export interface SignInSettings {
    clientId: string;
    authority: string;
    scope: string;
}

/** Nested app authentication gave nothing; a dialog may. `lasting`: trying again would give nothing either. */
class NotNested extends Error {
    constructor(readonly lasting: boolean) {
        super();
    }
}

interface Kept {
    token: string;
    received: number;
    lifetime: number;
}

function within<T>(promise: Promise<T>, limit: number): Promise<T> {
    return Promise.race([
        promise,
        new Promise<T>((_resolve, reject) => setTimeout(() => reject(new NotNested(true)), limit)),
    ]);
}

export class SignIn {
    /** Who is signed in, when that may be somebody else than the mailbox's owner; "" when it is surely the same. */
    otherName = "";

    private client: Promise<IPublicClientApplication> | undefined;
    /** Outlook's own way failed in this page: no need to wait for it again. */
    private nested = true;
    /** It failed once, perhaps by chance. */
    private stumbled = false;
    /** Another account than the mailbox's was signed in. */
    private choose = false;
    /** A blocker of pop-ups stood in the way. */
    private blocked = false;
    private kept: Kept | undefined;
    private asking: Promise<string> | undefined;
    private pressed = Number.NEGATIVE_INFINITY;

    constructor(private readonly settings: SignInSettings) {
        // Browsers have a word of their own for it (navigator.userActivation), which a click elsewhere in Outlook may set.
        for (const event of ["pointerdown", "keydown"]) {
            document.addEventListener(event, () => (this.pressed = performance.now()), { capture: true, passive: true });
        }
    }

    /**
     * An access token for the service. `fresh` asks anew instead of taking a kept one; `claims` is what a claims challenge wants; `quietly` asks
     * the agent nothing. A dialog opens only after a click in this page: nobody expects a window by itself. Throws SignInError.
     */
    async token(fresh = false, claims = "", quietly = false): Promise<string> {
        if (this.nested && office.supports("NestedAppAuth", "1.1")) {
            try {
                return await this.byOutlook(fresh, claims, quietly);
            } catch (error) {
                if (!(error instanceof NotNested)) {
                    throw error;
                }
                if (quietly) {
                    throw new SignInError("signInFailed"); // the next one may do better; nothing is given up unseen
                }
                if (!error.lasting && !this.stumbled) {
                    this.stumbled = true;
                    throw new SignInError("signInFailed");
                }
                this.nested = false;
            }
        }
        return this.byDialog(fresh, claims, quietly);
    }

    // ------------------------------------------------------------------ Outlook itself

    private async byOutlook(fresh: boolean, claims: string, quietly: boolean): Promise<string> {
        const client = await this.application();
        const request = { scopes: [this.settings.scope], ...(claims && { claims }) };
        let result: AuthenticationResult;
        try {
            result = await within(client.acquireTokenSilent({ ...request, forceRefresh: fresh || claims !== "" }), SILENT_LIMIT_MS);
        } catch (error) {
            if (!(error instanceof InteractionRequiredAuthError)) {
                throw passing(error) ? new SignInError("signInFailed") : new NotNested(error instanceof NotNested);
            }
            if (quietly) {
                throw new SignInError("signInNeeded");
            }
            result = await this.ask(client, request);
        }
        await this.checkAccount(result.uniqueId, result.account.username);
        this.stumbled = false;
        return result.accessToken;
    }

    private async ask(client: IPublicClientApplication, request: { scopes: string[]; claims?: string }): Promise<AuthenticationResult> {
        try {
            return await within(client.acquireTokenPopup(request), ASKING_LIMIT_MS);
        } catch (error) {
            const sentence = sentenceOf(error, "signInNeeded");
            throw new SignInError(sentence === "signInClosed" ? "signInNeeded" : sentence);
        }
    }

    private async application(): Promise<IPublicClientApplication> {
        this.client ??= createNestablePublicClientApplication({
            auth: { clientId: this.settings.clientId, authority: this.settings.authority },
            // Tokens stay in the page's memory: Outlook is asked again in the next one.
            cache: { cacheLocation: "memoryStorage" },
        });
        let client: IPublicClientApplication;
        try {
            client = await within(this.client, SILENT_LIMIT_MS);
        } catch (error) {
            this.client = undefined;
            throw new NotNested(true);
        }
        if (!nestedAuthentication()) {
            throw new NotNested(true);
        }
        return client;
    }

    // ------------------------------------------------------------------ a dialog

    private async byDialog(fresh: boolean, claims: string, quietly: boolean): Promise<string> {
        if (!canOpen()) {
            throw new SignInError(this.nested ? "tooOld" : "signInFailed");
        }
        if (!fresh && claims === "" && this.kept !== undefined && stillGood(this.kept)) {
            return this.kept.token;
        }
        if (quietly || (this.asking === undefined && performance.now() - this.pressed > CLICK_LASTS_MS)) {
            throw new SignInError("signInNeeded");
        }
        // One dialog at a time: whoever asks meanwhile waits for the same answer.
        this.asking ??= this.askByDialog(claims).finally(() => {
            this.asking = undefined;
        });
        return this.asking;
    }

    private async askByDialog(claims: string): Promise<string> {
        let signed: Signed;
        try {
            signed = await signInByDialog({ hint: office.mailboxAddress(), claims, choose: this.choose }, this.blocked);
        } catch (error) {
            this.blocked = error instanceof SignInError && error.sentence === "popupBlocked";
            throw error;
        }
        this.kept = undefined;
        await this.checkAccount(signed.objectId, signed.username);
        this.kept = { token: signed.token, received: Date.now(), lifetime: signed.lifetime };
        return signed.token;
    }

    /**
     * Outlook may hand out the token of another account than the mailbox's (msal issue 7356). Only the object id proves that; where
     * the client does not say it, names can only be compared, and one person's sign-in name and address often differ: then the
     * agent is told who is signed in, and decides.
     */
    private async checkAccount(objectId: string, name: string): Promise<void> {
        const expected = await office.mailboxObjectId();
        if (expected && expected.toLowerCase() !== objectId.toLowerCase()) {
            this.choose = true;
            this.nested = !canOpen(); // asked again, Outlook gives the same one; in a dialog another can be chosen
            throw new SignInError("otherAccount");
        }
        this.choose = false;
        this.otherName = !expected && name.toLowerCase() !== office.mailboxAddress() ? name : "";
    }
}

/** What will pass by itself: no dialog would do better. */
function passing(error: unknown): boolean {
    return /no_network|TRANSIENT/i.test(String(error)) || !navigator.onLine;
}

/** By when it came, not by the hour it names: the clock may be wrong. */
function stillGood(kept: Kept): boolean {
    const age = Date.now() - kept.received;
    return age >= 0 && age < kept.lifetime - LIFETIME_MARGIN_MS;
}
