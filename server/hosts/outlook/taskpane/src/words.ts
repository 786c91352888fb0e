/** The few sentences the pane says by itself; everything else comes from the service, already translated. */

export type Language = "ja" | "en";

const ja = {
    back: "戻る",
    more: "その他の操作",
    retry: "もう一度",
    signIn: "サインイン",
    noOutlook: "このページは Outlook の作業ウィンドウで開いてください。",
    tooOld: "お使いの Outlook ではサインインできません。新しい版に更新してください。",
    signInFailed: "サインインできませんでした。",
    signInNeeded: "続けるにはサインインしてください。",
    otherAccount: "このメールボックスとは別のアカウントでサインインしています。",
    signedInAs: "サインイン中のアカウント",
    unreachable: "サービスに接続できませんでした。入力した内容は残っています。",
    slow: "サービスの応答がありません。入力した内容は残っています。",
    failed: "処理できませんでした。入力した内容は残っています。",
};

const en: typeof ja = {
    back: "Back",
    more: "More actions",
    retry: "Try again",
    signIn: "Sign in",
    noOutlook: "Open this page in Outlook's task pane.",
    tooOld: "This version of Outlook can't sign in here. Update it and try again.",
    signInFailed: "Sign-in didn't succeed.",
    signInNeeded: "Sign in to continue.",
    otherAccount: "You're signed in with an account other than this mailbox's.",
    signedInAs: "Signed in as",
    unreachable: "Can't reach the service. What you typed is still here.",
    slow: "The service isn't answering. What you typed is still here.",
    failed: "That didn't work. What you typed is still here.",
};

export type Words = typeof ja;
export type Sentence = keyof Words;

export function languageOf(locale: string): Language {
    return /^ja\b/i.test(locale) ? "ja" : "en";
}

export function wordsOf(language: Language): Words {
    return language === "ja" ? ja : en;
}
