/** The menu behind "⋯": plain buttons, since office.js on the web walks only over such with the Tab key. */

export interface MenuEntry {
    label: string;
    enabled: boolean;
    run: () => void;
}

const GAP = 4;

/** Opens a menu under its button; closes by a choice, Escape, Tab, a click elsewhere, or the function it returns. */
export function openMenu(anchor: HTMLElement, label: string, entries: readonly MenuEntry[], closed: () => void): () => void {
    const menu = document.createElement("div");
    menu.className = "menu";
    menu.setAttribute("role", "menu");
    menu.setAttribute("aria-label", label);
    for (const entry of entries) {
        const button = document.createElement("button");
        button.type = "button";
        button.className = "menu-entry";
        button.setAttribute("role", "menuitem");
        button.textContent = entry.label;
        button.disabled = !entry.enabled;
        button.addEventListener("click", () => {
            close(true);
            entry.run();
        });
        menu.append(button);
    }
    document.body.append(menu);
    place(menu, anchor);

    const buttons = [...menu.querySelectorAll<HTMLButtonElement>("button:not(:disabled)")];
    const outside = (event: PointerEvent) => {
        if (!menu.contains(event.target as Node)) {
            // The click on the button itself would open the menu again.
            close(false);
            if (anchor.contains(event.target as Node)) {
                anchor.addEventListener("click", (click) => click.stopImmediatePropagation(), { capture: true, once: true });
            }
        }
    };
    const left = (event: FocusEvent) => {
        if (event.relatedTarget !== null && !menu.contains(event.relatedTarget as Node)) {
            close(false);
        }
    };

    function close(focusBack: boolean): void {
        document.removeEventListener("pointerdown", outside, true);
        menu.removeEventListener("focusout", left);
        menu.remove();
        anchor.setAttribute("aria-expanded", "false");
        if (focusBack) {
            anchor.focus();
        }
        closed();
    }

    menu.addEventListener("keydown", (event) => {
        const index = buttons.indexOf(document.activeElement as HTMLButtonElement);
        const steps: Record<string, number> = {
            ArrowDown: (index + 1) % buttons.length,
            ArrowUp: (index - 1 + buttons.length) % buttons.length,
            Home: 0,
            End: buttons.length - 1,
        };
        const next = steps[event.key];
        const closes = event.key === "Escape" || event.key === "Tab";
        if (next !== undefined || closes) {
            // office.js on the web would take Escape and Tab as the way out of the pane.
            event.preventDefault();
            event.stopPropagation();
        }
        if (next !== undefined) {
            buttons[next]?.focus();
        } else if (closes) {
            close(true);
        }
    });
    document.addEventListener("pointerdown", outside, true);
    menu.addEventListener("focusout", left);
    anchor.setAttribute("aria-expanded", "true");
    buttons[0]?.focus();
    return () => {
        if (menu.isConnected) {
            close(false);
        }
    };
}

function place(menu: HTMLElement, anchor: HTMLElement): void {
    const box = anchor.getBoundingClientRect();
    const left = Math.max(GAP, Math.min(box.right - menu.offsetWidth, window.innerWidth - menu.offsetWidth - GAP));
    const below = box.bottom + GAP;
    const fitsBelow = below + menu.offsetHeight <= window.innerHeight;
    const top = fitsBelow ? below : Math.max(GAP, box.top - GAP - menu.offsetHeight);
    menu.style.left = `${left + window.scrollX}px`;
    menu.style.top = `${top + window.scrollY}px`;
}
