/** A menu under a button, for the keyboard too: arrows, Home, End, Escape. */
import { h } from "./dom.js";

/** `entries` are buttons with role="menuitem"; `within` is what the menu must not leave. Brings the holder of both. */
export function withMenu(button, entries, within) {
    const menu = h("div", { role: "menu", class: "menu", hidden: true, "aria-label": button.getAttribute("aria-label") ?? button.textContent }, entries);
    const outside = (event) => menu.contains(event.target) || button.contains(event.target) || close();
    const close = () => {
        menu.hidden = true;
        button.setAttribute("aria-expanded", "false");
        document.removeEventListener("pointerdown", outside);
    };
    const open = () => {
        menu.hidden = false;
        button.setAttribute("aria-expanded", "true");
        const box = button.getBoundingClientRect();
        const room = within().getBoundingClientRect();
        menu.classList.toggle("from-right", box.left + menu.offsetWidth > room.right);
        menu.classList.toggle("upwards", box.bottom + menu.offsetHeight > room.bottom && box.top - menu.offsetHeight > room.top);
        document.addEventListener("pointerdown", outside);
        entries.find((entry) => !entry.disabled)?.focus();
    };
    button.setAttribute("aria-haspopup", "menu");
    button.setAttribute("aria-expanded", "false");
    button.addEventListener("click", () => (menu.hidden ? open() : close()));
    menu.addEventListener("click", close);
    menu.addEventListener("keydown", (event) => {
        const usable = entries.filter((entry) => !entry.disabled);
        const at = usable.indexOf(document.activeElement);
        const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: usable.length - 1 }[event.key];
        if (to !== undefined) {
            usable.at(to % usable.length).focus();
            event.preventDefault();
        } else if (event.key === "Escape" || event.key === "Tab") {
            close();
            button.focus();
            if (event.key === "Escape") {
                event.preventDefault(); // what the menu lies in stays open
            }
        }
    });
    return h("div", { class: "menu-holder" }, button, menu);
}

/** One line of a menu. */
export const entry = (text, act, more = {}) => h("button", { type: "button", role: "menuitem", tabindex: "-1", click: act, ...more }, text);
