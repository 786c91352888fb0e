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
 *   {type: "sobani:call", id, method, args}         an Office call that Outlook itself must do; answered by "sobani:result" and the same id:
 *        "displayReplyForm" [{all, htmlBody}]         in read mode
 *        "get" [field], "type" [], "insert" | "prepend" | "set" [text]      of a draft; field: "to" | "cc" | "bcc" | "subject" | "body"
 *   {type: "sobani:completed", id, options}         an event handler has called event.completed(options)
 *   {type: "sobani:settings", kept}                 roamingSettings.saveAsync
 *
 * parent -> frame
 *   {type: "sobani:host", profile, language, theme, platform, settings, item}
 *        profile  {emailAddress, displayName, timeZone: "Asia/Tokyo", tenantId?, objectId?}  whose mailbox it is
 *        language "ja-JP" | "en-US"      theme "light" | "dark"      item: as below
 *        platform "OfficeOnline" | "Android"          a phone knows fewer calls
 *        settings what roamingSettings hold
 *   {type: "sobani:result", id, value} | {id, error}  the end of a call
 *   {type: "sobani:event", name, id}                calls the handler that the event bundle has associated with this name
 *   {type: "sobani:changed", field}                 somebody typed into a draft; a change of "to" or "cc" is RecipientsChanged
 *   {type: "sobani:item", item}                     another mail is selected, or none (the pane is pinned: ItemChanged)
 *   {type: "sobani:theme", theme}                   OfficeThemeChanged
 *   {type: "sobani:token", id, accessToken, expiresIn}   a signed JWT of the playground's Entra, and its life in seconds
 *   {type: "sobani:token", id, error}               "UserInteractionRequired" | "UserCancel" | any other word: no token
 *
 * item: null, or a draft {draft: true, inReplyTo ("" for a new mail), conversationId}, or a mail {
 *   itemId              the mail's id in this mailbox (differs from agent to agent, as in real life)
 *   internetMessageId   "<...@...>", "" when the mail has none
 *   conversationId      the thread's id in this mailbox
 *   subject
 *   from                {displayName, emailAddress} or null
 *   to, cc              lists of the same
 *   dateTimeCreated     ISO 8601
 *   headers             the raw header block, CRLF between lines, folded as received ("" makes getAllInternetHeadersAsync fail)
 *   text                the body as plain text
 *   attachments         as in Office.js: {id, name, size, contentType, attachmentType, isInline}
 * }
 */
