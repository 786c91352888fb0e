// What the editor does with a script besides: variables at a click, more rows for links, and a preview that keeps up.
"use strict";

const AFTER_TYPING = 400;

const form = document.getElementById("editor");
if (form) edit();

function edit() {
    const { preview: address, addLink } = form.dataset;
    const shown = document.getElementById("preview");
    const body = document.getElementById("body");
    let field = body; // where a variable goes: the text that was written in last
    let isChanged = "unsaved" in form.dataset; // it came back with what could not be saved
    let timer = 0;
    let asked = new AbortController();

    for (const one of [body, document.getElementById("subject")]) one.addEventListener("focus", () => (field = one));

    /** Types into the field as a person would, so that undo takes it back. */
    function insert(text) {
        field.focus();
        if (!document.execCommand("insertText", false, text)) {
            field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
            field.dispatchEvent(new Event("input", { bubbles: true }));
        }
    }

    for (const line of document.querySelectorAll("#variables li")) {
        const button = document.createElement("button");
        const { code } = line.dataset;
        button.type = "button";
        button.textContent = line.querySelector(".name").textContent;
        button.title = `${code}  ${line.querySelector(".example").textContent}`;
        button.addEventListener("click", () => insert(code));
        line.replaceChildren(button);
    }
    document.querySelector(".variables").open = true;

    const links = document.getElementById("links");
    const more = document.createElement("button");
    more.type = "button";
    more.textContent = addLink;
    more.addEventListener("click", () => {
        const rows = links.querySelectorAll(".link-row");
        const row = rows[rows.length - 1].cloneNode(true);
        for (const input of row.querySelectorAll("input")) {
            input.value = "";
            input.ariaLabel = input.ariaLabel.replace(/\d+/, String(rows.length + 1));
        }
        links.append(row);
        row.querySelector("input").focus();
    });
    links.after(more);

    /** A warning leads to the place that it is about. */
    function lead() {
        for (const line of shown.querySelectorAll("[data-where]")) {
            const what = line.querySelector(".what");
            const button = document.createElement("button");
            button.type = "button";
            button.textContent = what.textContent;
            button.addEventListener("click", () => {
                const there = document.getElementById(line.dataset.where);
                there.focus();
                there.setSelectionRange(Number(line.dataset.start), Number(line.dataset.end));
            });
            what.replaceChildren(button);
        }
    }

    async function draw() {
        asked.abort();
        const mine = (asked = new AbortController());
        shown.ariaBusy = "true";
        try {
            const answer = await fetch(address, { method: "POST", body: new URLSearchParams(new FormData(form)), signal: mine.signal });
            if (!answer.ok) throw new Error(String(answer.status));
            const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector(".preview");
            if (mine.signal.aborted) return;
            shown.replaceChildren(fresh);
            lead();
            look.hidden = true;
        } catch {
            if (!mine.signal.aborted) look.hidden = false; // by hand, then
        }
        if (asked === mine) shown.ariaBusy = "false";
    }

    const look = document.getElementById("look");
    look.hidden = true;
    form.addEventListener("input", (event) => {
        if (event.target.id !== "why") {
            clearTimeout(timer);
            timer = setTimeout(draw, AFTER_TYPING);
        }
        isChanged = true;
    });
    // It stands outside the form, and belongs to it.
    document.getElementById("conversation").addEventListener("change", draw);
    form.addEventListener("submit", () => (isChanged = false));
    addEventListener("beforeunload", (event) => isChanged && event.preventDefault());
    lead();
}
