/*
 * A stand-in for office.js inside the playground: it gives the real task pane an Outlook to live in, whose part the page around it plays.
 * Served at /playground/office.js, where the pane expects Microsoft's office.js. It has what the pane uses and nothing more.
 *
 * The page around the frame (the parent, same origin) and this script exchange these messages by window.postMessage; every message is
 * a plain object with a `type`. Both sides ignore what they do not know. To change the agent or the language: reload the frame.
 *
 * frame -> parent
 *   {type: "sobani:ready"}                          the script runs; the parent answers with "sobani:host" (the pane waits for it)
 *   {type: "sobani:get-token", id, scope, clientId, interactive}
 *                                                   msal asks for an access token; the parent answers with "sobani:token" and the same id
 *
 * parent -> frame
 *   {type: "sobani:host", profile, language, theme, item}
 *        profile  {emailAddress, displayName, timeZone: "Asia/Tokyo", tenantId?, objectId?}  whose mailbox it is
 *        language "ja-JP" | "en-US"      theme "light" | "dark"      item: as below
 *   {type: "sobani:item", item}                     another mail is selected, or none (the pane is pinned: ItemChanged)
 *   {type: "sobani:theme", theme}                   OfficeThemeChanged
 *   {type: "sobani:token", id, accessToken, expiresIn}   a signed JWT of the playground's Entra, and its life in seconds
 *   {type: "sobani:token", id, error}               "UserInteractionRequired" | "UserCancel" | any other word: no token
 *
 * item: null, or {
 *   itemId              the mail's id in this mailbox (differs from agent to agent, as in real life)
 *   internetMessageId   "<...@...>", "" when the mail has none
 *   subject
 *   from                {displayName, emailAddress} or null
 *   to, cc              lists of the same
 *   dateTimeCreated     ISO 8601
 *   headers             the raw header block, CRLF between lines, folded as received ("" makes getAllInternetHeadersAsync fail)
 *   text                the body as plain text
 * }
 */