(() => {
    "use strict";

    const parent = window.parent;
    const origin = window.location.origin;
    const handlers = new Map();
    const tokens = new Map();
    const calls = new Map();
    const actions = new Map();
    const raised = [];
    const state = { profile: null, language: "ja-JP", theme: "light", platform: "OfficeOnline", settings: {} };
    let numbers = 0;

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

    /** A call that the page around us does. */
    const ask = (method, args, rest) => {
        const id = ++numbers;
        calls.set(id, (result) => later(rest, result));
        send({ type: "sobani:call", id, method, args });
    };
    const called = ({ id, value, error }) => {
        calls.get(id)?.(error === undefined ? succeeded(value) : failed(9000, error));
        calls.delete(id);
    };

    const onPhone = () => state.platform !== "OfficeOnline";
    const unsupported = (...rest) => later(rest, failed(7000, "NotSupported"));

    const itemOf = (item) => (item?.draft ? draftOf(item) : mailOf(item));

    const mailOf = (mail) =>
        mail && {
            itemType: "message",
            itemClass: "IPM.Note",
            itemId: mail.itemId,
            internetMessageId: mail.internetMessageId,
            conversationId: mail.conversationId ?? "",
            subject: mail.subject,
            from: mail.from ?? undefined,
            sender: mail.from ?? undefined,
            to: mail.to ?? [],
            cc: mail.cc ?? [],
            dateTimeCreated: new Date(mail.dateTimeCreated),
            getAllInternetHeadersAsync: (...rest) =>
                later(rest, mail.headers && !onPhone() ? succeeded(mail.headers) : failed(9020, "InternetHeadersUnavailable")),
            body: { getAsync: (_kind, ...rest) => later(rest, succeeded(mail.text ?? "")) },
            attachments: mail.attachments ?? [],
            getAttachmentContentAsync: (id, ...rest) => (onPhone() ? unsupported(...rest) : ask("getAttachmentContent", [id], rest)),
            ...replyForms(),
        };

    const replyForms = () => {
        const form = (all) => (data, ...rest) =>
            onPhone() ? unsupported(...rest) : ask("displayReplyForm", [{ all, htmlBody: typeof data === "string" ? data : (data?.htmlBody ?? "") }], rest);
        return { displayReplyFormAsync: form(false), displayReplyAllFormAsync: form(true), displayReplyForm: form(false), displayReplyAllForm: form(true) };
    };

    const draftOf = ({ inReplyTo, conversationId }) => {
        const get = (field) => ({ getAsync: (...rest) => ask("get", [field], rest) });
        const write = (method) => (text, ...rest) => ask(method, [text], rest);
        return {
            itemType: "message",
            inReplyTo: inReplyTo || null,
            conversationId: conversationId || null,
            to: get("to"),
            cc: get("cc"),
            bcc: get("bcc"),
            subject: get("subject"),
            body: {
                getAsync: (_kind, ...rest) => ask("get", ["body"], rest),
                getTypeAsync: (...rest) => ask("type", [], rest),
                setSelectedDataAsync: write("insert"),
                prependAsync: write("prepend"),
                setAsync: write("set"),
            },
            addHandlerAsync: (type, handler, ...rest) => addHandler(type, handler, rest),
        };
    };

    const addHandler = (type, handler, rest) => {
        handlers.set(type, [...(handlers.get(type) ?? []), handler]);
        later(rest, succeeded(undefined));
    };

    /** Runs what was raised and has a handler: the bundle may still be loading when its event comes. */
    const runEvents = () => {
        for (const event of raised.splice(0)) {
            const handler = actions.get(event.name);
            if (handler) {
                handler({ source: {}, completed: (options) => send({ type: "sobani:completed", id: event.id, options: options ?? {} }) });
            } else {
                raised.push(event);
            }
        }
    };

    /** roamingSettings: a copy that is kept when it is saved. */
    const roamingSettings = {
        get: (name) => state.settings[name],
        set: (name, value) => {
            state.settings = { ...state.settings, [name]: value };
        },
        remove: (name) => {
            const { [name]: _removed, ...kept } = state.settings;
            state.settings = kept;
        },
        saveAsync: (...rest) => {
            send({ type: "sobani:settings", kept: state.settings });
            later(rest, succeeded(undefined));
        },
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
    const phoneSets = { mailbox: [1, 5], nestedappauth: [1, 1] };
    const isSetSupported = (name, version = "1.0") => {
        const [major, minor] = (onPhone() ? phoneSets : sets)[String(name).toLowerCase()] ?? [0, 0];
        const [wantedMajor, wantedMinor = 0] = String(version).split(".").map(Number);
        return wantedMajor < major || (wantedMajor === major && wantedMinor <= minor);
    };

    const office = {
        AsyncResultStatus: { Succeeded: "succeeded", Failed: "failed" },
        CoercionType: { Text: "text", Html: "html" },
        EventType: { ItemChanged: "olkItemSelectedChanged", OfficeThemeChanged: "officeThemeChanged", RecipientsChanged: "olkRecipientsChanged" },
        HostType: { Outlook: "Outlook" },
        context: {
            get displayLanguage() {
                return state.language;
            },
            get officeTheme() {
                return officeTheme(); // phones have none and go by the system's; the page's switch stands for that, too
            },
            get platform() {
                return state.platform;
            },
            requirements: {
                isSetSupported,
            },
            roamingSettings,
            ui: {},
            mailbox: {
                item: null,
                get userProfile() {
                    return { accountType: "enterprise", ...state.profile };
                },
                addHandlerAsync: (type, handler, ...rest) => addHandler(type, handler, rest),
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
            getAccessToken: (options = {}) =>
                new Promise((resolve, reject) => {
                    const id = `sso-${++numbers}`;
                    tokens.set(id, { sso: (token) => (token ? resolve(token) : reject(Object.assign(new Error("No token"), { code: 13001 }))) });
                    send({ type: "sobani:get-token", id, interactive: options.allowSignInPrompt === true });
                }),
        },
        actions: {
            associate: (name, handler) => {
                actions.set(name, handler);
                hosted.then(runEvents);
            },
        },
        onReady: async (callback) => {
            await hosted;
            const info = { host: "Outlook", platform: state.platform };
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
        if (request.sso) {
            request.sso(error ? "" : accessToken);
            return;
        }
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
                state.platform = message.platform ?? state.platform;
                state.settings = message.settings ?? {};
                office.context.mailbox.item = itemOf(message.item ?? null);
                arrived();
                break;
            case "sobani:result":
                called(message);
                break;
            case "sobani:event":
                raised.push(message);
                runEvents();
                break;
            case "sobani:changed":
                if (message.field === "to" || message.field === "cc") {
                    emit("olkRecipientsChanged", { changedRecipientFields: { [message.field]: true } });
                }
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
