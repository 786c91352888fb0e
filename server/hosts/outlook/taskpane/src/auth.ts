/** Sign-in by nested app authentication: Outlook itself is asked for a token, no window of ours, no secret in the page. */

import {
    createNestablePublicClientApplication,
    type AuthenticationResult,
    type IPublicClientApplication,
    InteractionRequiredAuthError,
} from "@azure/msal-browser";

import * as office from "./office";
import type { Sentence } from "./words";

const SILENT_LIMIT_MS = 10_000;
const ASKING_LIMIT_MS = 180_000;

/** Why there is no token; `sentence` is what the agent reads. */
export class SignInError extends Error {
    constructor(readonly sentence: Sentence) {
        super(sentence);
    }
}

export interface SignInSettings {
    clientId: string;
    authority: string;
    scope: string;
}

function within<T>(promise: Promise<T>, limit: number): Promise<T> {
    return Promise.race([
        promise,
        new Promise<T>((_resolve, reject) => setTimeout(() => reject(new SignInError("signInFailed")), limit)),
    ]);
}

export class SignIn {
    /** Who is signed in, when that may be somebody else than the mailbox's owner; "" when it is surely the same. */
    otherName = "";

    private client: Promise<IPublicClientApplication> | undefined;

    constructor(private readonly settings: SignInSettings) {}

    /** An access token for the service. `fresh` asks Outlook again instead of taking a kept one. Throws SignInError. */
    async token(fresh = false): Promise<string> {
        if (!office.supports("NestedAppAuth", "1.1")) {
            throw new SignInError("tooOld");
        }
        const client = await this.application();
        const request = { scopes: [this.settings.scope], forceRefresh: fresh };
        let result: AuthenticationResult;
        try {
            result = await within(client.acquireTokenSilent(request), SILENT_LIMIT_MS);
        } catch (error) {
            if (!(error instanceof InteractionRequiredAuthError)) {
                throw error instanceof SignInError ? error : new SignInError("signInFailed");
            }
            result = await this.ask(client);
        }
        await this.checkAccount(result);
        return result.accessToken;
    }

    private async ask(client: IPublicClientApplication): Promise<AuthenticationResult> {
        try {
            return await within(client.acquireTokenPopup({ scopes: [this.settings.scope] }), ASKING_LIMIT_MS);
        } catch {
            throw new SignInError("signInNeeded");
        }
    }

    private async application(): Promise<IPublicClientApplication> {
        this.client ??= createNestablePublicClientApplication({
            auth: { clientId: this.settings.clientId, authority: this.settings.authority },
            // Tokens stay in the page's memory: Outlook is asked again in the next one.
            cache: { cacheLocation: "memoryStorage" },
        });
        try {
            return await within(this.client, SILENT_LIMIT_MS);
        } catch (error) {
            this.client = undefined;
            throw error instanceof SignInError ? error : new SignInError("signInFailed");
        }
    }

    /**
     * Outlook may hand out the token of another account than the mailbox's (msal issue 7356). Only the object id proves that; where
     * the client does not say it, names can only be compared, and one person's sign-in name and address often differ: then the
     * agent is told who is signed in, and decides.
     */
    private async checkAccount(result: AuthenticationResult): Promise<void> {
        const expected = await office.mailboxObjectId();
        if (expected && expected.toLowerCase() !== result.uniqueId.toLowerCase()) {
            throw new SignInError("otherAccount");
        }
        const name = result.account.username;
        this.otherName = !expected && name.toLowerCase() !== office.mailboxAddress() ? name : "";
    }
}
