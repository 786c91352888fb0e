/**
 * Whether Outlook answers for nested app authentication in this page. It may say that it does (NestedAppAuth 1.1) and leave the bridge
 * out (msal issue 7723); msal then becomes an ordinary sign-in that opens windows by itself. Ask once its application is made: making it puts the bridge up.
 */
export function nestedAuthentication(): boolean {
    return (self as { nestedAppAuthBridge?: unknown }).nestedAppAuthBridge !== undefined;
}
