/** Fields of several lines that are as high as their text, up to pane.css's limit; browsers that do it themselves are left to it. */

const BORDERS_PX = 2;

export function growFields(area: HTMLElement): void {
    if (CSS.supports("field-sizing", "content")) {
        return;
    }
    area.addEventListener("input", (event) => {
        if (event.target instanceof HTMLTextAreaElement) {
            fit(event.target);
        }
    });
    new MutationObserver(() => area.querySelectorAll("textarea").forEach(fit)).observe(area, { childList: true });
}

function fit(field: HTMLTextAreaElement): void {
    field.style.height = "auto";
    field.style.height = `${field.scrollHeight + BORDERS_PX}px`;
}
