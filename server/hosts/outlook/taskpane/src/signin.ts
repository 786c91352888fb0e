/**
 * The sign-in dialog's page, which is also where Entra sends the browser back to. It is opened in three ways:
 *
 * - as an Office dialog in a desktop client: goes on to Entra by itself, and comes back with the answer after the #;
 * - as an Office dialog on the web, which has the pane as its opener: Entra cuts that tie (Cross-Origin-Opener-Policy), and office.js closes a
 *   dialog without it, so this window stays and Entra opens in another one, after a click, since nothing else may open windows;
 * - as that other one, when Entra is done: passes the answer on to the dialog, by a channel that needs no tie, and closes.
 *
 * The verifier of the sign-in that is under way stands in this window's sessionStorage. So do tokens in the first way, for a moment: msal goes
 * to Entra and back with no other cache; the storage is emptied before anything else happens.
 */

import { type AuthenticationResult, createStandardPublicClientApplication, type IPublicClientApplication } from "@azure/msal-browser";
import { broadcastResponseToMainFrame } from "@azure/msal-browser/redirect-bridge";

import type { Told } from "./dialog";
import { sentenceOf } from "./refusal";
import { followSystem } from "./theme";
import { languageOf, wordsOf } from "./words";

const OFFICE_LIMIT_MS = 15_000;
const POPUP_LIMIT_MS = 4 * 60_000;
/** Ours in sessionStorage: where the fragment is after Entra's answer took its place. */
const WISH = "sobani.signin";

const { clientId = "", authority = "", scope = "", officeJs = "" } = document.documentElement.dataset;

function byId<T extends HTMLElement>(id: string): T {
    const element = document.getElementById(id);
    if (element === null) {
        throw new Error(`signin.html has no #${id}`);
    }
    return element as T;
}

/** What the pane wishes; it stays known when the browser comes back. */
function wish(): URLSearchParams {
    const given = location.hash.slice(1);
    if (/(^|&)hint=/.test(given)) {
        sessionStorage.setItem(WISH, given);
    }
    return new URLSearchParams(sessionStorage.getItem(WISH) ?? "");
}

/** Whether Entra has answered, and for whom: msal writes its way of asking into the state. */
function answered(): "redirect" | "popup" | "" {
    const state = new URLSearchParams(location.hash.slice(1)).get("state");
    if (state === null) {
        return "";
    }
    try {
        const [library = ""] = state.split("|");
        const { meta } = JSON.parse(atob(library.replace(/-/g, "+").replace(/_/g, "/"))) as { meta?: { interactionType?: string } };
        return meta?.interactionType === "popup" ? "popup" : "redirect";
    } catch {
        return "redirect";
    }
}

function application(cacheLocation: "memoryStorage" | "sessionStorage"): Promise<IPublicClientApplication> {
    return createStandardPublicClientApplication({
        // Named, so that msal asks nobody else whether to trust it.
        auth: { clientId, authority, knownAuthorities: [new URL(authority).host], redirectUri: location.origin + location.pathname },
        cache: { cacheLocation },
        system: { popupBridgeTimeout: POPUP_LIMIT_MS },
    });
}

function request(wishes: URLSearchParams) {
    const claims = wishes.get("claims") ?? "";
    const hint = wishes.get("hint") ?? "";
    return {
        scopes: [scope],
        ...(hint && { loginHint: hint }),
        ...(claims && { claims }),
        ...(wishes.get("choose") && { prompt: "select_account" }),
    };
}

/** Loaded from here, since it must not be in the window that Entra opened in: it would close that as a dialog without a pane. */
async function office(): Promise<void> {
    if (typeof Office !== "undefined") {
        return;
    }
    await new Promise((resolve, reject) => {
        const script = document.createElement("script");
        script.src = officeJs;
        script.onload = resolve;
        script.onerror = reject;
        document.head.append(script);
    });
    await Promise.race([Office.onReady(), new Promise((_resolve, reject) => setTimeout(reject, OFFICE_LIMIT_MS))]);
}

function tell(told: Told): void {
    const message = JSON.stringify(told);
    if (Office.context.requirements?.isSetSupported("DialogOrigin", "1.1")) {
        Office.context.ui.messageParent(message, { targetOrigin: location.origin });
    } else {
        Office.context.ui.messageParent(message); // reaches our own domain alone
    }
}

function told(result: AuthenticationResult): Told {
    return {
        token: result.accessToken,
        lifetime: (result.expiresOn?.getTime() ?? 0) - Date.now(),
        objectId: result.uniqueId,
        username: result.account.username,
    };
}

/** In a desktop client: to Entra, and back to this page. office.js is loaded both times: the second
 * time it knows of the dialog only by what it kept the first time. */
async function byRedirect(wishes: URLSearchParams): Promise<void> {
    const client = await application("sessionStorage");
    const result = await client.handleRedirectPromise({ navigateToLoginRequestUrl: false });
    await office();
    if (result === null) {
        await client.acquireTokenRedirect(request(wishes));
        return;
    }
    forget();
    tell(told(result));
}

/** Everything of the sign-in; what office.js keeps of the dialog stays. */
function forget(): void {
    for (const key of Object.keys(sessionStorage).filter((key) => key === WISH || key.startsWith("msal."))) {
        sessionStorage.removeItem(key);
    }
}

/** On the web: Entra in a window of its own, as often as it takes. */
async function byPopup(wishes: URLSearchParams): Promise<void> {
    const client = await application("memoryStorage");
    await office();
    offer(wishes, async () => {
        const result = await client.acquireTokenPopup({ ...request(wishes), overrideInteractionInProgress: true });
        tell(told(result));
    });
}

function offer(wishes: URLSearchParams, act: () => Promise<void>): void {
    const words = wordsOf(languageOf(wishes.get("locale") ?? navigator.language));
    const button = byId<HTMLButtonElement>("sign-in");
    button.textContent = words.signIn;
    button.onclick = () => {
        // Stays there to be pressed: nobody tells when the other window was closed.
        act().catch((error: unknown) => say(words[sentenceOf(error, "signInFailed")]));
    };
    button.hidden = false;
    say(words.signInNeeded);
    button.focus();
}

function say(sentence: string): void {
    byId("progress").hidden = true;
    byId("sentence").textContent = sentence;
}

async function start(): Promise<void> {
    if (answered() === "popup") {
        await broadcastResponseToMainFrame();
        return;
    }
    followSystem();
    const wishes = wish();
    const language = languageOf(wishes.get("locale") ?? navigator.language);
    document.documentElement.lang = language;
    try {
        await (window.opener === null ? byRedirect(wishes) : byPopup(wishes));
    } catch (error) {
        const problem = sentenceOf(error, "signInFailed");
        forget();
        say(wordsOf(language)[problem]); // read only where there is no pane to be told
        await office();
        tell({ problem });
    }
}

void start();
