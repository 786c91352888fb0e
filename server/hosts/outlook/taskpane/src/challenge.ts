/** What a 401 asks for beside a newer token: learn.microsoft.com/entra/identity-platform/claims-challenge. */

/** The claims of a `WWW-Authenticate` header, as msal wants them; "" when it asks for none that can be read. */
export function claimsOf(header: string | null): string {
    const [, encoded = ""] = /\bclaims="([^"]+)"/.exec(header ?? "") ?? [];
    if (!/\berror="insufficient_claims"/.test(header ?? "")) {
        return "";
    }
    try {
        const claims = atob(encoded.replace(/-/g, "+").replace(/_/g, "/"));
        const read: unknown = JSON.parse(claims);
        return typeof read === "object" && read !== null && !Array.isArray(read) ? claims : "";
    } catch {
        return "";
    }
}
