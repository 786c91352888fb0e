/** How adaptivecards lays a card out. Colours are names of pane.css's variables, so that light and dark need no new drawing. */

import { HostConfig } from "adaptivecards";

const colour = (name: string) => ({ default: `var(--${name})`, subtle: `var(--${name})` });

const foregroundColors = {
    default: { default: "var(--text)", subtle: "var(--text-subtle)" },
    dark: colour("text"),
    light: colour("text"),
    accent: colour("accent-text"),
    good: colour("good-text"),
    warning: colour("warning-text"),
    attention: colour("danger-text"),
};

const container = (background: string) => ({ backgroundColor: `var(--${background})`, foregroundColors });

export const hostConfig = new HostConfig({
    supportsInteractivity: true,
    fontFamily: "inherit",
    spacing: { small: 6, default: 8, medium: 24, large: 24, extraLarge: 24, padding: 0 },
    separator: { lineThickness: 1, lineColor: "var(--stroke)" },
    fontSizes: { small: 12, default: 14, medium: 16, large: 18, extraLarge: 20 },
    fontWeights: { lighter: 400, default: 400, bolder: 600 },
    lineHeights: { small: 16, default: 20, medium: 22, large: 24, extraLarge: 28 },
    imageSizes: { small: 20, medium: 32, large: 48 },
    containerStyles: {
        default: container("background"),
        emphasis: container("emphasis"),
        accent: container("accent-background"),
        good: container("good-background"),
        warning: container("warning-background"),
        attention: container("danger-background"),
    },
    textStyles: { heading: { size: "default", weight: "bolder", color: "default", isSubtle: false } },
    textBlock: { headingLevel: 2 },
    factSet: {
        title: { color: "default", size: "default", isSubtle: true, weight: "default", wrap: true, maxWidth: 112 },
        value: { color: "default", size: "default", isSubtle: false, weight: "default", wrap: true },
        spacing: 12,
    },
    inputs: {
        label: {
            inputSpacing: "small",
            requiredInputs: { size: "small", weight: "bolder" },
            optionalInputs: { size: "small", weight: "bolder" },
        },
        errorMessage: { size: "small", color: "attention", spacing: "small" },
    },
    actions: {
        maxActions: 20,
        spacing: "default",
        buttonSpacing: 0, // pane.css sets the gap, so that buttons can wrap
        showCard: { actionMode: "inline", inlineTopMargin: 8 },
        actionsOrientation: "horizontal",
        actionAlignment: "left",
        allowTitleToWrap: true,
    },
});
