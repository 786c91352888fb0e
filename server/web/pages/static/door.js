// Exchanges the token of the address for a session, and leads to the page it is for; or stands where some page of ours is closed.
const { base, onward, state } = document.body.dataset;
// Out of the address at once: neither the history nor a bookmark shall have it.
const token = location.hash.slice(1);
if (token) history.replaceState(null, "", location.pathname + location.search);

const show = (name) => {
    for (const one of ["opening", "closed", "trouble"]) document.getElementById(one).hidden = one !== name;
};

async function enter() {
    show("opening");
    try {
        const answer = await fetch(`${base}/enter`, {
            method: "POST",
            headers: { "Content-Type": "application/json" },
            body: JSON.stringify({ token, zone: Intl.DateTimeFormat().resolvedOptions().timeZone ?? "" }),
            signal: AbortSignal.timeout(20000),
        });
        if (answer.ok) location.replace(onward);
        else show(answer.status < 500 ? "closed" : "trouble");
    } catch {
        show("trouble");
    }
}

document.getElementById("again").addEventListener("click", () => (token ? enter() : location.reload()));
if (token) enter();
else if (state === "opening") location.replace(onward); // the page was loaded again: perhaps there is a session by now
else if (state === "closed") {
    // A link on another site does not bring the cookie along (SameSite=Strict); a request of our own does.
    const here = location.pathname + location.search;
    const answer = await fetch(here).catch(() => undefined);
    if (answer?.ok) location.replace(here);
} else if (state === "trouble") setTimeout(() => location.reload(), 20000); // nobody may stand before a screen on the wall