(() => {
    "use strict";

    const parent = window.parent;
    const origin = window.location.origin;
    const handlers = new Map();
    const tokens = new Map();
    const state = { profile: null, language: "ja-JP", theme: "light", item: null };

    let arrived;
    const hosted = new Promise((resolve) => {
        arrived = resolve;
    });

    const send = (message) => parent.postMessage(message, origin);

    const succeeded = (value, context) => ({ status: "succeeded", value, asyncContext: context, error: null });
    const failed = (code, name) => ({ status: "failed", value: undefined, error: { code, name, message: name } });

    /** Office's asynchronous methods take (options?, callback?) at the end, and never call back at once. */
    const later = (rest, result) => {
        const callback = rest.find((argument) => typeof argument === "function");
        const options = rest.find((argument) => argument && typeof argument === "object");
        if (callback) {
            setTimeout(() => callback({ ...result, asyncContext: options?.asyncContext }), 0);
        }
    };

    const itemOf = (mail) =>
        mail && {
            itemType: "message",
            itemId: mail.itemId,
            internetMessageId: mail.internetMessageId,
            subject: mail.subject,
            from: mail.from ?? undefined,
            sender: mail.from ?? undefined,
            to: mail.to ?? [],
            cc: mail.cc ?? [],
            dateTimeCreated: new Date(mail.dateTimeCreated),
            getAllInternetHeadersAsync: (...rest) =>
                later(rest, mail.headers ? succeeded(mail.headers) : failed(9020, "InternetHeadersUnavailable")),
            body: { getAsync: (_kind, ...rest) => later(rest, succeeded(mail.text ?? "")) },
        };

    const colours = {
        light: { bodyBackgroundColor: "#ffffff", bodyForegroundColor: "#242424" },
        dark: { bodyBackgroundColor: "#292929", bodyForegroundColor: "#ffffff" },
    };
    const officeTheme = () => {
        const { bodyBackgroundColor, bodyForegroundColor } = colours[state.theme] ?? colours.light;
        return {
            bodyBackgroundColor,
            bodyForegroundColor,
            controlBackgroundColor: bodyBackgroundColor,
            controlForegroundColor: bodyForegroundColor,
        };
    };

    const emit = (type, event) => {
        for (const handler of handlers.get(type) ?? []) {
            handler({ type, ...event });
        }
    };

    // Versions are compared part by part: 1.8 is older than 1.14.
    const sets = { mailbox: [1, 14], nestedappauth: [1, 1] };
    const isSetSupported = (name, version = "1.0") => {
        const [major, minor] = sets[String(name).toLowerCase()] ?? [0, 0];
        const [wantedMajor, wantedMinor = 0] = String(version).split(".").map(Number);
        return wantedMajor < major || (wantedMajor === major && wantedMinor <= minor);
    };

    const office = {
        AsyncResultStatus: { Succeeded: "succeeded", Failed: "failed" },
        CoercionType: { Text: "text", Html: "html" },
        EventType: { ItemChanged: "olkItemSelectedChanged", OfficeThemeChanged: "officeThemeChanged" },
        HostType: { Outlook: "Outlook" },
        context: {
            get displayLanguage() {
                return state.language;
            },
            get officeTheme() {
                return officeTheme();
            },
            requirements: {
                isSetSupported,
            },
            roamingSettings: { get: () => undefined, set: () => undefined, saveAsync: (...rest) => later(rest, succeeded(undefined)) },
            mailbox: {
                item: null,
                get userProfile() {
                    return { accountType: "enterprise", ...state.profile };
                },
                addHandlerAsync: (type, handler, ...rest) => {
                    handlers.set(type, [...(handlers.get(type) ?? []), handler]);
                    later(rest, succeeded(undefined));
                },
                removeHandlerAsync: (type, ...rest) => {
                    handlers.delete(type);
                    later(rest, succeeded(undefined));
                },
            },
        },
        auth: {
            // Whose mailbox it is, in Entra's terms: the pane compares it with its token.
            getAuthContext: async () => ({
                userObjectId: state.profile?.objectId ?? "",
                tenantId: state.profile?.tenantId ?? "",
                userPrincipalName: state.profile?.emailAddress ?? "",
            }),
        },
        onReady: async (callback) => {
            await hosted;
            const info = { host: "Outlook", platform: "OfficeOnline" };
            callback?.(info);
            return info;
        },
    };

    /** Nested app authentication as msal-browser speaks it: JSON envelopes, answered by their requestId. */
    const listeners = new Set();
    const answer = (envelope) => {
        for (const listener of listeners) {
            listener(JSON.stringify(envelope));
        }
    };
    const claimsOf = (token) => {
        const bytes = Uint8Array.from(atob(token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
        return JSON.parse(new TextDecoder().decode(bytes));
    };
    const tokenArrived = ({ id, accessToken, expiresIn, error }) => {
        const request = tokens.get(id);
        if (!request) {
            return;
        }
        tokens.delete(id);
        if (error || !accessToken) {
            answer({ requestId: id, success: false, error: { status: error || "PersistentError", description: "The playground gave no token" } });
            return;
        }
        const claims = claimsOf(accessToken);
        answer({
            requestId: id,
            success: true,
            // msal wants an id token beside the access token; who it is stands in both.
            token: { access_token: accessToken, id_token: accessToken, expires_in: expiresIn, scope: request.scope },
            account: {
                homeAccountId: `${claims.oid}.${claims.tid}`,
                environment: "login.microsoftonline.com",
                tenantId: claims.tid,
                localAccountId: claims.oid,
                username: claims.preferred_username,
                name: claims.name,
            },
        });
    };
    const bridge = {
        addEventListener: (_type, listener) => listeners.add(listener),
        removeEventListener: (_type, listener) => listeners.delete(listener),
        postMessage: (text) => {
            const request = JSON.parse(text);
            if (request.method === "GetInitContext") {
                setTimeout(() =>
                    answer({
                        requestId: request.requestId,
                        success: true,
                        initContext: { sdkName: "sobani-playground", sdkVersion: "1.0", capabilities: { queryAccount: false } },
                    }),
                );
                return;
            }
            const { clientId, scope } = request.tokenParams;
            tokens.set(request.requestId, { scope });
            send({
                type: "sobani:get-token",
                id: request.requestId,
                clientId,
                scope,
                interactive: request.method === "GetTokenPopup",
            });
        },
    };

    window.addEventListener("message", (event) => {
        if (event.source !== parent || event.origin !== origin) {
            return;
        }
        const message = event.data ?? {};
        switch (message.type) {
            case "sobani:host":
                state.profile = message.profile;
                state.language = message.language ?? state.language;
                state.theme = message.theme ?? state.theme;
                office.context.mailbox.item = itemOf(message.item ?? null);
                arrived();
                break;
            case "sobani:item":
                office.context.mailbox.item = itemOf(message.item ?? null);
                emit("olkItemSelectedChanged", {});
                break;
            case "sobani:theme":
                state.theme = message.theme;
                emit("officeThemeChanged", { officeTheme: officeTheme() });
                break;
            case "sobani:token":
                tokenArrived(message);
                break;
            default:
        }
    });

    window.Office = office;
    window.nestedAppAuthBridge = bridge;
    send({ type: "sobani:ready" });
})();
