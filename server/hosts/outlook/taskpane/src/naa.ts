/**
 * What the event bundle needs in browsers only; events.html loads it before events.js. First, tokens by nested app authentication: msal needs a page,
 * and the bundle must run without one. Second, a word to office.js that the page is ready: before that it delivers no event.
 */

import { createNestablePublicClientApplication, type IPublicClientApplication } from "@azure/msal-browser";

import { nestedAuthentication } from "./bridge";
import * as office from "./office";

/** Whose mailbox it is comes from Outlook's memory; a client that does not say it soon does not say it. */
const ACCOUNT_LIMIT_MS = 300;

const { clientId = "", authority = "", scope = "" } = document.documentElement.dataset;
let application: Promise<IPublicClientApplication> | undefined;
let owner: Promise<string> | undefined;

/** A token, and for how many milliseconds it lasts from now. Never asks the agent anything. */
async function token(fresh: boolean): Promise<{ value: string; lifetime: number }> {
    application ??= createNestablePublicClientApplication({ auth: { clientId, authority }, cache: { cacheLocation: "memoryStorage" } });
    owner ??= Promise.race([office.mailboxObjectId(), new Promise<string>((resolve) => setTimeout(() => resolve(""), ACCOUNT_LIMIT_MS))]);
    const client = await application;
    if (!nestedAuthentication()) {
        throw new Error("no bridge"); // msal would try it with windows of its own
    }
    const result = await client.acquireTokenSilent({ scopes: [scope], forceRefresh: fresh });
    const expected = await owner;
    if (expected !== "" && expected.toLowerCase() !== result.uniqueId.toLowerCase()) {
        throw new Error("another account"); // msal issue 7356: its claims are not the mailbox owner's
    }
    // msal reckons the end from when the token came, so a wrong clock cancels out.
    return { value: result.accessToken, lifetime: (result.expiresOn?.getTime() ?? 0) - Date.now() };
}

Object.assign(self, { sobaniNaa: { token } });
if (typeof Office !== "undefined") {
    void Office.onReady();
}
