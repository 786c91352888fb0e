/** What the page asks the playground's own routes. */
async function answered(path, options) {
    const answer = await fetch(path, options);
    if (!answer.ok) {
        throw Object.assign(new Error(`${path}: ${answer.status}`), { status: answer.status });
    }
    return answer.json();
}

export const getJson = (path) => answered(path);
export const postJson = (path, body) => answered(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

const mailbox = (agent) => `/playground/mailbox/${encodeURIComponent(agent)}`;

/** One agent's mailbox. */
export const mails = (agent) => getJson(mailbox(agent));
export const mail = (agent, key) => getJson(`${mailbox(agent)}/${key.split("/").map(encodeURIComponent).join("/")}`);
export const draft = (agent, id) => getJson(`/playground/drafts/${encodeURIComponent(agent)}/${encodeURIComponent(id)}`);
export const keepDraft = (agent, letter) => postJson("/playground/drafts", { agent, ...letter });
export const discardDraft = (agent, id) => postJson("/playground/drafts/discard", { agent, draft: id });
export const sendLetter = (agent, letter) => postJson("/playground/letters", { agent, ...letter });
export const customerAnswers = (agent, key, text) => postJson("/playground/letters/customer", { agent, mail: key, text });
