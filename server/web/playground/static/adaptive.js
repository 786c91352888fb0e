/** One Adaptive Card in a frame of the gallery, drawn by the pane's own code and style. The page around it sends the card. */
import { renderCard } from "/outlook/assets/cardview.js";

const host = document.querySelector("#card");

window.addEventListener("message", ({ origin, data }) => {
    if (origin === location.origin && data?.type === "sobani:card") {
        document.documentElement.lang = data.language;
        document.documentElement.dataset.theme = data.theme;
        renderCard(data.card, host, data.language);
    }
});
new ResizeObserver(() => parent.postMessage({ type: "sobani:height", height: Math.ceil(document.body.scrollHeight) }, location.origin)).observe(document.body);
parent.postMessage({ type: "sobani:frame" }, location.origin);
